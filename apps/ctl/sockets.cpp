// See sockets.hpp.
#include "apps/ctl/sockets.hpp"

#include "apps/ctl/hints.hpp"
#include "platform/descriptors.hpp"
#include "platform/poll_with.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace troupe::ctl {

namespace {

using std::chrono::steady_clock;
std::optional<steady_clock::time_point> limit;

/// Until `until`, or for ever.
std::chrono::milliseconds time_to(const std::optional<steady_clock::time_point>& until) {
  if (!until)
    return std::chrono::milliseconds{-1};
  auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - steady_clock::now());
  return std::max(left, std::chrono::milliseconds{0});
}

volatile std::sig_atomic_t pressed = 0;
bool guarded = false;

extern "C" void on_interrupt(int) { pressed = 1; }

/// errno of a finished connect on a non-blocking socket.
int connect_result(int fd) {
  pollfd ready{fd, POLLOUT, 0};
  wait({&ready, 1});
  int number = 0;
  socklen_t size = sizeof number;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size);
  return number;
}

/// Whose socket it is, for whoever sits at a terminal; empty: a folder is in the way.
std::string advice_on(const std::string& path) {
  struct stat file {};
  return ::stat(path.c_str(), &file) == 0 ? hint_for_closed_socket(user_name(file.st_uid), file.st_mode)
                                          : std::string();
}

/// Whose socket it is that this user may not use, and what to do.
std::string why_closed(const std::string& path) {
  auto me = "you are " + user_name(::geteuid());
  struct stat file {};
  if (::stat(path.c_str(), &file) == 0) {
    auto group = ::getgrgid(file.st_gid);
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(file.st_mode & 07777));
    return path + " belongs to " + user_name(file.st_uid) + ":" +
           (group ? group->gr_name : std::to_string(file.st_gid)) + " with mode " + mode + " and " + me +
           ": run supervisorctl as a user who may write to it (sudo), or set chmod and chown in [unix_http_server]";
  }
  for (auto end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1))
    if (auto folder = path.substr(0, end); ::stat(folder.c_str(), &file) == 0 && ::access(folder.c_str(), X_OK) != 0)
      return "the folder " + folder + " of " + path + " belongs to " + user_name(file.st_uid) +
             ", is closed to others and " + me + ": run supervisorctl as its owner (sudo)";
  return path + " is closed to you, and " + me;
}

/// For a connect that blocks, which no poll can end.
void wait_no_longer_than_allowed(int fd) {
  if (!limit)
    return;
  auto left = std::max(time_to(limit), std::chrono::milliseconds{1}); // 0 would be for ever
  timeval time{left.count() / 1000, left.count() % 1000 * 1000};
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

platform::unique_fd connect_unix(const std::string& path, failure& why) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    why = {"OSError", "AF_UNIX path too long"};
    return {};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  auto fd = platform::make_socket(AF_UNIX, SOCK_STREAM, platform::blocking::yes);
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  if (fd)
    wait_no_longer_than_allowed(fd.get());
  // blocking: a full backlog makes the client wait, as it should
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) < 0) {
    if (fd && limit && errno == EAGAIN)
      throw overdue();
    why = system_failure(path.empty() ? ENOENT : errno);
    if (why.number == EACCES)
      why.hint = why_closed(path), why.advice = advice_on(path);
    return {};
  }
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  return fd;
}

platform::unique_fd connect_tcp(const endpoint& to, failure& why) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (int error = ::getaddrinfo(to.host.c_str(), to.port.c_str(), &hints, &list)) {
    why = {"socket.gaierror", "[Errno " + std::to_string(error) + "] " + ::gai_strerror(error)};
    return {};
  }
  platform::unique_fd connected;
  for (auto a = list; a && !connected; a = a->ai_next) {
    auto fd = platform::make_socket(a->ai_family, SOCK_STREAM, platform::blocking::no);
    int number = !fd || ::connect(fd.get(), a->ai_addr, a->ai_addrlen) < 0 ? errno : 0;
    if (number == EINPROGRESS)
      number = connect_result(fd.get());
    if (number)
      why = system_failure(number);
    else
      connected = std::move(fd);
  }
  ::freeaddrinfo(list);
  int on = 1;
  if (connected) {
    why = {}; // of the addresses before: a host name has several
    ::setsockopt(connected.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return connected;
}

} // namespace

std::string user_name(uid_t uid) {
  auto found = ::getpwuid(uid);
  return found ? found->pw_name : std::to_string(uid);
}

bool interrupt_guard::lives() { return guarded; }

interrupt_guard::interrupt_guard() {
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  sigprocmask(SIG_BLOCK, &interrupt, &before_mask_);
  struct sigaction act {};
  act.sa_handler = on_interrupt;
  sigaction(SIGINT, &act, &before_);
  pressed = 0;
  guarded = true;
}

interrupt_guard::~interrupt_guard() {
  guarded = before_.sa_handler == on_interrupt;
  sigaction(SIGINT, &before_, nullptr);
  sigprocmask(SIG_SETMASK, &before_mask_, nullptr);
}

namespace {

wait_companion companion;

/// poll(2); false: only the time is up.
bool poll_once(std::span<pollfd> fds, std::chrono::milliseconds time) {
  sigset_t open;
  sigprocmask(SIG_SETMASK, nullptr, &open);
  if (guarded)
    sigdelset(&open, SIGINT);
  auto ready = platform::poll_with(open, fds, time);
  if (ready < 0 && errno == EINTR && pressed) {
    pressed = 0;
    throw interrupted();
  }
  return ready > 0 || (ready < 0 && errno != EINTR);
}

} // namespace

void limit_waits(std::optional<steady_clock::time_point> until) { limit = until; }
void go_along(wait_companion other) { companion = std::move(other); }

void wait(std::span<pollfd> fds, std::chrono::milliseconds time) {
  auto end = time.count() < 0 ? std::nullopt : std::optional(steady_clock::now() + time);
  auto until = limit && (!end || *limit < *end) ? limit : end;
  for (;;) {
    auto next = companion ? std::optional(std::exchange(companion, nullptr)) : std::nullopt; // it may wait itself
    auto due = until;
    if (next) {
      auto called = (*next)();
      companion = *std::move(next);
      due = until && *until < called ? until : std::optional(called);
    }
    if (poll_once(fds, time_to(due)))
      return;
    auto now = steady_clock::now();
    if (end && now >= *end)
      return;
    if (limit && now >= *limit)
      throw overdue();
  }
}

failure system_failure(int number) {
  const char* type = number == ECONNREFUSED                ? "ConnectionRefusedError"
                     : number == ENOENT                    ? "FileNotFoundError"
                     : number == EACCES || number == EPERM ? "PermissionError"
                     : number == ETIMEDOUT                 ? "TimeoutError"
                     : number == ECONNRESET                ? "ConnectionResetError"
                     : number == EPIPE                     ? "BrokenPipeError"
                                                           : "OSError";
  return {type, "[Errno " + std::to_string(number) + "] " + std::strerror(number), number};
}

platform::unique_fd connect_to(const endpoint& to, failure& why) {
  return to.host.empty() ? connect_unix(to.path, why) : connect_tcp(to, why);
}

bool send_all(int fd, std::string_view bytes, failure& why) {
  while (!bytes.empty()) {
    auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      wait({&ready, 1});
    } else if (errno != EINTR) {
      why = system_failure(errno);
      why.number = 0; // it was there
      return false;
    }
  }
  return true;
}

std::string_view receive(int fd, std::span<char> room, failure& why) {
  for (;;) {
    auto got = ::recv(fd, room.data(), room.size(), 0);
    if (got >= 0)
      return {room.data(), static_cast<std::size_t>(got)};
    if (errno == EAGAIN) {
      pollfd ready{fd, POLLIN, 0};
      wait({&ready, 1});
    } else if (errno != EINTR) {
      why = system_failure(errno);
      why.number = 0;
      return {};
    }
  }
}

} // namespace troupe::ctl
