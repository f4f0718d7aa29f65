// The allocator's door to the system. Must not decide when it is used.
// Source: mallopt(3), malloc_trim(3).
#pragma once

#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace troupe::platform {

/// Free pages go back to the system: the allocator keeps what lies between blocks in use, for ever if need be. Takes
/// milliseconds where there is much. Does nothing where the C library has no such call.
inline void return_free_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

/// Blocks of a megabyte and more are the system's own, and go back to it with the last use of them. Left to itself the
/// allocator raises that bound to what it has seen, and each thread's heap keeps as much.
inline void keep_large_blocks_apart() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 4 << 20);
#endif
}

} // namespace troupe::platform
