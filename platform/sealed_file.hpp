// What one binary leaves to the next in the same process: bytes in a file without a name, which descriptors live on,
// the way back. linux/sealed_file.cpp makes a file that nobody can change any more, posix/sealed_file.cpp one that is
// removed at once. Must not know what the bytes are.
#pragma once

#include "platform/unique_fd.hpp"

#include <string>
#include <string_view>

namespace troupe::platform {

/// With these bytes, to be read from the start. Empty: errno says why.
unique_fd sealed_file(std::string_view bytes);

/// What runs, whatever has its name by now. Empty: errno says why.
unique_fd open_own_binary();
/// How this process is listed: what was executed by its descriptor is called by a number.
void set_process_name(const std::string& name);

void keep_over_exec(int fd, bool keep);
/// No descriptor beyond stdin, stdout and stderr lives on any more.
void keep_none_over_exec();

} // namespace troupe::platform
