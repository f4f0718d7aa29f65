// What happens to files and in folders, whoever did it: a descriptor that is readable then. Must not know who wants to
// hear of it. linux/file_events.cpp is inotify(7); posix/file_events.cpp has nothing of the kind: who cannot watch has
// to look.
#pragma once

#include "platform/unique_fd.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace troupe::platform::file_events {

enum class interest { contents, names }; ///< of a file; in a folder

struct event {
  int watch = -1;
  bool lost = false;    ///< some were: anything may have happened, to whichever watch
  bool gone = false;    ///< the watch is no more
  bool written = false; ///< else: `name` came into the folder
  const char* name = "";
};

/// Empty: the system has none.
unique_fd open();
/// The watch, or -1 and errno. The same file has the same watch, which then tells of what either asked for.
int add(int fd, const std::string& path, interest of);
void remove(int fd, int watch);
/// Bytes of events now in `buffer`, which is aligned for any type; 0: no more.
std::size_t read(int fd, std::span<char> buffer);
/// The event at the front of `bytes`, which are not empty, taken off.
event next(std::span<const char>& bytes);

} // namespace troupe::platform::file_events
