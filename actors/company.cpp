// See company.hpp. The order of members is the order of construction; the destructor undoes it.
#include "actors/company.hpp"

#include "actors/child_io.hpp"
#include "actors/events_actor.hpp"
#include "actors/group_actor.hpp"
#include "actors/reaper_actor.hpp"
#include "actors/services.hpp"
#include "actors/status_board.hpp"
#include "actors/supervisor_actor.hpp"
#include "actors/timer_actor.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <csignal>

namespace troupe::actors {

namespace {

/// No cfg.parse(): it would read ./caf-application.ini.
struct system_config : caf::actor_system_config {
  system_config() {
    set("scheduler.policy", caf::atom("sharing")); // the default polls: see the design, 4
    // One worker: a crash goes from SIGCHLD to the new spawn without waking a second thread. Nothing here blocks for
    // long, and what may (clients, logs) has threads of its own.
    set("scheduler.max-threads", std::size_t{1});
    set("scheduler.max-throughput", std::size_t{4}); // a queue of spawns lets others have their turns in between
  }
};

} // namespace

struct company::impl {
  impl(platform::main_log& l, company_settings s)
      : log(l), io(l, {s.strip_ansi, s.syslog_ident,
                       [this](protocols::event e) {
                         caf::anon_send(use.events, publish_event{static_cast<int>(e.type), std::move(e.body)});
                       }}),
        use{l, board, io, std::move(s.spawning), {}, {}, {}}, system(config) {
    use.events = system.spawn(run_events, &log, std::move(s.observer));
    use.reaper = system.spawn(run_reaper, &use);
    use.timer = system.spawn(run_timer, &log);
    supervisor = system.spawn(run_supervisor, &use, std::move(s.groups), std::move(s.finished),
                              std::make_shared<std::vector<group_actor>>());
    io.watch_children([this] {
      caf::anon_send<caf::message_priority::high>(use.reaper, reap_children{});
      if (log.wants(config::log_level::debug))
        caf::anon_send(supervisor, signal_arrived{SIGCHLD});
    });
    io.start();
  }

  /// Actors first, then the thread that sends to them; nobody reads a handle while it is cleared.
  ~impl() {
    {
      caf::scoped_actor self{system};
      self->send_exit(supervisor, caf::exit_reason::user_shutdown); // ends the groups, which end their processes
      self->wait_for(supervisor);
      self->send_exit(use.reaper, caf::exit_reason::user_shutdown);
      self->send_exit(use.timer, caf::exit_reason::user_shutdown);
      self->send_exit(use.events, caf::exit_reason::user_shutdown);
    }
    system.await_all_actors_done();
    io.stop();
    supervisor = nullptr;
    use.reaper = nullptr;
    use.timer = nullptr;
    use.events = nullptr;
  }

  platform::main_log& log;
  status_board board;
  child_io io;
  services use;
  system_config config;
  caf::actor_system system;
  supervisor_actor supervisor;
};

company::company(platform::main_log& log, company_settings settings)
    : impl_(std::make_unique<impl>(log, std::move(settings))) {}

company::~company() = default;

void company::boot() {
  caf::anon_send(impl_->supervisor, actors::boot{});
  caf::anon_send(impl_->use.reaper, reap_children{}); // as pid 1 we may have inherited some that have ended
}

void company::signal(int signo) { caf::anon_send(impl_->supervisor, signal_arrived{signo}); }

const status_board& company::board() const { return impl_->board; }

} // namespace troupe::actors
