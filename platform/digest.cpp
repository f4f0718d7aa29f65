// See digest.hpp. The three prototypes are written down here, as OpenSSL promises them for all of version 3: hashing
// alone needs no headers of it.
#include "platform/digest.hpp"

#include "platform/openssl.hpp"

#include <cstddef>
#include <stdexcept>
#include <type_traits>

namespace troupe::platform {

namespace {

using algorithm = const void*; // EVP_MD

struct functions {
  algorithm sha256;
  int (*digest_of)(const void* data, std::size_t size, unsigned char* out, unsigned* out_size, algorithm, void* engine);
  unsigned char* (*hmac)(algorithm, const void* key, int key_size, const unsigned char* data, std::size_t size,
                         unsigned char* out, unsigned* out_size);
};

const functions& crypto() {
  static const functions found{
    openssl_function<algorithm()>(libcrypto(), "EVP_sha256")(),
    openssl_function<std::remove_pointer_t<decltype(functions::digest_of)>>(libcrypto(), "EVP_Digest"),
    openssl_function<std::remove_pointer_t<decltype(functions::hmac)>>(libcrypto(), "HMAC")};
  return found;
}

digest checked(bool made, const digest& result, unsigned size) {
  if (!made || size != result.size())
    throw std::runtime_error("libcrypto could not make a SHA-256");
  return result;
}

} // namespace

digest sha256(std::string_view bytes) {
  digest result{};
  unsigned size = 0;
  bool made = crypto().digest_of(bytes.data(), bytes.size(), result.data(), &size, crypto().sha256, nullptr) == 1;
  return checked(made, result, size);
}

digest hmac_sha256(std::string_view key, std::string_view bytes) {
  digest result{};
  unsigned size = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  bool made = crypto().hmac(crypto().sha256, key.data(), static_cast<int>(key.size()), data, bytes.size(),
                            result.data(), &size) != nullptr;
  return checked(made, result, size);
}

} // namespace troupe::platform
