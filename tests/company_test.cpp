// Real actors on real children: an actor that dies is rebuilt from its record, and nothing of its process is lost.
#include "actors/actor_thread.hpp"
#include "actors/event_bus.hpp"
#include "actors/reaper_actor.hpp"
#include "actors/supervisor_actor.hpp"
#include "actors/timer_actor.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <fstream>
#include <future>
#include <mutex>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(company_test)

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;

namespace {

struct blocked_sigchld { // before any thread
  blocked_sigchld() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  }
};

/// Answers nothing.
reaper_actor::behavior_type deaf_reaper(hosted<reaper_actor>*) {
  return {[](const spawn_request&) {},  [](const adopt_request&) {},  [](exit_handled) {},
          [](const child_left&) {},     [](const helper_request&) {}, [](helper_signal) {},
          [](const signal_request&) {}, [](const spawn_done&) {},     [](watch_spawns) {},
          [](reap_children) {}};
}

struct stage : blocked_sigchld {
  ~stage() {
    {
      caf::scoped_actor self{system};
      self->send_exit(supervisor, caf::exit_reason::user_shutdown);
      self->wait_for(supervisor);
      if (group)
        self->send_exit(group, caf::exit_reason::user_shutdown);
      self->send_exit(use.reaper, caf::exit_reason::user_shutdown);
      self->send_exit(use.timer, caf::exit_reason::user_shutdown);
    }
    system.await_all_actors_done();
    control.stop();
    io.stop();
    supervisor = nullptr;
    group = nullptr;
    handles->clear();
    processes->clear();
    use.reaper = nullptr;
    use.timer = nullptr;
    ::unlink(path.c_str());
  }

  /// Under the supervisor, or (so that the test holds the processes' actors) with the group beside it.
  void run(const std::string& command, bool own_group = false) {
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
    auto& host = control.host();
    use.timer = spawn_on(host, run_timer, &log);
    if (hangs)
      use.reaper = spawn_on(host, deaf_reaper);
    else
      use.reaper = spawn_on(host, run_reaper, &use);
    io.start();
    control.start();
    auto supervised = own_group ? std::vector<group_cell_ptr>{} : cells;
    supervisor_settings plan;
    plan.cells = supervised;
    plan.finished = [this](daemon_end) { finished = true; };
    plan.running = [this] {
      auto s = status(); // none where the group is beside the supervisor
      pid_when_opened = s ? s->pid : 0;
      opened = true;
    };
    plan.load = load;
    plan.load_limit = 100ms;
    supervisor = spawn_on(host, run_supervisor, &use, std::move(plan), handles);
    caf::anon_send(supervisor, boot{});
    if (own_group) {
      group = spawn_on(host, run_group, &use, cells[0], processes, supervisor);
      caf::anon_send(group, evaluate_group{});
    }
  }

  void start() {
    auto ignore = [](const process_outcome&) {};
    caf::anon_send(group, group_request{{.what = verb::start},
                                        0,
                                        "p",
                                        std::make_shared<one_answer<process_outcome>>(ignore, process_outcome{}),
                                        nullptr});
  }

  /// As a fault would end it: by an exit that no handler sees.
  void end_process_actor() { caf::anon_send_exit(processes->at(0), caf::exit_reason::kill); }

  template <class Condition>
  void wait(const char* what, Condition condition) {
    for (auto end = std::chrono::steady_clock::now() + 20s; !condition();) {
      BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < end, "waited in vain for " << what << "\n" << text());
      std::this_thread::sleep_for(1ms);
    }
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

  std::string path = "/tmp/troupe-company-test." + std::to_string(::getpid()) + ".log";
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
  struct settings : caf::actor_system_config {
    settings() {
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-threads", std::size_t{2});
    }
  } cfg;
  caf::actor_system system{cfg};
  actor_thread control{system, [](const std::exception_ptr& e) { BOOST_ERROR(words_of(e)); }};
  supervisor_actor supervisor;
  group_handles handles = std::make_shared<std::vector<group_actor>>();
  process_handles processes = std::make_shared<std::vector<process_actor>>();
  group_actor group;
  process_cell_ptr cell;
  std::mutex mutex;
  std::vector<std::string> events;
  std::atomic<bool> finished{false};
  std::atomic<bool> opened{false}; ///< the doors for clients
  std::atomic<int> pid_when_opened{0};
  bool hangs = false; ///< each spawn
  std::int64_t startsecs = 0;
  configuration_reader::loader load;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(restarts_what_crashes_and_stops, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  auto first = status()->pid;
  ::kill(first, SIGKILL);
  wait("a new child", [&] { return runs_anew(first); });
  wait("its events", [&] { return count("PROCESS_STATE_RUNNING") == 2; });
  BOOST_TEST(count("PROCESS_STATE_EXITED") == 1);
  BOOST_TEST(count("PROCESS_STATE_STARTING") == 2);
  caf::anon_send(supervisor, signal_arrived{SIGTERM});
  wait("the end", [&] { return finished.load(); });
  BOOST_TEST((status()->state == process_state::stopped));
  BOOST_TEST(count("SUPERVISOR_STATE_CHANGE_STOPPING") == 1);
}

BOOST_FIXTURE_TEST_CASE(a_dead_process_actor_is_rebuilt_with_its_child, stage) {
  run("/bin/cat", true);
  wait_for_state(process_state::running);
  auto pid = status()->pid;
  end_process_actor();
  wait("the report", [&] { return text().find("the actor of process p died and is rebuilt") != std::string::npos; });
  BOOST_TEST(::kill(pid, 0) == 0); // the child never noticed
  BOOST_TEST(status()->pid == pid);
  ::kill(pid, SIGKILL); // and the new actor watches over it
  wait("a new child", [&] { return runs_anew(pid); });
}

BOOST_FIXTURE_TEST_CASE(no_exit_is_lost_while_the_actor_is_dead, stage) {
  run("/bin/cat", true);
  for (int round = 0; round < 50; ++round) {
    wait_for_state(process_state::running);
    auto pid = status()->pid;
    end_process_actor();
    ::kill(pid, SIGKILL);
    wait("the exit", [&] { return count("PROCESS_STATE_EXITED") == static_cast<std::size_t>(round + 1); });
    start(); // not after a second
    wait("a new child", [&] { return runs_anew(pid); });
  }
}

BOOST_FIXTURE_TEST_CASE(a_dead_group_actor_is_rebuilt_with_its_processes, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  auto pid = status()->pid;
  caf::anon_send_exit(handles->at(0), caf::exit_reason::kill);
  wait("the report", [&] { return text().find("the actor of group g died and is rebuilt") != std::string::npos; });
  BOOST_TEST(status()->pid == pid);
  ::kill(pid, SIGKILL);
  wait("a new child", [&] { return runs_anew(pid); });
  caf::anon_send(supervisor, signal_arrived{SIGTERM});
  wait("the end", [&] { return finished.load(); });
}

BOOST_FIXTURE_TEST_CASE(who_ends_the_daemon_is_answered_when_everybody_sees_it, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  std::promise<mood> answered;
  control_request request;
  request.what = control_request::kind::restart;
  auto note = [&](const control_answer&) { answered.set_value(board.daemon()); };
  caf::anon_send(supervisor,
                 control_call{request, std::make_shared<one_answer<control_answer>>(note, std::monostate{})});
  auto seen = answered.get_future();
  BOOST_REQUIRE((seen.wait_for(20s) == std::future_status::ready));
  BOOST_TEST((seen.get() == mood::restarting));
  wait("the end", [&] { return finished.load(); });
}

// -- an actor that dies as it is asked for something: it is asked again, or the answer is no ---------------------

BOOST_FIXTURE_TEST_CASE(a_stop_that_meets_a_dead_group_actor_is_repeated, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  caf::anon_send_exit(handles->at(0), caf::exit_reason::kill);
  caf::anon_send(supervisor, signal_arrived{SIGTERM});
  wait("the end", [&] { return finished.load(); });
  BOOST_TEST((status()->state == process_state::stopped));
}

BOOST_FIXTURE_TEST_CASE(a_group_actor_that_dies_while_its_processes_stop, stage) {
  run("/bin/sh -c \"trap 'exit 3' TERM; while :; do sleep 0.01; done\"");
  wait_for_state(process_state::running);
  caf::anon_send(supervisor, signal_arrived{SIGTERM});
  wait("the stop", [&] { return status()->state != process_state::running; });
  for (int i = 0; i < 20; ++i) // the exit's report dies with one of them
    caf::anon_send_exit(handles->at(0), caf::exit_reason::kill);
  wait("the end", [&] { return finished.load(); });
}

BOOST_FIXTURE_TEST_CASE(a_stop_that_meets_a_dead_process_actor_is_repeated, stage) {
  run("/bin/cat", true);
  wait_for_state(process_state::running);
  end_process_actor();
  caf::anon_send(group, stop_group{});
  wait_for_state(process_state::stopped);
}

BOOST_FIXTURE_TEST_CASE(a_process_actor_that_dies_while_its_child_stops, stage) {
  run("/bin/cat", true);
  wait_for_state(process_state::running);
  ::kill(status()->pid, SIGSTOP); // it cannot end before the actor does
  siginfo_t info{};
  BOOST_REQUIRE(::waitid(P_PID, static_cast<id_t>(status()->pid), &info, WSTOPPED | WNOWAIT) == 0);
  caf::anon_send(group, stop_group{});
  wait_for_state(process_state::stopping);
  end_process_actor();
  wait("the report", [&] { return text().find("the actor of process p died and is rebuilt") != std::string::npos; });
  ::kill(status()->pid, SIGCONT);
  wait_for_state(process_state::stopped);
}

BOOST_FIXTURE_TEST_CASE(a_restart_that_waits_survives_its_actor, stage) { // T3
  run("/bin/false", true);
  wait_for_state(process_state::exited);
  end_process_actor();
  wait("the restart", [&] { return count("PROCESS_STATE_EXITED") == 2; });
}

BOOST_FIXTURE_TEST_CASE(a_group_whose_actor_died_is_not_removed, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  auto pid = status()->pid;
  control_request request;
  request.what = control_request::kind::remove_group;
  request.name = "g";
  auto ask = [&](bool dead) {
    std::promise<int> answered;
    auto note = [&](const control_answer& a) {
      auto* fault = std::get_if<protocols::rpc_fault>(&a);
      answered.set_value(fault ? fault->code : 0);
    };
    if (dead)
      caf::anon_send_exit(handles->at(0), caf::exit_reason::kill);
    caf::anon_send(supervisor,
                   control_call{request, std::make_shared<one_answer<control_answer>>(note, std::monostate{})});
    return answered.get_future().get();
  };
  for (int i = 0; i < 10; ++i) {
    auto code = ask(true); // it may be alive again by the time it is asked
    BOOST_TEST((code == static_cast<int>(protocols::fault::failed) ||
                code == static_cast<int>(protocols::fault::still_running)));
  }
  BOOST_TEST(ask(false) == static_cast<int>(protocols::fault::still_running));
  BOOST_TEST(status()->pid == pid);
}

BOOST_FIXTURE_TEST_CASE(who_asks_a_dead_group_for_all_hears_of_it, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  control_request request;
  request.of = control_request::scope::all;
  request.task = {.what = verb::stop, .wait = true};
  std::promise<process_results> answered;
  auto note = [&](const control_answer& a) { answered.set_value(std::get<process_results>(a)); };
  caf::anon_send_exit(handles->at(0), caf::exit_reason::kill);
  caf::anon_send(supervisor,
                 control_call{request, std::make_shared<one_answer<control_answer>>(note, std::monostate{})});
  auto results = answered.get_future().get();
  BOOST_REQUIRE(results.size() == 1); // stopped by the rebuilt one, or refused: never passed over
  bool done = results[0].status == static_cast<int>(protocols::fault::success);
  BOOST_TEST(done == (status()->state == process_state::stopped), text());
}

BOOST_FIXTURE_TEST_CASE(a_deadline_keeps_no_removed_process_alive, stage) {
  startsecs = 86400;
  run("/bin/cat", true);
  wait_for_state(process_state::starting);
  wait("the child", [&] { return status()->pid != 0; });
  caf::anon_send(group, stop_group{});
  wait_for_state(process_state::stopped);
  auto weak = processes->at(0).address();
  {
    caf::scoped_actor self{system};
    self->send_exit(group, caf::exit_reason::user_shutdown);
    self->wait_for(group); // it reads the handles
  }
  processes->clear();
  wait("the actor to be gone", [&] { return !caf::actor_cast<caf::strong_actor_ptr>(weak); });
}

// -- the boot ----------------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_spawn_that_hangs_does_not_keep_the_doors_shut, stage) {
  hangs = true;
  run("/bin/cat");
  wait("the doors", [&] { return opened.load(); });
  BOOST_TEST((status()->state == process_state::starting));
  BOOST_TEST(status()->pid == 0);
}

BOOST_FIXTURE_TEST_CASE(the_doors_open_when_everything_was_spawned, stage) {
  run("/bin/cat");
  wait("the doors", [&] { return opened.load(); });
  BOOST_TEST(pid_when_opened.load() != 0);
}

// -- a configuration that cannot be read -------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_reading_that_hangs_is_given_up_and_left_behind, stage) {
  auto release = std::make_shared<std::promise<void>>();
  auto gate = release->get_future().share();
  auto readings = std::make_shared<std::atomic<int>>(0);
  load = [gate, readings]() -> configuration_reader::outcome {
    if (++*readings == 1)
      gate.wait();
    return std::make_shared<const config::configuration>();
  };
  run("/bin/cat");
  control_request request;
  request.what = control_request::kind::reload;
  auto ask = [&] {
    auto answered = std::make_shared<std::promise<std::string>>();
    auto note = [answered](const control_answer& a) {
      auto* fault = std::get_if<protocols::rpc_fault>(&a);
      answered->set_value(fault ? fault->text : "read");
    };
    caf::anon_send(supervisor,
                   control_call{request, std::make_shared<one_answer<control_answer>>(note, std::monostate{})});
    return answered->get_future();
  };
  std::vector<std::future<std::string>> waiting;
  for (int i = 0; i < 1050; ++i)
    waiting.push_back(ask());
  int full = 0;
  for (auto& w : waiting) {
    auto text = w.get();
    full += text == "CANT_REREAD: too many wait for it already";
    BOOST_TEST(text.starts_with("CANT_REREAD: "));
  }
  BOOST_TEST(full == 49); // one is being answered, a thousand wait
  BOOST_TEST(ask().get() == "CANT_REREAD: the last attempt to read the configuration has not come to an end yet");
  BOOST_TEST(*readings == 1);
  release->set_value();
  wait("the next reading", [&] { return ask().get() == "read"; });
}

BOOST_FIXTURE_TEST_CASE(a_reading_that_hangs_does_not_hold_up_the_end, stage) {
  auto release = std::make_shared<std::promise<void>>();
  auto begun = std::make_shared<std::promise<void>>();
  load = [gate = release->get_future().share(), begun]() -> configuration_reader::outcome {
    begun->set_value();
    gate.wait();
    return std::make_shared<const config::configuration>();
  };
  run("/bin/cat");
  std::promise<void> answered;
  control_request request;
  request.what = control_request::kind::reload;
  auto note = [&](const control_answer&) { answered.set_value(); };
  caf::anon_send(supervisor,
                 control_call{request, std::make_shared<one_answer<control_answer>>(note, std::monostate{})});
  begun->get_future().wait();
  caf::anon_send(supervisor, signal_arrived{SIGTERM});
  wait("the end", [&] { return finished.load(); });
  {
    caf::scoped_actor self{system};
    self->send_exit(supervisor, caf::exit_reason::user_shutdown);
    self->wait_for(supervisor);
  }
  answered.get_future().wait(); // by the end of the actor, while the reader still reads
  release->set_value();
}

BOOST_AUTO_TEST_SUITE_END()
