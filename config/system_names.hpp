// What the system calls its numbers, out of static tables: safe between a fork and an exec. Must not decide which of
// two names of one number is shown (text.hpp does). linux/system_names.cpp asks the C library, posix/ has tables of its
// own.
#pragma once

namespace troupe::config {

/// ENOENT, say; null where the number has no name.
const char* name_of_errno(int number);

/// HUP, say; null where the number has no name.
const char* abbreviation_of_signal(int number);

} // namespace troupe::config
