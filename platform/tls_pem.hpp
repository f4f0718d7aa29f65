// Certificates and keys in files, as both ends of TLS read them. Must not be included but by platform/tls_*.cpp.
#pragma once

#include "config/result.hpp"
#include "platform/openssl_calls.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::platform {

/// A regular file of at most 1 MiB. The error is the system's sentence.
config::result<std::string> read_pem_file(const std::string& path);

/// All of them, in order.
std::vector<x509_ptr> certificates_in(std::string_view pem);

struct private_key {
  pkey_ptr key;
  bool asked = false; ///< it needs a passphrase
};
private_key private_key_in(std::string_view pem);

/// Overwrites what nobody needs any more.
void wipe(std::string& secret);

/// The leaf, the chain behind it, and the key. False: openssl_reason() tells why.
bool use(SSL_CTX& context, const std::vector<x509_ptr>& chain, EVP_PKEY& key);

} // namespace troupe::platform
