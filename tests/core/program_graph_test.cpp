// The graph of what is in service and of what is only loaded: what comes into it from options. How items are met is in
// dependency_rules_test.cpp. Source: docs/contract/programs.md, 1.2.
#include "actors/core/program_graph.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(program_graph_test)

using namespace troupe::actors;
namespace config = troupe::config;

namespace {

config::group_options_ptr group_of(const std::string& name, const std::vector<config::process_options>& processes) {
  auto group = std::make_shared<config::group_options>();
  group->name = name;
  for (const auto& options : processes)
    group->processes.push_back(std::make_shared<const config::process_options>(options));
  return group;
}

config::process_options service(const std::string& name) {
  config::process_options options;
  options.name = name;
  options.section = "program:" + name;
  return options;
}

config::process_options oneshot(const std::string& name) {
  auto options = service(name);
  options.ask().oneshot = true;
  return options;
}

config::process_options on(const std::vector<std::string>& targets) {
  auto options = service("a");
  for (const auto& target : targets)
    options.ask().dependencies.items.push_back({.target = target, .what = {}, .count = {}, .soft = false});
  return options;
}

group_cell_ptr in_service(const config::group_options_ptr& options) {
  auto cell = std::make_shared<group_cell>();
  cell->options = options;
  for (const auto& process : options->processes) {
    auto one = std::make_shared<process_cell>();
    one->id = next_process_id();
    one->options = process;
    cell->processes.push_back(one);
  }
  return cell;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_waited_for_where_no_condition_is_written) {
  auto graph = make_program_graph({in_service(group_of("a", {on({"m", "n", "done", "both", "both:o"})})),
                                   in_service(group_of("m", {oneshot("m")})),
                                   in_service(group_of("done", {oneshot("x"), oneshot("y")})),
                                   in_service(group_of("both", {oneshot("o"), service("s")}))},
                                  {group_of("n", {oneshot("n")})}); // not in service yet
  BOOST_REQUIRE(graph);
  auto a = graph->node_of("a", "a");
  BOOST_REQUIRE(a.has_value());
  std::vector<std::string> shown;
  for (const auto& item : graph->graph.items_of(*a))
    shown.push_back(item.shown);
  const std::vector<std::string> expected{"m:exited_ok", "n:exited_ok", "done:exited_ok", "both:ready",
                                          "both:o:exited_ok"};
  BOOST_TEST(shown == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
