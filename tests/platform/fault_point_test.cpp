// What TROUPE_DIE_AT says to whom, as a table; and that a point of an ordinary program is nothing.
#include "platform/fault_point.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>

BOOST_AUTO_TEST_SUITE(fault_point_test)

using namespace troupe::platform;
namespace data = boost::unit_test::data;

namespace {

struct row {
  const char* orders;
  std::size_t deaths;
  const char* point; ///< null: it lives
  std::uint64_t pass = 0;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << '"' << r.orders << "\" after " << r.deaths; }

const row rows[] = {
  {"spawn.begun:1", 0, "spawn.begun", 1},
  {"spawn.begun:1", 1, nullptr},
  {"spawn.begun:3,ready.said:2", 0, "spawn.begun", 3},
  {"spawn.begun:3,ready.said:2", 1, "ready.said", 2},
  {"spawn.begun:3,ready.said:2", 2, nullptr},
  {"spawn.begun:1,spawn.begun:1,spawn.begun:7", 2, "spawn.begun", 7},
  {"spawn.asked:4294967295", 0, "spawn.asked", 4294967295},
  {"", 0, nullptr},
  {"", 1, nullptr},
  {"spawn.begun", 0, nullptr},
  {"spawn.begun:", 0, nullptr},
  {"spawn.begun:0", 0, nullptr},
  {"spawn.begun:-1", 0, nullptr},
  {"spawn.begun:+1", 0, nullptr},
  {"spawn.begun: 1", 0, nullptr},
  {"spawn.begun:1 ", 0, nullptr},
  {"spawn.begun:1x", 0, nullptr},
  {"spawn.begun:4294967296", 0, nullptr},
  {"spawn.begun:1:1", 0, nullptr},
  {"spawn:1", 0, nullptr},
  {":1", 0, nullptr},
  {"spawn.begu:1", 0, nullptr},
  {"SPAWN.BEGUN:1", 0, nullptr},
  {" spawn.begun:1", 0, nullptr},
  {"spawn.begun:1,", 0, "spawn.begun", 1},
  {"spawn.begun:1,", 1, nullptr},
  {"spawn.begun:1,,ready.said:1", 2, nullptr}, // whoever stands behind what cannot be read lives, too
  {"no.such:1,ready.said:1", 1, nullptr},
};

} // namespace

BOOST_DATA_TEST_CASE(who_dies_where, data::make(rows), r) {
  auto order = death_order_in(r.orders, r.deaths);
  BOOST_TEST_REQUIRE(order.has_value() == (r.point != nullptr));
  if (!order)
    return;
  BOOST_TEST(fault_points[order->point] == std::string_view(r.point));
  BOOST_TEST(order->pass == r.pass);
}

BOOST_AUTO_TEST_CASE(every_name_is_there_once_and_says_its_number) {
  std::set<std::string> names(std::begin(fault_points), std::end(fault_points));
  BOOST_TEST(names.size() == std::size(fault_points));
  BOOST_TEST(fault_name("spawn.asked").number() == 0U);
  BOOST_TEST(fault_points[fault_name("batch.half").number()] == std::string_view("batch.half"));
}

BOOST_AUTO_TEST_CASE(an_ordinary_program_passes_over_them) {
  static_assert(!has_fault_points);
  begin_fault_points(0);
  fault_point("spawn.asked");
  BOOST_TEST(half_if_last("batch.half", 10) == 10U);
}

BOOST_AUTO_TEST_SUITE_END()
