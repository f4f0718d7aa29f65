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

/// No more than that has whatever holds a proof of who somebody is; to overwrite all that is longer would cost.
constexpr std::size_t longest_secret = 4096;

/// Gives its memory back, without what may be a secret.
inline void drop(std::string& text) {
  if (text.size() <= longest_secret)
    wipe(text);
  std::string().swap(text);
}

/// For `more` bytes. As reserve(), but nothing is left where the text was.
inline void make_room(std::string& text, std::size_t more) {
  if (text.capacity() - text.size() >= more)
    return;
  std::string larger;
  larger.reserve(2 * text.size() + more);
  larger += text;
  wipe(text);
  text.swap(larger);
}

/// A text that leaves nothing behind; it is copied, never moved, since short ones stay where they were moved from.
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

/// Grows and goes without leaving anything behind, but for texts of up to 15 bytes, which lie in it itself.
using wiping_string = std::basic_string<char, std::char_traits<char>, wiping_allocator<char>>;

} // namespace troupe::platform
