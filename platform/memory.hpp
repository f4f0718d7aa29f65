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

} // namespace troupe::platform
