// See platform/memory_file.hpp. POSIX has no memory without a name that others may hold: whoever asks is told so.
#include "platform/memory_file.hpp"

#include <cerrno>
#include <utility>

namespace troupe::platform {

memory_file::memory_file(memory_file&& other) noexcept
    : fd_(std::move(other.fd_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

memory_file& memory_file::operator=(memory_file&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

memory_file::~memory_file() = default;

memory_file memory_file::make(std::size_t, bool) {
  errno = ENOSYS;
  return {};
}

memory_file memory_file::map(unique_fd, std::size_t, bool) {
  errno = ENOSYS;
  return {};
}

ssize_t move_into(int, std::int64_t&, int, std::size_t) {
  errno = ENOSYS;
  return -1;
}

} // namespace troupe::platform
