// Changes of an image, one behind the other: those that are whole are found, and no others.
#include "actors/io/image_changes.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include <unistd.h>

BOOST_AUTO_TEST_SUITE(image_changes_test)

using namespace troupe::actors;

namespace {

std::string found(int file, std::uint64_t image) {
  std::string all;
  for (const auto& change : changes_in(file, image))
    all += '[' + change + ']';
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(in_order) {
  auto changes = image_changes::make(7);
  BOOST_REQUIRE(changes);
  BOOST_TEST(found(changes->fd(), 7) == "");
  BOOST_TEST(changes->add("one"));
  BOOST_TEST(changes->add(""));
  BOOST_TEST(changes->add(std::string(10'000, 'x')));
  BOOST_TEST(changes->add("four"));
  BOOST_TEST(found(changes->fd(), 7) == "[one][][" + std::string(10'000, 'x') + "][four]");
  BOOST_TEST(changes->size() == 4 * 8 + 10'007u);
}

BOOST_AUTO_TEST_CASE(of_another_image) {
  auto changes = image_changes::make(7);
  BOOST_REQUIRE(changes);
  BOOST_TEST(changes->add("one"));
  BOOST_TEST(found(changes->fd(), 8) == "");
}

BOOST_AUTO_TEST_CASE(one_that_is_not_whole) {
  auto changes = image_changes::make(7);
  BOOST_REQUIRE(changes);
  BOOST_TEST(changes->add("one"));
  std::string half("\x20\0\0\0\0\0\0\0half", 12);
  BOOST_REQUIRE(::pwrite(changes->fd(), half.data(), half.size(), 4096 + 11) >
                0); // behind the end, as a kill leaves it
  BOOST_TEST(found(changes->fd(), 7) == "[one]");
  BOOST_TEST(changes->add("two"));
  BOOST_TEST(found(changes->fd(), 7) == "[one][two]");
}

BOOST_AUTO_TEST_CASE(no_such_file) {
  BOOST_TEST(found(-1, 7) == "");
  auto other = troupe::platform::memory_file::make(8192, false);
  BOOST_TEST(found(other.fd(), 0) == "");
  auto changes = image_changes::make(7);
  BOOST_TEST(changes->add("one"));
  BOOST_TEST(changes->add("two"));
  BOOST_REQUIRE(::ftruncate(changes->fd(), 4096 + 14) == 0); // cut in the second
  BOOST_TEST(found(changes->fd(), 7) == "[one]");
}

BOOST_AUTO_TEST_SUITE_END()
