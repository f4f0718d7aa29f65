// Pools and their actors on a real thread: a result handler that is slow or throws harms its own pool only, and an
// actor that dies loses no event, no result and no verdict. Listeners' pipes are strings. Must not test what a pool
// decides (pool_fsm_test.cpp) or who gets an event (event_bus_test.cpp).
#include "actors/actor_thread.hpp"
#include "actors/event_listener_actor.hpp"
#include "actors/threadless_scheduler.hpp"
#include "tests/scratch.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

BOOST_AUTO_TEST_SUITE(event_listener_test)

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;
using boost::test_tools::per_element;
using protocols::handler_verdict;
using strings = std::vector<std::string>;

namespace {

constexpr auto patience = 20s; // for what hangs

/// A plug-in whose verdicts wait until the test gives them. It outlives the test where it still hangs.
struct slow_plugin {
  std::mutex mutex;
  std::condition_variable changed;
  strings shown;                         ///< results, as they came
  std::vector<handler_verdict> verdicts; ///< given so far
  std::size_t taken = 0;

  handler_verdict judge(std::string_view result) {
    std::unique_lock lock{mutex};
    shown.emplace_back(result);
    changed.notify_all();
    changed.wait(lock, [&] { return taken < verdicts.size(); });
    return verdicts[taken++];
  }
  void give(handler_verdict verdict) {
    std::lock_guard lock{mutex};
    verdicts.push_back(verdict);
    changed.notify_all();
  }
  void await(std::size_t results) {
    std::unique_lock lock{mutex};
    BOOST_REQUIRE(changed.wait_for(lock, patience, [&] { return shown.size() >= results; }));
  }
  static protocols::result_handler handler(const std::shared_ptr<slow_plugin>& self) {
    return [self](std::string_view, std::string_view, std::string_view result) { return self->judge(result); };
  }
};

struct fixture {
  fixture() {
    log.open();
    control.start();
  }
  ~fixture() {
    pools.end();
    system.await_all_actors_done();
    control.stop();
  }

  group_cell cell_of(const std::string& name, bool by_plugin, std::size_t members) {
    auto options = std::make_shared<config::group_options>();
    options->kind = config::group_kind::eventlistener;
    options->name = name;
    options->events = {"REMOTE_COMMUNICATION"};
    if (by_plugin)
      options->result_handler = "/some.so:judge";
    group_cell cell;
    for (std::size_t i = 0; i < members; ++i) {
      auto process = std::make_shared<config::process_options>();
      process->name = name + std::to_string(i);
      process->listener = true;
      auto made = std::make_shared<process_cell>();
      made->id = next_process_id();
      made->options = process;
      cell.processes.push_back(made);
    }
    cell.options = options;
    return cell;
  }
  /// A pool of listeners that wait for an event. The first one's process.
  std::uint64_t add(const std::string& name, protocols::result_handler handler = {}, std::size_t members = 1) {
    auto cell = cell_of(name, static_cast<bool>(handler), members);
    pools.add(cell, std::move(handler));
    for (const auto& process : cell.processes) {
      bus.opened(process->id);
      bus.said(process->id, "READY\n");
      bus.set_running(process->id, true);
    }
    return cell.processes.front()->id;
  }
  void publish(const std::string& data) { bus.publish(protocols::remote_communication_event("t", data)); }
  void say(std::uint64_t process, const std::string& result) {
    bus.said(process, "RESULT " + std::to_string(result.size()) + '\n' + result + "READY\n");
  }
  /// The data of what a listener was sent.
  strings received(std::uint64_t process) {
    std::lock_guard lock{mutex};
    strings all;
    for (const auto& text : stdin_of[process])
      all.push_back(text.substr(text.rfind('\n') + 1));
    return all;
  }
  void await(std::uint64_t process, const strings& what) {
    wait("events", [&] { return received(process).size() >= what.size(); });
    BOOST_TEST(received(process) == what, per_element());
  }
  void kill(const std::string& pool) { // and sees that another one has come
    auto before = pools.actor_of(pool);
    caf::anon_send_exit(before, caf::exit_reason::kill);
    wait("another actor", [&] { return pools.actor_of(pool) != before; });
  }
  template <class Condition>
  void wait(const char* what, Condition condition) {
    for (auto end = std::chrono::steady_clock::now() + patience; !condition();) {
      BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < end, "waited in vain for " << what);
      std::this_thread::sleep_for(1ms);
    }
  }

  tests::scratch folder;
  platform::main_log log{{folder.in("log"), 0, 0, config::log_level::debug, false, ""}};
  std::mutex mutex;
  std::map<std::uint64_t, strings> stdin_of;
  std::shared_ptr<slow_plugin> plugin = std::make_shared<slow_plugin>();
  event_bus bus{log,
                {.identifier = "supervisor",
                 .write =
                   [this](std::uint64_t process, std::string_view bytes, const auto&) {
                     std::lock_guard lock{mutex};
                     stdin_of[process].emplace_back(bytes);
                     return true;
                   },
                 .want_ticks = [](bool) {}}};
  threadless_config config;
  caf::actor_system system{config};
  actor_thread control{system, [](const std::exception_ptr&) {}};
  event_listeners pools{bus, control.host(), log};
};

} // namespace

// -- a plug-in that is slow, or throws ----------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_slow_handler_harms_its_own_pool_only, fixture) {
  auto slow = add("slow", slow_plugin::handler(plugin));
  auto other = add("other");
  publish("one");
  say(slow, "fine");
  plugin->await(1); // and hangs
  publish("two");   // nobody waits: neither who publishes
  say(other, "OK");
  say(other, "OK"); // nor who is heard
  BOOST_TEST(received(other) == (strings{"one", "two"}), per_element());
  BOOST_TEST(received(slow) == (strings{"one"}), per_element());
  auto late = add("late"); // nor who comes
  publish("three");
  BOOST_TEST(received(late) == (strings{"three"}), per_element());
  plugin->give(handler_verdict::accept);
  await(slow, {"one", "two"});
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_throws, fixture) {
  auto e = add(
    "e",
    [](std::string_view, std::string_view, std::string_view) -> handler_verdict {
      throw std::runtime_error("no luck");
    },
    2);
  publish("one");
  say(e, "fine");
  await(e + 1, {"one"}); // the other member has it
  BOOST_TEST(folder.read("log").find("WARN e0: event caused an error") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_handler_sees_header_and_body, fixture) {
  std::promise<std::string> seen;
  auto e = add("e", [&](std::string_view header, std::string_view body, std::string_view result) {
    seen.set_value(std::string(header) + '|' + std::string(body) + '|' + std::string(result));
    return handler_verdict::accept;
  });
  publish("one");
  say(e, "fine");
  auto text = seen.get_future();
  BOOST_REQUIRE(text.wait_for(patience) == std::future_status::ready);
  BOOST_TEST(text.get() == "ver:3.0 server:supervisor serial:0 pool:e poolserial:0 eventname:REMOTE_COMMUNICATION "
                           "len:10\n|type:t\none|fine");
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_never_returns_holds_up_no_end, fixture) {
  auto e = add("e", slow_plugin::handler(plugin));
  publish("one");
  say(e, "fine");
  plugin->await(1);
  pools.remove("e");
  e = add("e", slow_plugin::handler(plugin)); // has a thread of its own
  publish("two");
  say(e, "again");
  plugin->await(2);
  pools.end();
  system.await_all_actors_done();
  plugin->give(handler_verdict::accept); // what comes now is for nobody
  plugin->give(handler_verdict::accept);
}

// -- an actor that dies -------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(killed_idle, fixture) {
  auto e = add("e", slow_plugin::handler(plugin));
  kill("e");
  publish("one");
  say(e, "fine");
  plugin->give(handler_verdict::accept);
  publish("two");
  await(e, {"one", "two"});
  BOOST_TEST(folder.read("log").find("the actor of pool e died and is rebuilt from its record") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(killed_with_a_listener_busy_and_events_waiting, fixture) {
  auto e = add("e", slow_plugin::handler(plugin));
  for (auto data : {"one", "two", "three"})
    publish(data);
  kill("e"); // before the result
  say(e, "1");
  plugin->await(1);
  kill("e"); // while it is handled
  plugin->give(handler_verdict::reject);
  await(e, {"one", "one"});
  kill("e");
  kill("e");
  for (std::size_t result = 2; result <= 4; ++result) {
    say(e, std::to_string(result));
    plugin->await(result);
    plugin->give(handler_verdict::accept);
    wait("a verdict", [&] { return received(e).size() == std::min<std::size_t>(result + 1, 4); });
  }
  BOOST_TEST(received(e) == (strings{"one", "one", "two", "three"}), per_element());
  BOOST_TEST(plugin->shown == (strings{"1", "2", "3", "4"}), per_element()); // each result once
}

BOOST_FIXTURE_TEST_CASE(killed_where_the_built_in_handler_judges, fixture) {
  auto e = add("e");
  publish("one");
  publish("two");
  kill("e");
  say(e, "FAIL");
  say(e, "OK");
  BOOST_TEST(received(e) == (strings{"one", "one", "two"}), per_element());
}

BOOST_FIXTURE_TEST_CASE(killed_while_its_group_is_removed, fixture) {
  auto e = add("e", slow_plugin::handler(plugin));
  publish("one");
  say(e, "fine");
  plugin->await(1);
  caf::anon_send_exit(pools.actor_of("e"), caf::exit_reason::kill);
  pools.remove("e");
  publish("for nobody");
  plugin->give(handler_verdict::accept); // of a pool that is gone
  auto again = add("e", slow_plugin::handler(plugin));
  publish("two");
  say(again, "fine");
  plugin->give(handler_verdict::accept);
  publish("three");
  await(again, {"two", "three"});
  BOOST_TEST(received(e) == (strings{"one"}), per_element());
}

BOOST_FIXTURE_TEST_CASE(killed_while_the_daemon_stops, fixture) {
  auto e = add("e", slow_plugin::handler(plugin));
  publish("one");
  bus.close_pool("e");
  caf::anon_send_exit(pools.actor_of("e"), caf::exit_reason::kill);
  say(e, "fine");
  plugin->await(1); // its last result still counts
  publish("two");
  caf::anon_send_exit(pools.actor_of("e"), caf::exit_reason::kill);
  pools.end();
  system.await_all_actors_done();
  plugin->give(handler_verdict::accept);
  BOOST_TEST(received(e) == (strings{"one"}), per_element());
}

BOOST_FIXTURE_TEST_CASE(a_pool_that_is_added_twice_is_one, fixture) { // a supervisor that was rebuilt adds all of them
  auto cell = cell_of("e", false, 1);
  pools.add(cell, nullptr);
  auto actor = pools.actor_of("e");
  pools.add(cell, nullptr);
  BOOST_TEST((pools.actor_of("e") == actor));
  publish("one");
  BOOST_TEST(bus.waiting() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
