// An actor that dies is rebuilt from its record, and nothing of its process is lost: cases of their own. Each kind of
// actor in each phase of the daemon's life is phases_test.cpp's.
#include "tests/actors/runtime_stage.hpp"

using namespace troupe;
using namespace troupe::actors;

BOOST_AUTO_TEST_SUITE(runtime_test)

BOOST_FIXTURE_TEST_CASE(restarts_what_crashes_and_stops, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  auto first = status()->pid;
  ::kill(first, SIGKILL);
  wait("a new child", [&] { return runs_anew(first); });
  wait("its events", [&] { return count("PROCESS_STATE_RUNNING") == 2; });
  BOOST_TEST(count("PROCESS_STATE_EXITED") == 1);
  BOOST_TEST(count("PROCESS_STATE_STARTING") == 2);
  signal(SIGTERM);
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

/// A machine without time: the reaper has told of a child that is not through its exec, and its actor dies meanwhile.
BOOST_FIXTURE_TEST_CASE(an_exit_reaches_the_actor_that_was_built_during_a_slow_spawn, stage) {
  run("/bin/cat", true);
  wait_for_state(process_state::running);
  auto pid = status()->pid;
  auto flight = std::make_shared<spawn_flight>();
  flight->cell = cell;
  flight->own_pid = pid;
  children->launches.push_back({flight, children->children.at(pid), {}, true});
  auto dead = processes->actors.at(0);
  end_process_actor();
  wait("its adoption", [&] {
    auto owner = children->children.at(pid).owner;
    return owner != dead && owner == processes->actors.at(0);
  });
  spawned_child made;
  made.outcome.pid = pid;
  made.streams.who = cell;
  made.streams.pid = pid;
  flight->process = std::move(made);
  flight->done = true;
  caf::anon_send(use.reaper.get(), spawn_done{flight});
  wait("the spawn", [&] { return children->launches.empty(); });
  ::kill(pid, SIGKILL);
  wait("the exit", [&] { return count("PROCESS_STATE_EXITED") == 1; });
}

BOOST_FIXTURE_TEST_CASE(a_dead_group_actor_is_rebuilt_with_its_processes, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  auto pid = status()->pid;
  kill(supervised_group());
  wait("the report", [&] { return text().find("the actor of group g died and is rebuilt") != std::string::npos; });
  BOOST_TEST(status()->pid == pid);
  ::kill(pid, SIGKILL);
  wait("a new child", [&] { return runs_anew(pid); });
  signal(SIGTERM);
  wait("the end", [&] { return finished.load(); });
}

BOOST_FIXTURE_TEST_CASE(who_ends_the_daemon_is_answered_when_everybody_sees_it, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  std::promise<daemon_state> answered;
  control_request request;
  request.what = control_request::kind::restart;
  auto note = [&](const control_answer&) { answered.set_value(board.daemon()); };
  auto to = std::make_shared<reply_promise<control_answer>>(note, std::monostate{});
  caf::anon_send(use.supervisor.get(), control_call{request, std::move(to)});
  BOOST_TEST((get(answered.get_future()) == daemon_state::restarting));
  wait("the end", [&] { return finished.load(); });
}

// -- an actor that dies as it is asked for something: it is asked again, or the answer is no ---------------------

BOOST_FIXTURE_TEST_CASE(a_stop_that_meets_a_dead_group_actor_is_repeated, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  kill(supervised_group());
  signal(SIGTERM);
  wait("the end", [&] { return finished.load(); });
  BOOST_TEST((status()->state == process_state::stopped));
}

BOOST_FIXTURE_TEST_CASE(a_group_actor_that_dies_while_its_processes_stop, stage) {
  run("/bin/sh -c \"trap 'exit 3' TERM; while :; do sleep 0.01; done\"");
  wait_for_state(process_state::running);
  signal(SIGTERM);
  wait("the stop", [&] { return status()->state != process_state::running; });
  for (int i = 0; i < 20; ++i) // the exit's report dies with one of them
    kill(supervised_group());
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
  kill(supervised_group());
  BOOST_TEST(code_of(get(ask(removal("g")))) == static_cast<int>(protocols::fault::failed)); // it did not answer
  BOOST_TEST(code_of(get(ask(removal("g")))) == static_cast<int>(protocols::fault::still_running));
  BOOST_TEST(status()->pid == pid);
}

BOOST_FIXTURE_TEST_CASE(who_asks_a_dead_group_for_all_hears_of_it, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  kill(supervised_group());
  auto results = std::get<process_results>(get(ask(stop_all())));
  BOOST_REQUIRE(results.size() == 1);
  BOOST_TEST(results[0].status == static_cast<int>(protocols::fault::failed)); // not passed over
  BOOST_TEST((status()->state == process_state::running), text());
  results = std::get<process_results>(get(ask(stop_all())));
  BOOST_REQUIRE(results.size() == 1);
  BOOST_TEST(results[0].status == static_cast<int>(protocols::fault::success));
  BOOST_TEST((status()->state == process_state::stopped), text());
}

BOOST_FIXTURE_TEST_CASE(a_deadline_keeps_no_removed_process_alive, stage) {
  startsecs = 86400;
  run("/bin/cat", true);
  wait_for_state(process_state::starting);
  wait("the child", [&] { return status()->pid != 0; });
  caf::anon_send(group, stop_group{});
  wait_for_state(process_state::stopped);
  auto weak = processes->actors.at(0).address();
  end(group); // it reads the handles
  processes->actors.clear();
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
  load = [gate, readings](const auto&) -> configuration_reader::outcome {
    if (++*readings == 1)
      gate.wait();
    return std::make_shared<const config::configuration>();
  };
  run("/bin/cat");
  std::vector<std::future<control_answer>> waiting;
  for (int i = 0; i < 1050; ++i)
    waiting.push_back(ask(reload()));
  int full = 0;
  for (auto& w : waiting) {
    auto answer = fault_of(get(std::move(w)));
    full += answer == "CANT_REREAD: too many wait for it already";
    BOOST_TEST(answer.starts_with("CANT_REREAD: "));
  }
  BOOST_TEST(full == 49); // one is being answered, a thousand wait
  BOOST_TEST(fault_of(get(ask(reload()))) ==
             "CANT_REREAD: the last attempt to read the configuration has not come to an end yet");
  BOOST_TEST(*readings == 1);
  release->set_value();
  wait("the next reading", [&] { return fault_of(get(ask(reload()))).empty(); });
}

BOOST_FIXTURE_TEST_CASE(a_reading_that_hangs_does_not_hold_up_the_end, stage) {
  auto release = std::make_shared<std::promise<void>>();
  auto begun = std::make_shared<std::promise<void>>();
  load = [gate = release->get_future().share(), begun](const auto&) -> configuration_reader::outcome {
    begun->set_value();
    gate.wait();
    return std::make_shared<const config::configuration>();
  };
  run("/bin/cat");
  auto answer = ask(reload());
  get(begun->get_future());
  signal(SIGTERM);
  wait("the end", [&] { return finished.load(); });
  end(use.supervisor.get());
  BOOST_TEST(!fault_of(get(std::move(answer))).empty()); // by the end of the actor, while the reader still reads
  release->set_value();
}

BOOST_FIXTURE_TEST_CASE(configurations_that_were_replaced_are_forgotten, stage) {
  auto read = std::make_shared<std::vector<std::weak_ptr<const config::group_options>>>();
  load = [read](const auto&) -> configuration_reader::outcome {
    auto process = std::make_shared<config::process_options>();
    process->name = "p";
    process->command = "/bin/cat";
    process->autostart = false;
    process->out.logfile.to = process->err.logfile.to = config::log_target::kind::none;
    auto added = std::make_shared<config::group_options>();
    added->name = "again";
    added->processes.push_back(process);
    read->push_back(added);
    auto loaded = std::make_shared<config::configuration>();
    loaded->groups.push_back(std::move(added));
    return std::shared_ptr<const config::configuration>(std::move(loaded));
  };
  auto alive = [read] { return std::count_if(read->begin(), read->end(), [](auto& one) { return !one.expired(); }); };
  run("/bin/cat");
  for (int i = 0; i < 50; ++i) { // each is put to use in place of the one before
    BOOST_REQUIRE(fault_of(get(ask(reload()))) == "");
    BOOST_REQUIRE(fault_of(get(ask(removal("again")))) == (i == 0 ? "BAD_NAME: again" : ""));
    BOOST_REQUIRE(fault_of(get(ask(addition("again")))) == "");
    wait("the one before to be gone", [&] { return alive() == 1; });
  }
  for (int i = 0; i < 50; ++i) { // each is only looked at
    BOOST_REQUIRE(fault_of(get(ask(reload()))) == "");
    wait("the one before to be gone", [&] { return alive() == 2; }); // the one in use, and the last one
  }
  BOOST_TEST(read->size() == 100U);
}

// -- the reaper and the supervisor are rebuilt as well -------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_dead_reaper_s_children_are_not_lost, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  auto pid = status()->pid;
  kill(use.reaper.get());
  ::kill(pid, SIGKILL); // whichever of them hears of it
  wait("a new child", [&] { return runs_anew(pid); });
  BOOST_TEST(text().find("the reaper died and is rebuilt from its record") != std::string::npos);
  BOOST_TEST(count("PROCESS_STATE_EXITED") == 1);
}

BOOST_FIXTURE_TEST_CASE(a_spawn_that_meets_a_dead_reaper_is_made, stage) {
  run("/bin/cat", true);
  wait_for_state(process_state::running);
  for (int round = 0; round < 4; ++round) { // more deaths would be given up
    caf::anon_send(group, stop_group{});
    wait_for_state(process_state::stopped);
    if (round % 2 == 0)
      kill(use.reaper.get());
    start();
    if (round % 2 != 0) {
      turns.poll_one();
      kill(use.reaper.get());
    }
    wait_for_state(process_state::running);
    BOOST_TEST(::kill(status()->pid, 0) == 0);
  }
}

BOOST_FIXTURE_TEST_CASE(a_stop_that_meets_a_dead_reaper_is_made, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  kill(use.reaper.get());
  auto results = std::get<process_results>(get(ask(stop_all())));
  BOOST_REQUIRE(results.size() == 1);
  BOOST_TEST(results[0].status == static_cast<int>(protocols::fault::success));
  BOOST_TEST((status()->state == process_state::stopped));
}

BOOST_FIXTURE_TEST_CASE(the_daemon_s_stop_survives_the_reaper_and_the_supervisor, stage) {
  run("/bin/sh -c \"trap 'exit 3' TERM; while :; do sleep 0.01; done\"");
  wait_for_state(process_state::running);
  signal(SIGTERM);
  kill(use.supervisor.get()); // it may not have heard of the signal
  kill(use.reaper.get());
  wait("the stop", [&] { return status()->state != process_state::running; });
  kill(use.supervisor.get());
  kill(supervised_group());
  kill(use.reaper.get());
  wait("the end", [&] { return finished.load(); });
  BOOST_TEST((board.daemon() == daemon_state::shutdown));
  BOOST_TEST((status()->state == process_state::stopped));
}

BOOST_FIXTURE_TEST_CASE(a_dead_supervisor_is_rebuilt_with_its_groups, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  auto pid = status()->pid;
  kill(use.supervisor.get());
  BOOST_TEST(fault_of(get(ask(stop_all()))) == "lost"); // whoever has asked the dead one hears of it
  auto results = std::get<process_results>(get(ask(stop_all())));
  BOOST_REQUIRE(results.size() == 1);
  BOOST_TEST(results[0].status == static_cast<int>(protocols::fault::success));
  BOOST_TEST((status()->state == process_state::stopped));
  BOOST_TEST(::kill(pid, 0) != 0);
}

BOOST_FIXTURE_TEST_CASE(a_supervisor_that_dies_at_the_start_starts_all_the_same, stage) {
  run("/bin/cat", false, [this] { kill(use.supervisor.get()); });
  wait("the doors", [&] { return opened.load(); });
  wait_for_state(process_state::running);
  BOOST_TEST(count("SUPERVISOR_STATE_CHANGE_RUNNING") == 1);
  BOOST_TEST(count("PROCESS_STATE_STARTING") == 1);
}

BOOST_FIXTURE_TEST_CASE(a_removal_under_way_is_refused_by_the_next_supervisor, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  get(ask(stop_all()));
  auto answer = ask(removal("g"));
  auto held = ask(stop_all());
  kill(use.supervisor.get());
  auto code = code_of(get(std::move(answer)));
  BOOST_TEST((code == static_cast<int>(protocols::fault::failed) || code == 0)); // it may have come to its end
  get(std::move(held));                                                          // is answered, one way or the other
  BOOST_TEST(code_of(get(ask(removal("g")))) == (code == 0 ? static_cast<int>(protocols::fault::bad_name) : 0));
}

BOOST_FIXTURE_TEST_CASE(a_reload_under_way_is_answered_when_the_supervisor_dies, stage) {
  auto release = std::make_shared<std::promise<void>>();
  auto begun = std::make_shared<std::promise<void>>();
  auto readings = std::make_shared<std::atomic<int>>(0);
  load = [gate = release->get_future().share(), begun, readings](const auto&) -> configuration_reader::outcome {
    if (++*readings == 1) {
      begun->set_value();
      gate.wait();
    }
    return std::make_shared<const config::configuration>();
  };
  run("/bin/cat");
  auto answer = ask(reload());
  get(begun->get_future());
  kill(use.supervisor.get());
  BOOST_TEST(!fault_of(get(std::move(answer))).empty());
  release->set_value();
  wait("another reading", [&] { return fault_of(get(ask(reload()))).empty(); });
}

BOOST_FIXTURE_TEST_CASE(an_actor_that_dies_again_and_again_is_given_up, stage) {
  run("/bin/cat");
  wait_for_state(process_state::running);
  for (int i = 0; i < 6; ++i) {
    BOOST_TEST(!given_up);
    auto before = use.supervisor.generation();
    kill(use.supervisor.get());
    wait("another, or none", [&] { return given_up || use.supervisor.generation() != before; });
  }
  BOOST_TEST(given_up);
  BOOST_TEST(text().find("the supervisor dies again and again") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
