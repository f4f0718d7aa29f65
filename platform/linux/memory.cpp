// See memory.hpp: mallopt(3), malloc_trim(3), pthread_setattr_default_np(3). Another C library than glibc has none of
// them.
#include "platform/memory.hpp"

#include <cstddef>
#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#endif

namespace troupe::platform {

namespace {

[[maybe_unused]] constexpr int kept_by_a_heap = 4 << 20;                   ///< free bytes at the end of a heap
[[maybe_unused]] constexpr std::size_t large_block = std::size_t{1} << 17; ///< the allocator looks at that end then

} // namespace

/// malloc_trim(3) leaves the end of a thread's own heap, which is given back when a large block there is freed and the
/// bound is low.
void return_free_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
  ::mallopt(M_TRIM_THRESHOLD, 0);
  void* volatile block = std::malloc(large_block); // volatile: else there is neither
  std::free(block);
  ::mallopt(M_TRIM_THRESHOLD, kept_by_a_heap);
#endif
}

void keep_large_blocks_apart() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, kept_by_a_heap);
#endif
}

void reserve_little_memory() {
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
