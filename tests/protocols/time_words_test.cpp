// Moments as people write them, as a table: in UTC and in a zone that puts its clocks back. Must not read a clock.
// Source: docs/contract/history.md, 7.4.
#include "protocols/time_words.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <ostream>

BOOST_AUTO_TEST_SUITE(time_words_test)

using namespace troupe::protocols;
namespace data = boost::unit_test::data;

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t now = 1'795'867'925 * second + 250'000; // 2026-11-28 12:12:05.250 UTC

struct row {
  const char* text;
  const char* found; ///< ISO; empty: no moment
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << '"' << r.text << '"'; }

// clang-format off
const row rows[] = {
  {"2h", "2026-11-28T10:12:05.250000Z"},
  {"10m", "2026-11-28T12:02:05.250000Z"},
  {"0s", "2026-11-28T12:12:05.250000Z"},
  {"1d12h", "2026-11-27T00:12:05.250000Z"},
  {"1w", "2026-11-21T12:12:05.250000Z"},
  {"03:12", "2026-11-28T03:12:00.000000Z"},
  {"12:12", "2026-11-28T12:12:00.000000Z"},
  {"12:13", "2026-11-27T12:13:00.000000Z"},
  {"03:12:08", "2026-11-28T03:12:08.000000Z"},
  {"03:12:08.113", "2026-11-28T03:12:08.113000Z"},
  {"2026-11-28 03:12", "2026-11-28T03:12:00.000000Z"},
  {"2026-11-28", "2026-11-28T00:00:00.000000Z"},
  {"2026-11-28T03:12:08Z", "2026-11-28T03:12:08.000000Z"},
  {"2026-11-28T03:12:08.1234567Z", "2026-11-28T03:12:08.123456Z"},
  {"2026-11-28T03:12+01:00", "2026-11-28T02:12:00.000000Z"},
  {"2026-11-28T03:12-0130", "2026-11-28T04:42:00.000000Z"},
  {"2026-11-28T03:12+01", "2026-11-28T02:12:00.000000Z"},
  {"2024-02-29", "2024-02-29T00:00:00.000000Z"},
  {"99999999999999999999d", "1926-09-14T12:12:05.250000Z"}, // a century is as good as ever
  {"", ""},
  {"h", ""},
  {"2", ""},
  {"2x", ""},
  {"2h ", ""},
  {"-2h", ""},
  {"3:12", ""},
  {"24:00", ""},
  {"12:60", ""},
  {"2026-02-29", ""},
  {"2026-13-01", ""},
  {"2026-00-01", ""},
  {"2026-11-28 ", ""},
  {"2026-11-28T03:12:08.Z", ""},
  {"2026-11-28T03:12:08Zx", ""},
  {"2026-11-28T03:12+25:00", ""},
  {"1969-12-31", ""},
  {"yesterday", ""},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(words, data::make(rows), r) {
  auto found = moment_of(r.text, now, utc_zone());
  BOOST_TEST((found ? moment_iso(*found) : "") == r.found);
  if (!found)
    BOOST_TEST(found.error().what.starts_with("not a time: '"));
}

BOOST_AUTO_TEST_CASE(a_zone_of_its_own) { // New York: clocks go back on 2026-11-01 at 2:00
  ::setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1);
  ::tzset();
  auto at = [](const char* text) {
    auto found = moment_of(text, now);
    return found ? moment_iso(*found) : found.error().what;
  };
  BOOST_TEST(at("2026-10-31 12:00") == "2026-10-31T16:00:00.000000Z");
  BOOST_TEST(at("2026-11-02 12:00") == "2026-11-02T17:00:00.000000Z");
  BOOST_TEST(at("03:12") == "2026-11-28T08:12:00.000000Z"); // it is 7:12 there, so that it was today
  BOOST_TEST(at("08:00") == "2026-11-27T13:00:00.000000Z"); // not yet
  BOOST_TEST(moment_text(now) == "2026-11-28 07:12:05.250");
  ::unsetenv("TZ");
  ::tzset();
}

BOOST_AUTO_TEST_CASE(spans_and_moments) {
  BOOST_TEST(span_text(0) == "0.0 s");
  BOOST_TEST(span_text(2'100'000) == "2.1 s");
  BOOST_TEST(span_text(59'999'999) == "59.9 s");
  BOOST_TEST(span_text(60 * second) == "0:01:00");
  BOOST_TEST(span_text((9 * 3600 + 12 * 60 + 4) * second) == "9:12:04");
  BOOST_TEST(span_text((2 * 86'400 + 3601) * second) == "2 d 01:00:01");
  BOOST_TEST(span_text(-5) == "0.0 s");
  BOOST_TEST(moment_text(now, utc_zone()) == "2026-11-28 12:12:05.250");
  BOOST_TEST(moment_iso(-1) == "1969-12-31T23:59:59.999999Z");
}

BOOST_AUTO_TEST_SUITE_END()
