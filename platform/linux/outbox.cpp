// See platform/outbox.hpp: splice(2) takes out of one pipe what it puts into the other, or neither.
#include "platform/outbox.hpp"

#include "platform/descriptors.hpp"
#include "platform/fault_point.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr std::size_t most_in_outbox = std::size_t{1} << 20; ///< what any user may have in a pipe

std::size_t bytes_in(int pipe) {
  int waiting = 0;
  return pipe >= 0 && ::ioctl(pipe, FIONREAD, &waiting) == 0 ? static_cast<std::size_t>(waiting) : 0;
}

std::size_t capacity_of(int pipe) {
  auto size = pipe >= 0 ? ::fcntl(pipe, F_GETPIPE_SZ) : 0;
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

} // namespace

outbox::outbox(std::atomic<std::uint32_t>& stage) : stage_(stage) {
  if (make_pipe(out_, in_) != 0)
    return;
  for (int fd : {out_.get(), in_.get()})
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  capacity_ = capacity_of(in_.get());
}

outbox::outbox(std::atomic<std::uint32_t>& stage, unique_fd out, unique_fd in)
    : stage_(stage), out_(std::move(out)), in_(std::move(in)), capacity_(capacity_of(in_.get())),
      left_(bytes_in(out_.get())) {}

bool outbox::fill(std::string_view bytes) {
  if (!in_ || left_ > 0 || bytes.size() > most_in_outbox)
    return false;
  if (bytes.size() > capacity_) {
    widen_pipe(in_.get(), static_cast<int>(bytes.size()));
    capacity_ = capacity_of(in_.get());
  }
  set(outbox_stage::filling);
  fault_point("outbox.filling");
  auto n = ::write(in_.get(), bytes.data(), bytes.size());
  left_ = n > 0 ? static_cast<std::size_t>(n) : 0;
  if (left_ == bytes.size()) {
    fault_point("outbox.filled");
    set(outbox_stage::moving);
    fault_point("outbox.full");
    return true;
  }
  take_back();
  return false;
}

outbox::moved outbox::move_to(int pipe) {
  while (left_ > 0) {
    auto n = ::splice(out_.get(), nullptr, pipe, nullptr, left_, SPLICE_F_NONBLOCK);
    if (n > 0)
      fault_point("outbox.moving");
    if (n > 0)
      left_ -= std::min(left_, static_cast<std::size_t>(n));
    else if (n < 0 && errno == EAGAIN)
      return moved::some;
    else if (n == 0 || errno != EINTR)
      return moved::closed;
  }
  return moved::all;
}

std::string outbox::take_back() {
  std::string bytes(left_, '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    auto n = ::read(out_.get(), bytes.data() + have, bytes.size() - have);
    if (n > 0)
      have += static_cast<std::size_t>(n);
    else if (n == 0 || errno != EINTR)
      break;
  }
  bytes.resize(have);
  left_ = 0;
  return bytes;
}

void outbox::go_past() { set(outbox_stage::past); }
void outbox::all_arrived() { set(outbox_stage::moving); }

} // namespace troupe::platform
