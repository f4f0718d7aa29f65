// See digest.hpp. The prototypes are written down here, as OpenSSL promises them for all of version 3: hashing
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

namespace {

struct keyed_functions {
  std::add_pointer_t<void*()> make;
  std::add_pointer_t<void(void*)> free;
  int (*begin)(void* context, const void* key, int key_size, algorithm, void* engine);
  int (*add)(void* context, const unsigned char* data, std::size_t size);
  int (*end)(void* context, unsigned char* out, unsigned* out_size);
};

const keyed_functions& keyed_crypto() {
  static const keyed_functions found{
    openssl_function<void*()>(libcrypto(), "HMAC_CTX_new"), openssl_function<void(void*)>(libcrypto(), "HMAC_CTX_free"),
    openssl_function<std::remove_pointer_t<decltype(keyed_functions::begin)>>(libcrypto(), "HMAC_Init_ex"),
    openssl_function<std::remove_pointer_t<decltype(keyed_functions::add)>>(libcrypto(), "HMAC_Update"),
    openssl_function<std::remove_pointer_t<decltype(keyed_functions::end)>>(libcrypto(), "HMAC_Final")};
  return found;
}

} // namespace

keyed_sha256::keyed_sha256(std::string_view key) : context_(keyed_crypto().make()) {
  bool made =
    context_ && keyed_crypto().begin(context_, key.data(), static_cast<int>(key.size()), crypto().sha256, nullptr) == 1;
  if (made)
    return;
  keyed_crypto().free(context_);
  throw std::runtime_error("libcrypto could not take a key");
}

keyed_sha256::~keyed_sha256() { keyed_crypto().free(context_); }

digest keyed_sha256::operator()(std::string_view bytes) const {
  digest result{};
  unsigned size = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto& functions = keyed_crypto();
  bool made = functions.begin(context_, nullptr, 0, nullptr, nullptr) == 1 && // with the same key
              functions.add(context_, data, bytes.size()) == 1 && functions.end(context_, result.data(), &size) == 1;
  return checked(made, result, size);
}

} // namespace troupe::platform
