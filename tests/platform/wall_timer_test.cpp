// A timer on the system's clock: rings once its second has come, and not while it is off.
#include "platform/wall_timer.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <poll.h>

BOOST_AUTO_TEST_SUITE(wall_timer_test)

using namespace troupe::platform;

namespace {

std::int64_t now() { // time(2) may be a moment behind
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

struct fixture {
  bool rings(int within_ms) const {
    pollfd p{fd.get(), POLLIN, 0};
    return ::poll(&p, 1, within_ms) == 1;
  }
  wall_timer timer;
  unique_fd fd = timer.duplicate();
};

} // namespace

BOOST_FIXTURE_TEST_CASE(rings_when_its_second_has_come, fixture) {
  BOOST_REQUIRE(fd);
  BOOST_TEST(!rings(0));
  auto second = now() + 1;
  timer.ring_at(second);
  BOOST_TEST(rings(20000));
  BOOST_TEST(now() >= second);
  timer.take();
  BOOST_TEST(!rings(0));
}

BOOST_FIXTURE_TEST_CASE(another_second_counts_instead, fixture) {
  timer.ring_at(now() + 1000);
  timer.ring_at(now() - 1); // has been already
  BOOST_TEST(rings(20000));
}

BOOST_FIXTURE_TEST_CASE(is_silent_once_it_is_off, fixture) {
  auto second = now() + 1;
  timer.ring_at(second);
  timer.ring_at(0);
  wall_timer other;
  auto of_other = other.duplicate();
  other.ring_at(second + 1);
  pollfd later{of_other.get(), POLLIN, 0};
  BOOST_REQUIRE(::poll(&later, 1, 20000) == 1);
  BOOST_TEST(!rings(0));
}

BOOST_AUTO_TEST_SUITE_END()
