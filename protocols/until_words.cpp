// See until_words.hpp. The zone is asked what clocks show at a moment, and nothing else: the way back is found here, so
// that it is the same on every system.
#include "protocols/until_words.hpp"

#include "config/history_setters.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::protocols {

namespace {

constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;
constexpr std::int64_t longest = 100 * 366 * day;
constexpr std::int64_t year_10000 = 253'402'300'800;

/// Takes so many digits off the front; -1: they are not there.
int take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count || !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(count),
                                          [](char c) { return c >= '0' && c <= '9'; }))
    return -1;
  int number = 0;
  for (char c : text.substr(0, count))
    number = number * 10 + (c - '0');
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c))
    return false;
  text.remove_prefix(1);
  return true;
}

/// HH:MM, and :SS where that is allowed: seconds of the day.
std::optional<std::int64_t> take_clock(std::string_view text, bool with_seconds) {
  auto hours = take_digits(text, 2);
  if (hours < 0 || hours > 23 || !take(text, ':'))
    return {};
  auto minutes = take_digits(text, 2);
  if (minutes < 0 || minutes > 59)
    return {};
  int seconds = 0;
  if (with_seconds && take(text, ':')) {
    seconds = take_digits(text, 2);
    if (seconds < 0 || seconds > 59)
      return {};
  }
  return text.empty() ? std::optional(hours * hour + minutes * minute + seconds) : std::nullopt;
}

/// What a clock shows, as if it were one in Greenwich.
std::int64_t shown_at(std::int64_t moment, const time_zone& zone) {
  auto civil = zone.civil(moment);
  civil.tm_sec = std::min(civil.tm_sec, 59);
  return utc_zone().seconds(civil).value_or(moment);
}

/// The first moment at which a clock of the zone shows that time, or has jumped over it.
std::int64_t first_moment_of(std::int64_t shown, const time_zone& zone) {
  auto before = shown - 2 * day, after = shown + 2 * day; // no zone is further from Greenwich, nor jumps as far
  auto early = shown_at(before, zone) - before, late = shown_at(after, zone) - after;
  for (auto east : {std::max(early, late), std::min(early, late)}) // the first one comes first
    if (shown_at(shown - east, zone) == shown)
      return shown - east;
  while (before + 1 < after) { // it is never shown: when is it passed over?
    auto middle = before + (after - before) / 2;
    (shown_at(middle, zone) < shown ? before : after) = middle;
  }
  return after;
}

std::optional<std::int64_t> next_time(std::int64_t of_day, std::int64_t now, const time_zone& zone) {
  auto shown = shown_at(now, zone);
  auto today = shown - shown % day;
  for (std::int64_t later : {-1, 0, 1, 2})
    if (auto found = first_moment_of(today + later * day + of_day, zone); found > now)
      return found;
  return {};
}

std::optional<std::int64_t> dated(std::string_view text, const time_zone& zone) {
  std::tm civil{};
  auto year = take_digits(text, 4);
  if (year < 1970 || !take(text, '-'))
    return {};
  civil.tm_year = year - 1900;
  civil.tm_mon = take_digits(text, 2) - 1;
  if (civil.tm_mon < 0 || civil.tm_mon > 11 || !take(text, '-'))
    return {};
  civil.tm_mday = take_digits(text, 2);
  auto midnight = civil.tm_mday < 1 ? std::nullopt : utc_zone().seconds(civil);
  if (!midnight)
    return {};
  if (text.empty())
    return first_moment_of(*midnight, zone);
  auto of_day = take(text, 'T') ? take_clock(text, true) : std::nullopt;
  return of_day ? std::optional(first_moment_of(*midnight + *of_day, zone)) : std::nullopt;
}

} // namespace

std::optional<std::int64_t> moment_to_come(std::string_view text, std::int64_t now, const time_zone& zone) {
  constexpr std::size_t longest_text = 64;
  std::optional<std::int64_t> found;
  if (text.size() > longest_text)
    return {};
  if (auto of_day = take_clock(text, false))
    found = next_time(*of_day, now, zone);
  else if (text.size() > 4 && text[4] == '-')
    found = dated(text, zone);
  else if (auto span = config::setters::exact_time_span("until", text); span && *span < static_cast<double>(longest))
    found = now + static_cast<std::int64_t>(std::ceil(*span));
  return found && *found > now && *found < year_10000 ? found : std::nullopt;
}

} // namespace troupe::protocols
