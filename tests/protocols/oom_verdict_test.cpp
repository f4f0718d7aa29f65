// When a process is said to have ended for want of memory. Source: docs/contract/deaths.md, 2; vectors 148, 149.
#include "protocols/oom_verdict.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

BOOST_AUTO_TEST_SUITE(oom_verdict_test)

using namespace troupe::protocols;
namespace data = boost::unit_test::data;

namespace {

struct row {
  const char* when;
  kill_counters counters;
  end_of_life end;
  const char* verdict;
  friend std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }
};

constexpr end_of_life killed{true, false, false}, by_us{true, true, false}, exited{false, false, false},
  named{true, false, true};

// clang-format off
const row table[] = {
  {"own group, counter rose",                 {3, 4, true},    killed, "yes"},
  {"own group, it exits because a child went", {3, 4, true},   exited, "yes"},
  {"shared group, counter rose",              {3, 4, false},   killed, "likely"},
  {"shared group, counter stood still",       {3, 3, false},   killed, "no"},
  {"no counter",                              {{}, {}, false}, killed, "unknown"},
  {"the group is gone",                       {3, {}, false},  killed, "unknown"},
  {"there was no counter when it began",      {{}, 1, false},  killed, "unknown"},
  {"exit status 137, counter rose",           {3, 4, false},   exited, "no"},
  {"exit status 137, no counter",             {{}, {}, false}, exited, "no"},
  {"killed by us, counter rose",              {3, 4, false},   by_us,  "no"},
  {"the kernel names it",                     {{}, {}, false}, named,  "yes"},
  {"the kernel names it, shared",             {3, 4, false},   named,  "yes"},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(verdicts, data::make(table), r) {
  BOOST_TEST(to_string(judge_memory(r.counters, r.end)) == r.verdict);
}

BOOST_AUTO_TEST_SUITE_END()
