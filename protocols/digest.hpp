// What SHA-256 and HMAC-SHA-256 make of a text, and how it is written. The functions themselves are handed in, so that
// what uses them stays pure. Must not hash.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace troupe::protocols {

using digest = std::array<std::uint8_t, 32>;

/// SHA-256, or HMAC-SHA-256 with a key that it knows.
using hash_function = std::function<digest(std::string_view)>;

inline std::string_view bytes_of(const digest& d) { return {reinterpret_cast<const char*>(d.data()), d.size()}; }
std::string hex(std::string_view bytes);       ///< lower case
std::string base64url(std::string_view bytes); ///< without padding

/// 53 bits, never 0. With a keyed hash nobody else can tell anything of `number` from them.
std::uint64_t keyed_number(const hash_function& keyed, std::uint64_t number);

/// For maps: digests are as good as random.
struct digest_hash {
  std::size_t operator()(const digest& d) const {
    std::size_t made = 0;
    for (std::size_t i = 0; i < sizeof made; ++i)
      made = made << 8 | d[i];
    return made;
  }
};

} // namespace troupe::protocols
