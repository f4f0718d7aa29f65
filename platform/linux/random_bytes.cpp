// See random_bytes.hpp.
#include "platform/random_bytes.hpp"

#include <sys/random.h>
#include <sys/types.h>

namespace troupe::platform {

void fill_random(unsigned char* to, std::size_t size) {
  for (std::size_t have = 0; have < size;)
    if (auto n = ::getrandom(to + have, size - have, 0); n > 0)
      have += static_cast<std::size_t>(n);
}

} // namespace troupe::platform
