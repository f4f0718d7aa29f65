// Who waits for whom: vectors P070 to P090 of docs/contract/programs.md, and random graphs. Must not know what a
// process does at the moment (tests/core/dependency_rules_test.cpp does).
#include "config/dependency_graph.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <sstream>

BOOST_AUTO_TEST_SUITE(dependency_graph_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

/// "g:x on a, b?" of a program, or "x on ..."; words in front: `ends` for a oneshot, `soft`.
dependent process(const std::string& text) {
  std::istringstream words{text};
  std::string word, items;
  dependent one;
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
  one.items = *depends_items_of("depends_on", items);
  return one;
}

std::vector<dependent> processes(const std::vector<std::string>& texts) {
  std::vector<dependent> all;
  for (const auto& text : texts)
    all.push_back(process(text));
  return all;
}

struct built {
  const char* id;
  std::vector<std::string> all;
  std::vector<std::string> expected; ///< all faults; where there are none, each item of the first process
};
std::ostream& operator<<(std::ostream& out, const built& b) { return out << b.id; }

// clang-format off
const built graphs[] = {
  {"P070", {"a on db", "db"}, {"db:ready 1 of 1"}},
  {"P071", {"a on db:running/1?", "db:x", "db:y"}, {"db:running/1 1 of 2 soft"}},
  {"P072", {"a on g:x:exited_ok", "g:x"}, {"g:x:exited_ok 1 of 1"}},
  {"P073", {"a on g:ready", "g:x", "g:y"}, {"g:ready 2 of 2"}},
  {"P076", {"a on b", "ends b"}, {"b:exited_ok 1 of 1"}},
  {"a oneshot that shall run", {"a on b:started", "ends b"}, {"b:started 1 of 1"}},
  {"P077", {"a on b", "g:b"}, {"b:ready 1 of 1"}},
  {"P078", {"soft a on b", "b"}, {"b:ready 1 of 1 soft"}},
  {"all of a group", {"a on g:*", "g:x", "g:y", "h:z"}, {"g:*:ready 2 of 2"}},
  {"a program of two groups", {"a on b", "g:b", "h:b"}, {"b:ready 2 of 2"}},
  {"a group goes before a program of its name", {"a on b", "b:x", "g:b"}, {"b:ready 1 of 1"}},
  {"a group without processes", {"a on none"}, {"none:ready 0 of 0"}},
  {"a program without processes", {"a on later, fast"}, {"later:ready 0 of 0", "fast:ready 0 of 0"}},
  {"of which there is no group", {"a on later:*"}, {"a: depends_on names unknown program, process or group 'later:*'"}},
  {"a known program has processes", {"a on here", "g:here"}, {"here:ready 1 of 1"}},
  {"an empty group goes before a program of its name", {"a on none", "g:none"}, {"none:ready 0 of 0"}},
  {"nobody counts what is empty", {"a on none/3"}, {"none:ready/3 3 of 0"}},
  {"P079", {"a on nope"}, {"a: depends_on names unknown program, process or group 'nope'"}},
  {"P080", {"a on db:foo", "db"}, {"a: depends_on names unknown program, process or group 'db:foo'"}},
  {"P082", {"a on w/5", "w:w_0", "w:w_1", "w:w_2", "w:w_3"}, {"a: depends_on item 'w/5' wants 5 of 4 processes"}},
  {"P083", {"a on a"}, {"a: depends_on leads back to itself: a -> a"}},
  {"P084", {"c on a", "b on c", "a on b"}, {"a: depends_on leads back to itself: a -> b -> c -> a"}},
  {"P085", {"b on a?", "a on b"}, {"a: depends_on leads back to itself: a -> b -> a"}},
  {"P086", {"g:x on g:x", "g:y on g:x"}, {"g:x: depends_on leads back to itself: g:x -> g:x"}},
  {"P090", {"a:a_0 on w:w_0", "a:a_1 on w:w_1", "w:w_0", "w:w_1"}, {"w:w_0:ready 1 of 1"}},
  {"one fault for each circle", {"a on b", "b on a", "c on d", "d on c, a"}, {"a: depends_on leads back to itself: a -> b -> a", "c: depends_on leads back to itself: c -> d -> c"}},
  {"the first item that leads back", {"a on x, c, b", "b on a", "c on d", "d on a", "x"}, {"a: depends_on leads back to itself: a -> c -> d -> a"}},
  {"a dead end on the way", {"a on b", "b on c, d", "c on b", "d on a"}, {"a: depends_on leads back to itself: a -> b -> d -> a"}},
};
// clang-format on

std::vector<std::string> items_of(const dependency_graph& graph, std::size_t node) {
  std::vector<std::string> found;
  for (const auto& item : graph.items_of(node))
    found.push_back(item.shown + ' ' + std::to_string(item.needed) + " of " + std::to_string(item.members.size()) +
                    (item.soft ? " soft" : ""));
  return found;
}

const std::vector<std::string> maybe_empty{"none", "program:later", "program:here", "fcgi-program:fast"};

} // namespace

BOOST_DATA_TEST_CASE(what_is_built, data::make(graphs), b) {
  auto all = processes(b.all);
  auto [graph, faults] = dependency_graph::build(all, maybe_empty);
  std::vector<std::string> found;
  for (const auto& fault : faults)
    found.push_back(full_name_of(all[fault.node]) + ": " + fault.text);
  std::sort(found.begin(), found.end());
  BOOST_TEST((faults.empty() ? items_of(graph, 0) : found) == b.expected, boost::test_tools::per_element());
}

namespace {

// clang-format off
const built with_faults[] = {
  {"P079", {"a on nope, b", "b"}, {"nope:ready 0 of 0", "b:ready 1 of 1"}},
  {"P082", {"a on w/5", "w:w_0", "w:w_1"}, {"w:ready/5 5 of 2"}},
  {"P083", {"a on a"}, {"a:ready 1 of 1"}},
  {"P085", {"a on b?", "b on a"}, {"b:ready 1 of 1 soft"}},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(with_faults_the_graph_is_whole, data::make(with_faults), b) {
  auto [graph, faults] = dependency_graph::build(processes(b.all));
  BOOST_TEST(faults.size() == 1U);
  BOOST_TEST(items_of(graph, 0) == b.expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(which_item_has_the_fault) {
  auto faults = dependency_graph::build(processes({"a on b, c, nope", "b", "c on a"})).second;
  BOOST_REQUIRE(faults.size() == 2U);
  BOOST_TEST(faults[0].item == 2U); // what is unknown
  BOOST_TEST(faults[1].item == 1U); // and what leads back
}

BOOST_AUTO_TEST_CASE(dependents) {
  auto graph = dependency_graph::build(processes({"a", "b on a", "c on b, a, a:running", "d"})).first;
  BOOST_TEST(graph.size() == 4U);
  BOOST_TEST(graph.dependents_of(0) == (std::vector<std::size_t>{1, 2}), boost::test_tools::per_element());
  BOOST_TEST(graph.dependents_of(1) == std::vector<std::size_t>{2}, boost::test_tools::per_element());
  BOOST_TEST(graph.dependents_of(3).empty());
}

namespace {

/// Each of some of those before it.
std::vector<std::string> random_texts(std::mt19937& random, std::size_t count) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    auto text = "p" + std::to_string(i) + " on ";
    for (std::size_t k = 0; k < i; ++k)
      if (random() % 3 == 0)
        text += "p" + std::to_string(k) + (random() % 2 ? "?," : ",");
    text.pop_back();
    texts.push_back(text.ends_with("on") ? "p" + std::to_string(i) : text);
  }
  return texts;
}

/// Whether a way leads from one to the other.
bool leads(const dependency_graph& graph, std::size_t from, std::size_t to) {
  std::vector<bool> seen(graph.size());
  std::vector<std::size_t> way{from};
  for (std::size_t i = 0; i < way.size(); ++i)
    for (const auto& item : graph.items_of(way[i]))
      for (auto member : item.members) {
        if (member == to)
          return true;
        if (!seen[member])
          way.push_back(member);
        seen[member] = true;
      }
  return from == to;
}

} // namespace

/// A circle is told exactly where there is one.
BOOST_AUTO_TEST_CASE(invariants) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random{seed};
    auto count = 2 + random() % 12;
    auto texts = random_texts(random, count);
    auto [graph, faults] = dependency_graph::build(processes(texts));
    BOOST_REQUIRE_MESSAGE(faults.empty(), "seed " << seed);
    bool circle = leads(graph, count - 1, 0);
    texts[0] = "p0 on p" + std::to_string(count - 1);
    BOOST_TEST(dependency_graph::build(processes(texts)).second.size() == (circle ? 1U : 0U), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(a_chain_of_thousands) {
  constexpr int length = 20'000;
  std::vector<std::string> texts{"p0"};
  for (int i = 1; i < length; ++i)
    texts.push_back("p" + std::to_string(i) + " on p" + std::to_string(i - 1));
  BOOST_TEST(dependency_graph::build(processes(texts)).second.empty());
  texts[0] = "p0 on p" + std::to_string(length - 1);
  BOOST_TEST(dependency_graph::build(processes(texts)).second.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
