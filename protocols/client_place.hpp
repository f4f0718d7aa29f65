// Where a client comes from, as far as it tells one client from another: what attempts to sign in are counted by and
// what a session is bound to. Must not know sockets. Source: docs/contract/access.md, 1.6 and 3.3. Cases:
// tests/protocols/login_throttle_test.cpp.
#pragma once

#include "config/network.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace troupe::protocols {

/// `10.0.0.7`; `2001:db8:0:1::/64`, since who has one address of IPv6 has them all; `uid 1001` over a unix socket,
/// where `uid` is known, else `unix`.
std::string client_place(const config::origin& from, std::optional<std::uint32_t> uid = {});

} // namespace troupe::protocols
