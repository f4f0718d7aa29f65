// See time_words.hpp.
#include "protocols/time_words.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace troupe::protocols {

namespace {

constexpr std::int64_t second = 1'000'000; ///< microseconds
constexpr std::int64_t day = 86'400;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// Takes what it is asked for off the front of a text.
struct scanner {
  std::string_view rest;

  bool take(char c) {
    if (!rest.starts_with(c))
      return false;
    rest.remove_prefix(1);
    return true;
  }
  /// Exactly so many digits.
  bool take(std::size_t digits, int& into) {
    if (rest.size() < digits ||
        !std::all_of(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(digits), is_digit))
      return false;
    into = 0;
    for (char c : rest.substr(0, digits))
      into = into * 10 + (c - '0');
    rest.remove_prefix(digits);
    return true;
  }
};

/// Hours, minutes, and perhaps seconds with a fraction.
bool take_clock(scanner& in, std::tm& into, std::int64_t& fraction) {
  if (!in.take(2, into.tm_hour) || !in.take(':') || !in.take(2, into.tm_min))
    return false;
  if (in.take(':')) {
    if (!in.take(2, into.tm_sec))
      return false;
    if (in.take('.') || in.take(',')) {
      std::size_t digits = 0;
      std::int64_t unit = second;
      for (; digits < in.rest.size() && is_digit(in.rest[digits]); ++digits)
        if (unit > 1)
          fraction += (in.rest[digits] - '0') * (unit /= 10);
      if (digits == 0)
        return false;
      in.rest.remove_prefix(digits);
    }
  }
  return into.tm_hour < 24 && into.tm_min < 60 && into.tm_sec < 61;
}

/// Seconds east of Greenwich; nothing: the text goes on otherwise.
std::optional<std::int64_t> take_offset(scanner& in) {
  if (in.take('Z') || in.take('z'))
    return 0;
  bool west = in.rest.starts_with('-');
  int hours = 0, minutes = 0;
  if ((!in.take('+') && !in.take('-')) || !in.take(2, hours))
    return {};
  (void)in.take(':');
  if (!in.rest.empty() && !in.take(2, minutes))
    return {};
  if (hours > 23 || minutes > 59)
    return {};
  return (hours * 3600 + minutes * 60) * (west ? -1 : 1);
}

/// `2h`, `1d12h`.
std::optional<std::int64_t> ago(std::string_view text) {
  constexpr std::int64_t most = 366 * 100 * day;
  std::int64_t total = 0;
  if (text.empty())
    return {};
  while (!text.empty()) {
    std::int64_t count = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && is_digit(text[digits]); ++digits)
      count = std::min(count * 10 + (text[digits] - '0'), most);
    if (digits == 0 || digits == text.size())
      return {};
    auto unit = text[digits];
    std::int64_t seconds = unit == 's'   ? 1
                           : unit == 'm' ? 60
                           : unit == 'h' ? 3600
                           : unit == 'd' ? day
                           : unit == 'w' ? 7 * day
                                         : 0;
    if (seconds == 0)
      return {};
    total = std::min(total + std::min(count, most / seconds) * seconds, most);
    text.remove_prefix(digits + 1);
  }
  return total;
}

std::tm local_civil(std::int64_t seconds) {
  auto when = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::localtime_r(&when, &parts);
  return parts;
}

std::tm utc_civil(std::int64_t seconds) {
  auto when = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&when, &parts);
  return parts;
}

/// The 31st of June would be the 1st of July to mktime(3).
bool same_day(const std::tm& a, const std::tm& b) {
  return a.tm_year == b.tm_year && a.tm_mon == b.tm_mon && a.tm_mday == b.tm_mday;
}

std::optional<std::int64_t> local_seconds(std::tm civil) {
  auto asked = civil;
  civil.tm_isdst = -1;
  auto made = ::mktime(&civil);
  return same_day(asked, civil) ? std::optional<std::int64_t>(made) : std::nullopt;
}

/// From 1970-01-01 to that day. A year begins in March here, so that a leap day ends one.
std::int64_t days_before(const std::tm& civil) {
  std::int64_t year = civil.tm_year + 1900 - (civil.tm_mon < 2 ? 1 : 0);
  std::int64_t month = (civil.tm_mon + 10) % 12;
  auto day_of_year = (153 * month + 2) / 5 + civil.tm_mday - 1;
  constexpr std::int64_t until_1970 = 719'468;
  return year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - until_1970;
}

std::optional<std::int64_t> utc_seconds(std::tm civil) {
  auto seconds = ((days_before(civil) * 24 + civil.tm_hour) * 60 + civil.tm_min) * 60 + civil.tm_sec;
  return same_day(civil, utc_civil(seconds - civil.tm_sec)) ? std::optional(seconds) : std::nullopt;
}

/// The last time that it was so late.
std::optional<std::int64_t> last_time(std::tm clock, std::int64_t fraction, std::int64_t now, const time_zone& zone) {
  for (std::int64_t days_back : {0, 1, 2}) {
    auto civil = zone.civil(floor_div(now, second) - days_back * day);
    civil.tm_hour = clock.tm_hour;
    civil.tm_min = clock.tm_min;
    civil.tm_sec = clock.tm_sec;
    auto seconds = zone.seconds(civil);
    if (seconds && *seconds * second + fraction <= now)
      return *seconds * second + fraction;
  }
  return {};
}

std::optional<std::int64_t> dated(scanner in, const time_zone& zone) {
  std::tm civil{};
  std::int64_t fraction = 0;
  int year = 0;
  if (!in.take(4, year) || !in.take('-') || !in.take(2, civil.tm_mon) || !in.take('-') || !in.take(2, civil.tm_mday))
    return {};
  civil.tm_year = year - 1900;
  if (year < 1970 || --civil.tm_mon < 0 || civil.tm_mon > 11 || civil.tm_mday < 1 || civil.tm_mday > 31)
    return {};
  if (!in.rest.empty() && ((!in.take('T') && !in.take('t') && !in.take(' ')) || !take_clock(in, civil, fraction)))
    return {};
  std::optional<std::int64_t> offset;
  if (!in.rest.empty() && (!(offset = take_offset(in)) || !in.rest.empty()))
    return {};
  auto seconds = (offset ? utc_zone() : zone).seconds(civil);
  constexpr std::int64_t year_10000 = 253'402'300'800;
  if (!seconds || *seconds - offset.value_or(0) < 0 || *seconds - offset.value_or(0) >= year_10000)
    return {};
  return (*seconds - offset.value_or(0)) * second + fraction;
}

} // namespace

const time_zone& local_zone() {
  static constexpr time_zone zone{&local_civil, &local_seconds};
  return zone;
}

const time_zone& utc_zone() {
  static constexpr time_zone zone{&utc_civil, &utc_seconds};
  return zone;
}

config::result<std::int64_t> moment_of(std::string_view text, std::int64_t now, const time_zone& zone) {
  constexpr std::size_t longest = 64;
  if (text.size() <= longest) {
    if (auto before = ago(text))
      return now - *before * second;
    std::tm clock{};
    std::int64_t fraction = 0;
    scanner in{text};
    if (take_clock(in, clock, fraction) && in.rest.empty())
      if (auto found = last_time(clock, fraction, now, zone))
        return *found;
    if (auto found = dated(scanner{text}, zone))
      return *found;
  }
  return config::fault("not a time: " + config::quoted(text.substr(0, longest)) +
                       "; allowed are times such as 2h, 10m, 03:12, 2026-11-28 03:12 and 2026-11-28T03:12:08Z");
}

std::string moment_text(std::int64_t moment, const time_zone& zone) {
  auto whole = floor_div(moment, second);
  auto civil = zone.civil(whole);
  std::array<char, 64> text{};
  auto size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &civil);
  std::snprintf(text.data() + size, text.size() - size, ".%03d", static_cast<int>((moment - whole * second) / 1000));
  return text.data();
}

std::string moment_iso(std::int64_t moment) {
  auto whole = floor_div(moment, second);
  auto civil = utc_civil(whole);
  std::array<char, 64> text{};
  auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &civil);
  std::snprintf(text.data() + size, text.size() - size, ".%06dZ", static_cast<int>(moment - whole * second));
  return text.data();
}

std::string span_text(std::int64_t microseconds) {
  constexpr std::int64_t minute = 60, hour = 3600;
  std::array<char, 64> text{};
  auto seconds = std::max<std::int64_t>(microseconds, 0) / second;
  if (seconds < minute) {
    auto tenths = std::max<std::int64_t>(microseconds, 0) / (second / 10);
    std::snprintf(text.data(), text.size(), "%d.%d s", static_cast<int>(tenths / 10), static_cast<int>(tenths % 10));
    return text.data();
  }
  auto days = seconds / day;
  seconds %= day;
  std::snprintf(text.data(), text.size(), days > 0 ? "%02d:%02d:%02d" : "%d:%02d:%02d",
                static_cast<int>(seconds / hour), static_cast<int>(seconds % hour / minute),
                static_cast<int>(seconds % minute));
  return (days > 0 ? std::to_string(days) + " d " : "") + text.data();
}

} // namespace troupe::protocols
