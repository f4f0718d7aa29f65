// Bytes that nobody can guess. Source: linux/random_bytes.cpp has getrandom(2), posix/random_bytes.cpp reads
// /dev/urandom. Must not fall back on anything that could be guessed.
#pragma once

#include <cstddef>

namespace troupe::platform {

/// Fills `to`. Throws std::system_error where the system has none to give.
void fill_random(unsigned char* to, std::size_t size);

} // namespace troupe::platform
