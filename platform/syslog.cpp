// One datagram to /dev/log per message. Not syslog(3): the ident differs per call, and a full socket must not block.
// Must not format levels or split lines. Source: docs/contract/configuration.md, 7.4 (N22).
#include "platform/daemon.hpp"
#include "platform/descriptors.hpp"

#include <algorithm>
#include <ctime>
#include <mutex>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

unique_fd connect_log() {
  auto fd = make_socket(AF_UNIX, SOCK_DGRAM, blocking::no);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  constexpr char path[] = "/dev/log";
  std::copy(std::begin(path), std::end(path), address.sun_path);
  if (fd && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fd.reset();
  return fd;
}

/// Length of the UTF-8 sequence at `at`; 0 if it is none (cut short, overlong, a surrogate, beyond U+10FFFF).
std::size_t sequence(const std::string& text, std::size_t at) {
  auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  struct {
    unsigned first, last, low, high; ///< of the first and of the second byte
    std::size_t length;
  } constexpr forms[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
  };
  if (byte(at) < 0x80)
    return 1;
  for (const auto& f : forms)
    if (byte(at) >= f.first && byte(at) <= f.last) {
      bool whole = byte(at + 1) >= f.low && byte(at + 1) <= f.high;
      for (std::size_t i = 2; i < f.length; ++i)
        whole = whole && (byte(at + i) & 0xc0) == 0x80;
      return whole ? f.length : 0;
    }
  return 0;
}

/// Each byte that is not UTF-8 becomes U+FFFD (N22).
std::string readable(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    auto length = sequence(text, i);
    if (length != 0)
      out.append(text, i, length);
    else
      out += "\xef\xbf\xbd";
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

} // namespace

bool log_syslog(const std::string& ident, const std::string& text, syslog_facility from) {
  const int priority = static_cast<int>(from) << 3 | 6; // severity info
  static std::mutex mutex;
  static unique_fd log;
  char stamp[32];
  auto now = std::time(nullptr);
  tm local{};
  ::localtime_r(&now, &local);
  auto size = std::strftime(stamp, sizeof stamp, "%b %e %H:%M:%S ", &local);
  auto line = "<" + std::to_string(priority) + ">" + std::string(stamp, size) + ident + ": " + readable(text);
  std::lock_guard lock{mutex};
  for (int attempt = 0; attempt < 2; ++attempt) { // the log daemon may have been restarted
    if (!log)
      log = connect_log();
    if (!log)
      return false;
    if (::send(log.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
      return true;
    log.reset();
  }
  return false;
}

} // namespace troupe::platform
