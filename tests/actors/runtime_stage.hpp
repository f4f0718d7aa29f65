// Real actors on real children, without main: the reaper, the supervisor and one group with one process. The test runs
// the actors' turns itself, so that nothing happens behind its back. Must not hold test cases.
#pragma once

#include "actors/hosted_actor.hpp"
#include "actors/io/event_bus.hpp"
#include "actors/kept_alive.hpp"
#include "actors/reaper_actor.hpp"
#include "actors/supervisor_actor.hpp"
#include "actors/threadless_scheduler.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <fstream>
#include <future>
#include <mutex>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace troupe::actors {

using namespace std::chrono_literals;
using protocols::process_state;

struct blocked_sigchld { // before any thread
  blocked_sigchld() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  }
};

/// Answers nothing.
inline reaper_actor::behavior_type deaf_reaper(hosted<reaper_actor>*) {
  return {[](const spawn_request&) {},  [](const adopt_request&) {},  [](exit_handled) {},
          [](const child_left&) {},     [](const helper_request&) {}, [](helper_signal) {},
          [](const signal_request&) {}, [](const spawn_done&) {},     [](watch_spawns) {},
          [](reap_children) {},         [](look_at_keeper_again) {},  [](withdraw_spawn) {},
          [](look_at_leftovers) {},     [](look_at_turns) {},         [](start_over) {},
          [](const cell_replaced&) {}};
}

struct stage : blocked_sigchld {
  ~stage() {
    end(use.supervisor.get(), "supervisor");
    for (const auto& [id, managed] : record->groups)
      end(managed.actor, "supervised group");
    if (group)
      end(group);
    end(use.reaper.get(), "reaper");
    wait("the actors to be gone", [&] { return system.registry().running() == 0; });
    io.stop();
    group = nullptr;
    processes->actors.clear();
    use.supervisor.set({});
    use.reaper.set({});
    ::unlink(path.c_str());
  }

  /// Under the supervisor, or (so that the test holds the processes' actors) with the group beside it.
  void run(const std::string& command, bool own_group = false, std::function<void()> meanwhile = {}) {
    auto options = std::make_shared<config::process_options>();
    options->name = "p";
    options->command = command;
    options->startsecs = startsecs;
    options->out.logfile.to = options->err.logfile.to = config::log_target::kind::none;
    auto group_options = std::make_shared<config::group_options>();
    group_options->name = "g";
    group_options->processes.push_back(options);
    auto cells = make_cells({group_options}, "/tmp", "test").value();
    cell = cells[0]->processes[0];
    log.open();
    io.start();
    record->set.cells = own_group ? std::vector<group_cell_ptr>{} : cells;
    record->set.finished = [this](daemon_end, int) { finished = true; };
    record->set.running = [this] {
      auto s = status(); // none where the group is beside the supervisor
      pid_when_opened = s ? s->pid : 0;
      opened = true;
    };
    record->set.load = load;
    record->set.load_limit = load_limit;
    record->start_asked = true;
    auto give_up = [this] { given_up = true; };
    auto spawn_reaper = [this] {
      if (hangs)
        use.reaper.set(spawn_on(host, deaf_reaper));
      else
        use.reaper.set(spawn_on(host, run_reaper, &use, children));
      if (auto supervisor = use.supervisor.get())
        caf::anon_send(supervisor, look_for_reaper{});
      if (group)
        caf::anon_send(group, look_for_reaper{});
      return caf::actor_cast<caf::strong_actor_ptr>(use.reaper.get());
    };
    auto spawn_supervisor = [this] {
      use.supervisor.set(spawn_on(host, run_supervisor, &use, record));
      return caf::actor_cast<caf::strong_actor_ptr>(use.supervisor.get());
    };
    keep_alive(host, log, {"the reaper", spawn_reaper, give_up});
    keep_alive(host, log, {"the supervisor", spawn_supervisor, give_up});
    if (meanwhile)
      meanwhile();
    turns.poll();
    if (own_group) {
      board.add_group(*cells[0]);
      group = spawn_on(host, run_group, &use, cells[0], processes, use.supervisor.get());
      caf::anon_send(group, evaluate_group{});
    }
  }

  void start() {
    auto ignore = [](const process_outcome&) {};
    caf::anon_send(group, group_request{{.what = verb::start},
                                        0,
                                        "p",
                                        std::make_shared<reply_promise<process_outcome>>(ignore, process_outcome{}),
                                        nullptr});
  }

  void end_process_actor() { kill(processes->actors.at(0)); }

  /// The actors' turns, until it is so.
  template <class Condition>
  void wait(const char* what, Condition condition) {
    for (auto end = std::chrono::steady_clock::now() + 20s; !condition();) {
      BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < end, "waited in vain for " << what << "\n" << text());
      turns.run_one_for(1ms); // other threads may have made it so: what they write, whom they answer
    }
  }
  template <class T>
  T get(std::future<T> from) {
    wait("an answer", [&] { return from.wait_for(0s) == std::future_status::ready; });
    return from.get();
  }
  template <class Handle>
  void end(const Handle& whom, const char* who = "an actor") {
    auto gone = std::make_shared<bool>(false);
    whom->attach_functor([gone] { *gone = true; });
    caf::anon_send_exit(whom, caf::exit_reason::user_shutdown);
    wait(who, [&] { return *gone; });
  }
  /// As a fault would end it: by an exit that no handler sees.
  template <class Handle>
  void kill(const Handle& whom) {
    caf::anon_send_exit(whom, caf::exit_reason::kill);
  }
  group_actor supervised_group() { return record->groups.begin()->second.actor; }
  void signal(int signo) {
    record->signals.push(signo);
    caf::anon_send(use.supervisor.get(), signal_arrived{});
  }
  std::future<control_answer> ask(control_request request) {
    auto answered = std::make_shared<std::promise<control_answer>>();
    auto note = [answered](const control_answer& a) { answered->set_value(a); };
    auto to = std::make_shared<reply_promise<control_answer>>(note, protocols::rpc_fault{-1, "lost"});
    caf::anon_send(use.supervisor.get(), control_call{std::move(request), to});
    return answered->get_future();
  }
  process_status_ptr status() { return use.board.find(cell->id); }
  void wait_for_state(process_state s) {
    wait("a state", [&] { return status() && status()->state == s; });
  }
  bool runs_anew(int before) {
    auto s = status();
    return s->state == process_state::running && s->pid != before;
  }
  std::string text() {
    std::ifstream file(path);
    std::stringstream all;
    all << file.rdbuf();
    return all.str();
  }
  std::size_t count(const std::string& name) {
    std::lock_guard lock{mutex};
    return static_cast<std::size_t>(std::count(events.begin(), events.end(), name));
  }

  std::string path = "/tmp/troupe-runtime-test." + std::to_string(::getpid()) + ".log";
  platform::main_log log{{path, 0, 0, config::log_level::debug, false, ""}};
  status_board board;
  child_io io{log, {}};
  event_bus bus{log, {.observer = [this](const protocols::event& e) {
                  std::lock_guard lock{mutex};
                  events.push_back(std::string(protocols::to_string(e.type)));
                }}};
  services use{log,
               board,
               io,
               std::make_shared<spawn_means>(
                 spawn_settings{{{"PATH", "/bin:/usr/bin"}}, {}, static_cast<std::int64_t>(::getuid())}, log),
               bus,
               {},
               {}};
  threadless_config cfg;
  caf::actor_system system{cfg};
  boost::asio::io_context turns{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stays{turns.get_executor()};
  asio_host host{system, turns};
  std::shared_ptr<reaper_record> children = std::make_shared<reaper_record>();
  std::shared_ptr<supervisor_record> record = std::make_shared<supervisor_record>(supervisor_settings{});
  process_handles processes = std::make_shared<member_handles>();
  group_actor group;
  process_cell_ptr cell;
  std::mutex mutex;
  std::vector<std::string> events;
  std::atomic<bool> finished{false};
  std::atomic<bool> opened{false}; ///< the doors for clients
  std::atomic<int> pid_when_opened{0};
  bool hangs = false;    ///< each spawn
  bool given_up = false; ///< by who keeps them alive
  std::int64_t startsecs = 0;
  configuration_reader::loader load;
  std::chrono::milliseconds load_limit = 100ms;
};

inline control_request removal(const std::string& group) {
  control_request request;
  request.what = control_request::kind::remove_group;
  request.name = group;
  return request;
}

inline control_request addition(const std::string& group) {
  control_request request;
  request.what = control_request::kind::add_group;
  request.name = group;
  return request;
}

inline control_request reload() {
  control_request request;
  request.what = control_request::kind::reload;
  return request;
}

inline control_request stop_all() {
  control_request request;
  request.of = control_request::scope::all;
  request.task = {.what = verb::stop, .wait = true};
  return request;
}

inline int code_of(const control_answer& answer) {
  auto* fault = std::get_if<protocols::rpc_fault>(&answer);
  return fault ? fault->code : 0;
}

inline std::string fault_of(const control_answer& answer) {
  auto* fault = std::get_if<protocols::rpc_fault>(&answer);
  return fault ? fault->text : std::string();
}

} // namespace troupe::actors
