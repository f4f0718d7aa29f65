// Bytes for the binary that follows this one in the same process: a file without a name, and which descriptors live on.
// linux/sealed_file.cpp makes a file that nobody can change any more and that no core holds, posix/sealed_file.cpp one
// that is removed at once. Must not know what the bytes are.
#pragma once

#include "platform/unique_fd.hpp"

#include <string>

namespace troupe::platform {

/// With these bytes, to be read from the start. Empty: errno says why.
unique_fd sealed_file(const std::string& bytes);

void keep_over_exec(int fd, bool keep);
/// No descriptor beyond stdin, stdout and stderr lives on any more.
void keep_none_over_exec();

} // namespace troupe::platform
