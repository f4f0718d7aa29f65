// Shared memory whose changes count together or not at all, wherever the process that makes them is killed: they are
// written down first, then made, and whoever maps the memory next makes what was written down whole. Must not know what
// is in it, nor who holds it (memory_file.hpp). One thread at a time.
// Source: docs/contract/survival.md, 3.2 and 4.5. Cases: tests/platform/redo_memory_test.cpp.
#pragma once

#include "platform/memory_file.hpp"
#include "platform/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>

namespace troupe::platform {

class redo_memory {
public:
  /// `size` bytes of zeroes. Empty: errno.
  static redo_memory make(std::size_t size);
  /// That of the process before this one, with what it had written down made whole. Empty: it is of another size.
  static redo_memory map(unique_fd fd, std::size_t size);

  explicit operator bool() const { return static_cast<bool>(memory_); }
  int fd() const { return memory_.fd(); }
  std::size_t size() const { return size_; }
  /// Written past the next commit, it counts at once.
  char* data() const;

  /// `value` is to stand at `offset` with the next commit(); until then nothing is changed.
  template <class T>
  void put(std::size_t offset, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    put(offset, &value, sizeof value);
  }
  void put(std::size_t offset, const void* bytes, std::size_t size);
  /// All that was put. More than is ever put at once counts in several steps.
  void commit();
  /// For tests: called after each step of a commit, which a kill may follow.
  std::function<void()> after_step;

private:
  struct head;
  struct change;
  head& first() const;
  void write_down(const char* changes, std::size_t bytes);
  void make_whole() const;

  memory_file memory_;
  std::size_t size_ = 0;
  std::string put_; ///< changes, as they are written down
};

} // namespace troupe::platform
