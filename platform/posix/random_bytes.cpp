// See random_bytes.hpp.
#include "platform/random_bytes.hpp"

#include "platform/unique_fd.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::platform {

void fill_random(unsigned char* to, std::size_t size) {
  unique_fd source{::open("/dev/urandom", O_RDONLY | O_CLOEXEC)};
  for (std::size_t have = 0; have < size;) {
    auto n = ::read(source.get(), to + have, size - have);
    if (n > 0)
      have += static_cast<std::size_t>(n);
    else if (n == 0 || errno != EINTR)
      throw std::system_error(n == 0 ? EIO : errno, std::generic_category(), "/dev/urandom");
  }
}

} // namespace troupe::platform
