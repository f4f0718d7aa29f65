// The functions of OpenSSL that TLS needs, each a pointer that is looked up when they are first asked for: a program
// that linked the library would pay for it at each start. One row per function, with the prototype of OpenSSL's own
// header; its macros are not used, as they call functions by name. Must not be included but by platform/tls_*.cpp.
#pragma once

#include "platform/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

// clang-format off
#define TROUPE_OF_LIBCRYPTO(ROW) \
  ROW(ASN1_STRING_get0_data) ROW(ASN1_STRING_length) ROW(ASN1_TIME_to_tm) ROW(BIO_clear_flags) ROW(BIO_free) \
  ROW(BIO_get_data) ROW(BIO_meth_new) ROW(BIO_meth_set_create) ROW(BIO_meth_set_ctrl) ROW(BIO_meth_set_read) \
  ROW(BIO_meth_set_write) ROW(BIO_new) ROW(BIO_new_mem_buf) ROW(BIO_set_data) ROW(BIO_set_flags) ROW(BIO_set_init) \
  ROW(CRYPTO_secure_malloc_init) ROW(ERR_clear_error) ROW(ERR_get_error) ROW(ERR_peek_error) ROW(ERR_peek_last_error) \
  ROW(ERR_reason_error_string) ROW(EVP_PKEY_free) ROW(EVP_sha256) ROW(OPENSSL_cleanse) ROW(OPENSSL_cleanup) \
  ROW(PEM_read_bio_PrivateKey) ROW(PEM_read_bio_X509) \
  ROW(X509_NAME_ENTRY_get_data) ROW(X509_NAME_get_entry) ROW(X509_NAME_get_index_by_NID) ROW(X509_STORE_add_cert) \
  ROW(X509_STORE_load_locations) ROW(X509_VERIFY_PARAM_set1_ip_asc) ROW(X509_VERIFY_PARAM_set_hostflags) \
  ROW(X509_check_private_key) ROW(X509_digest) ROW(X509_free) ROW(X509_get0_notAfter) ROW(X509_get_subject_name) \
  ROW(X509_verify_cert_error_string)
#define TROUPE_OF_LIBSSL(ROW) \
  ROW(OPENSSL_init_ssl) ROW(SSL_CTX_add_client_CA) ROW(SSL_CTX_ctrl) ROW(SSL_CTX_free) ROW(SSL_CTX_get_cert_store) \
  ROW(SSL_CTX_new) ROW(SSL_CTX_set_alpn_protos) ROW(SSL_CTX_set_alpn_select_cb) ROW(SSL_CTX_set_default_verify_paths) \
  ROW(SSL_CTX_set_num_tickets) ROW(SSL_CTX_set_options) ROW(SSL_CTX_set_verify) ROW(SSL_CTX_use_PrivateKey) \
  ROW(SSL_CTX_use_certificate) ROW(SSL_ctrl) ROW(SSL_do_handshake) ROW(SSL_free) ROW(SSL_get0_param) \
  ROW(SSL_get1_peer_certificate) ROW(SSL_get_error) ROW(SSL_get_verify_result) ROW(SSL_new) ROW(SSL_peek) ROW(SSL_pending) \
  ROW(SSL_read) ROW(SSL_select_next_proto) ROW(SSL_set1_host) ROW(SSL_set_accept_state) ROW(SSL_set_bio) \
  ROW(SSL_set_connect_state) ROW(SSL_shutdown) ROW(SSL_write) ROW(TLS_client_method) ROW(TLS_server_method)
// clang-format on

namespace troupe::platform {

struct openssl_calls {
#define TROUPE_ROW(function) decltype(&::function) function;
  TROUPE_OF_LIBCRYPTO(TROUPE_ROW)
  TROUPE_OF_LIBSSL(TROUPE_ROW)
#undef TROUPE_ROW
};

/// Throws std::runtime_error with a sentence, where this system has no OpenSSL 3.
const openssl_calls& openssl();

/// At the end, if openssl() was asked for: its random numbers lie in the pages for keys, and are given back by nobody
/// else. Not while another thread may be at work, nor before the last object of OpenSSL is gone.
void end_openssl();

/// Why the last call failed, in OpenSSL's words; forgets all it knows of that.
std::string openssl_reason();

template <auto openssl_calls::*Free>
struct freed_by {
  template <class Object>
  void operator()(Object* object) const {
    (openssl().*Free)(object);
  }
};
using x509_ptr = std::unique_ptr<X509, freed_by<&openssl_calls::X509_free>>;
using pkey_ptr = std::unique_ptr<EVP_PKEY, freed_by<&openssl_calls::EVP_PKEY_free>>;
using bio_ptr = std::unique_ptr<BIO, freed_by<&openssl_calls::BIO_free>>;
using ssl_ptr = std::unique_ptr<SSL, freed_by<&openssl_calls::SSL_free>>;
using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, freed_by<&openssl_calls::SSL_CTX_free>>;

} // namespace troupe::platform
