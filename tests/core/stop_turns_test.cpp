// Stops of several, kept from one end to the next: at each moment it is whose turn it would be by a look at all of them
// (may_stop_now), on random graphs, with groups that stop in order, whoever starts again meanwhile, and circles. Must
// not stop anybody. Source: docs/contract/programs.md, 1.6.
#include "actors/core/stop_turns.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>

BOOST_AUTO_TEST_SUITE(stop_turns_test)

using namespace troupe::actors;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using processes = std::vector<std::uint64_t>;

namespace {

struct one {
  std::string name;
  std::vector<std::string> needs{};
  std::int64_t priority = 999;
};

group_cell_ptr group_of(const std::string& name, const std::vector<one>& members, bool ordered = false) {
  auto options = std::make_shared<config::group_options>();
  options->name = name;
  options->ordered_stop = ordered;
  auto cell = std::make_shared<group_cell>();
  for (const auto& member : members) {
    config::process_options p;
    p.name = member.name;
    p.section = "program:" + member.name;
    p.priority = member.priority;
    for (const auto& target : member.needs)
      p.ask().dependencies.items.push_back({.target = target, .what = {}, .count = {}, .soft = false});
    auto process = std::make_shared<process_cell>();
    process->id = next_process_id();
    process->options = std::make_shared<const config::process_options>(std::move(p));
    options->processes.push_back(process->options);
    cell->processes.push_back(std::move(process));
  }
  cell->options = std::move(options);
  return cell;
}

std::uint64_t id_of(const program_graph_ptr& programs, const std::string& name) {
  auto node = programs->node_of(name, name);
  BOOST_REQUIRE(node.has_value());
  return programs->nodes[*node].process;
}

processes sorted(processes of) {
  std::sort(of.begin(), of.end());
  return of;
}

} // namespace

BOOST_AUTO_TEST_CASE(whoever_depends_on_others_is_stopped_first) { // P115
  auto programs = make_program_graph(
    {group_of("a", {{"a"}}), group_of("b", {{"b", {"a"}}}), group_of("c", {{"c", {"b"}}}), group_of("d", {{"d"}})}, {});
  auto a = id_of(programs, "a"), b = id_of(programs, "b"), c = id_of(programs, "c"), d = id_of(programs, "d");
  stop_turns turns(programs);
  for (auto process : {a, c, d}) // through b, which is not of them
    turns.add(process, true);
  BOOST_TEST(sorted(turns.take()) == (processes{c, d}), boost::test_tools::per_element());
  BOOST_TEST(turns.take().empty()); // once
  turns.note(b, false);
  BOOST_TEST(turns.take().empty());
  turns.note(c, false);
  BOOST_TEST(turns.take() == processes{a}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(whoever_starts_again_is_in_the_way_again_unless_he_is_done_with) {
  auto programs =
    make_program_graph({group_of("a", {{"a"}}), group_of("b", {{"b", {"a"}}}), group_of("c", {{"c", {"a"}}})}, {});
  auto a = id_of(programs, "a"), b = id_of(programs, "b"), c = id_of(programs, "c");
  stop_turns turns(programs);
  for (auto process : {a, b, c})
    turns.add(process, true);
  BOOST_TEST(sorted(turns.take()) == (processes{b, c}), boost::test_tools::per_element());
  turns.note(b, false);
  turns.note(b, true);
  turns.note(c, false);
  BOOST_TEST(turns.take().empty());
  turns.leave(b);
  turns.note(b, true);
  BOOST_TEST(turns.take() == processes{a}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(in_the_daemons_stop_dependents_come_with_whom_they_need) {
  auto programs = make_program_graph(
    {group_of("a", {{"a"}}), group_of("b", {{"b", {"a"}}}), group_of("c", {{"c", {"b"}}}), group_of("d", {{"d"}})}, {});
  auto a = id_of(programs, "a"), b = id_of(programs, "b"), c = id_of(programs, "c"), d = id_of(programs, "d");
  auto runs = [b](std::uint64_t process) { return process != b; };
  stop_turns turns(programs);
  turns.add_with_dependents(a, runs);
  BOOST_TEST(turns.take() == processes{c}, boost::test_tools::per_element()); // through b, though it is stopped
  turns.add_with_dependents(d, runs);
  BOOST_TEST(turns.take() == processes{d}, boost::test_tools::per_element());
  turns.add_with_dependents(c, runs); // its group's own turn: it may not have heard of it
  BOOST_TEST(turns.take() == processes{c}, boost::test_tools::per_element());
  turns.note(c, false);
  BOOST_TEST(turns.take() == processes{a}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_a_graph_nobody_waits) {
  stop_turns turns;
  turns.add(7, true);
  turns.add(8, false);
  turns.add_with_dependents(9, [](std::uint64_t) { return true; });
  BOOST_TEST(turns.take() == (processes{7, 9}), boost::test_tools::per_element());
  turns.note(8, true);
  BOOST_TEST(turns.take() == processes{8}, boost::test_tools::per_element());
}

namespace {

/// Groups of one to three, some of which stop in order. `circles`: whoever is needed may be made later.
program_graph_ptr some_programs(std::mt19937& random, bool circles) {
  auto count = 2 + random() % 14;
  auto name_of = [](std::size_t i) { return "p" + std::to_string(i); };
  std::vector<group_cell_ptr> groups;
  std::vector<one> members;
  for (std::size_t i = 0; i < count; ++i) {
    one p{name_of(i)};
    p.priority = static_cast<std::int64_t>(random() % 3);
    for (std::size_t k = 0; k < (circles ? count : i); ++k)
      if (k != i && random() % 4 == 0)
        p.needs.push_back(name_of(k));
    members.push_back(std::move(p));
    if (i + 1 == count || random() % 3 == 0)
      groups.push_back(group_of("g" + std::to_string(groups.size()), std::exchange(members, {}), random() % 3 == 0));
  }
  return make_program_graph(groups, {});
}

} // namespace

BOOST_DATA_TEST_CASE(as_by_a_look_at_all, data::make({false, true}), circles) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    std::mt19937 random{seed};
    auto programs = some_programs(random, circles);
    if (!programs)
      continue;
    auto size = programs->nodes.size();
    stop_turns turns(programs);
    std::vector<std::size_t> set;
    std::vector<bool> runs(size), told(size);
    for (std::size_t node = 0; node < size; ++node)
      if (random() % 4 != 0) {
        set.push_back(node);
        runs[node] = random() % 5 != 0;
        turns.add(programs->nodes[node].process, runs[node]);
      }
    for (int step = 0; step < 60 && !set.empty(); ++step) {
      processes expected;
      for (auto node : may_stop_now(*programs, set, [&](auto i) { return !runs[i]; }))
        if (!told[node]) {
          told[node] = true;
          expected.push_back(programs->nodes[node].process);
        }
      auto found = sorted(turns.take());
      BOOST_REQUIRE_MESSAGE(found == sorted(expected), "seed " << seed << ", step " << step);
      auto node = set[random() % set.size()];
      auto process = programs->nodes[node].process;
      if (runs[node] && random() % 2 == 0) { // for good
        runs[node] = false;
        turns.note(process, false);
        if (random() % 2 == 0) {
          std::erase(set, node);
          turns.leave(process);
        }
      } else if (random() % 8 == 0) {
        runs[node] = !runs[node];
        turns.note(process, runs[node]);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_chain_of_thousands_stops_one_after_the_other) {
  constexpr std::size_t length = 20'000; // a look at all at each end would be 200 million steps
  std::vector<one> members{{"p0"}};
  for (std::size_t i = 1; i < length; ++i)
    members.push_back({"p" + std::to_string(i), {"p" + std::to_string(i - 1)}});
  auto programs = make_program_graph({group_of("g", members)}, {});
  stop_turns turns(programs);
  for (const auto& node : programs->nodes)
    turns.add_with_dependents(node.process, [](std::uint64_t) { return true; });
  std::size_t ended = 0;
  for (auto now = turns.take(); !now.empty(); now = turns.take()) {
    BOOST_REQUIRE(now.size() == 1U);
    turns.note(now.front(), false);
    ++ended;
  }
  BOOST_TEST(ended == length);
}

BOOST_AUTO_TEST_SUITE_END()
