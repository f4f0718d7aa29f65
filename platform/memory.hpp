// The allocator's door to the system. Must not decide when it is used. linux/memory.cpp knows glibc's calls; POSIX has
// none of the kind, so posix/memory.cpp does nothing.
#pragma once

namespace troupe::platform {

/// Free pages go back to the system: the allocator keeps what lies between blocks in use, for ever if need be. Takes
/// milliseconds where there is much.
void return_free_memory();

/// Blocks of a megabyte and more are the system's own, and go back to it with the last use of them. Left to itself the
/// allocator raises that bound to what it has seen, and each thread's heap keeps as much.
void keep_large_blocks_apart();

/// Before the first thread. What a thread reserves counts under a limit on address space (`ulimit -v`), used or not: a
/// stack of 8 MB and a heap of 64 MB each. Nothing here nests deeply, and under such a limit one heap serves all.
void reserve_little_memory();

} // namespace troupe::platform
