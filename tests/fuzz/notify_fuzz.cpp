// Any bytes as what a program says of itself: nothing crashes, a status is a line of at most 256 characters of UTF-8
// without controls, spans are within their bounds, and two datagrams that are merged say what one of both would. The
// first byte of an input chooses where it is cut. Must not hold expectations of single cases.
#include "protocols/notify_message.hpp"
#include "protocols/utf8.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <chrono>
#include <string>
#include <string_view>

using namespace troupe::protocols;
using namespace std::chrono_literals;

const std::vector<std::string> fragments = {
  "READY=1\n",
  "READY=0\n",
  "RELOADING=1\n",
  "STOPPING=1\n",
  "WATCHDOG=1\n",
  "WATCHDOG=trigger\n",
  "WATCHDOG_USEC=",
  "EXTEND_TIMEOUT_USEC=",
  "ERRNO=",
  "STATUS=",
  "18446744073709551615",
  "3600000001",
  "-1",
  "\n",
  std::string(1, '\0'),
  std::string(255, 'x'),
  "\xc2\x9b",
  "\xe2\x82\xac",
  "\xf0\x9f\x98\x80",
};

namespace {

void look_at(const notify_message& m) {
  require(!(m.watchdog && m.trigger), "alive or not");
  require(!m.error_number || *m.error_number >= 0, "an errno is not negative");
  require(!m.watchdog_interval || *m.watchdog_interval > 0us, "an interval is above zero");
  require(!m.extend || (*m.extend > 0us && *m.extend <= 1h), "an extension is at most an hour");
  if (!m.status)
    return;
  require(is_utf8(*m.status), "a status is UTF-8");
  std::size_t characters = 0;
  for (std::string_view rest{*m.status}; !rest.empty(); ++characters) {
    auto lead = static_cast<unsigned char>(rest[0]);
    bool is_c1 = lead == 0xc2 && static_cast<unsigned char>(rest[1]) < 0xa0;
    require(lead >= ' ' && lead != 0x7f && !is_c1, "a status has no controls");
    rest.remove_prefix(utf8_sequence(rest).size);
  }
  require(characters <= 256, "a status has 256 characters at most");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view all(reinterpret_cast<const char*>(data), size);
  auto cut = all.empty() ? 0 : static_cast<unsigned char>(all[0]) % all.size();
  auto first = std::string(all.substr(0, cut)) + 'x'; // no zero at its end, which would be dropped
  auto second = std::string(all.substr(cut));
  auto merged = parse_notify(first);
  look_at(merged);
  auto later = parse_notify(second);
  look_at(later);
  merge(merged, later);
  look_at(merged);
  require(merged == parse_notify(first + '\n' + second), "two datagrams say what one of both would");
  return 0;
}
