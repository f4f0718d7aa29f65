// One datagram to /dev/log per message. Not syslog(3): the ident differs per call, and a full socket must not block.
// Must not format levels or split lines. Source: the configuration specification, 7.4 (N22).
#include "platform/daemon.hpp"

#include <ctime>
#include <mutex>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

unique_fd connect_log() {
  unique_fd fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  constexpr char path[] = "/dev/log";
  std::copy(std::begin(path), std::end(path), address.sun_path);
  if (fd && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fd.reset();
  return fd;
}

/// Bytes that are not UTF-8 become U+FFFD.
std::string readable(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    auto lead = static_cast<unsigned char>(text[i]);
    std::size_t length = lead < 0x80                   ? 1
                         : lead >= 0xc2 && lead < 0xe0 ? 2
                         : lead >= 0xe0 && lead < 0xf0 ? 3
                         : lead >= 0xf0 && lead < 0xf5 ? 4
                                                       : 0;
    bool whole = length != 0 && i + length <= text.size();
    for (std::size_t k = 1; whole && k < length; ++k)
      whole = (static_cast<unsigned char>(text[i + k]) & 0xc0) == 0x80;
    if (whole)
      out.append(text, i, length);
    else
      out += "\xef\xbf\xbd";
    i += whole ? length : 1;
  }
  return out;
}

} // namespace

void log_syslog(const std::string& ident, const std::string& text) {
  constexpr int user_info = 1 << 3 | 6; // facility user, severity info
  static std::mutex mutex;
  static unique_fd log;
  char stamp[32];
  auto now = std::time(nullptr);
  tm local{};
  ::localtime_r(&now, &local);
  auto size = std::strftime(stamp, sizeof stamp, "%b %e %H:%M:%S ", &local);
  auto line = "<" + std::to_string(user_info) + ">" + std::string(stamp, size) + ident + ": " + readable(text);
  std::lock_guard lock{mutex};
  for (int attempt = 0; attempt < 2; ++attempt) { // the log daemon may have been restarted
    if (!log)
      log = connect_log();
    if (!log || ::send(log.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
      return;
    log.reset();
  }
}

} // namespace troupe::platform
