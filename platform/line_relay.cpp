// See line_relay.hpp.
#include "platform/line_relay.hpp"

#include "platform/descriptors.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

namespace troupe::platform {

line_relay::line_relay(int fd, std::size_t limit) : given_(fd), limit_(limit) {}

line_relay::~line_relay() {
  {
    std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  if (!thread_.joinable())
    return;
  (void)!::write(wake_.get(), "", 1);
  filled_.notify_one();
  thread_.join();
}

line_relay& line_relay::of_stdout() {
  static line_relay relay{STDOUT_FILENO};
  return relay;
}

/// At the first line: by then the daemon has daemonized. A regular file never stalls, and opened again it would have an
/// offset of its own; O_NONBLOCK on the descriptor itself would be shared with whoever started us.
void line_relay::open() {
  fd_ = given_;
  struct stat info {};
  if (::fstat(given_, &info) != 0)
    return;
  socket_ = S_ISSOCK(info.st_mode);
  if (!S_ISFIFO(info.st_mode) && !S_ISCHR(info.st_mode))
    return;
  own_ = open_again(given_, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  if (own_.get() >= 0)
    fd_ = own_.get();
}

void line_relay::write(std::string_view lines) {
  std::lock_guard lock{mutex_};
  if (fd_ < 0)
    open();
  bool idle = waiting_.empty();
  auto count = static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
  if (left_out_ > 0 || waiting_.size() + lines.size() > limit_) // none overtakes the note of those that are missing
    left_out_ += count;
  else
    waiting_ += lines;
  push();
  if (waiting_.empty() || !idle)
    return;
  try {
    if (!thread_.joinable()) {
      (void)make_pipe(woken_, wake_); // without one, the end waits for the reader
      thread_ = std::thread([this] { wait_for_room(); });
    }
    filled_.notify_one();
  } catch (const std::system_error&) { // no thread to be had: the next line tries again
  }
}

void line_relay::push() {
  std::size_t sent = 0;
  while (sent < waiting_.size()) {
    auto n = send(std::string_view(waiting_).substr(sent));
    if (n == 0)
      break;
    sent += n;
  }
  waiting_.erase(0, sent);
  if (waiting_.empty() && left_out_ > 0) {
    waiting_ = "(" + std::to_string(left_out_) + " lines are left out here: nobody was reading)\n";
    left_out_ = 0;
    push();
  }
}

/// Bytes that are dealt with: written, or for nobody. At most what a pipe takes whole, and where possible whole lines,
/// so that others who write to the same pipe do not come in between.
std::size_t line_relay::send(std::string_view bytes) const {
  auto piece = bytes.substr(0, PIPE_BUF);
  if (auto last = piece.rfind('\n'); last != piece.npos)
    piece = piece.substr(0, last + 1);
  if (!socket_ && own_.get() < 0) { // may block, if others are quicker than we are
    pollfd out{fd_, POLLOUT, 0};
    if (::poll(&out, 1, 0) == 0)
      return 0;
  }
  for (;;) {
    auto n = socket_ ? ::send(fd_, piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                     : ::write(fd_, piece.data(), piece.size());
    if (n >= 0)
      return static_cast<std::size_t>(n);
    if (errno == EAGAIN)
      return 0;
    if (errno != EINTR)
      return bytes.size(); // nobody listens: not our trouble
  }
}

void line_relay::wait_for_room() {
  std::unique_lock lock{mutex_};
  for (;;) {
    filled_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (stopping_)
      return;
    lock.unlock();
    pollfd ready[2] = {{fd_, POLLOUT, 0}, {woken_.get(), POLLIN, 0}};
    ::poll(ready, 2, -1);
    lock.lock();
    push();
  }
}

} // namespace troupe::platform
