// Publication and the pools behind it: vectors V125 to V135 and V163 of docs/contract/lifecycle.md, serials, and
// publishers on several threads. Listeners' pipes are strings.
// Must not hold processes, nor what one pool decides by itself (pool_fsm_test.cpp).
#include "actors/io/event_bus.hpp"
#include "platform/main_log.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <map>
#include <thread>

BOOST_AUTO_TEST_SUITE(event_bus_test)

using namespace troupe;
using namespace troupe::actors;
using namespace troupe::protocols;
using boost::test_tools::per_element;
using strings = std::vector<std::string>;

namespace {

group_cell pool_cell(const std::string& name, strings events, std::size_t members = 1, std::int64_t buffer_size = 10) {
  auto options = std::make_shared<config::group_options>();
  options->kind = config::group_kind::eventlistener;
  options->name = name;
  options->events = std::move(events);
  options->buffer_size = buffer_size;
  static std::uint64_t last_id = 0;
  group_cell cell;
  for (std::size_t i = 0; i < members; ++i) {
    auto process = std::make_shared<config::process_options>();
    process->name = members == 1 ? name : name + std::to_string(i);
    process->listener = true;
    auto made = std::make_shared<process_cell>();
    made->id = ++last_id;
    made->options = process;
    cell.processes.push_back(made);
    options->processes.push_back(process);
  }
  cell.options = options;
  return cell;
}

struct lab {
  lab() { log.open(); }
  event_bus::settings settings() {
    return {.identifier = "supervisor",
            .serial = serial,
            .write =
              [this](std::uint64_t process, std::string_view bytes, const auto&) {
                stdin_of[process].emplace_back(bytes);
                if (auto found = unanswered.find(process); found != unanswered.end())
                  ++found->second;
                return true;
              },
            .want_ticks = [this](bool wanted) { ticks.push_back(wanted); }};
  }
  /// A pool whose members wait for an event.
  std::uint64_t add(const std::string& name, strings events) {
    auto cell = pool_cell(name, std::move(events));
    bus->add_pool(cell);
    auto id = cell.processes.front()->id;
    bus->opened(id);
    bus->said(id, "READY\n");
    bus->set_running(id, true);
    return id;
  }
  void accept(std::uint64_t listener) { bus->said(listener, "RESULT 2\nOKREADY\n"); }
  /// Names and serials of what a listener received: "TICK_5 3/0".
  strings received(std::uint64_t listener) {
    strings all;
    for (const auto& text : stdin_of[listener]) {
      auto value = [&](const std::string& key) {
        auto at = text.find(key) + key.size();
        return text.substr(at, text.find(' ', at) - at);
      };
      all.push_back(value(" eventname:") + ' ' + value(" serial:") + '/' + value(" poolserial:"));
    }
    return all;
  }

  tests::scratch folder;
  platform::main_log log{{folder.in("log"), 0, 0, config::log_level::debug, false, ""}};
  std::shared_ptr<std::int64_t> serial = std::make_shared<std::int64_t>(0);
  std::map<std::uint64_t, strings> stdin_of;
  std::map<std::uint64_t, std::atomic<int>> unanswered; ///< of listeners on another thread
  std::vector<bool> ticks;
  std::unique_ptr<event_bus> bus = std::make_unique<event_bus>(log, settings());
};

protocols::event comm(const std::string& data) { return remote_communication_event("ty", data); }
protocols::event added(const std::string& group) { return process_group_event(event_type::process_group_added, group); }

} // namespace

BOOST_FIXTURE_TEST_CASE(v125_v126_the_first_events, lab) {
  auto lst = add("lst", {"EVENT"});
  bus->publish(added("lst"));
  BOOST_TEST(stdin_of[lst] == (strings{"ver:3.0 server:supervisor serial:0 pool:lst poolserial:0 "
                                       "eventname:PROCESS_GROUP_ADDED len:14\ngroupname:lst\n"}),
             per_element());
  bus->publish(added("cat"));
  bus->publish(supervisor_state_event(event_type::supervisor_state_change_running));
  accept(lst);
  accept(lst);
  BOOST_TEST(received(lst) ==
               (strings{"PROCESS_GROUP_ADDED 0/0", "PROCESS_GROUP_ADDED 1/1", "SUPERVISOR_STATE_CHANGE_RUNNING 2/2"}),
             per_element());
}

BOOST_FIXTURE_TEST_CASE(v127_only_accepted_events_draw_a_number, lab) {
  for (int i = 0; i < 5; ++i)
    bus->publish(added("x")); // nobody is there
  auto lst = add("lst", {"REMOTE_COMMUNICATION"});
  for (int i = 0; i < 5; ++i)
    bus->publish(added("x"));
  bus->publish(comm("data1"));
  BOOST_TEST(stdin_of[lst] == (strings{"ver:3.0 server:supervisor serial:0 pool:lst poolserial:0 "
                                       "eventname:REMOTE_COMMUNICATION len:13\ntype:ty\ndata1"}), // V128
             per_element());
}

BOOST_FIXTURE_TEST_CASE(v129_length_in_code_points, lab) {
  auto lst = add("lst", {"EVENT"});
  bus->publish(comm("d\xc3\xa9ta"));
  BOOST_TEST(stdin_of[lst].at(0).ends_with(" len:12\ntype:ty\nd\xc3\xa9ta"));
}

BOOST_FIXTURE_TEST_CASE(v130_overlapping_subscriptions_of_one_pool, lab) { // and 10.2
  auto lst = add("lst", {"EVENT", "PROCESS_STATE", "PROCESS_STATE_RUNNING"});
  for (int i = 0; i < 3; ++i, accept(lst))
    bus->publish(process_state_event("p", "p", process_state::starting, process_state::running, 0, 1, false));
  BOOST_TEST(received(lst) ==
               (strings{"PROCESS_STATE_RUNNING 0/0", "PROCESS_STATE_RUNNING 1/1", "PROCESS_STATE_RUNNING 2/2"}),
             per_element());
}

BOOST_FIXTURE_TEST_CASE(overlapping_pools_get_each_event_once, lab) {
  auto a = add("a", {"EVENT"});
  auto b = add("b", {"PROCESS_GROUP", "TICK_5"});
  bus->publish(comm("x"));
  bus->publish(added("x"));
  accept(a);
  BOOST_TEST(received(a) == (strings{"REMOTE_COMMUNICATION 0/0", "PROCESS_GROUP_ADDED 1/1"}), per_element());
  BOOST_TEST(received(b) == (strings{"PROCESS_GROUP_ADDED 1/0"}), per_element());
}

BOOST_FIXTURE_TEST_CASE(v133_the_serial_survives_a_restart, lab) {
  auto lst = add("lst", {"EVENT"});
  *serial = 23;
  bus->publish(comm("x"));
  bus = std::make_unique<event_bus>(log, settings());
  lst = add("lst", {"EVENT"});
  bus->publish(comm("x"));
  BOOST_TEST(received(lst) == (strings{"REMOTE_COMMUNICATION 24/0"}), per_element());
}

BOOST_FIXTURE_TEST_CASE(v134_a_pool_that_is_added_again_counts_from_0, lab) {
  add("lst", {"EVENT"});
  bus->publish(comm("x"));
  bus->remove_pool("lst");
  bus->publish(process_group_event(event_type::process_group_removed, "lst"));
  auto lst = add("lst", {"EVENT"});
  bus->publish(added("lst"));
  BOOST_TEST(received(lst) == (strings{"PROCESS_GROUP_ADDED 1/0"}), per_element());
}

BOOST_FIXTURE_TEST_CASE(v163_a_rejected_event_goes_back_to_its_own_pool_only, lab) {
  auto pa = add("pa", {"REMOTE_COMMUNICATION"});
  auto pb = add("pb", {"TICK_3600"});
  bus->publish(comm("x"));
  bus->said(pa, "RESULT 4\nFAILREADY\n");
  bus->said(pa, "RESULT 4\nFAILREADY\n");
  accept(pa);
  BOOST_TEST(received(pa) ==
               (strings{"REMOTE_COMMUNICATION 0/0", "REMOTE_COMMUNICATION 0/0", "REMOTE_COMMUNICATION 0/0"}),
             per_element());
  BOOST_TEST(received(pb).empty());
}

BOOST_FIXTURE_TEST_CASE(serials_wrap_to_0, lab) {
  *serial = std::numeric_limits<std::int64_t>::max();
  auto lst = add("lst", {"EVENT"});
  bus->publish(comm("x"));
  bus->publish(comm("x"));
  accept(lst);
  BOOST_TEST(received(lst) == (strings{"REMOTE_COMMUNICATION 9223372036854775807/0", "REMOTE_COMMUNICATION 0/1"}),
             per_element());
}

BOOST_FIXTURE_TEST_CASE(v091_a_closed_pool_draws_numbers_and_sends_nothing, lab) {
  auto a = add("a", {"EVENT"});
  auto b = add("b", {"EVENT"});
  bus->close_pool("a");
  bus->close_pool("no pool");
  bus->publish(supervisor_state_event(event_type::supervisor_state_change_stopping));
  BOOST_TEST(received(a).empty());
  BOOST_TEST(received(b) == (strings{"SUPERVISOR_STATE_CHANGE_STOPPING 0/0"}), per_element());
}

BOOST_FIXTURE_TEST_CASE(ticks_are_wanted_while_somebody_subscribes, lab) {
  add("a", {"PROCESS_STATE"});
  BOOST_TEST(ticks.empty());
  add("b", {"TICK_3600"});
  add("c", {"EVENT"});
  bus->remove_pool("b");
  BOOST_TEST(ticks == (std::vector<bool>{true}), per_element());
  bus->remove_pool("c");
  BOOST_TEST(ticks == (std::vector<bool>{true, false}), per_element());
}

BOOST_FIXTURE_TEST_CASE(other_groups_and_unknown_processes_mean_nothing, lab) {
  auto cell = pool_cell("p", {"EVENT"});
  auto program = std::make_shared<config::group_options>(*cell.options);
  program->kind = config::group_kind::program;
  cell.options = program;
  bus->add_pool(cell);
  bus->publish(comm("x"));
  for (auto id : {cell.processes[0]->id, std::uint64_t{0}}) {
    bus->opened(id);
    bus->said(id, "READY\n");
    bus->set_running(id, true);
    bus->ending(id);
    bus->ended(id);
  }
  BOOST_TEST(*serial == 0);
  BOOST_TEST(stdin_of.empty());
}

BOOST_FIXTURE_TEST_CASE(an_overflow_names_the_option_once_per_burst, lab) {
  auto count = [&](const std::string& what) {
    auto text = folder.read("log");
    std::size_t found = 0;
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1))
      ++found;
    return found;
  };
  auto cell = pool_cell("lst", {"TICK"}, 1, 2);
  bus->add_pool(cell);
  auto id = cell.processes.front()->id;
  auto burst = [&] {
    for (int i = 0; i < 7; ++i)
      bus->publish(tick_event(event_type::tick_5, 5));
  };
  burst();
  BOOST_TEST(count("discarding event") == 5u);
  BOOST_TEST(count("pool lst: events come faster than its listeners take them; 2 of them can wait (buffer_size of "
                   "[eventlistener:lst])") == 1u);
  bus->opened(id);
  bus->set_running(id, true);
  bus->said(id, "READY\n");
  accept(id);
  accept(id); // nothing waits any more
  accept(id);
  burst();
  BOOST_TEST(count("[eventlistener:lst]") == 2u);
}

BOOST_FIXTURE_TEST_CASE(records_are_those_of_the_pool, lab) {
  auto cell = pool_cell("lst", {"EVENT"}, 1, 1);
  bus->add_pool(cell);
  bus->publish(comm("x"));
  bus->publish(comm("x"));
  BOOST_TEST(folder.read("log").ends_with(" ERRO pool lst event buffer overflowed, discarding event 0\n"));
}

BOOST_FIXTURE_TEST_CASE(publishers_on_many_threads_make_one_order, lab) {
  constexpr int each = 2000, publishers = 4;
  std::vector<group_cell> cells;
  for (auto name : {"a", "b"}) {
    cells.push_back(pool_cell(name, {"EVENT"}, 2, each * publishers));
    for (auto& process : cells.back().processes)
      unanswered[process->id] = 0;
    bus->add_pool(cells.back());
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < publishers; ++t)
    threads.emplace_back([this, t] {
      for (int i = 0; i < each; ++i)
        bus->publish(comm(std::to_string(t) + ' ' + std::to_string(i)));
    });
  std::thread listeners([&] {
    for (auto& cell : cells)
      for (auto& process : cell.processes) {
        bus->opened(process->id);
        bus->said(process->id, "READY\n");
        bus->set_running(process->id, true);
      }
    for (std::size_t answers = 0; answers < cells.size() * each * publishers;)
      for (auto& [id, events] : unanswered)
        if (events.exchange(0) > 0) {
          bus->said(id, "RESULT 2\nOKREADY\n");
          ++answers;
        }
  });
  for (auto& t : threads)
    t.join();
  listeners.join();
  BOOST_TEST(*serial == each * publishers);
  for (auto& cell : cells) {
    std::map<std::int64_t, std::string> all; // by serial
    for (auto& process : cell.processes) {
      std::int64_t last = -1;
      for (const auto& text : stdin_of[process->id]) {
        auto number = std::stoll(text.substr(text.find(" serial:") + 8));
        BOOST_TEST_REQUIRE(number > last); // in order to each listener
        last = number;
        all[number] = text.substr(text.find("\nty") + 1);
        BOOST_TEST_REQUIRE(text.find(" poolserial:" + std::to_string(number) + ' ') != std::string::npos);
      }
    }
    BOOST_TEST(all.size() == static_cast<std::size_t>(each * publishers)); // none lost
    std::map<std::string, int> next;                                       // of each publisher, in its own order
    for (const auto& [number, text] : all) {
      auto data = text.substr(text.rfind('\n') + 1);
      auto who = data.substr(0, 1);
      BOOST_TEST_REQUIRE(std::stoi(data.substr(2)) == next[who]++);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
