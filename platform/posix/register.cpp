// See platform/register.hpp: without a pair there is no register, neither to be made nor to be found. Must not open
// what is at its place.
#include "platform/register.hpp"

#include <cerrno>
#include <utility>

#include <unistd.h>

namespace troupe::platform {

register_owner own_register() { return {::geteuid(), {}}; } // nothing is of this boot

shared_register::shared_register(shared_register&& other) noexcept
    : fd_(std::move(other.fd_)), memory_(std::exchange(other.memory_, nullptr)) {}

shared_register& shared_register::operator=(shared_register&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(memory_, other.memory_);
  return *this;
}

shared_register::~shared_register() = default; // nothing was mapped

shared_register shared_register::map(unique_fd, bool) { return {}; }

new_register make_register(const std::string&) {
  new_register none;
  none.error = ENOTSUP;
  return none;
}

found_register find_register(const std::string&) { return {}; }

void remove_register(int) {}

} // namespace troupe::platform
