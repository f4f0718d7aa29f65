// What a group is while an update process by process is under way, and which groups and processes a step is about.
#include "actors/core/update_steps.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(update_steps_test)

using namespace troupe::actors;
namespace config = troupe::config;
using config::plan_action;

namespace {

/// Of `name=command`, in section program:s but for those that begin with an x.
config::group_options_ptr group(const std::vector<std::string>& members, std::int64_t priority = 1) {
  auto made = std::make_shared<config::group_options>();
  made->name = "g";
  made->priority = priority;
  for (const auto& member : members) {
    config::process_options process;
    auto equals = member.find('=');
    process.name = member.substr(0, equals);
    process.command = member.substr(equals + 1);
    process.section = member.starts_with("x") ? "program:x" : "program:s";
    made->processes.push_back(std::make_shared<const config::process_options>(process));
  }
  return made;
}

std::string told(const config::group_options& of) {
  std::string text;
  for (const auto& process : of.processes)
    text += (text.empty() ? "" : " ") + process->name.str() + '=' + process->command.str();
  return text;
}

} // namespace

BOOST_AUTO_TEST_CASE(who_stays_has_his_old_definition_and_who_is_gone_comes_last) {
  auto active = group({"a=1", "b=1", "c=1"});
  auto loaded = group({"n=1", "b=2", "a=2"}, 7);
  auto between = group_between(*active, *loaded, {"a"}, {});
  BOOST_TEST(told(*between) == "n=1 b=2 a=1 c=1");
  BOOST_TEST(between->priority == 7);
  BOOST_TEST(told(*group_between(*active, *loaded, {}, {"c"})) == "n=1 b=2 a=2");
}

BOOST_AUTO_TEST_CASE(a_definition_that_has_not_changed_is_the_same_one) {
  auto active = group({"a=1", "b=1"});
  auto between = group_between(*active, *group({"a=1", "b=2"}), {}, {});
  BOOST_TEST((between->processes[0] == active->processes[0]));
  BOOST_TEST((between->processes[1] != active->processes[1]));
}

BOOST_AUTO_TEST_CASE(a_scale_changes_nothing_but_the_number) {
  auto active = group({"s0=1", "s1=1", "x=1", "y=1"});
  auto loaded = group({"s0=2", "s1=2", "s2=2", "z=2", "x=2"});
  BOOST_TEST(told(*scaled_group(*active, *loaded, "program:s")) == "s0=1 s1=1 s2=2 z=2 x=1"); // y is of s, and gone
  BOOST_TEST(told(*scaled_group(*active, *group({"s0=2"}), "program:s")) == "s0=1 x=1");
  BOOST_TEST(told(*scaled_group(*active, *group({"s0=2"}), "program:x")) == "s0=1 s1=1 y=1");
  BOOST_TEST(members_of({active, loaded}, "program:s") == 7);
}

BOOST_AUTO_TEST_CASE(groups_and_members_of_a_plan) {
  std::vector<config::plan_row> plan = {{"g", "a", plan_action::live, {}},
                                        {"g", "b", plan_action::restart, {}},
                                        {"h", "h", plan_action::keep, {}},
                                        {"l", "l", plan_action::regroup, {}},
                                        {"n", "n", plan_action::start, {}}};
  BOOST_TEST((changed_groups(plan) == std::vector<std::string>{"g", "n"}));
  BOOST_TEST((members_for(plan, "g", plan_action::restart) == std::set<std::string>{"b"}));
  BOOST_TEST(shown_name(plan[0]) == "g:a");
  BOOST_TEST(shown_name(plan[4]) == "n");
}

BOOST_AUTO_TEST_SUITE_END()
