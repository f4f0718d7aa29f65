// When the service manager is told something: a real board and a real loop, datagrams into a list. How often is set, so
// that nothing here depends on who is faster: never again, or at once.
#include "actors/core/cells.hpp"
#include "actors/io/notify_desk.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(notify_desk_test)

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;

namespace {

struct stage {
  explicit stage(std::chrono::milliseconds between) {
    auto options = std::make_shared<config::group_options>();
    options->name = "g";
    for (auto name : {"a", "b"}) {
      auto process = std::make_shared<config::process_options>();
      process->name = name;
      process->stopwaitsecs = 200;
      auto cell = std::make_shared<process_cell>();
      cell->id = group.processes.size() + 101;
      cell->options = process;
      cell->group = "g";
      group.processes.push_back(cell);
    }
    group.options = options;
    board.add_group(group);
    desk.emplace(io, board, notify_desk::settings{[this](const auto& text) { told.push_back(text); }, between});
  }

  void change(std::size_t which, process_state to) {
    group.processes[which]->record.state = to;
    board.publish(group.processes[which]);
  }
  /// All that is due now.
  void run() {
    io.restart();
    io.poll();
  }
  void run_until_told(std::size_t count) {
    auto end = std::chrono::steady_clock::now() + 20s;
    while (told.size() < count && std::chrono::steady_clock::now() < end)
      io.run_one_for(100ms);
    BOOST_TEST_REQUIRE(told.size() == count);
  }

  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  status_board board;
  group_cell group;
  std::vector<std::string> told;
  std::optional<notify_desk> desk;
};

struct never_again : stage {
  never_again() : stage(1h) {}
};
struct at_once : stage {
  at_once() : stage(0ms) {}
};

} // namespace

BOOST_FIXTURE_TEST_CASE(nothing_before_it_is_ready, at_once) {
  change(0, process_state::running);
  run();
  BOOST_TEST(told.empty());
  desk->ready();
  run();
  desk->ready(); // by whoever else lets clients in
  run();
  BOOST_TEST(told == std::vector<std::string>{"READY=1\nSTATUS=1 of 2 programs run"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(changes_are_told_once, at_once) {
  desk->ready();
  run();
  change(0, process_state::starting);
  change(0, process_state::running);
  change(1, process_state::fatal);
  run_until_told(2);
  BOOST_TEST(told.back() == "STATUS=1 of 2 programs run; FATAL: g:b");
  change(1, process_state::running);
  run_until_told(3);
  BOOST_TEST(told.back() == "STATUS=2 of 2 programs run");
}

/// Something has changed, but nothing that is said.
BOOST_FIXTURE_TEST_CASE(the_same_again_is_not_told, at_once) {
  desk->ready();
  run();
  change(0, process_state::starting);
  BOOST_TEST(io.run_one_for(10s) == 1U); // has heard of it
  BOOST_TEST(io.run_one_for(10s) == 1U); // has looked
  BOOST_TEST(told.size() == 1U);
  change(0, process_state::running); // and listens still
  run_until_told(2);
}

BOOST_FIXTURE_TEST_CASE(not_more_often_than_once_in_a_while, never_again) {
  desk->ready();
  run();
  for (int i = 0; i < 100; ++i) {
    change(0, i % 2 == 0 ? process_state::running : process_state::exited);
    io.run_for(1ms);
  }
  BOOST_TEST(told.size() == 1U);
}

/// Idle it does nothing: there is no timer that would keep the loop alive.
BOOST_FIXTURE_TEST_CASE(nothing_is_left_to_do_while_nothing_changes, at_once) {
  desk->ready();
  change(0, process_state::running);
  run_until_told(1);
  work.reset();
  io.restart();
  BOOST_TEST(io.run() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_stop_and_its_levels, never_again) {
  desk->ready();
  change(0, process_state::running);
  change(1, process_state::running);
  run();
  board.set_daemon(daemon_state::shutdown);
  desk->ending();
  BOOST_TEST(told.back() == "STOPPING=1\nSTATUS=stopping: 2 programs left\nEXTEND_TIMEOUT_USEC=215000000");
  change(0, process_state::stopped);
  desk->ending();
  BOOST_TEST(told.back() == "STOPPING=1\nSTATUS=stopping: 1 program left\nEXTEND_TIMEOUT_USEC=215000000");
  change(1, process_state::stopped);
  desk->ending();
  BOOST_TEST(told.back() == "STOPPING=1\nSTATUS=stopping: 0 programs left\nEXTEND_TIMEOUT_USEC=15000000");
  run();
  BOOST_TEST(told.size() == 4U);
}

BOOST_FIXTURE_TEST_CASE(who_is_left_is_told_between_levels, at_once) {
  change(0, process_state::running);
  change(1, process_state::running);
  board.set_daemon(daemon_state::shutdown); // before anybody was let in
  desk->ending();
  desk->ready();
  run();
  BOOST_TEST(told.size() == 1U); // STOPPING
  change(0, process_state::stopped);
  run_until_told(2);
  BOOST_TEST(told.back() == "STATUS=stopping: 1 program left");
}

BOOST_FIXTURE_TEST_CASE(a_restart_is_said_once, never_again) {
  desk->ready();
  run();
  board.set_daemon(daemon_state::restarting);
  desk->ending();
  desk->ending(); // its levels
  BOOST_TEST_REQUIRE(told.size() == 2U);
  BOOST_TEST(told.back().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  BOOST_TEST(std::stoll(told.back().substr(told.back().rfind('=') + 1)) > 0);
  board.set_daemon(daemon_state::shutdown); // a TERM behind a HUP
  desk->ending();
  BOOST_TEST(told.back().starts_with("STOPPING=1\n"));
}

BOOST_FIXTURE_TEST_CASE(the_watchdog_is_fed_while_the_token_comes_back, never_again) {
  std::vector<std::function<void()>> tokens;
  desk->watch(2ms, [&](std::function<void()> back) { tokens.push_back(std::move(back)); });
  BOOST_TEST_REQUIRE(tokens.size() == 1U);
  io.run_for(20ms); // it is held up somewhere
  BOOST_TEST(tokens.size() == 1U);
  BOOST_TEST(told.empty());
  tokens[0]();
  BOOST_TEST(told == std::vector<std::string>{"WATCHDOG=1"}, boost::test_tools::per_element());
  auto end = std::chrono::steady_clock::now() + 20s;
  while (tokens.size() < 2 && std::chrono::steady_clock::now() < end)
    io.run_one_for(100ms);
  BOOST_TEST(tokens.size() == 2U);
  auto late = tokens.back();
  desk.reset();
  late(); // for nobody
  BOOST_TEST(told.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(its_end_is_no_trouble_for_what_is_on_its_way, at_once) {
  desk->ready();
  run();
  change(0, process_state::running);
  desk.reset();
  change(1, process_state::running);
  run();
  BOOST_TEST(told.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
