// How those who guess passwords are slowed down, as a table of moments: who waits for how long, who does not, and that
// nothing grows.
#include "protocols/login_pace.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(login_pace_test)

using troupe::protocols::login_pace;
using namespace std::chrono_literals;

namespace {

using clock_type = login_pace::clock;
const clock_type::time_point t0{1000s};

std::int64_t ms(std::optional<login_pace::duration> wait) {
  return wait ? std::chrono::duration_cast<std::chrono::milliseconds>(*wait).count() : -1;
}

BOOST_AUTO_TEST_CASE(pauses_grow_and_end) {
  login_pace pace;
  const std::int64_t waits[] = {0, 0, 0, 250, 500, 1000, 2000, 4000, 4000, 4000};
  auto now = t0;
  int count = 0;
  for (auto expected : waits) {
    auto wait = pace.turn("a", now);
    BOOST_TEST(ms(wait) == expected);
    now += *wait;
    BOOST_TEST(pace.failed("a", now) == ++count);
  }
}

BOOST_AUTO_TEST_CASE(nobody_else_waits) {
  login_pace pace;
  for (int i = 0; i < 20; ++i)
    pace.failed("a", t0);
  BOOST_TEST(ms(pace.turn("a", t0)) == 4000);
  BOOST_TEST(ms(pace.turn("b", t0)) == 0);
  BOOST_TEST(pace.failed("b", t0) == 1);
  BOOST_TEST(ms(pace.turn("b", t0)) == 0);
}

BOOST_AUTO_TEST_CASE(many_at_once_wait_one_behind_the_other_and_not_without_end) {
  login_pace pace;
  for (int i = 0; i < 20; ++i)
    pace.failed("a", t0);
  for (std::int64_t expected : {4000, 8000, 12000, 16000, 20000, -1, -1})
    BOOST_TEST(ms(pace.turn("a", t0)) == expected);
  BOOST_TEST(ms(pace.turn("a", t0 + 4s)) == 20000); // a place is free again
}

BOOST_AUTO_TEST_CASE(success_and_time_forgive) {
  login_pace pace;
  for (int i = 0; i < 5; ++i)
    pace.failed("a", t0);
  pace.succeeded("a");
  BOOST_TEST(ms(pace.turn("a", t0)) == 0);
  for (int i = 0; i < 5; ++i)
    pace.failed("a", t0);
  BOOST_TEST(ms(pace.turn("a", t0 + login_pace::forgotten)) == 0);
  BOOST_TEST(pace.size() == 0u);
}

BOOST_AUTO_TEST_CASE(any_number_of_addresses_takes_bounded_memory) {
  login_pace pace;
  for (int i = 0; i < 5000; ++i) {
    pace.failed("new" + std::to_string(i), t0 + std::chrono::milliseconds(i));
    pace.failed("busy", t0 + std::chrono::milliseconds(i)); // who goes on is not forgotten for it
  }
  BOOST_TEST(pace.size() == login_pace::most_addresses);
  BOOST_TEST(ms(pace.turn("busy", t0 + 5s)) > 3000);
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
