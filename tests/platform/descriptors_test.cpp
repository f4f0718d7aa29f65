// The table of descriptors: room is made before it is needed, and never for more than is allowed.
#include "platform/descriptors.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

std::size_t table_size() {
  std::ifstream status{"/proc/self/status"};
  for (std::string name; status >> name;)
    if (std::size_t size = 0; name == "FDSize:" && status >> size)
      return size;
  return 0;
}

std::size_t allowed() {
  rlimit most{};
  BOOST_TEST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &most) == 0);
  return most.rlim_cur;
}

} // namespace

BOOST_AUTO_TEST_SUITE(descriptors_test)

BOOST_AUTO_TEST_CASE(room_is_made_and_nothing_stays_open) {
  if (table_size() == 0 || allowed() < 1024)
    return;
  int next = ::dup(0);
  ::close(next);
  make_room_for(1000);
  BOOST_TEST(table_size() >= 1000U);
  int again = ::dup(0);
  ::close(again);
  BOOST_TEST(again == next);
}

BOOST_AUTO_TEST_CASE(the_limit_holds) {
  if (table_size() == 0 || allowed() > (1U << 20)) // nothing to see; or too much
    return;
  make_room_for(std::numeric_limits<std::size_t>::max());
  BOOST_TEST(table_size() <= std::max<std::size_t>(2 * allowed(), 1024));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::platform
