// See notify_message.hpp.
#include "protocols/notify_message.hpp"

#include "protocols/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>
#include <utility>

namespace troupe::protocols {

namespace {

using std::chrono::microseconds;
using namespace std::chrono_literals;

constexpr microseconds longest_extension = 1h;
constexpr microseconds longest_interval = 24h * 365 * 100; ///< as good as ever, and can be added to any moment

/// C0, DEL and C1, which terminals obey, and what turns the direction of a text or ends its line.
bool is_control(std::string_view character) {
  auto lead = static_cast<unsigned char>(character[0]);
  if (lead < ' ' || lead == 0x7f || (lead == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0))
    return true;
  if (!character.starts_with("\xe2\x80") && !character.starts_with("\xe2\x81"))
    return false;
  auto code = (static_cast<unsigned char>(character[1]) << 8) | static_cast<unsigned char>(character[2]);
  return code == 0x808e || code == 0x808f || (code >= 0x80a8 && code <= 0x80ae) || (code >= 0x81a6 && code <= 0x81a9);
}

std::string status_of(std::string_view text) {
  std::string status;
  for (std::size_t characters = 0; !text.empty() && characters < most_status_characters; ++characters) {
    auto next = utf8_sequence(text);
    auto character = text.substr(0, next.size);
    if (!next.well_formed)
      status += '?';
    else if (is_control(character))
      status += ' ';
    else
      status += character;
    text.remove_prefix(next.size);
  }
  return status;
}

/// Digits only; more than fits is as much as fits, since "for ever" is written so.
std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || text[0] == '-' || end != text.data() + text.size())
    return {};
  return error == std::errc::result_out_of_range ? std::numeric_limits<std::int64_t>::max() : number;
}

std::optional<microseconds> span_of(std::string_view text, microseconds longest) {
  auto number = number_of(text);
  if (!number || *number == 0)
    return {};
  return std::min(microseconds{*number}, longest);
}

notify_message parse_line(std::string_view line) {
  notify_message said;
  auto sign = line.find('=');
  if (sign == line.npos)
    return said;
  auto field = line.substr(0, sign);
  auto value = line.substr(sign + 1);
  if (field == "READY")
    said.ready = value == "1";
  else if (field == "RELOADING")
    said.reloading = value == "1";
  else if (field == "STOPPING")
    said.stopping = value == "1";
  else if (field == "WATCHDOG") {
    said.watchdog = value == "1";
    said.trigger = value == "trigger";
  } else if (field == "STATUS")
    said.status = status_of(value);
  else if (field == "ERRNO")
    said.error_number = number_of(value);
  else if (field == "WATCHDOG_USEC")
    said.watchdog_interval = span_of(value, longest_interval);
  else if (field == "EXTEND_TIMEOUT_USEC")
    said.extend = span_of(value, longest_extension);
  return said;
}

} // namespace

notify_message parse_notify(std::string_view datagram) {
  if (datagram.ends_with('\0')) // of a sender who counted the end of his string
    datagram.remove_suffix(1);
  notify_message all;
  while (!datagram.empty()) {
    auto end = std::min(datagram.find('\n'), datagram.size());
    merge(all, parse_line(datagram.substr(0, end)));
    datagram.remove_prefix(std::min(end + 1, datagram.size()));
  }
  return all;
}

void merge(notify_message& into, notify_message later) {
  into.reloading = later.reloading || (into.reloading && !later.ready); // as it is in the end
  into.ready = into.ready || later.ready;                               // it has been, whatever it does now
  into.stopping = into.stopping || later.stopping;
  into.trigger = into.trigger || later.trigger;
  into.watchdog = (into.watchdog || later.watchdog) && !into.trigger;
  if (later.status)
    into.status = std::move(later.status);
  if (later.error_number)
    into.error_number = later.error_number;
  if (later.watchdog_interval)
    into.watchdog_interval = later.watchdog_interval;
  into.extend = std::max(into.extend, later.extend); // "no earlier than" both
}

} // namespace troupe::protocols
