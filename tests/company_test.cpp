// Real actors on real children: an actor that dies is rebuilt from its record, and nothing of its process is lost.
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
#include <thread>
#include <unistd.h>

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
    options->startsecs = 0;
    options->out.logfile.to = options->err.logfile.to = config::log_target::kind::none;
    auto group_options = std::make_shared<config::group_options>();
    group_options->name = "g";
    group_options->processes.push_back(options);
    auto cells = make_cells({group_options}, "/tmp", "test").value();
    cell = cells[0]->processes[0];
    log.open();
    use.timer = system.spawn(run_timer, &log);
    use.reaper = system.spawn(run_reaper, &use);
    io.watch_children([this] { caf::anon_send<caf::message_priority::high>(use.reaper, reap_children{}); });
    io.start(); // it reads use.reaper whenever a child ends, also one of the case before
    auto supervised = own_group ? std::vector<group_cell_ptr>{} : cells;
    supervisor_settings plan;
    plan.cells = supervised;
    plan.finished = [this](daemon_end) { finished = true; };
    supervisor = system.spawn(run_supervisor, &use, std::move(plan), handles);
    caf::anon_send(supervisor, boot{});
    if (own_group) {
      group = system.spawn(run_group, &use, cells[0], processes, supervisor);
      caf::anon_send(group, evaluate_group{});
    }
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
  services use{log, board, io, std::make_shared<spawn_means>(spawn_settings{{{"PATH", "/bin:/usr/bin"}}, {},
               static_cast<std::int64_t>(::getuid())}, log), bus, {}, {}};
  struct settings : caf::actor_system_config {
    settings() {
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-threads", std::size_t{2});
    }
  } cfg;
  caf::actor_system system{cfg};
  supervisor_actor supervisor;
  group_handles handles = std::make_shared<std::vector<group_actor>>();
  process_handles processes = std::make_shared<std::vector<process_actor>>();
  group_actor group;
  process_cell_ptr cell;
  std::mutex mutex;
  std::vector<std::string> events;
  std::atomic<bool> finished{false};
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
  caf::anon_send(supervisor, control_call{request, std::make_shared<one_answer<control_answer>>(note, std::monostate{})});
  auto seen = answered.get_future();
  BOOST_REQUIRE((seen.wait_for(20s) == std::future_status::ready));
  BOOST_TEST((seen.get() == mood::restarting));
  wait("the end", [&] { return finished.load(); });
}
