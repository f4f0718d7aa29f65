// Changes that count together or not at all: after a death at each step of a commit, whoever maps the memory finds the
// old or the new, never a mixture.
#include "platform/redo_memory.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include <fcntl.h>

BOOST_AUTO_TEST_SUITE(redo_memory_test)

using namespace troupe::platform;

namespace {

constexpr std::size_t size = 1 << 20;

struct killed {};

redo_memory again(const redo_memory& first, std::size_t of = size) {
  return redo_memory::map(unique_fd{::fcntl(first.fd(), F_DUPFD_CLOEXEC, 3)}, of);
}

std::string text_at(const redo_memory& memory, std::size_t offset, std::size_t length) {
  return {memory.data() + offset, length};
}

} // namespace

BOOST_AUTO_TEST_CASE(nothing_is_changed_before_the_commit_and_all_is_after_it) {
  auto memory = redo_memory::make(size);
  BOOST_TEST_REQUIRE(static_cast<bool>(memory));
  memory.put(10, "abc", 3);
  memory.put(size - 4, 77U);
  BOOST_TEST(text_at(memory, 10, 3) == std::string(3, '\0'));
  memory.commit();
  auto next = again(memory);
  BOOST_TEST_REQUIRE(static_cast<bool>(next));
  BOOST_TEST(text_at(next, 10, 3) == "abc");
  std::uint32_t last = 0;
  std::memcpy(&last, next.data() + size - 4, sizeof last);
  BOOST_TEST(last == 77U);
  memory.commit(); // nothing was put
  BOOST_TEST(text_at(memory, 10, 3) == "abc");
}

BOOST_AUTO_TEST_CASE(killed_at_any_step_it_is_the_old_or_the_new) {
  auto memory = redo_memory::make(size);
  BOOST_TEST_REQUIRE(static_cast<bool>(memory));
  std::string before(3000, 'a');
  for (std::size_t place : {0, 5000, 90000})
    memory.put(place, before.data(), before.size());
  memory.commit();
  int old = 0;
  int whole = 0;
  for (int steps = 1;; ++steps) {
    std::string after(3000, static_cast<char>('b' + steps));
    for (std::size_t place : {0, 5000, 90000})
      memory.put(place, after.data(), after.size());
    int left = steps;
    memory.after_step = [&] {
      if (--left == 0)
        throw killed{};
    };
    bool died = false;
    try {
      memory.commit();
    } catch (killed) {
      died = true;
    }
    memory = again(memory); // as who follows has it
    std::array<std::string, 3> found{text_at(memory, 0, 3000), text_at(memory, 5000, 3000),
                                     text_at(memory, 90000, 3000)};
    BOOST_TEST(std::count(found.begin(), found.end(), found[0]) == 3);
    BOOST_TEST_REQUIRE((found[0] == before || found[0] == after));
    ++(found[0] == before ? old : whole);
    before = found[0];
    if (!died)
      break;
  }
  BOOST_TEST(old == 1);   // killed before anything counted
  BOOST_TEST(whole >= 4); // behind that, and behind each of the three
}

BOOST_AUTO_TEST_CASE(more_than_is_written_down_at_once_arrives_all_the_same) {
  auto memory = redo_memory::make(size);
  BOOST_TEST_REQUIRE(static_cast<bool>(memory));
  std::string piece(1000, 'x');
  for (std::size_t i = 0; i < 300; ++i)
    memory.put(i * 2000, piece.data(), piece.size());
  memory.commit();
  for (std::size_t i = 0; i < 300; ++i)
    BOOST_TEST_REQUIRE(text_at(memory, i * 2000, 1001) == piece + '\0');
}

BOOST_AUTO_TEST_CASE(memory_of_another_size_is_none) {
  auto memory = redo_memory::make(size);
  BOOST_TEST_REQUIRE(static_cast<bool>(memory));
  BOOST_TEST(!again(memory, size / 2));
  BOOST_TEST(!again(memory, size * 2));
  BOOST_TEST(!redo_memory::map(unique_fd{}, size));
}

BOOST_AUTO_TEST_SUITE_END()
