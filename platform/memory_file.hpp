// Shared memory without a name that outlives a worker because the keeper holds it: stash, ledger. Must not know what is
// in it. Linux only: linux/memory_file.cpp.
#pragma once

#include "platform/unique_fd.hpp"

#include <cstddef>

namespace troupe::platform {

class memory_file {
public:
  memory_file() = default;
  memory_file(memory_file&& other) noexcept;
  memory_file& operator=(memory_file&& other) noexcept;
  ~memory_file();

  /// Zeroes. `present`: every page is there, and stays where that is allowed, so that no system call is cut short by a
  /// page that is missing. Empty: errno.
  static memory_file make(std::size_t size, bool present);
  /// Of that size or larger; else empty.
  static memory_file map(unique_fd fd, std::size_t size, bool present);

  explicit operator bool() const { return data_ != nullptr; }
  char* data() const { return data_; }
  std::size_t size() const { return size_; }
  int fd() const { return fd_.get(); }

private:
  unique_fd fd_;
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

} // namespace troupe::platform
