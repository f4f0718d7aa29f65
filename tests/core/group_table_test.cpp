// What the supervisor decides about its groups, as traces: turns of the start, doors, turns of the stop, removals, and
// what is said again where an actor has died. Must not hold a clock, thread or process.
#include "actors/core/group_table.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <string>

using namespace troupe::actors;
using troupe::protocols::daemon_state;
using troupe::protocols::fault;
using troupe::protocols::process_state;
using trace = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(group_table_test)

namespace {

constexpr auto per_element = boost::test_tools::per_element();

struct board { // groups a, b, ... of two processes each: a's are 10 and 11, b's 20 and 21
  group_table table;
  std::chrono::steady_clock::time_point now{};

  void add(const std::string& name, std::int64_t priority = 999) {
    auto first = (table.next_id) * 10;
    add_group(
      table,
      {name, priority, {{name + "0", process_state::stopped, first}, {name + "1", process_state::stopped, first + 1}}});
  }
  std::uint64_t id(const std::string& name) const { return table.find(name)->id; }
  std::string name(std::uint64_t group) const { return table.find(group) ? table.find(group)->name : "?"; }

  trace tell(const group_happening& happened) {
    trace out;
    for (const auto& e : step(table, happened, now))
      if (auto text = std::visit([this](const auto& what) { return show(what); }, e); !text.empty())
        out.push_back(text);
    return out;
  }
  trace becomes(std::uint64_t process, process_state state, bool being_spawned = false) {
    return tell(group_event::changed{process, state, being_spawned});
  }
  void all_become(process_state state) {
    for (auto& group : table.groups)
      for (auto& member : group.members)
        member.state = state;
  }
  trace signal(int signo) { return tell(group_event::of_the_daemon{daemon_event::signal{signo}}); }

  std::string show(const group_effect::evaluate& e) { return "evaluate " + name(e.group); }
  std::string show(const group_effect::remind_of_start&) { return "remind"; }
  std::string show(const group_effect::let_clients_in&) { return "open"; }
  std::string show(const group_effect::stop& e) { return "stop " + name(e.group); }
  std::string show(const group_effect::ask_members& e) { return "ask " + name(e.group); }
  std::string show(const group_effect::keep& e) { return "keep " + name(e.group); }
  std::string show(const group_effect::drop& e) { return "drop " + e.group.name; }
  std::string show(const group_effect::end_removal& e) {
    return e.refused ? "refused " + std::to_string(static_cast<int>(*e.refused)) : "removed";
  }
  std::string show(const group_effect::publish& e) {
    return std::string(to_string(e.type)) + (e.not_to ? " not to " + name(*e.not_to) : "");
  }
  std::string show(const daemon_effect::set_state& e) { return "state " + std::string(to_string(e.to)); }
  std::string show(const daemon_effect::arm_timer&) { return ""; }
  std::string show(const daemon_effect::reopen_logs&) { return "reopen"; }
  std::string show(const daemon_effect::log&) { return ""; }
  std::string show(const daemon_effect::finish& e) { return e.how == daemon_end::exit ? "exit" : "restart"; }
};

const std::string running = "SUPERVISOR_STATE_CHANGE_RUNNING";
const std::string stopping = "SUPERVISOR_STATE_CHANGE_STOPPING";
const auto terminate = group_event::of_the_daemon{daemon_event::signal{SIGTERM}};

} // namespace

// -- the start -----------------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(groups_start_in_turn, board) {
  add("a");
  add("b");
  BOOST_TEST(tell(group_event::started{false}) == (trace{running, "evaluate a"}), per_element);
  BOOST_TEST(tell(group_event::evaluated{}) == trace{"evaluate b"}, per_element);
  BOOST_TEST(tell(group_event::evaluated{}).empty());
  BOOST_TEST(tell(group_event::evaluated{}).empty()); // one too many
}

BOOST_FIXTURE_TEST_CASE(the_doors_open_when_every_spawn_is_answered, board) {
  add("a");
  add("b");
  BOOST_TEST(tell(group_event::started{true}) == (trace{running, "remind", "evaluate a"}), per_element);
  BOOST_TEST(tell(group_event::evaluated{{10, 11}}) == trace{"evaluate b"}, per_element);
  BOOST_TEST(tell(group_event::evaluated{{20}}).empty());
  BOOST_TEST(becomes(10, process_state::starting, true).empty()); // no pid yet
  BOOST_TEST(becomes(10, process_state::starting).empty());
  BOOST_TEST(becomes(11, process_state::backoff).empty()); // a failure is an answer
  BOOST_TEST(becomes(20, process_state::running) == trace{"open"}, per_element);
  BOOST_TEST(becomes(20, process_state::exited).empty()); // once
}

BOOST_FIXTURE_TEST_CASE(without_groups_the_doors_open_at_once, board) {
  BOOST_TEST(tell(group_event::started{true}) == (trace{running, "remind", "open"}), per_element);
  BOOST_TEST(tell(group_event::start_overdue{}).empty());
}

BOOST_FIXTURE_TEST_CASE(a_spawn_that_hangs_keeps_the_doors_shut_for_a_reminder_only, board) {
  add("a");
  tell(group_event::started{true});
  tell(group_event::evaluated{{10, 11}});
  BOOST_TEST(tell(group_event::start_overdue{}) == trace{"remind"}, per_element); // something has moved since
  becomes(10, process_state::running);
  BOOST_TEST(tell(group_event::start_overdue{}) == trace{"remind"}, per_element);
  BOOST_TEST(tell(group_event::start_overdue{}) == trace{"open"}, per_element); // nothing has
}

BOOST_FIXTURE_TEST_CASE(a_group_that_is_added_has_its_turn, board) {
  add("a");
  tell(group_event::started{false});
  add("b");
  BOOST_TEST(tell(group_event::added{}).empty()); // a's is not over
  BOOST_TEST(tell(group_event::evaluated{}) == trace{"evaluate b"}, per_element);
  tell(group_event::evaluated{});
  add("c");
  BOOST_TEST(tell(group_event::added{}) == trace{"evaluate c"}, per_element);
}

BOOST_FIXTURE_TEST_CASE(a_group_that_dies_in_its_turn_has_it_again, board) {
  add("a");
  add("b");
  tell(group_event::started{false});
  BOOST_TEST(tell(group_event::died{id("b")}).empty());
  BOOST_TEST(tell(group_event::died{id("a")}) == trace{"evaluate a"}, per_element);
  BOOST_TEST(tell(group_event::died{99}).empty());
}

// -- the daemon's stop ---------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(groups_are_told_to_stop_one_after_the_other, board) {
  add("a");
  add("b");
  tell(group_event::started{false});
  all_become(process_state::running);
  BOOST_TEST(tell(terminate) == (trace{"state SHUTDOWN", stopping + " not to b", "stop b"}), per_element);
  BOOST_TEST(tell(group_event::told{id("a")}).empty()); // it is not its turn
  BOOST_TEST(tell(group_event::told{id("b")}) == trace{"stop a"}, per_element);
  BOOST_TEST(tell(group_event::told{id("a")}).empty());
  for (std::uint64_t process : {20, 21, 10})
    BOOST_TEST(becomes(process, process_state::stopped).empty());
  BOOST_TEST(becomes(11, process_state::stopped) == trace{"exit"}, per_element);
}

BOOST_FIXTURE_TEST_CASE(a_group_that_dies_while_it_is_told_is_told_again_but_not_for_ever, board) {
  add("a");
  add("b");
  tell(group_event::started{false});
  tell(group_event::evaluated{});
  tell(group_event::evaluated{});
  all_become(process_state::running);
  tell(terminate);
  BOOST_TEST(tell(group_event::died{id("b")}).front() == "stop b");
  BOOST_TEST(tell(group_event::died{id("b")}).front() == "stop b");
  BOOST_TEST(tell(group_event::died{id("b")}).front() == "stop a"); // the next one's turn
}

BOOST_FIXTURE_TEST_CASE(what_a_dead_group_could_not_report_is_seen, board) {
  add("a");
  tell(group_event::started{false});
  tell(group_event::evaluated{});
  all_become(process_state::running);
  tell(terminate);
  all_become(process_state::stopped);
  BOOST_TEST(tell(group_event::died{id("a")}).back() == "exit");
}

// -- removal -------------------------------------------------------------------------------------------------------

struct removal_row {
  const char* what;
  std::size_t stopped, running;
  trace expected;
};
const removal_row removals[] = {
  {"all are stopped", 2, 0, {"drop a", "removed"}},
  {"one runs", 1, 1, {"keep a", "refused " + std::to_string(static_cast<int>(fault::still_running))}},
  {"one says nothing", 1, 0, {"keep a", "refused " + std::to_string(static_cast<int>(fault::failed))}},
  {"none says anything", 0, 0, {"keep a", "refused " + std::to_string(static_cast<int>(fault::failed))}},
};

BOOST_AUTO_TEST_CASE(a_removal_is_decided_by_what_the_members_say) {
  for (const auto& row : removals) {
    BOOST_TEST_CONTEXT(row.what) {
      board b;
      b.add("a");
      b.add("b");
      b.tell(group_event::started{false});
      b.tell(group_event::evaluated{});
      b.tell(group_event::evaluated{});
      BOOST_TEST((admit(b.table) == admission::carry_out));
      BOOST_TEST(b.tell(group_event::removal_asked{b.id("a")}) == trace{"ask a"}, per_element);
      BOOST_TEST((admit(b.table) == admission::hold_back));
      BOOST_TEST(b.tell(group_event::removal_asked{b.id("b")}).empty()); // one at a time
      BOOST_TEST(b.tell(group_event::removal_answered{row.stopped, row.running}) == row.expected, per_element);
      BOOST_TEST((admit(b.table) == admission::carry_out));
      BOOST_TEST((b.table.find("a") == nullptr) == (row.expected.front() == "drop a"));
      BOOST_TEST(b.becomes(20, process_state::running).empty()); // b is where it was
      BOOST_TEST((b.table.find("b")->members[0].state == process_state::running));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(nothing_is_removed_once_the_daemon_stops, board) {
  add("a");
  tell(group_event::started{false});
  tell(group_event::evaluated{});
  tell(group_event::removal_asked{id("a")});
  all_become(process_state::running);
  tell(terminate);
  BOOST_TEST(tell(group_event::removal_answered{2, 0}) ==
               trace{"refused " + std::to_string(static_cast<int>(fault::shutdown_state))},
             per_element);
  BOOST_TEST((table.find("a") != nullptr));
  BOOST_TEST((admit(table) == admission::refuse));
}

BOOST_FIXTURE_TEST_CASE(the_turn_of_a_group_that_is_removed_is_the_next_one_s, board) {
  add("a");
  add("b");
  add("c");
  tell(group_event::started{false});
  tell(group_event::evaluated{}); // b's turn
  tell(group_event::removal_asked{id("b")});
  BOOST_TEST(tell(group_event::removal_answered{2, 0}) == (trace{"drop b", "evaluate c", "removed"}), per_element);
  tell(group_event::removal_asked{id("a")}); // its turn is over
  BOOST_TEST(tell(group_event::removal_answered{2, 0}) == (trace{"drop a", "removed"}), per_element);
  BOOST_TEST(tell(group_event::evaluated{}).empty());
}

// -- another supervisor --------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(what_was_under_way_is_done_again_by_the_next_supervisor, board) {
  add("a");
  add("b");
  BOOST_TEST(tell(group_event::rebuilt{}).empty()); // before the start
  tell(group_event::started{true});
  BOOST_TEST(tell(group_event::rebuilt{}) == (trace{"evaluate a", "remind"}), per_element);
  tell(group_event::evaluated{});
  tell(group_event::evaluated{});
  BOOST_TEST(tell(group_event::rebuilt{}).empty()); // all is done
  tell(group_event::removal_asked{id("b")});
  BOOST_TEST(tell(group_event::rebuilt{}) ==
               (trace{"keep b", "refused " + std::to_string(static_cast<int>(fault::failed))}),
             per_element);
  all_become(process_state::running);
  tell(terminate);
  auto again = tell(group_event::rebuilt{});
  BOOST_REQUIRE(!again.empty());
  BOOST_TEST(again.front() == "stop b");
  all_become(process_state::stopped);
  BOOST_TEST(tell(group_event::rebuilt{}).back() == "exit");
  again = tell(group_event::rebuilt{}); // nothing follows that would end it
  BOOST_TEST(std::count(again.begin(), again.end(), "exit") == 1);
}

BOOST_FIXTURE_TEST_CASE(requests_for_all_go_out_by_priority, board) {
  add("a", 5);
  add("b", 1);
  add("c", 5);
  BOOST_TEST(request_order(table) == (std::vector{id("b"), id("a"), id("c")}), per_element);
}

BOOST_AUTO_TEST_SUITE_END()
