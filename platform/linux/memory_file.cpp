// See platform/memory_file.hpp.
#include "platform/memory_file.hpp"

#include <utility>

#include <sys/mman.h>
#include <sys/stat.h>

namespace troupe::platform {

memory_file::memory_file(memory_file&& other) noexcept
    : fd_(std::move(other.fd_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

memory_file& memory_file::operator=(memory_file&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

memory_file::~memory_file() {
  if (data_)
    ::munmap(data_, size_);
}

memory_file memory_file::make(std::size_t size, bool present) {
  unique_fd fd{::memfd_create("troupe-memory", MFD_CLOEXEC)};
  if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(size)) != 0)
    return {};
  return map(std::move(fd), size, present);
}

memory_file memory_file::map(unique_fd fd, std::size_t size, bool present) {
  memory_file result;
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || static_cast<std::size_t>(info.st_size) < size)
    return result;
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | (present ? MAP_POPULATE : 0), fd.get(), 0);
  if (at == MAP_FAILED)
    return result;
  if (present)
    ::mlock(at, size); // not allowed to everybody
  result.data_ = static_cast<char*>(at);
  result.size_ = size;
  result.fd_ = std::move(fd);
  return result;
}

} // namespace troupe::platform
