// See runtime.hpp. The order of members is the order of construction; the destructor undoes it.
#include "actors/runtime.hpp"

#include "actors/actor_thread.hpp"
#include "actors/carry.hpp"
#include "actors/desk_settings.hpp"
#include "actors/event_listener_actor.hpp"
#include "actors/extension_actor.hpp"
#include "actors/extensions/plugins.hpp"
#include "actors/group_actor.hpp"
#include "actors/history_actor.hpp"
#include "actors/http_actor.hpp"
#include "actors/io/child_io.hpp"
#include "actors/io/event_bus.hpp"
#include "actors/io/event_memory.hpp"
#include "actors/io/notify_desk.hpp"
#include "actors/io/status_board.hpp"
#include "actors/io/tick_timer.hpp"
#include "actors/io/token_round.hpp"
#include "actors/kept_alive.hpp"
#include "actors/reaper_actor.hpp"
#include "actors/services.hpp"
#include "actors/supervisor_actor.hpp"
#include "actors/threadless_scheduler.hpp"
#include "actors/use_keeper.hpp"
#include "actors/use_probes.hpp"
#include "actors/web/web_context.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <csignal>
#include <functional>

namespace troupe::actors {

constexpr std::chrono::milliseconds longest_wait_for_reports{50};

struct runtime::impl {
  impl(platform::main_log& l, runtime_settings s)
      : log(l), io(l, io_settings(s, events)), kept_events(make_event_memory(s.spawning.keeper)),
        ticks(l, io, [this](protocols::event e) { events.publish(std::move(e)); }),
        events(l, {s.identifier, std::move(s.event_serial), std::bind_front(&child_io::write_event, &io), kept_events,
                   [this](bool wanted) { ticks.want(wanted); }, std::move(s.observer), s.only_processes}),
        use{l, board, io, std::make_shared<spawn_means>(s.spawning, l), events, {}, {}}, system(config),
        control(system,
                [&l](const std::exception_ptr& e) {
                  l.write(config::log_level::critical, "the actors' thread met " + words_of(e) + " and goes on");
                }),
        pools(events, control.host(), l) {
    use.pools = &pools;
    use_probes(use, control.host().io());
    use.keeper_gone = std::move(s.keeper_gone);
    if (auto* keeper = s.spawning.keeper.get())
      use_keeper(
        use, *keeper, [this](int signo) { signal(signo); }, s.upgrade);
    if (use.keep_change = std::move(s.keep_change); s.keep_image)
      use.keep_image = [this, keep = std::move(s.keep_image)] { keep(carry_image(*record, use)); };
    if (s.deaths)
      open_death_desk(s);
    use_remembered(use, s.remembered, control.host().io());
    use.access = s.access;
    if (s.audit) {
      use.reopen_audit = [trail = s.audit] { trail->reopen(); };
      s.audit->publish_with([this](std::string text) {
        events.publish(protocols::remote_communication_event(std::string(audit_event), std::move(text)));
      });
    }
    if (!s.listeners.empty() && !s.only_processes)
      open_http(s);
    finished = std::move(s.finished);
    auto finish = [this](daemon_end how, int status) {
      if (how != daemon_end::exit) // a start follows, in this process: what is left is its
        return finished(how, status);
      after_leftovers(use, *children, [this, how, status] { finished(how, status); });
    };
    record->set = {std::move(s.groups), finish,       [this] { let_clients_in(); }, std::move(s.load),
                   s.childlogdir,       s.identifier, s.updates_processes};
    if (s.notify)
      open_notify_desk(s);
    if (use.history = s.history; use.history)
      keep_history(s.history);
    if (s.goes_on_with)
      go_on_with(*s.goes_on_with, s);
    else
      hold_events(s.spawning.keeper.get(), kept_events.get());
    if (s.ending != 0)
      record->signals.push(s.ending);
    keep_reaper(); // both before anybody can send to them
    keep_supervisor();
    control.start();
    io.start();
  }

  void go_on_with(carried_runtime& before, runtime_settings& s) {
    take_up(before, *record, *children, use);
    lets_clients_in_at_once = record->table.started && !record->table.doors_shut;
    for (const auto& view : record->table.groups)
      if (view.pool) {
        const auto& cell = *record->groups.at(view.id).cell;
        auto handler = s.only_processes ? protocols::result_handler{} : result_handler_of(*cell.options);
        pools.add(cell, handler ? *std::move(handler) : nullptr);
      }
    for (auto& pool : before.pools)
      events.go_on(std::move(pool));
    for (auto& [where, ends] : s.outboxes)
      events.adopt(where.first, where.second, std::move(ends));
    hold_events(s.spawning.keeper.get(), kept_events.get());
    take_up_pipes(before, *record, use);
    events.resume_sending();
  }

  void open_death_desk(const runtime_settings& s) {
    deaths.emplace(desk_settings(s, events, log));
    use.deaths = &*deaths;
    s.deaths->configuration_read();
  }

  void open_notify_desk(runtime_settings& s) {
    auto& home = control.host().io();
    manager.emplace(home, board, notify_desk::settings{std::move(s.notify)});
    record->set.ending = [this] { manager->ending(); };
    if (s.watchdog.count() > 0)
      manager->watch(s.watchdog, token_round(home, io, http ? &http->io() : nullptr));
  }

  /// An actor that is built again when it dies, until the daemon ends. `build` sets it.
  template <class Handle, class Build>
  void keep(const std::string& who, current<Handle>& where, Build build, std::function<void()> give_up = {}) {
    auto spawn = [this, &where, build]() -> caf::strong_actor_ptr {
      if (ending)
        return nullptr;
      build();
      return strong(where.get());
    };
    keep_alive(control.host(), log, {who, spawn, std::move(give_up)});
  }

  void keep_reaper() {
    auto build = [this] {
      use.reaper.set(spawn_on(control.host(), run_reaper, &use, children));
      if (auto supervisor = use.supervisor.get())
        caf::anon_send(supervisor, look_for_reaper{});
    };
    keep("the reaper", use.reaper, build, [this] { end_without("reaper"); });
  }

  void keep_history(const std::shared_ptr<history_keeper>& history) {
    keep("the actor of the history", historian,
         [this, history] { historian.set(spawn_on(control.host(), run_history, history, &log)); });
  }

  void keep_supervisor() {
    keep(
      "the supervisor", use.supervisor,
      [this] { use.supervisor.set(spawn_on(control.host(), run_supervisor, &use, record)); },
      [this] { end_without("supervisor"); });
  }

  /// There is nobody left who could stop the programs one by one.
  void end_without(const std::string& whom) {
    log.write(config::log_level::critical, "the daemon ends without its " + whom + "; its programs are told to stop");
    for (const auto& [pid, child] : children->children)
      ::kill(pid, SIGTERM);
    finished(daemon_end::exit, 0);
  }

  void signal(int signo) {
    record->signals.push(signo);
    if (signo == SIGUSR2 && http)
      http->look_at_certificates();
    if (auto supervisor = use.supervisor.get())
      caf::anon_send(supervisor, signal_arrived{});
  }

  /// Not before what starts by itself was spawned: until then connections wait in the sockets' queues.
  void let_clients_in() {
    if (http)
      http->want_open();
    if (manager)
      manager->ready();
  }

  void open_http(runtime_settings& s) {
    auto publish = [this](protocols::event e) { events.publish(std::move(e)); };
    auto ask = [this](control_request request, control_answer_to answer) {
      if (request.what == control_request::kind::reload)
        http->look_at_certificates();
      caf::anon_send(use.supervisor.get(), control_call{std::move(request), std::move(answer)});
    };
    if (s.goes_on_with)
      continue_page_token(s.goes_on_with->http.page_token);
    auto extensions = s.rpc_extensions;
    http.emplace(rpc_context{board,
                             io,
                             log,
                             s.identifier,
                             publish,
                             std::move(s.rpc_namespaces),
                             std::move(s.rpc_extensions),
                             s.access,
                             s.audit,
                             s.history,
                             {},
                             nullptr,
                             s.deaths,
                             std::move(s.upgrade),
                             [this] { return use.programs.get(); },
                             s.worker,
                             s.remembered,
                             s.shows_troupe},
                 http_settings{std::move(s.listeners), s.main_log_backups, ask, [this] { return events.waiting(); },
                               doors_to_reaper(use), s.access, s.tokens, nullptr,
                               s.goes_on_with ? std::move(s.goes_on_with->http) : carried_http{}, std::move(s.acts)});
    http_host.emplace(system, http->io());
    keep_alive(*http_host, log, {"the actor of the HTTP servers", [this] {
                                   return strong(spawn_on(*http_host, run_http, &*http, &log));
                                 }});
    for (const auto& extension : extensions)
      keep_alive(*http_host, log, {"the actor of rpc interface " + extension->name(), [this, extension] {
                                     return strong(spawn_on(*http_host, run_extension, extension, &log));
                                   }});
  }

  /// Nobody is at anything that is known to him alone.
  bool is_quiet() {
    postpone_spawns(*children);
    auto held = events.hold();
    return children->launches.empty() && !record->removal && record->held.empty() && !events.has_questions();
  }

  config::result<held_client> rest(std::chrono::milliseconds at_most) {
    auto until = std::chrono::steady_clock::now() + at_most;
    auto left = [&] {
      auto time = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      return std::max(time, std::chrono::milliseconds{1});
    };
    control.run_here([groups = record] { answer_updates_before_rest(*groups); }, left());
    if (http && !http->rest(left())) {
      spawn_again();
      http->go_on();
      return config::fault("the HTTP server");
    }
    if (!control.rest(left(), [this] { return is_quiet(); })) {
      spawn_again();
      if (http)
        http->go_on();
      auto still = events.hold();
      return config::fault(events.has_questions() ? "a result_handler" : "the processes");
    }
    bool read = io.rest(left());
    if (use.deaths)
      use.deaths->settle(std::min(left(), longest_wait_for_reports));
    bool heard = read && hear_clients(left());
    bus = events.hold();
    bool handling = heard && events.has_questions();
    if (heard && !handling)
      return std::move(clients.asker);
    go_on();
    return config::fault(handling ? "a result_handler" : read ? "the HTTP server" : "the output of programs");
  }

  /// Before the bus is held: they may have something to publish.
  bool hear_clients(std::chrono::milliseconds at_most) {
    auto handed = http ? http->hand_over(at_most) : handed_clients{};
    clients = handed ? *std::move(handed) : handed_clients{};
    return handed.has_value(); // NOLINT(bugprone-use-after-move): it has what was moved from
  }

  void spawn_again() {
    control.run_here([this] { children->resting = record->rests = false; });
    caf::anon_send(use.reaper.get(), watch_spawns{});
  }

  void go_on() {
    bus = {};
    io.go_on();
    control.go_on();
    spawn_again();
    if (http)
      http->go_on();
  }

  carried_runtime carry() {
    carried_runtime all;
    if (bus) {
      all = actors::carry(*record, *children, io.carry(), use);
      all.http = std::move(clients.others);
      return all;
    }
    control.run_here([&] {
      auto pipes = io.carry();
      auto held = events.hold();
      all = actors::carry(*record, *children, std::move(pipes), use);
    });
    return all;
  }

  /// On the actors' thread, where they would be built.
  void build_no_more() {
    control.run_here([this] { ending = true; });
  }

  /// Clients first, while there is somebody to answer them; then actors, then the thread that sends to them; nobody
  /// reads a handle while it is cleared.
  ~impl() {
    if (http)
      http->stop();
    use.means->close();
    build_no_more();
    {
      caf::scoped_actor self{system};
      auto end = [&self](const auto& whom) {
        self->send_exit(whom, caf::exit_reason::user_shutdown);
        self->wait_for(whom);
      };
      end(use.supervisor.get());
      for (const auto& [id, group] : record->groups) // it has ended them, unless it was given up
        end(group.actor);
      end(use.reaper.get());
      if (auto actor = historian.get())
        end(actor);
    }
    pools.end();
    system.await_all_actors_done();
    io.stop();
    control.stop();
    use.disabled_until = nullptr; // before their loop
    use.probes = nullptr;
    use.commands = nullptr;
    use.sweeps = nullptr;
    use.supervisor.set({});
    use.reaper.set({});
    historian.set({});
  }

  platform::main_log& log;
  status_board board;
  child_io io;
  std::shared_ptr<event_memory> kept_events; ///< where there is a keeper
  tick_timer ticks;
  event_bus events;
  services use;
  std::optional<death_desk> deaths;
  threadless_config config;
  caf::actor_system system;
  actor_thread control; ///< all actors but that of the HTTP servers live on it
  event_listeners pools;
  std::shared_ptr<reaper_record> children = std::make_shared<reaper_record>();
  std::shared_ptr<supervisor_record> record = std::make_shared<supervisor_record>(supervisor_settings{});
  std::function<void(daemon_end, int)> finished;
  current<history_actor> historian;     ///< where a history is kept
  bool lets_clients_in_at_once = false; ///< the daemon before this one had done so
  std::unique_lock<std::mutex> bus;     ///< held while all rests
  handed_clients clients;               ///< likewise
  bool ending = false;                  ///< of the actors' thread
  std::optional<http_server> http;      ///< where a server is configured; answers of the actors may come until they end
  std::optional<asio_host> http_host;
  std::optional<notify_desk> manager; ///< where one has started us that wants to be told
};

runtime::runtime(platform::main_log& log, runtime_settings settings)
    : impl_(std::make_unique<impl>(log, std::move(settings))) {}

runtime::~runtime() = default;

void runtime::boot() {
  if (impl_->http)
    impl_->http->start();
  if (impl_->lets_clients_in_at_once)
    impl_->let_clients_in();
  impl_->record->start_asked = true;
  if (auto supervisor = impl_->use.supervisor.get()) // else it will look by itself
    caf::anon_send(supervisor, actors::boot{});
}

void runtime::close() {
  if (impl_->http)
    impl_->http->stop();
}

void runtime::signal(int signo) { impl_->signal(signo); }

config::result<held_client> runtime::rest(std::chrono::milliseconds at_most) { return impl_->rest(at_most); }

void runtime::go_on() { impl_->go_on(); }

carried_runtime runtime::carry() { return impl_->carry(); }
helper_doors runtime::helpers() { return doors_to_reaper(impl_->use); }
const status_board& runtime::board() const { return impl_->board; }

} // namespace troupe::actors
