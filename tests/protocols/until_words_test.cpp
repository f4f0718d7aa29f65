// Moments to come as people write them, as a table: in UTC and in a zone whose clocks jump. Must not read a clock.
// Source: docs/contract/programs.md, 11 (P158, P255).
#include "protocols/until_words.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

BOOST_AUTO_TEST_SUITE(until_words_test)

using namespace troupe::protocols;
namespace data = boost::unit_test::data;

namespace {

constexpr std::int64_t hour = 3600, day = 24 * hour;
constexpr std::int64_t at_three = 1'795'834'800; // 2026-11-28 03:00 UTC

/// As Berlin: 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00.
std::tm berlin_civil(std::int64_t moment) {
  constexpr std::int64_t spring = 1'774'746'000, autumn = 1'792'890'000; // 01:00 UTC of these days
  auto east = moment >= spring && moment < autumn ? 2 * hour : hour;
  return utc_zone().civil(moment + east);
}
constexpr time_zone berlin{&berlin_civil, nullptr};

struct row {
  const char* text;
  const char* found; ///< ISO; empty: no moment
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << '"' << r.text << '"'; }

std::string iso(const std::optional<std::int64_t>& moment) {
  return moment ? moment_iso(*moment * 1'000'000).substr(0, 19) : "";
}

// clang-format off
const row rows[] = {
  {"02:30", "2026-11-29T02:30:00"}, // P158
  {"03:00", "2026-11-29T03:00:00"},
  {"03:01", "2026-11-28T03:01:00"},
  {"23:59", "2026-11-28T23:59:00"},
  {"00:00", "2026-11-29T00:00:00"},
  {"5", "2026-11-28T03:00:05"},
  {"0.5", "2026-11-28T03:00:01"},
  {"500ms", "2026-11-28T03:00:01"},
  {"2m", "2026-11-28T03:02:00"},
  {"1h", "2026-11-28T04:00:00"},
  {"1d", "2026-11-29T03:00:00"},
  {"36500d", "2126-11-04T03:00:00"},
  {"2026-12-01", "2026-12-01T00:00:00"},
  {"2026-12-01T06:00", "2026-12-01T06:00:00"},
  {"2026-12-01T06:00:07", "2026-12-01T06:00:07"},
  {"2028-02-29", "2028-02-29T00:00:00"},
  {"25:00", ""}, // P255
  {"24:00", ""},
  {"12:60", ""},
  {"2:30", ""},
  {"02:30:00", ""},
  {"02:30x", ""},
  {"-1", ""},
  {"0", ""},
  {"0ms", ""},
  {"5 min", ""},
  {"1e9d", ""},
  {"99999999999999999999d", ""},
  {"nan", ""},
  {"inf", ""},
  {"", ""},
  {" 5", ""},
  {"tomorrow", ""},
  {"2026-11-28", ""}, // over
  {"2026-11-28T03:00", ""},
  {"2026-02-29", ""},
  {"2026-13-01", ""},
  {"2026-00-01", ""},
  {"2026-12-32", ""},
  {"2026-12-00", ""},
  {"2026-12-1", ""},
  {"2026-12-01T", ""},
  {"2026-12-01 06:00", ""},
  {"2026-12-01T06", ""},
  {"2026-12-01T06:00:60", ""},
  {"2026-12-01T06:00Z", ""},
  {"1969-12-31", ""},
  {"9999999999", ""},
  {"2026-", ""},
};
// clang-format on

struct jump {
  std::int64_t now;
  const char* text;
  const char* found; ///< in UTC
};
std::ostream& operator<<(std::ostream& out, const jump& r) { return out << '"' << r.text << '"'; }

constexpr std::int64_t before_spring = 1'774'746'000 - 6 * hour, before_autumn = 1'792'890'000 - 6 * hour;

// clang-format off
const jump jumps[] = {
  {before_spring, "02:30", "2026-03-29T01:00:00"}, // there is none: as the clock jumps to three
  {before_spring, "02:00", "2026-03-29T01:00:00"},
  {before_spring, "03:00", "2026-03-29T01:00:00"},
  {before_spring, "01:59", "2026-03-29T00:59:00"},
  {before_spring, "2026-03-29T02:59:59", "2026-03-29T01:00:00"},
  {before_spring, "2026-03-30T02:30", "2026-03-30T00:30:00"},
  {before_autumn, "02:30", "2026-10-25T00:30:00"}, // twice: the first
  {before_autumn + 6 * hour, "02:30", "2026-10-26T01:30:00"},
  {before_autumn, "03:00", "2026-10-25T02:00:00"},
  {before_autumn, "2026-10-25T02:00", "2026-10-25T00:00:00"},
  {before_autumn, "8h", "2026-10-25T03:00:00"},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(words, data::make(rows), r) {
  BOOST_TEST(iso(moment_to_come(r.text, at_three, utc_zone())) == r.found);
}

BOOST_DATA_TEST_CASE(clocks_that_jump, data::make(jumps), r) {
  BOOST_TEST(iso(moment_to_come(r.text, r.now, berlin)) == r.found);
}

BOOST_AUTO_TEST_CASE(each_minute_of_each_day_comes_within_25_hours) {
  for (auto now = before_spring - day; now < before_spring + 2 * day; now += 1'777)
    for (int minute = 0; minute < 1'440; minute += 7) {
      char text[16];
      std::snprintf(text, sizeof text, "%02d:%02d", minute / 60, minute % 60);
      auto found = moment_to_come(text, now, berlin);
      BOOST_REQUIRE(found);
      BOOST_TEST(*found > now);
      BOOST_TEST(*found <= now + 25 * hour);
    }
}

BOOST_AUTO_TEST_SUITE_END()
