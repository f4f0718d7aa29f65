// A descriptor that somebody else owns, remembered by its number and by what it was: whether the number still means the
// same. Numbers are used again as soon as they are free. Must not own or close anything. Cases:
// tests/io/keeper_desk_test.cpp, tests/platform/descriptors_test.cpp.
#pragma once

#include <sys/types.h>

namespace troupe::platform {

class known_descriptor {
public:
  known_descriptor() = default; ///< none
  explicit known_descriptor(int fd);

  /// -1: there is none any more, or another file has its number.
  int now() const;

private:
  int fd_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

} // namespace troupe::platform
