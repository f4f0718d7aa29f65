// What becomes of a group one of whose members has failed: vectors P227 and P228 of docs/contract/programs.md. Must not
// hold actors.
#include "actors/core/group_fate.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(group_fate_test)

using namespace troupe::actors;
using troupe::config::group_fate;
using namespace std::chrono_literals;

namespace {

std::chrono::steady_clock::time_point at(std::chrono::seconds since) {
  return std::chrono::steady_clock::time_point{std::chrono::hours{1} + since};
}

} // namespace

BOOST_AUTO_TEST_CASE(nothing_is_asked_for) {
  fate_book book;
  BOOST_TEST((next_step(group_fate::none, book, at(0s)) == fate_step::nothing));
  BOOST_TEST(book.empty());
}

BOOST_AUTO_TEST_CASE(stopped_each_time) { // P227
  fate_book book;
  for (int i = 0; i < 5; ++i)
    BOOST_TEST((next_step(group_fate::stop, book, at(1s)) == fate_step::stop));
}

BOOST_AUTO_TEST_CASE(restarted_three_times_a_minute) { // P228
  fate_book book;
  BOOST_TEST((next_step(group_fate::restart, book, at(0s)) == fate_step::restart));
  BOOST_TEST((next_step(group_fate::restart, book, at(10s)) == fate_step::restart));
  BOOST_TEST((next_step(group_fate::restart, book, at(20s)) == fate_step::restart));
  BOOST_TEST((next_step(group_fate::restart, book, at(59s)) == fate_step::stop_at_last));
  BOOST_TEST((next_step(group_fate::restart, book, at(60s)) == fate_step::restart));
  BOOST_TEST((next_step(group_fate::restart, book, at(61s)) == fate_step::stop_at_last));
  BOOST_TEST(book.size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
