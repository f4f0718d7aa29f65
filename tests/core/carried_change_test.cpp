// An image with what has changed since is the image that would be made now (docs/contract/survival.md, 5.1).
#include "actors/core/carried_change_fields.hpp"
#include "protocols/parcel.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

BOOST_AUTO_TEST_SUITE(carried_change_test)

using namespace troupe;
using namespace troupe::actors;

namespace {

config::group_options_ptr options(const std::string& name, std::int64_t priority = 999) {
  auto made = std::make_shared<config::group_options>();
  made->name = name;
  made->priority = priority;
  return made;
}

carried_change coming(std::uint64_t id, const config::group_options_ptr& what, bool is_loaded) {
  carried_change change;
  change.added = carried_group{id, what, {{.id = id * 10}}};
  change.view = {what->name, what->priority, {{"p", process_state::stopped, id * 10}}, false, id};
  change.is_loaded = is_loaded;
  change.next_id = id + 1;
  change.last_process_id = id * 10;
  return change;
}

carried_change going(std::uint64_t id, std::uint64_t next_id) {
  carried_change change;
  change.removed = id;
  change.next_id = next_id;
  change.last_process_id = 20;
  change.kept[{"b", "p", "stdout"}] = "/tmp/b.log";
  return change;
}

/// Two active groups, of which the first is as it was read last; a third one that was read, and is not active.
carried_runtime image() {
  carried_runtime all;
  apply(coming(1, options("a"), true), all);
  apply(coming(2, options("b"), false), all);
  all.loaded = {options("b", 5), options("c")};
  return all;
}

std::set<std::string> loaded(const carried_runtime& all) {
  std::set<std::string> names(all.loaded_is_active.begin(), all.loaded_is_active.end());
  for (const auto& group : all.loaded)
    BOOST_TEST(names.insert(group->name.str() + "!").second);
  return names;
}

std::string active(const carried_runtime& all) {
  std::string names;
  BOOST_REQUIRE(all.groups.size() == all.table.groups.size());
  for (std::size_t i = 0; i < all.groups.size(); ++i) {
    BOOST_TEST(all.groups[i].id == all.table.groups[i].id);
    BOOST_TEST((all.groups[i].options->name == all.table.groups[i].name));
    names += all.groups[i].options->name.str() + std::to_string(all.groups[i].id) + ' ';
  }
  return names;
}

template <class... T>
std::set<std::string> set(T... names) {
  return {names...};
}

} // namespace

BOOST_AUTO_TEST_CASE(one_comes) {
  auto all = image();
  apply(coming(3, options("c"), true), all);
  BOOST_TEST(active(all) == "a1 b2 c3 ");
  BOOST_TEST((loaded(all) == set("a", "b!", "c")));
  BOOST_TEST(all.table.next_id == 4u);
  BOOST_TEST(all.last_process_id == 30u);
}

BOOST_AUTO_TEST_CASE(one_goes_that_was_read_still) {
  auto all = image();
  apply(going(1, 3), all);
  BOOST_TEST(active(all) == "b2 ");
  BOOST_TEST((loaded(all) == set("a!", "b!", "c!")));
}

BOOST_AUTO_TEST_CASE(one_goes_that_was_read_anew_and_comes_back) {
  auto all = image();
  apply(going(2, 3), all);
  BOOST_TEST(active(all) == "a1 ");
  BOOST_TEST((loaded(all) == set("a", "b!", "c!")));
  apply(coming(3, options("b", 5), true), all);
  BOOST_TEST(active(all) == "a1 b3 ");
  BOOST_TEST((loaded(all) == set("a", "b", "c!")));
  BOOST_TEST(all.groups.back().options->priority == 5);
  BOOST_TEST((all.kept.at({"b", "p", "stdout"})) == "/tmp/b.log");
}

BOOST_AUTO_TEST_CASE(one_that_is_not_there_goes) {
  auto all = image();
  apply(going(9, 3), all);
  BOOST_TEST(active(all) == "a1 b2 ");
}

BOOST_AUTO_TEST_CASE(one_that_is_there_already_comes) {
  auto all = image();
  apply(coming(2, options("b"), false), all);
  BOOST_TEST(active(all) == "a1 b2 ");
}

BOOST_AUTO_TEST_CASE(through_a_parcel) {
  protocols::parcel_writer w;
  auto change = coming(7, options("x"), true);
  change.removed = 6;
  change.kept[{"x", "p", "stderr"}] = "/tmp/y";
  w(1, change);
  auto bytes = std::string(w.records());
  carried_change read;
  protocols::parcel_reader r{bytes};
  r(1, read);
  BOOST_TEST(r.trouble() == "");
  BOOST_TEST(read.added->id == 7u);
  BOOST_TEST(read.added->processes.at(0).id == 70u);
  BOOST_TEST(read.view.members.at(0).name.str() == "p");
  BOOST_TEST(read.is_loaded);
  BOOST_TEST(read.removed == 6u);
  BOOST_TEST((read.kept == change.kept));
  BOOST_TEST(read.next_id == 8u);
  BOOST_TEST(read.last_process_id == 70u);
}

BOOST_AUTO_TEST_SUITE_END()
