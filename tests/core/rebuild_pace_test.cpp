// When an actor that died is built again: deaths at given times, and the pause after each; -1: it is given up.
#include "actors/core/rebuild_pace.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <vector>

BOOST_AUTO_TEST_SUITE(rebuild_pace_test)

using namespace troupe::actors;
namespace data = boost::unit_test::data;

namespace {

struct row {
  const char* name;
  rebuild_policy policy;
  std::vector<int> deaths; ///< milliseconds
  std::vector<int> pauses;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.name; }

constexpr auto give_up = rebuild_policy::give_up;
constexpr auto never = rebuild_policy::never_give_up;

const row rows[] = {
  {"five at once are forgiven", give_up, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}},
  {"six are not", give_up, {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, -1}},
  {"within ten seconds", give_up, {0, 2000, 4000, 6000, 8000, 9999}, {0, 0, 0, 0, 0, -1}},
  {"not in more", give_up, {0, 2000, 4000, 6000, 8000, 10000}, {0, 0, 0, 0, 0, 0}},
  {"old ones are forgotten", give_up, {0, 0, 0, 0, 0, 10000, 10001}, {0, 0, 0, 0, 0, 0, 0}},
  {"but not for ever",
   give_up,
   {0, 0, 0, 0, 0, 10000, 10000, 10000, 10000, 10000, 10000},
   {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1}},
  {"never given up, after a moment",
   never,
   {0, 1, 101, 201, 301, 401, 501, 601},
   {0, 100, 100, 100, 100, 100, 100, 100}},
  {"at once where the last death was long ago", never, {0, 1000, 1999, 2999}, {0, 0, 100, 0}},
};

} // namespace

BOOST_DATA_TEST_CASE(pauses, data::make(rows), r) {
  rebuild_pace pace{r.policy};
  rebuild_pace::time_point begin{};
  std::vector<int> said;
  for (int at : r.deaths) {
    auto pause = pace.died(begin + std::chrono::milliseconds{at});
    said.push_back(pause ? static_cast<int>(pause->count()) : -1);
  }
  BOOST_TEST(said == r.pauses, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
