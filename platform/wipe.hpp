// Overwriting what must not be found in memory afterwards: in a core, in what is given to somebody else. Must not know
// what is secret. Source: docs/contract/access.md, 8.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <string.h>

namespace troupe::platform {

inline void wipe(std::string& text) {
  text.resize(text.capacity()); // what was there before, too
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

/// What it points to, wherever that is; it keeps its length.
inline void wipe_bytes(std::string_view text) { ::explicit_bzero(const_cast<char*>(text.data()), text.size()); }

/// A local text that leaves nothing behind.
struct wiped_text {
  std::string text;
  ~wiped_text() { wipe(text); }
};

/// Leaves nothing behind where it gives memory back.
template <class T>
struct wiping_allocator {
  using value_type = T;
  wiping_allocator() = default;
  template <class U>
  wiping_allocator(const wiping_allocator<U>&) {}
  T* allocate(std::size_t count) { return std::allocator<T>{}.allocate(count); }
  void deallocate(T* at, std::size_t count) {
    ::explicit_bzero(at, count * sizeof(T));
    std::allocator<T>{}.deallocate(at, count);
  }
  template <class U>
  bool operator==(const wiping_allocator<U>&) const {
    return true;
  }
};

} // namespace troupe::platform
