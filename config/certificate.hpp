// What the certificate of a server says of itself, and how records tell of it. Must not read files
// (platform/tls_context.hpp does). Source: docs/contract/access.md, 5.2 and 9 (W11).
#pragma once

#include <cstdint>
#include <string>

namespace troupe::config {

struct certificate_facts {
  std::string name;         ///< common name
  std::int64_t expires = 0; ///< seconds since 1970
};

constexpr std::int64_t certificate_warning = 14 * 86400; ///< seconds before its end

/// `2026-12-08T10:53:25Z`
std::string certificate_date(std::int64_t when);
/// `[S] certificate CN expires DATE`
std::string certificate_ends(const std::string& section, const certificate_facts& facts);

} // namespace troupe::config
