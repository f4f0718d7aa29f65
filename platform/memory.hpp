// The allocator's door to the system. Must not decide when it is used.
// Source: mallopt(3), malloc_trim(3), pthread_setattr_default_np(3).
#pragma once

#include <cstddef>
#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#endif

namespace troupe::platform {

struct memory_limits {
  static constexpr int kept_by_a_heap = 4 << 20;                   ///< free bytes at the end of a heap
  static constexpr std::size_t large_block = std::size_t{1} << 17; ///< the allocator looks at the end of the heap then
};

/// Blocks of a megabyte and more are the system's own, and go back to it with the last use of them. Left to itself the
/// allocator raises that bound to what it has seen, and each thread's heap keeps as much.
inline void keep_large_blocks_apart() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, memory_limits::kept_by_a_heap);
#endif
}

/// Free pages go back to the system: the allocator keeps what lies between blocks in use, for ever if need be. Takes
/// milliseconds where there is much. Does nothing where the C library has no such call.
inline void return_free_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
  // It leaves the end of a thread's own heap, which is given back when a large block there is freed and the bound is
  // low.
  ::mallopt(M_TRIM_THRESHOLD, 0);
  void* volatile block = std::malloc(memory_limits::large_block); // volatile: else there is neither
  std::free(block);
  ::mallopt(M_TRIM_THRESHOLD, memory_limits::kept_by_a_heap);
#endif
}

/// Before the first thread. What a thread reserves counts under a limit on address space (`ulimit -v`), used or not: a
/// stack of 8 MB and a heap of 64 MB each. Nothing here nests deeply, and under such a limit one heap serves all.
inline void reserve_little_memory() {
#if defined(__GLIBC__) && !defined(TROUPE_SANITIZED)
  constexpr std::size_t stack_bytes = std::size_t{1} << 20;
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) == 0) {
    if (::pthread_attr_setstacksize(&attributes, stack_bytes) == 0)
      ::pthread_setattr_default_np(&attributes);
    ::pthread_attr_destroy(&attributes);
  }
  rlimit addresses{};
  if (::getrlimit(RLIMIT_AS, &addresses) == 0 && addresses.rlim_cur != RLIM_INFINITY)
    ::mallopt(M_ARENA_MAX, 1);
#endif
}

} // namespace troupe::platform
