// SHA-256 and HMAC-SHA-256 by OpenSSL's libcrypto, which is loaded with the first call. Must not know what is hashed.
// Throws std::runtime_error where there is no libcrypto. Source: docs/contract/access.md, 11.1.
// Cases: tests/platform/digest_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace troupe::platform {

using digest = std::array<std::uint8_t, 32>;

digest sha256(std::string_view bytes);
digest hmac_sha256(std::string_view key, std::string_view bytes);

/// HMAC-SHA-256 with one key, for whoever asks with each request: at a quarter of the price. One thread at a time.
class keyed_sha256 {
public:
  explicit keyed_sha256(std::string_view key);
  ~keyed_sha256();
  keyed_sha256(const keyed_sha256&) = delete;
  keyed_sha256& operator=(const keyed_sha256&) = delete;
  digest operator()(std::string_view bytes) const;

private:
  void* const context_; ///< HMAC_CTX, which knows the key
};

} // namespace troupe::platform
