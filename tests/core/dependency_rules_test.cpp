// Who is held, started and stopped because of whom: vectors P107 to P123 of docs/contract/programs.md, what 1.4 says of
// held processes, and random graphs. Must not start anybody; how a graph is built:
// tests/config/dependency_graph_test.cpp.
#include "actors/core/dependency_rules.hpp"
#include "actors/core/retry_patience.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <random>
#include <sstream>

BOOST_AUTO_TEST_SUITE(dependency_rules_test)

using namespace troupe::actors;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using stage = dependency_facts::stage;
using indices = std::vector<std::size_t>;
using facts_list = std::vector<dependency_facts>;

namespace {

/// "g:x on a, b?" of a program, or "x on ..."; words in front: `ends` for a oneshot, `soft`.
config::dependent process(const std::string& text) {
  std::istringstream words{text};
  std::string word, items;
  config::dependent one;
  while (words >> word) {
    if (word == "ends")
      one.ends = true;
    else if (word == "soft")
      one.soft = true;
    else if (word == "on")
      std::getline(words, items);
    else
      one.name = word;
  }
  auto colon = one.name.find(':');
  one.group = one.name.substr(0, colon);
  one.name = one.name.substr(colon == std::string::npos ? 0 : colon + 1);
  one.section = "program:" + one.name.substr(0, one.name.find('_'));
  one.items = *config::depends_items_of("depends_on", items);
  return one;
}

std::vector<config::dependent> processes(const std::vector<std::string>& texts) {
  std::vector<config::dependent> all;
  for (const auto& text : texts)
    all.push_back(process(text));
  return all;
}

dependency_graph graph_of(const std::vector<std::string>& texts) {
  auto [graph, faults] = dependency_graph::build(processes(texts), {"none"});
  BOOST_REQUIRE(faults.empty());
  return graph;
}

dependency_facts at(stage where) {
  dependency_facts f;
  f.at = where;
  f.never_started = false;
  f.has_child = where == stage::running || where == stage::stopping;
  return f;
}
dependency_facts never() { return {}; }
dependency_facts stopped() { return at(stage::stopped); }
dependency_facts disabled(dependency_facts of) {
  of.disabled = true;
  return of;
}
dependency_facts starting(bool child, bool long_enough = false) {
  auto f = at(stage::starting);
  f.has_child = child;
  f.up_long_enough = long_enough;
  return f;
}
dependency_facts exited(bool expected, bool stays = true) {
  auto f = at(stage::exited);
  f.expected = expected;
  f.stays = stays;
  return f;
}
dependency_facts fatal(bool after_a_child) {
  auto f = at(stage::fatal);
  f.ended = after_a_child;
  return f;
}
dependency_facts to_come() { // with the daemon, when its turn has come
  dependency_facts f;
  f.starts_itself = true;
  return f;
}
dependency_facts out_of_service() {
  dependency_facts f;
  f.in_service = false;
  return f;
}

constexpr auto unmet = verdict_on_item::unmet, met = verdict_on_item::met, failed = verdict_on_item::failed;

struct look {
  const char* id;
  const char* item;
  facts_list known; ///< of w_0, w_1, ...
  verdict_on_item expected;
  bool settled = true; ///< were it soft; of what is unmet
};
std::ostream& operator<<(std::ostream& out, const look& l) { return out << l.id; }

// clang-format off
const look looks[] = {
  {"P107 no child yet", "w:started", {starting(false)}, unmet, false},
  {"P107 a child", "w:started", {starting(true)}, met},
  {"P107 running", "w:started", {at(stage::running)}, met},
  {"P108 running though not ready", "w:running", {starting(true, true)}, met},
  {"P108 ready", "w:ready", {starting(true, true)}, unmet, false},
  {"running, just begun", "w:running", {starting(true, false)}, unmet, false},
  {"P109 exited well", "w:exited_ok", {exited(true)}, met},
  {"P109 exited badly", "w:exited_ok", {exited(false)}, failed},
  {"P109 stopped by an operator", "w:exited_ok", {stopped()}, failed},
  {"exited badly, and comes again", "w:exited_ok", {exited(false, false)}, unmet, false},
  {"exited, however", "w:exited", {exited(false)}, met},
  {"exited: given up after a child", "w:exited", {fatal(true)}, met},
  {"exited: given up without one", "w:exited", {fatal(false)}, failed},
  {"P110 BACKOFF", "w:ready", {at(stage::backoff)}, unmet, true},
  {"P111 FATAL", "w:ready", {fatal(true)}, failed},
  {"P121 disabled, never started", "w:ready", {disabled(never())}, failed},
  {"disabled, and it runs", "w:ready", {disabled(at(stage::running))}, met},
  {"disabled, and somebody has started it", "w:ready", {disabled(starting(true))}, unmet, false},
  {"disabled, and it has done its work", "w:exited_ok", {disabled(exited(true))}, met},
  {"one of three is disabled", "w:ready/2", {disabled(never()), never(), at(stage::running)}, unmet, false},
  {"two of three are", "w:ready/2", {disabled(never()), disabled(stopped()), at(stage::running)}, failed},
  {"P112 two of three", "w:ready/2", {at(stage::running), at(stage::running), fatal(true)}, met},
  {"P113 all of three", "w:ready", {at(stage::running), at(stage::running), fatal(true)}, failed},
  {"two of three, one still comes", "w:ready/2", {at(stage::running), never(), fatal(true)}, unmet, false},
  {"P114 nobody", "none:ready", {}, unmet, false},
  {"never started", "w:ready", {never()}, unmet, false},
  {"stopped by an operator", "w:ready", {stopped()}, failed},
  {"stopping", "w:ready", {at(stage::stopping)}, unmet, false},
  {"exited and stays", "w:ready", {exited(true)}, failed},
  {"exited and comes again", "w:ready", {exited(true, false)}, unmet, false},
  {"not in service", "w:ready", {out_of_service()}, failed},
  {"nobody knows", "w:ready", {at(stage::unknown)}, failed},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(items_are_looked_at, data::make(looks), l) {
  std::vector<std::string> texts{"a on " + std::string(l.item)};
  for (std::size_t i = 0; i < l.known.size(); ++i)
    texts.push_back("w:w_" + std::to_string(i));
  auto graph = graph_of(texts);
  const auto& item = graph.items_of(0).at(0);
  auto known = [&](std::size_t node) { return l.known.at(node - 1); };
  BOOST_TEST((look_at(item, known) == l.expected));
  BOOST_TEST(is_settled(item, known) == (l.expected != unmet || l.settled));
}

namespace {

struct pull {
  const char* id;
  std::vector<std::string> all; ///< the first is started
  facts_list known;
  start_cause because;
  indices expected;
};
std::ostream& operator<<(std::ostream& out, const pull& p) { return out << p.id; }

constexpr auto boot = start_cause::boot, operators = start_cause::operators, itself = start_cause::itself;
// clang-format off
const pull pulls[] = {
  {"P118", {"x on b", "b"}, {never(), never()}, boot, {1}},
  {"P119", {"x on b", "b"}, {never(), stopped()}, itself, {}},
  {"P120", {"x on b", "b"}, {never(), fatal(true)}, operators, {1}},
  {"FATAL at boot", {"x on b", "b"}, {never(), fatal(true)}, boot, {}},
  {"P122", {"x on m:exited_ok", "m"}, {never(), exited(true)}, operators, {}},
  {"P123 an operator", {"x on m:exited_ok", "m"}, {never(), exited(false)}, operators, {1}},
  {"P123 by itself", {"x on m:exited_ok", "m"}, {never(), exited(false)}, itself, {}},
  {"P121", {"x on b", "b"}, {never(), disabled(never())}, operators, {}},
  {"P121 stopped", {"x on b", "b"}, {never(), disabled(stopped())}, operators, {}},
  {"P121 exited", {"x on b", "b"}, {never(), disabled(exited(true))}, operators, {}},
  {"P121 at boot", {"x on b", "b"}, {never(), disabled(never())}, boot, {}},
  {"stopped, and an operator", {"x on b", "b"}, {never(), stopped()}, operators, {1}},
  {"it runs already", {"x on b", "b"}, {never(), at(stage::running)}, operators, {}},
  {"exited", {"x on b", "b"}, {never(), exited(true)}, itself, {1}},
  {"chains", {"x on b", "b on c, d?", "c on e", "d", "e"}, {never(), never(), never(), never(), never()}, boot, {1, 2, 3, 4}},
  {"not beyond what is met", {"x on b", "b on c", "c"}, {never(), at(stage::running), stopped()}, operators, {}},
  {"not in service", {"x on b", "b"}, {never(), out_of_service()}, operators, {}},
  {"its own turn is still to come", {"x on b", "b"}, {never(), to_come()}, boot, {}},
  {"what is held needs others", {"x on b", "b on c", "c"}, {never(), starting(false), stopped()}, operators, {2}},
  {"a soft item pulls, too", {"x on b?", "b"}, {never(), never()}, boot, {1}},
  {"only members that are missing", {"x on w", "w:w_0", "w:w_1"}, {never(), at(stage::running), never()}, boot, {2}},
  {"nobody where enough are there", {"x on w/1", "w:w_0", "w:w_1"}, {never(), at(stage::running), never()}, boot, {}},
  {"BACKOFF comes by itself", {"x on b", "b"}, {never(), at(stage::backoff)}, operators, {}},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(who_is_pulled_in, data::make(pulls), p) {
  auto found = pulled_in(graph_of(p.all), 0, p.because, [&](std::size_t node) { return p.known.at(node); });
  BOOST_TEST(found == p.expected, boost::test_tools::per_element());
}

// -- whose wait is in vain ------------------------------------------------------------------------

namespace {

dependency_facts held() {
  auto f = starting(false);
  f.is_held = true;
  return f;
}

dependency_facts passing() {
  auto f = stopped();
  f.is_passing = true;
  return f;
}

dependency_facts fails_for_long() {
  auto f = at(stage::backoff);
  f.stays = true;
  return f;
}

struct waits {
  const char* id;
  std::vector<std::string> all; ///< of the first one it is asked
  facts_list known;
  bool stuck, stuck_for_an_update;
};
std::ostream& operator<<(std::ostream& out, const waits& w) { return out << w.id; }

// clang-format off
const waits in_vain[] = {
  {"it comes", {"x on b", "b"}, {held(), starting(true)}, false, false},
  {"its turn is still to come", {"x on b", "b"}, {held(), starting(false)}, false, false},
  {"it has failed", {"x on b", "b"}, {held(), fatal(true)}, true, true},
  {"it is disabled", {"x on b", "b"}, {held(), disabled(stopped())}, true, true},
  {"it begins anew", {"x on b", "b"}, {held(), passing()}, false, false},
  {"it is tried again and again", {"x on b", "b"}, {held(), at(stage::backoff)}, false, true},
  {"it is tried in vain", {"x on b", "b"}, {held(), fails_for_long()}, true, true},
  {"and somebody between", {"x on b", "b on c", "c"}, {held(), held(), fails_for_long()}, true, true},
  {"a soft item in BACKOFF holds nobody", {"x on b?", "b"}, {held(), fails_for_long()}, false, false},
  {"who is needed waits in vain himself", {"x on b", "b on c", "c"}, {held(), held(), stopped()}, true, true},
  {"and so on", {"x on b", "b on c", "c on d", "d"}, {held(), held(), held(), at(stage::backoff)}, false, true},
  {"or waits for somebody who comes", {"x on b", "b on c", "c"}, {held(), held(), starting(true)}, false, false},
  {"it is held by something else than its items", {"x on b", "b on c", "c"}, {held(), starting(false), stopped()}, false, false},
  {"one of two ways", {"x on b, c", "b on d", "c on d", "d"}, {held(), held(), held(), stopped()}, true, true},
  {"the other suffices", {"x on w/1", "w:w_0 on d", "w:w_1", "d"}, {held(), held(), starting(true), stopped()}, false, false},
  {"both are needed", {"x on w", "w:w_0 on d", "w:w_1", "d"}, {held(), held(), starting(true), stopped()}, true, true},
  {"a soft item that has failed holds nobody", {"x on b?", "b"}, {held(), fatal(true)}, false, false},
  {"a soft item that waits in vain does", {"x on b?", "b on c", "c"}, {held(), held(), stopped()}, true, true},
  {"nobody is of it", {"x on none"}, {held()}, true, true},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(whose_wait_is_in_vain, data::make(in_vain), w) {
  auto graph = graph_of(w.all);
  auto known = [&](std::size_t node) { return w.known.at(node); };
  BOOST_TEST(is_stuck(graph, 0, known, true) == w.stuck);
  BOOST_TEST(is_stuck(graph, 0, known, false) == w.stuck_for_an_update);
  auto items = *config::depends_items_of("depends_on", "x");
  BOOST_TEST(view_of(graph, 0, {.items = items}, {.holds = true}, known).stuck == w.stuck);
}

BOOST_AUTO_TEST_CASE(how_long_others_are_waited_for_that_fail) {
  using namespace std::chrono_literals;
  std::chrono::steady_clock::time_point now{1000s};
  BOOST_TEST(!is_tried_in_vain(1, now + 1s, now));
  BOOST_TEST(!is_tried_in_vain(3, now + 3s, now)); // then Supervisor would give up
  BOOST_TEST(is_tried_in_vain(4, now + 1s, now));
  BOOST_TEST(!is_tried_in_vain(1, now + 10s, now));
  BOOST_TEST(is_tried_in_vain(1, now + 11s, now));
  BOOST_TEST(!is_tried_in_vain(0, now + 5s, now)); // after an end that was no failure
  BOOST_TEST(is_tried_in_vain(0, now + 60s, now));
  BOOST_TEST(!is_tried_in_vain(2, std::nullopt, now));
}

BOOST_AUTO_TEST_CASE(who_is_needed_is_told_first) {
  auto graph = graph_of({"a on b", "b on c", "c", "d on a", "e"});
  BOOST_TEST(needed_first(graph, {0, 2, 3, 4}) == (indices{2, 0, 3, 4}), boost::test_tools::per_element());
  BOOST_TEST(needed_first(graph, {1, 3}) == (indices{1, 3}), boost::test_tools::per_element());
  BOOST_TEST(needed_first(graph, {}).empty());
}

// -- what is told of who is held ------------------------------------------------------------------

namespace {

dependency_facts ended_badly() {
  auto f = exited(false);
  f.end = "exit status 3";
  return f;
}

using on_failure = config::dependency_options::on_failure;

struct told {
  const char* id;
  const char* items;
  facts_list known; ///< of db, cache, w:w_0, w:w_1 and w:w_2; who is left out runs
  dependency_view expected;
  on_failure failure = on_failure::wait;
  dependency_hold hold = {.holds = true};
};
std::ostream& operator<<(std::ostream& out, const told& t) { return out << t.id; }

const auto up = at(stage::running), going = starting(true), down = fatal(true);
// clang-format off
const told views[] = {
  {"all hold", "db, cache", {}, {.relies_on = 3}},
  {"it starts", "db", {going}, {"waiting for db:ready", "db:ready"}},
  {"never started", "db", {never()}, {"waiting for db:ready (db is STOPPED)", "db:ready"}},
  {"BACKOFF has not failed", "db", {at(stage::backoff)}, {"waiting for db:ready (db is BACKOFF)", "db:ready"}},
  {"EXITED, and comes again", "db", {exited(false, false)}, {"waiting for db:ready (db is EXITED)", "db:ready"}},
  {"FATAL", "db", {down}, {"waiting for db:ready (db is FATAL)", "db:ready", "dependency db:ready: db is FATAL"}},
  {"STOPPED", "db:started", {stopped()}, {"waiting for db:started (db is STOPPED)", "db:started", "dependency db:started: db is STOPPED"}},
  {"EXITED", "db", {ended_badly()}, {"waiting for db:ready (db is EXITED)", "db:ready", "dependency db:ready: db exited (exit status 3)"}},
  {"exited_ok", "db:exited_ok", {ended_badly()}, {"waiting for db:exited_ok (db is EXITED)", "db:exited_ok", "dependency db:exited_ok: db exited (exit status 3)"}},
  {"UNKNOWN", "db", {at(stage::unknown)}, {"waiting for db:ready (db is UNKNOWN)", "db:ready", "dependency db:ready: db is UNKNOWN"}},
  {"P121", "db", {disabled(never())}, {"waiting for db:ready (db is disabled)", "db:ready", "dependency db:ready: db is disabled"}},
  {"P121 EXITED", "db", {disabled(exited(true))}, {"waiting for db:ready (db is disabled)", "db:ready", "dependency db:ready: db is disabled"}},
  {"not in service", "db", {out_of_service()}, {"waiting for db:ready (db is not in service)", "db:ready", "dependency db:ready: db is not in service"}},
  {"one of a group", "w:w_0", {up, up, down}, {"waiting for w:w_0:ready (w:w_0 is FATAL)", "w:w_0:ready", "dependency w:w_0:ready: w:w_0 is FATAL"}},
  {"several", "w", {up, up, up, going}, {"waiting for w:ready (2 of 3)", "w:ready"}},
  {"several have failed", "w:running", {up, up, up, down, stopped()}, {"waiting for w:running (1 of 3)", "w:running", "dependency w:running: 1 of 3 are running"}},
  {"M is COUNT", "w/2", {up, up, up, down, going}, {"waiting for w:ready/2 (1 of 2)", "w:ready/2"}},
  {"and one more", "db, cache", {down, going}, {"waiting for db:ready (db is FATAL) and 1 more", "db:ready", "dependency db:ready: db is FATAL"}},
  {"and two more", "db, cache, w", {going, going, going}, {"waiting for db:ready and 2 more", "db:ready"}},
  {"the first that has failed", "db, cache", {going, down}, {"waiting for db:ready and 1 more", "db:ready", "dependency cache:ready: cache is FATAL"}},
  {"what holds is not told", "db, cache", {up, going}, {.waiting = "waiting for cache:ready", .first = "cache:ready", .relies_on = 1}},
  {"soft", "db?", {going}, {"waiting for db:ready", "db:ready"}},
  {"soft and failed", "db?", {down}, {}},
  {"soft and in BACKOFF", "db?", {at(stage::backoff)}, {}},
  {"fail", "db", {down}, {"waiting for db:ready (db is FATAL)", "db:ready", "dependency db:ready: db is FATAL"}, on_failure::fail},
  {"ignore", "db, cache", {down, going}, {.waiting = "waiting for cache:ready", .first = "cache:ready", .skipped = "db:ready: db is FATAL", .passed = 1}, on_failure::ignore},
  {"ignore all", "db, cache", {down, stopped()}, {.skipped = "db:ready: db is FATAL\ncache:ready: cache is STOPPED", .passed = 3}, on_failure::ignore},
  {"it has been ignored", "db, cache", {down, going}, {.waiting = "waiting for cache:ready", .first = "cache:ready", .passed = 1}, on_failure::wait, {.holds = true, .passed = 1}},
  {"too long", "db", {going}, {"waiting for db:ready", "db:ready", "dependency db:ready: not met after 60 seconds"}, on_failure::wait, {.holds = true, .overdue = true}},
  {"too long, but it has failed", "db", {down}, {"waiting for db:ready (db is FATAL)", "db:ready", "dependency db:ready: db is FATAL"}, on_failure::wait, {.holds = true, .overdue = true}},
  {"too long, and ignored", "db", {going}, {.skipped = "db:ready: not met after 60 seconds", .passed = 1}, on_failure::ignore, {.holds = true, .overdue = true}},
  {"lost", "cache, db", {down}, {.waiting = "waiting for db:ready (db is FATAL)", .first = "db:ready", .failure = "dependency db:ready: db is FATAL", .lost = "db:ready", .relies_on = 1}, on_failure::wait, {.relies_on = 3}},
  {"nothing is lost of the start's own", "db:started", {stopped()}, {"waiting for db:started (db is STOPPED)", "db:started", "dependency db:started: db is STOPPED"}, on_failure::wait, {}},
};
// clang-format on

std::string shown(const dependency_view& v) {
  auto bits = [](item_bits some) { return std::to_string(some); };
  return "waiting: " + v.waiting + "\nfirst: " + v.first + "\nfailure: " + v.failure + "\nskipped: " + v.skipped +
         "\nlost: " + v.lost + "\npassed: " + bits(v.passed) + "\nrelies on: " + bits(v.relies_on);
}

} // namespace

BOOST_DATA_TEST_CASE(what_is_told, data::make(views), v) {
  const std::vector<std::string> texts{"a on " + std::string(v.items), "db", "cache", "w:w_0", "w:w_1", "w:w_2"};
  const char* names[] = {"a", "db", "cache", "w:w_0", "w:w_1", "w:w_2"};
  auto known = [&](std::size_t node) {
    auto fact = node > v.known.size() ? up : v.known.at(node - 1);
    fact.name = names[node];
    return fact;
  };
  config::dependency_options options;
  options.failure = v.failure;
  options.timeout = std::chrono::seconds{60};
  BOOST_TEST(shown(view_of(graph_of(texts), 0, options, v.hold, known)) == shown(v.expected));
}

BOOST_AUTO_TEST_CASE(nobody_is_there) { // P114: it waits, and has not failed
  auto view = view_of(graph_of({"a on none"}), 0, {}, {.holds = true}, [](std::size_t) { return never(); });
  BOOST_TEST(view.first == "none:ready");
  BOOST_TEST(view.waiting.starts_with("waiting for none:ready"), view.waiting);
  BOOST_TEST(view.failure == "");
}

BOOST_AUTO_TEST_CASE(nothing_of_that_name_is_there) { // any more: 1.2, not in service
  auto graph = dependency_graph::build(processes({"a on gone"})).first;
  auto view = view_of(graph, 0, {}, {.holds = true}, [](std::size_t) { return never(); });
  BOOST_TEST(view.failure == "dependency gone:ready: gone is not in service");
}

BOOST_AUTO_TEST_CASE(circles_of_two_configurations_are_told) {
  auto graph = dependency_graph::build(processes({"a on b", "b on a", "c on b"})).first;
  dependency_facts held{.at = dependency_facts::stage::starting, .starts_itself = false, .name = "x"};
  auto view = [&](std::size_t node, const dependency_facts& of_b) {
    return view_of(graph, node, {}, {.holds = true}, [&](std::size_t other) { return other == 1 ? of_b : held; });
  };
  BOOST_TEST(view(0, held).failure == "dependency b:ready: leads back to x");
  BOOST_TEST(view(2, held).failure == ""); // is in none
  auto begins = held;
  begins.has_child = true;
  BOOST_TEST(view(0, begins).failure == ""); // it was let go before
  auto soft = dependency_graph::build(processes({"a on b?", "b on a"})).first;
  auto seen = view_of(soft, 0, {}, {.holds = true}, [&](std::size_t) { return held; });
  BOOST_TEST(seen.waiting == "");
}

BOOST_AUTO_TEST_CASE(no_more_are_met_than_are_wanted) {
  auto graph = graph_of({"a on w/2", "w:w_1", "w:w_2", "w:w_3"});
  dependency_facts runs{.at = dependency_facts::stage::running, .has_child = true};
  BOOST_TEST(share_met(graph.items_of(0).at(0), [&](std::size_t) { return runs; }) == "2 of 2");
}

BOOST_AUTO_TEST_CASE(what_has_to_be_there_first) {
  auto graph = graph_of({"a on s?, b, c", "s", "b", "c"});
  auto known = [](std::size_t node) {
    dependency_facts facts;
    facts.at = node == 2 ? dependency_facts::stage::running : dependency_facts::stage::stopped;
    facts.has_child = node == 2;
    return facts;
  };
  BOOST_TEST(view_of(graph, 0, {}, {}, known).unmet == "c:ready");
}

// -- stops ----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(p115_to_p117_stop_order) {
  auto graph = graph_of({"a", "b on a", "c on b"});
  auto order = [&](const indices& set) {
    indices stopped, found;
    auto is_stopped = [&](std::size_t node) {
      return std::find(stopped.begin(), stopped.end(), node) != stopped.end();
    };
    for (auto now = may_stop(graph, set, is_stopped); !now.empty(); now = may_stop(graph, set, is_stopped))
      for (auto node : now) {
        found.push_back(node);
        stopped.push_back(node);
      }
    return found;
  };
  BOOST_TEST(order({0, 1, 2}) == (indices{2, 1, 0}), boost::test_tools::per_element());
  BOOST_TEST(order({0, 2}) == (indices{2, 0}), boost::test_tools::per_element()); // through b, which is not of the set
  BOOST_TEST(order({0}) == indices{0}, boost::test_tools::per_element());
  BOOST_TEST(order({}).empty());
}

BOOST_AUTO_TEST_CASE(a_circle_of_two_configurations_stops_at_once) {
  auto graph = dependency_graph::build(processes({"a on b", "b on a", "c"})).first;
  BOOST_TEST(may_stop(graph, {0, 1}, [](std::size_t) { return false; }) == (indices{0, 1}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(dependents_that_run) {
  auto graph = graph_of({"a", "b on a", "c on b", "d on a?", "e"});
  auto running = [&](const indices& of, const indices& stopped) {
    return running_dependents(
      graph, of, [&](std::size_t node) { return std::find(stopped.begin(), stopped.end(), node) != stopped.end(); });
  };
  BOOST_TEST(running({0}, {}) == (indices{1, 2, 3}), boost::test_tools::per_element());
  BOOST_TEST(running({0}, {1}) == (indices{2, 3}), boost::test_tools::per_element()); // through b, though it is stopped
  BOOST_TEST(running({0, 1}, {}) == (indices{2, 3}), boost::test_tools::per_element());
  BOOST_TEST(running({4}, {}).empty());
}

/// Random graphs without circles: whatever the order, all stop, and nobody before who depends on him.
BOOST_AUTO_TEST_CASE(invariants) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random{seed};
    std::vector<std::string> texts;
    indices set;
    auto count = 2 + random() % 12;
    for (std::size_t i = 0; i < count; ++i) {
      auto text = "p" + std::to_string(i) + " on ";
      for (std::size_t k = 0; k < i; ++k)
        if (random() % 3 == 0)
          text += "p" + std::to_string(k) + (random() % 2 ? "?," : ",");
      text.pop_back();
      texts.push_back(text.ends_with("on") ? "p" + std::to_string(i) : text);
      set.push_back(i);
    }
    auto graph = graph_of(texts);
    std::vector<bool> stopped(count);
    for (auto left = count; left > 0; --left) {
      auto now = may_stop(graph, set, [&](auto node) { return stopped[node]; });
      BOOST_REQUIRE_MESSAGE(!now.empty(), "seed " << seed);
      auto one = now[random() % now.size()];
      BOOST_REQUIRE(!stopped[one]);
      for (auto dependent : graph.dependents_of(one))
        BOOST_REQUIRE_MESSAGE(stopped[dependent], "seed " << seed);
      stopped[one] = true;
    }
  }
}

BOOST_AUTO_TEST_CASE(a_chain_of_thousands) {
  constexpr int length = 20'000;
  std::vector<std::string> texts{"p0"};
  for (int i = 1; i < length; ++i)
    texts.push_back("p" + std::to_string(i) + " on p" + std::to_string(i - 1));
  auto graph = graph_of(texts);
  auto never_started = [](std::size_t) { return dependency_facts{}; };
  BOOST_TEST(pulled_in(graph, length - 1, start_cause::boot, never_started).size() == length - 1U);
  BOOST_TEST(running_dependents(graph, {0}, [](std::size_t) { return false; }).size() == length - 1U);
}

BOOST_AUTO_TEST_SUITE_END()
