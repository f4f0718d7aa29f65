// Which bytes of a half batch are still to be appended: vectors 27 to 34 of docs/contract/survival.md, as numbers.
#include "platform/batch_recovery.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(batch_recovery_test)

using namespace troupe::platform;
namespace data = boost::unit_test::data;

namespace {

struct row {
  const char* when;
  batch_stage stage;
  batch_facts facts;
  std::uint64_t size;
  int from; ///< -1: nothing
  bool doubled = false;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }

using enum batch_stage;
// announced, mark whole, counted | regular, found, before, now, same | log begin, written
const row rows[] = {
  {"nothing under way", idle, {100, false, 100}, 0, -1},
  {"a stage that nobody wrote", static_cast<batch_stage>(77), {100, false, 100}, 0, -1},
  {"announced, not read", announced, {100, true, 0}, 0, -1},
  {"announced and read", announced, {100, false, 0}, 100, 0},
  {"a whole stash, read", announced, {131072, false, 0}, 131072, 0},
  {"splice did not happen", spliced, {0, true, 0}, 0, -1},
  {"splice of one byte", spliced, {0, true, 1}, 1, 0},
  {"splice of fifteen", spliced, {0, true, 15}, 15, 0},
  {"read, not yet written", read, {100, false, 100}, 100, 0},
  {"write did not begin", writing, {100, false, 100, true, true, 50, 50, true}, 100, 0},
  {"half of it is written", writing, {131072, false, 131072, true, true, 50, 65586, true}, 131072, 65536},
  {"all but one byte", writing, {100, false, 100, true, true, 50, 149, true}, 100, 99},
  {"all is written", writing, {100, false, 100, true, true, 50, 150, true}, 100, -1},
  {"cut by others", writing, {100, false, 100, true, true, 50, 0, false}, 100, 0, true},
  {"others append, less than ours", writing, {100, false, 100, true, true, 50, 70, false}, 100, 0, true},
  {"others append, more than ours", writing, {100, false, 100, true, true, 50, 500, true}, 100, 0, true},
  {"some of it was written before", read, {100, false, 100, false, false, 0, 0, false, 0, 60}, 100, 60},
  {"all of it was", read, {100, false, 100, false, false, 0, 0, false, 0, 100}, 100, -1},
  {"the rest, not begun", writing, {100, false, 100, true, true, 50, 50, true, 60, 60}, 100, 60},
  {"the rest, half of it", writing, {100, false, 100, true, true, 50, 70, true, 60, 60}, 100, 80},
  {"the rest, noted late", writing, {100, false, 100, true, true, 50, 70, true, 60, 65}, 100, 80},
  {"the rest, all", writing, {100, false, 100, true, true, 50, 90, true, 60, 60}, 100, -1},
  {"the rest and others'", writing, {100, false, 100, true, true, 50, 91, true, 60, 60}, 100, 60, true},
  {"others append behind what is noted", writing, {100, false, 100, true, true, 50, 170, false, 0, 70}, 100, 70, true},
  {"others append behind all of it", writing, {100, false, 100, true, true, 50, 170, false, 0, 100}, 100, -1},
  {"cut behind what is noted", writing, {100, false, 100, true, true, 50, 0, false, 0, 70}, 100, 70, true},
  {"cut to what it was", writing, {100, false, 100, true, true, 0, 0, false, 0, 70}, 100, 70},
  {"the log is gone behind what is noted", writing, {100, false, 100, true, false, 50, 0, false, 0, 70}, 100, 70, true},
  {"a FIFO has taken some", writing, {100, false, 100, false, true, 0, 0, false, 0, 70}, 100, 70, true},
  {"a FIFO has taken all", writing, {100, false, 100, false, true, 0, 0, false, 0, 100}, 100, -1},
  {"the log is gone", writing, {100, false, 100, true, false, 50, 0, false}, 100, 0, true},
  {"the log is a FIFO", writing, {100, false, 100, false, true, 0, 0, false}, 100, 0, true},
};

} // namespace

BOOST_DATA_TEST_CASE(a_half_batch_is_finished, data::make(rows), r) {
  auto plan = batch_recovery(r.stage, r.facts);
  BOOST_TEST(plan.size == r.size);
  BOOST_TEST((plan.from ? static_cast<int>(*plan.from) : -1) == r.from);
  BOOST_TEST(plan.may_double == r.doubled);
}

BOOST_AUTO_TEST_SUITE_END()
