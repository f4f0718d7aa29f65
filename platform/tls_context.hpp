// What all connections of one TLS server have in common: its certificate, its key and whom it takes certificates from;
// and what somebody's certificate says. Never changed: new files make a new one. Must not know connections
// (tls_stream.hpp), nor ask a terminal. Source: docs/contract/access.md, 5.
#pragma once

#include "config/certificate.hpp"
#include "config/options.hpp"
#include "config/result.hpp"
#include "platform/digest.hpp"

#include <memory>
#include <optional>
#include <string>

struct ssl_ctx_st;
struct x509_st;

namespace troupe::platform {

/// Of a client whose certificate was verified.
struct peer_certificate {
  digest fingerprint{};
  std::optional<std::string> name; ///< where there is exactly one common name, without a NUL byte
};
peer_certificate peer_certificate_of(const x509_st& certificate);

class tls_context {
public:
  using pointer = std::shared_ptr<const tls_context>;
  /// Reads the files. An error has its place, and says `[section] ...`.
  static config::result<pointer> load(const std::string& section, const config::tls_options& from);

  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  const config::certificate_facts& facts() const { return facts_; }
  bool is_same(const tls_context& other) const { return files_ == other.files_; }
  bool asks_clients() const { return asks_clients_; }
  ssl_ctx_st* native() const { return native_; }

private:
  tls_context() = default;
  friend class tls_reading;
  ssl_ctx_st* native_ = nullptr;
  config::certificate_facts facts_;
  bool asks_clients_ = false;
  digest files_{}; ///< of their contents
};

/// Of the first certificate in the file. Nothing: it cannot be read.
std::optional<config::certificate_facts> certificate_facts_of(const std::string& file);

} // namespace troupe::platform
