// The rows of troupe.graph and the items that are not met, item by item; what of them is shown to whom.
// Source: docs/contract/programs.md, 1.7 and 15.4.
#include "actors/rpc/program_rows.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(program_rows_test)

using namespace troupe::actors;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using stage = dependency_facts::stage;
using names = std::set<std::string>;

namespace {

group_cell_ptr make_group(const std::string& name, const std::vector<std::string>& members,
                          std::vector<config::depends_item> items, std::uint64_t& last_id) {
  auto group = std::make_shared<config::group_options>();
  group->name = name;
  auto cell = std::make_shared<group_cell>();
  for (const auto& member : members) {
    auto options = std::make_shared<config::process_options>();
    options->name = member;
    options->section = "program:" + name;
    if (!items.empty())
      options->ask().dependencies.items = items;
    group->processes.push_back(options);
    auto process = std::make_shared<process_cell>();
    process->id = ++last_id;
    process->options = options;
    process->group = name;
    cell->processes.push_back(process);
  }
  cell->options = group;
  return cell;
}

/// app depends on that item; there are db, web:a and web:b, and off, which is not in service.
program_graph_ptr programs_with(const config::depends_item& item) {
  std::uint64_t id = 0;
  std::vector<group_cell_ptr> cells = {make_group("app", {"app"}, {item}, id), make_group("db", {"db"}, {}, id),
                                       make_group("web", {"a", "b"}, {}, id)};
  return make_program_graph(cells, {make_group("off", {"off"}, {}, id)->options});
}

struct row {
  std::string expected; ///< `item met|unmet soft|hard [state] members`
  config::depends_item item;
  std::map<std::string, stage> states; ///< the others are STOPPED
  names hidden = {};
  friend std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.expected; }
};

facts_of_node facts_in(const program_graph& programs, const std::map<std::string, stage>& states) {
  return [&](std::size_t node) {
    dependency_facts facts;
    const auto& of = programs.nodes[node];
    facts.in_service = of.process != 0;
    if (auto found = states.find(of.shown); found != states.end())
      facts.at = found->second;
    return facts;
  };
}

std::string text_of(const troupe::protocols::rpc_value& item) {
  auto word = [&](const char* key) { return *item.member(key)->string(); };
  auto text = word("item") + (*item.member("met")->boolean() ? " met" : " unmet") +
              (*item.member("soft")->boolean() ? " soft" : " hard") + " [" + word("state") + "]";
  for (const auto& member : *item.member("members")->items())
    text += ' ' + *member.string();
  return text;
}

using config::condition;
// clang-format off
const row table[] = {
  {"db:ready unmet hard [FATAL] db",       {.target = "db"}, {{"db", stage::fatal}}},
  {"db:ready unmet hard [STARTING] db",    {.target = "db"}, {{"db", stage::starting}}},
  {"db:ready met hard [RUNNING] db",       {.target = "db"}, {{"db", stage::running}}},
  {"db:ready unmet soft [BACKOFF] db",     {.target = "db", .soft = true}, {{"db", stage::backoff}}},
  {"db:exited met hard [EXITED] db",       {.target = "db", .what = condition::exited}, {{"db", stage::exited}}},
  {"web:ready unmet hard [1 of 2] web:a web:b",      {.target = "web"}, {{"web:a", stage::running}}},
  {"web:*:ready unmet hard [0 of 2] web:a web:b",    {.target = "web:*"}, {}},
  {"web:ready/1 met hard [1 of 1] web:a web:b",      {.target = "web", .count = 1}, {{"web:b", stage::running}}},
  {"off:ready unmet hard [not in service] off",      {.target = "off"}, {}},
  {"nobody:ready unmet hard [not in service]",       {.target = "nobody"}, {}},
  // what may not be seen is counted, and neither named nor told of
  {"db:ready unmet hard []",                         {.target = "db"}, {{"db", stage::fatal}}, {"db"}},
  {"web:ready unmet hard [1 of 2] web:b",            {.target = "web"}, {{"web:a", stage::running}}, {"web:a"}},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(rows, data::make(table), r) {
  auto programs = programs_with(r.item);
  BOOST_REQUIRE(programs);
  auto node = programs->node_of("app", "app");
  BOOST_REQUIRE(node.has_value());
  auto known = facts_in(*programs, r.states);
  auto sees = [&](std::size_t of) { return !r.hidden.contains(programs->nodes[of].shown); };
  auto rows = item_rows(*programs, *node, known, sees);
  BOOST_REQUIRE(rows.size() == 1u);
  BOOST_TEST(text_of(rows.front()) == r.expected);
  bool met = *rows.front().member("met")->boolean();
  auto unmet = unmet_items(*programs, *node, known);
  BOOST_TEST(unmet.empty() == met);
  if (!met)
    BOOST_TEST(unmet.front() == *rows.front().member("item")->string());
}

BOOST_AUTO_TEST_SUITE_END()
