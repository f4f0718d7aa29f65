// What open pages are told: the whole status first, then changes, together and only what changed; who is too far behind
// begins anew. Real board, real Asio loop, no daemon, no sockets.
#include "actors/core/cells.hpp"
#include "actors/web/web_feed.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(web_feed_test)

using namespace troupe;
using namespace troupe::actors;

namespace {

bool holds(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

struct stage {
  stage() {
    auto options = std::make_shared<config::group_options>();
    options->name = "g";
    for (auto name : {"a", "b"}) {
      auto process = std::make_shared<config::process_options>();
      process->name = name;
      auto cell = std::make_shared<process_cell>();
      cell->id = group.processes.size() + 101;
      cell->options = process;
      cell->group = "g";
      group.processes.push_back(cell);
    }
    group.options = options;
    board.add_group(group);
  }

  void change(std::size_t which, process_state to) {
    group.processes[which]->record.state = to;
    board.publish(group.processes[which]);
  }

  /// All that `reader` is given until `wanted` is in it.
  std::string read_until(web_feed::reader& reader, const std::string& wanted) {
    std::string all;
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (all.find(wanted) == all.npos && std::chrono::steady_clock::now() < end) {
      while (auto piece = reader.next())
        all += *piece;
      if (all.find(wanted) == all.npos)
        io.run_one_for(std::chrono::milliseconds{100});
    }
    BOOST_TEST(holds(all, wanted));
    return all;
  }

  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  status_board board;
  group_cell group;
  daemon_identity who{"me", "box"};
  web_feed feed{io, whoever_gets_in(board)->shared_view(), who};
};

BOOST_FIXTURE_TEST_CASE(first_everything_then_what_changes, stage) {
  web_feed::reader reader{feed, [] {}};
  auto first = *reader.next();
  BOOST_TEST(holds(first, "event: status\n"));
  BOOST_TEST(holds(first, R"("name":"g:a")"));
  BOOST_TEST(holds(first, R"("name":"g:b")"));
  change(1, process_state::running);
  auto then = read_until(reader, "event: change\n");
  BOOST_TEST(holds(then, R"("name":"g:b")"));
  BOOST_TEST(holds(then, R"("state":"RUNNING")"));
  BOOST_TEST(!holds(then, R"("name":"g:a")"));
}

BOOST_FIXTURE_TEST_CASE(who_depends_on_what_changes_is_told_again, stage) {
  auto of_b = std::make_shared<config::process_options>(*group.processes[1]->options);
  of_b->ask().dependencies.items = {{.target = "g:a"}};
  auto options = std::make_shared<config::group_options>(*group.options);
  options->processes = {group.processes[0]->options, of_b};
  auto cell = std::make_shared<group_cell>(group);
  cell->options = options;
  auto programs = make_program_graph({cell}, {});
  BOOST_REQUIRE(programs);
  web_feed of_both{io, whoever_gets_in(board)->shared_view(), who, [&] { return programs; }};
  web_feed::reader reader{of_both, [] {}};
  BOOST_TEST(holds(*reader.next(), R"("unmet":["g:a:ready"])"));
  change(0, process_state::running);
  auto then = read_until(reader, "event: change\n");
  BOOST_TEST(holds(then, R"("name":"g:b")"));
  BOOST_TEST(holds(then, R"("unmet":[])"));
  change(0, process_state::running); // what is waited for is as it was
  BOOST_TEST(!holds(read_until(reader, "event: change\n"), R"("name":"g:b")"));
}

BOOST_FIXTURE_TEST_CASE(many_changes_come_together, stage) {
  web_feed::reader reader{feed, [] {}};
  reader.next();
  change(0, process_state::starting); // the first goes out at once
  read_until(reader, "event: change\n");
  for (int i = 0; i < 1000; ++i)
    change(0, i % 2 == 0 ? process_state::backoff : process_state::starting);
  change(0, process_state::fatal);
  auto text = read_until(reader, "FATAL");
  std::size_t events = 0;
  for (auto at = text.find("event: change"); at != text.npos; at = text.find("event: change", at + 1))
    ++events;
  BOOST_TEST(events <= 3u);
}

BOOST_FIXTURE_TEST_CASE(groups_come_and_go, stage) {
  web_feed::reader reader{feed, [] {}};
  reader.next();
  auto id = group.processes[0]->id;
  board.remove_group("g");
  auto text = read_until(reader, "\"removed\":[");
  BOOST_TEST(holds(text, std::to_string(id)));
  board.add_group(group);
  BOOST_TEST(holds(read_until(reader, "g:a"), "\"changed\":[{"));
  board.set_daemon(daemon_state::shutdown);
  BOOST_TEST(holds(read_until(reader, "SHUTDOWN"), "\"changed\":[]"));
}

BOOST_FIXTURE_TEST_CASE(who_is_too_far_behind_begins_anew, stage) {
  web_feed::reader slow{feed, [] {}};
  web_feed::reader quick{feed, [] {}};
  slow.next();
  quick.next();
  for (int i = 0; i < 70; ++i) {
    change(0, i % 2 == 0 ? process_state::starting : process_state::backoff);
    read_until(quick, "event: change\n");
  }
  change(0, process_state::fatal);
  read_until(quick, "FATAL");
  auto next = *slow.next();
  BOOST_TEST(holds(next, "event: status\n"));
  BOOST_TEST(holds(next, "FATAL"));
  BOOST_TEST(!slow.next());
}

BOOST_FIXTURE_TEST_CASE(nobody_looks_and_nothing_is_done, stage) {
  {
    web_feed::reader reader{feed, [] {}};
    reader.next();
  }
  io.restart();
  io.poll(); // what was on its way when the last one left
  change(0, process_state::running);
  BOOST_TEST(io.poll() == 0u);
  BOOST_TEST(feed.readers() == 0u);
}

} // namespace

/// What it had asked for is still on its way here: the sanitizers see to it that nothing of it is touched.
BOOST_AUTO_TEST_CASE(a_feed_that_ends_while_it_is_told) {
  boost::asio::io_context io;
  status_board board;
  daemon_identity who;
  auto feed = std::make_unique<web_feed>(io, whoever_gets_in(board)->shared_view(), who);
  {
    web_feed::reader reader{*feed, [] {}};
    board.set_daemon(daemon_state::shutdown);
    board.set_daemon(daemon_state::running);
  }
  feed.reset();
  BOOST_TEST(io.run() > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
