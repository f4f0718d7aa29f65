// Which signal comes next and how long it may take: vectors P028, P029 and P138 of docs/contract/programs.md. Must not
// hold a record.
#include "actors/core/stop_ladder.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>

BOOST_AUTO_TEST_SUITE(stop_ladder_test)

using namespace troupe::actors;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using namespace std::chrono_literals;

namespace {

struct row {
  const char* id;
  std::vector<config::ladder_step> ladder;
  std::int64_t stopwaitsecs;
  std::vector<rung> expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

const row rows[] = {
  {"one signal", {}, 10, {{SIGTERM, 10s}}},
  {"at once", {}, 0, {{SIGTERM, 0s}}},
  {"never", {}, INT64_MAX, {{SIGTERM, 3'153'600'000s}}},
  {"P028", {{SIGTERM, 30s}, {SIGINT, 10s}}, 10, {{SIGTERM, 30s}, {SIGINT, 10s}}},
  {"P029", {{SIGTERM, {}}, {SIGQUIT, {}}}, 7, {{SIGTERM, 7s}, {SIGQUIT, 7s}}},
  {"one with a time", {{SIGHUP, 500ms}}, 10, {{SIGHUP, 500ms}}},
};

} // namespace

BOOST_DATA_TEST_CASE(rungs, data::make(rows), r) {
  config::process_options options;
  options.stopwaitsecs = r.stopwaitsecs;
  if (!r.ladder.empty())
    options.ask().stops.ladder = r.ladder;
  for (std::size_t i = 0; i < r.expected.size(); ++i) {
    auto found = rung_of(options, i);
    BOOST_REQUIRE(found);
    BOOST_TEST(found->signo == r.expected[i].signo);
    BOOST_TEST(found->time.count() == r.expected[i].time.count());
  }
  BOOST_TEST(!rung_of(options, r.expected.size()));
  BOOST_TEST(!rung_of(options, r.expected.size() + 7));
}

BOOST_AUTO_TEST_CASE(whom_it_reaches) {
  config::process_options options;
  BOOST_TEST(!sweeps(options));
  using enum config::kill_reach;
  struct {
    config::kill_reach reach;
    bool sweeps, marks;
  } all[] = {{as_ever, false, false}, {process, false, false}, {group, true, false},
             {session, true, false},  {cgroup, true, true},    {tree, true, true}};
  for (const auto& one : all) {
    options.ask().stops.reach = one.reach;
    BOOST_TEST(sweeps(options) == one.sweeps);
    BOOST_TEST(marks_spawns(options) == one.marks);
  }
}

BOOST_AUTO_TEST_SUITE_END()
