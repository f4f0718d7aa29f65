// See company.hpp. The order of members is the order of construction; the destructor undoes it.
#include "actors/company.hpp"

#include "actors/actor_thread.hpp"
#include "actors/child_io.hpp"
#include "actors/event_bus.hpp"
#include "actors/event_listener_actor.hpp"
#include "actors/group_actor.hpp"
#include "actors/http_actor.hpp"
#include "actors/kept_alive.hpp"
#include "actors/reaper_actor.hpp"
#include "actors/services.hpp"
#include "actors/status_board.hpp"
#include "actors/supervisor_actor.hpp"
#include "actors/tick_timer.hpp"
#include "actors/timer_actor.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

namespace troupe::actors {

namespace {

/// No cfg.parse(): it would read ./caf-application.ini.
struct system_config : caf::actor_system_config {
  system_config() {
    set("scheduler.policy", caf::atom("sharing")); // the default polls: see the design, 4
    set("scheduler.max-threads", std::size_t{1});  // it has nothing to do: our actors live on Asio threads
  }
};

} // namespace

struct company::impl {
  impl(platform::main_log& l, company_settings s)
      : log(l),
        io(l, {{s.strip_ansi, s.syslog_ident, [this](protocols::event e) { events.publish(std::move(e)); }}, &events}),
        ticks(l, io, [this](protocols::event e) { events.publish(std::move(e)); }),
        events(l, {s.identifier, std::move(s.event_serial),
                   [this](std::uint64_t process, std::string_view bytes) { return io.write_event(process, bytes); },
                   [this](bool wanted) { ticks.want(wanted); }, std::move(s.observer)}),
        use{l, board, io, std::make_shared<spawn_means>(std::move(s.spawning), l), events, {}, {}}, system(config),
        control(system,
                [&l](const std::exception_ptr& e) {
                  l.write(config::log_level::critical, "the actors' thread met " + words_of(e) + " and goes on");
                }),
        pools(events, control.host(), l) {
    auto& host = control.host();
    use.pools = &pools;
    use.reaper = spawn_on(host, run_reaper, &use);
    use.timer = spawn_on(host, run_timer, &log);
    supervisor = spawn_on(host, run_supervisor, &use,
                          supervisor_settings{std::move(s.groups), std::move(s.finished), [this] { let_clients_in(); },
                                              std::move(s.load), s.childlogdir, s.identifier},
                          std::make_shared<std::vector<group_actor>>());
    if (!s.listeners.empty())
      open_http(s);
    control.start();
    io.start();
  }

  /// Not before what starts by itself was spawned: until then connections wait in the sockets' queues.
  void let_clients_in() {
    if (http)
      http->want_open();
  }

  void open_http(company_settings& s) {
    auto publish = [this](protocols::event e) { events.publish(std::move(e)); };
    auto ask = [this](control_request request, control_answer_to answer) {
      caf::anon_send(supervisor, control_call{std::move(request), std::move(answer)});
    };
    helper_doors helpers;
    helpers.spawn = [this](auto child, auto spawned, auto exited) {
      caf::anon_send(use.reaper, helper_request{std::move(child), std::move(spawned), std::move(exited)});
    };
    helpers.signal = [this](int pid, int signo) { caf::anon_send(use.reaper, helper_signal{pid, signo}); };
    http.emplace(
      rpc_world{board, io, log, s.identifier, publish, std::move(s.rpc_namespaces), std::move(s.rpc_extensions)},
      http_settings{std::move(s.listeners), s.main_log_backups, ask, [this] { return events.waiting(); },
                    std::move(helpers)});
    http_host.emplace(system, http->io());
    keep_alive(*http_host, log, "the HTTP servers",
               [this] { return caf::actor_cast<caf::strong_actor_ptr>(spawn_on(*http_host, run_http, &*http, &log)); });
  }

  /// Clients first, while there is somebody to answer them; then actors, then the thread that sends to them; nobody
  /// reads a handle while it is cleared.
  ~impl() {
    if (http)
      http->stop();
    use.means->close();
    {
      caf::scoped_actor self{system};
      self->send_exit(supervisor, caf::exit_reason::user_shutdown); // ends the groups, which end their processes
      self->wait_for(supervisor);
      self->send_exit(use.reaper, caf::exit_reason::user_shutdown);
      self->send_exit(use.timer, caf::exit_reason::user_shutdown);
    }
    pools.end();
    system.await_all_actors_done();
    io.stop();
    control.stop();
    supervisor = nullptr;
    use.reaper = nullptr;
    use.timer = nullptr;
  }

  platform::main_log& log;
  status_board board;
  child_io io;
  tick_timer ticks;
  event_bus events;
  services use;
  system_config config;
  caf::actor_system system;
  actor_thread control; ///< all actors but that of the HTTP servers live on it
  event_listeners pools;
  supervisor_actor supervisor;
  std::optional<http_server> http; ///< where a server is configured; answers of the actors may come until they end
  std::optional<asio_host> http_host;
};

company::company(platform::main_log& log, company_settings settings)
    : impl_(std::make_unique<impl>(log, std::move(settings))) {}

company::~company() = default;

void company::boot() {
  if (impl_->http)
    impl_->http->start();
  caf::anon_send(impl_->supervisor, actors::boot{});
  caf::anon_send(impl_->use.reaper, reap_children{}); // as pid 1 we may have inherited some that have ended
}

void company::close() {
  if (impl_->http)
    impl_->http->stop();
}

void company::signal(int signo) { caf::anon_send(impl_->supervisor, signal_arrived{signo}); }

const status_board& company::board() const { return impl_->board; }

} // namespace troupe::actors
