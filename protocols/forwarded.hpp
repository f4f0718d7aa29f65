// Who is behind a proxy, as far as one may be believed: X-Forwarded-For is a list to which each proxy adds, at its end,
// the address it was asked from; whoever asked first may have begun it with anything. Must not know connections.
// Source: docs/contract/access.md, 3.7. Cases: tests/protocols/forwarded_test.cpp.
#pragma once

#include "config/network.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::protocols {

bool is_trusted(const config::origin& from, const std::vector<config::network>& proxies);

struct forwarded_from {
  config::origin from;
  std::string address; ///< as records show it
};
/// `headers`: the values of each X-Forwarded-For that a trusted proxy has sent, at least one. The rightmost address
/// that is no trusted proxy's, or, where all are, the one this proxy was asked from. What is no address is nobody's:
/// `::`, which is in no network but one that holds everything.
forwarded_from behind_proxies(std::span<const std::string_view> headers, const std::vector<config::network>& proxies);

/// The last word of X-Forwarded-Proto, which the nearest proxy has written.
bool says_https(std::string_view proto);

} // namespace troupe::protocols
