// A shared object that is loaded while the daemon runs, and what it is called by.
// Must not know what is in it. Source: docs/extending.md.
#pragma once

#include "config/result.hpp"

#include <string>
#include <utility>

namespace troupe::platform {

/// Unloaded with the last object of the same file.
class shared_library {
public:
  /// The error is the loader's own sentence.
  static config::result<shared_library> open(const std::string& path);
  shared_library(shared_library&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  shared_library& operator=(shared_library&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~shared_library();

  /// Null: there is no such symbol.
  const void* symbol(const std::string& name) const;

private:
  explicit shared_library(void* handle) : handle_(handle) {}
  void* handle_;
};

} // namespace troupe::platform
