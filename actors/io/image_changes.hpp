// What has changed since an image was made, one change behind the other in memory that outlives us: each counts from
// the moment it is whole. Must not know what a change is. Source: docs/contract/survival.md, 5.1. Cases:
// tests/io/image_changes_test.cpp.
#pragma once

#include "platform/memory_file.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

class image_changes {
public:
  /// Of the image with that number. Nothing: errno says why.
  static std::optional<image_changes> make(std::uint64_t image);

  int fd() const { return memory_.fd(); }
  std::size_t size() const; ///< bytes
  bool add(std::string_view change);

private:
  struct head;
  explicit image_changes(platform::memory_file memory) : memory_(std::move(memory)) {}
  head& first() const;

  platform::memory_file memory_;

  friend std::vector<std::string> changes_in(int file, std::uint64_t image);
};

/// None: they are another image's, or it is no such file.
std::vector<std::string> changes_in(int file, std::uint64_t image);

} // namespace troupe::actors
