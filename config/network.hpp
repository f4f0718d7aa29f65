// Addresses and ranges of them, as `networks=` and `trusted_proxies=` write them: text in, a test out.
// Must not know sockets, nor look names up. Source: docs/contract/access.md, 1.4.
#pragma once

#include "config/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::config {

/// An IPv6 address; an IPv4 one is written as ::ffff:a.b.c.d, so that both forms are one.
using ip_bytes = std::array<std::uint8_t, 16>;

/// nullopt: no address (a scope id, `%eth0`, is none either).
std::optional<ip_bytes> ip_address(std::string_view text);

/// From where a request comes.
struct origin {
  bool is_unix = false; ///< over a unix socket: `ip` means nothing
  ip_bytes ip{};
};

struct network {
  enum class kind : std::uint8_t { range, unix_sockets, loopback } is = kind::range;
  ip_bytes ip{};             ///< of a range
  std::uint8_t prefix = 128; ///< bits of `ip` that count
  bool operator==(const network&) const = default;
  bool holds(const origin& from) const;
};

/// One item; `not a network: rt(V)`.
result<network> network_of(std::string_view text);

} // namespace troupe::config
