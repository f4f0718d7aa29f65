// See digest.hpp.
#include "protocols/digest.hpp"

#include "protocols/xmlrpc.hpp"

#include <algorithm>

namespace troupe::protocols {

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string base64url(std::string_view bytes) {
  auto text = base64_encode(bytes);
  text.erase(text.find_last_not_of('=') + 1);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::uint64_t keyed_number(const hash_function& keyed, std::uint64_t number) {
  auto made = keyed(std::to_string(number));
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof bits; ++i)
    bits = bits << 8 | made[i];
  bits &= (std::uint64_t{1} << 53) - 1;
  return bits != 0 ? bits : 1;
}

} // namespace troupe::protocols
