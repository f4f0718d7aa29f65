// See memory.hpp.
#include "platform/memory.hpp"

namespace troupe::platform {

void return_free_memory() {}
void keep_large_blocks_apart() {}
void reserve_little_memory() {}

} // namespace troupe::platform
