// When the end of a certificate is told; docs/contract/access.md, 5.2.
#include "actors/http/tls_desk.hpp"

#include <boost/test/unit_test.hpp>

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

BOOST_AUTO_TEST_SUITE_END()
