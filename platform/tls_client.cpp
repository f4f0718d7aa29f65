// See tls_client.hpp.
#include "platform/tls_client.hpp"

#include "platform/tls_pem.hpp"

#include <stdexcept>
#include <utility>

namespace troupe::platform {

namespace {

config::result<void> trust(SSL_CTX& context, const std::string& file) {
  const auto& o = openssl();
  if (file.empty()) {
    o.SSL_CTX_set_default_verify_paths(&context);
    return {};
  }
  auto text = read_pem_file(file);
  if (!text)
    return config::fault("could not read " + file);
  auto all = certificates_in(*text);
  if (all.empty())
    return config::fault(file + " holds no certificate");
  for (const auto& one : all)
    if (o.X509_STORE_add_cert(o.SSL_CTX_get_cert_store(&context), one.get()) != 1)
      return config::fault(file + ": " + openssl_reason());
  return {};
}

config::result<void> introduce(SSL_CTX& context, const tls_client_files& files) {
  if (files.cert.empty())
    return {};
  auto text = read_pem_file(files.cert);
  if (!text)
    return config::fault("could not read " + files.cert);
  auto chain = certificates_in(*text);
  if (chain.empty())
    return config::fault(files.cert + " holds no certificate");
  const auto& key_file = files.key.empty() ? files.cert : files.key;
  auto key_text = read_pem_file(key_file);
  if (!key_text)
    return config::fault("could not read " + key_file);
  auto key = private_key_in(*key_text);
  wipe(*key_text);
  wipe(*text); // the key may be in it
  if (key.asked)
    return config::fault(key_file + " needs a passphrase");
  if (!key.key)
    return config::fault(key_file + " holds no key");
  if (openssl().X509_check_private_key(chain.front().get(), key.key.get()) != 1)
    return config::fault(key_file + " does not belong to " + files.cert);
  if (!use(context, chain, *key.key))
    return config::fault(files.cert + ": " + openssl_reason());
  return {};
}

} // namespace

config::result<std::unique_ptr<tls_client>> tls_client::load(const tls_client_files& files) try {
  const auto& o = openssl();
  ssl_ctx_ptr made{o.SSL_CTX_new(o.TLS_client_method())};
  if (!made)
    return config::fault("TLS: " + openssl_reason());
  if (auto done = trust(*made, files.authorities); !done)
    return done.error();
  if (auto done = introduce(*made, files); !done)
    return done.error();
  static constexpr unsigned char http[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  o.SSL_CTX_set_alpn_protos(made.get(), http, sizeof http);
  o.SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
  o.SSL_CTX_ctrl(made.get(), SSL_CTRL_MODE, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER,
                 nullptr);
  return std::unique_ptr<tls_client>(new tls_client(made.release()));
} catch (const std::runtime_error& no_openssl) {
  return config::fault(std::string("https: ") + no_openssl.what());
}

tls_client::~tls_client() { openssl().SSL_CTX_free(native_); }

void tls_client::end() { end_openssl(); }

std::unique_ptr<tls_stream> tls_client::speak_to(const std::string& host, int fd) const {
  const auto& o = openssl();
  auto made = std::make_unique<tls_stream>(*native_, tls_stream::side::client, fd);
  auto* ssl = &made->native();
  auto* wanted = o.SSL_get0_param(ssl);
  o.X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (o.X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1)
    return made;
  o.ERR_clear_error();
  o.SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
  if (o.SSL_set1_host(ssl, host.c_str()) != 1)
    throw std::runtime_error("TLS: " + openssl_reason()); // or any name would do
  return made;
}

distrust distrust_of(const tls_stream& failed) {
  auto code = openssl().SSL_get_verify_result(&failed.native());
  return {openssl().X509_verify_cert_error_string(code),
          code == X509_V_ERR_HOSTNAME_MISMATCH || code == X509_V_ERR_IP_ADDRESS_MISMATCH};
}

} // namespace troupe::platform
