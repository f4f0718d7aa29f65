// When the end of a certificate is told, who has to end his handshake for others, how often one hears of plain HTTP;
// docs/contract/access.md, 5.2.
#include "actors/http/tls_desk.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <vector>

BOOST_AUTO_TEST_SUITE(tls_desk_test)

BOOST_AUTO_TEST_CASE(once_a_day_in_the_last_fortnight) {
  constexpr std::int64_t day = 86400, start = 1000 * day;
  troupe::actors::expiry_reminder reminder{start};
  constexpr auto end = start + 20 * day;
  BOOST_TEST(!reminder.due(end, start + 5 * day));
  BOOST_TEST(!reminder.due(end, end - 14 * day));
  BOOST_TEST(reminder.due(end, end - 14 * day + 1));
  BOOST_TEST(!reminder.due(end, end - 14 * day + day));
  BOOST_TEST(reminder.due(end, end - 14 * day + day + 1));
  BOOST_TEST(reminder.due(end, end + 30 * day));       // and when it is over
  troupe::actors::expiry_reminder told{end - 3 * day}; // by the start
  BOOST_TEST(!told.due(end, end - 3 * day + 60));
}

namespace {

using std::chrono::milliseconds;
using troupe::actors::tls_desk;
const tls_desk::clock::time_point now{std::chrono::hours{100}};

} // namespace

BOOST_AUTO_TEST_CASE(whoever_is_slow_has_to_go_once) {
  auto desk = std::make_shared<tls_desk>(nullptr, 0);
  std::vector<std::unique_ptr<tls_desk::handshake>> all;
  std::vector<int> ended;
  for (int i = 0; i < 64; ++i) {
    BOOST_TEST(!desk->is_full());
    all.push_back(
      std::make_unique<tls_desk::handshake>(desk, now + milliseconds{i * 100}, [&ended, i] { ended.push_back(i); }));
  }
  BOOST_TEST(desk->is_full());
  all[1].reset();
  BOOST_TEST(!desk->is_full());
  desk->end_slow_ones(now + milliseconds{1250});
  desk->end_slow_ones(now + milliseconds{1250});
  const std::vector<int> expected{0, 2};
  BOOST_TEST(ended == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_flood_of_plain_http_is_one_record_a_second) {
  tls_desk desk{nullptr, 0};
  BOOST_TEST(desk.tells_of_plain(now));
  BOOST_TEST(!desk.tells_of_plain(now + milliseconds{999}));
  BOOST_TEST(desk.tells_of_plain(now + milliseconds{1000}));
}

BOOST_AUTO_TEST_SUITE_END()
