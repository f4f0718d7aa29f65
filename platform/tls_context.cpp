// See tls_context.hpp.
#include "platform/tls_context.hpp"

#include "platform/tls_pem.hpp"

#include <chrono>
#include <cstdint>
#include <ctime>
#include <utility>

namespace troupe::platform {

namespace {

std::vector<std::string> common_names(const X509& certificate) {
  const auto& o = openssl();
  std::vector<std::string> all;
  auto* subject = o.X509_get_subject_name(&certificate);
  for (int at = -1; (at = o.X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
    auto* text = o.X509_NAME_ENTRY_get_data(o.X509_NAME_get_entry(subject, at));
    all.emplace_back(reinterpret_cast<const char*>(o.ASN1_STRING_get0_data(text)),
                     static_cast<std::size_t>(o.ASN1_STRING_length(text)));
  }
  return all;
}

/// Since 1970. timegm(3) is not everywhere.
std::int64_t seconds_of(const std::tm& utc) {
  using namespace std::chrono;
  auto date = year{1900 + utc.tm_year} / month{static_cast<unsigned>(utc.tm_mon) + 1} / utc.tm_mday;
  auto time = hours{utc.tm_hour} + minutes{utc.tm_min} + seconds{utc.tm_sec};
  return duration_cast<seconds>(sys_days{date}.time_since_epoch() + time).count();
}

config::certificate_facts facts_of(const X509& certificate) {
  config::certificate_facts facts;
  auto names = common_names(certificate);
  facts.name = names.empty() ? "without a name" : names.front();
  std::tm utc{};
  if (openssl().ASN1_TIME_to_tm(openssl().X509_get0_notAfter(&certificate), &utc) == 1)
    facts.expires = seconds_of(utc);
  return facts;
}

/// HTTP/1.1, if the client has it on its list; a list without it is as none.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  static constexpr unsigned char ours[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* found = nullptr;
  int is = openssl().SSL_select_next_proto(&found, size, ours, sizeof ours, offered, offered_size);
  if (is != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

} // namespace

/// One load.
class tls_reading {
public:
  tls_reading(const std::string& section, const config::tls_options& from) : section_(section), from_(from) {}

  config::result<tls_context::pointer> run() {
    if (auto done = read(); !done)
      return done.error();
    if (auto done = make(); !done)
      return done.error();
    return std::move(made_);
  }
  ~tls_reading() {
    if (!key_text_.empty())
      wipe(key_text_);
  }

private:
  config::error wrong(const config::place& at, const std::string& what) const {
    return {at, '[' + section_ + "] " + what};
  }

  config::result<void> take(const char* option, const config::place& at, const std::string& file, std::string& text) {
    auto found = read_pem_file(file);
    if (!found)
      return wrong(at, std::string("cannot read ") + option + ' ' + file + ": " + found.error().what);
    text = *std::move(found);
    return {};
  }

  config::result<void> read() {
    std::string chain, authorities;
    if (auto done = take("tls_cert", from_.cert_at, from_.cert, chain); !done)
      return done;
    if (auto done = take("tls_key", from_.key_at, from_.key, key_text_); !done)
      return done;
    if (!from_.client_ca.empty())
      if (auto done = take("tls_client_ca", from_.client_ca_at, from_.client_ca, authorities); !done)
        return done;
    files_ = sha256(chain + '\0' + authorities + '\0' + std::string(as_text(sha256(key_text_))));
    chain_ = certificates_in(chain);
    if (chain_.empty())
      return wrong(from_.cert_at, "tls_cert " + from_.cert + " holds no certificate");
    auto key = private_key_in(key_text_);
    if (key.asked)
      return wrong(from_.key_at, "tls_key " + from_.key + " needs a passphrase");
    if (!key.key)
      return wrong(from_.key_at, "tls_key " + from_.key + " holds no key");
    key_ = std::move(key.key);
    if (openssl().X509_check_private_key(chain_.front().get(), key_.get()) != 1)
      return wrong(from_.key_at, "tls_key " + from_.key + " does not belong to tls_cert " + from_.cert);
    authorities_ = certificates_in(authorities);
    if (!from_.client_ca.empty() && authorities_.empty())
      return wrong(from_.client_ca_at, "tls_client_ca " + from_.client_ca + " holds no certificate");
    return {};
  }

  static std::string_view as_text(const digest& d) { return {reinterpret_cast<const char*>(d.data()), d.size()}; }

  config::result<void> make() {
    const auto& o = openssl();
    ssl_ctx_ptr made{o.SSL_CTX_new(o.TLS_server_method())};
    if (!made)
      return wrong(from_.cert_at, "tls_cert: " + openssl_reason());
    auto* context = made.get();
    if (!use(*context, chain_, *key_))
      return wrong(from_.cert_at, "tls_cert " + from_.cert + ": " + openssl_reason());
    // Each connection proves itself anew, so that nobody comes in on what has been withdrawn.
    // What has been read is not kept in its buffers: it may be a proof.
    o.SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                     SSL_OP_CLEANSE_PLAINTEXT);
    o.SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, nullptr);
    o.SSL_CTX_set_num_tickets(context, 0);
    auto least = from_.at_least_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    o.SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, least, nullptr);
    o.SSL_CTX_ctrl(context, SSL_CTRL_MODE,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS,
                   nullptr);
    o.SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    for (const auto& authority : authorities_)
      if (o.X509_STORE_add_cert(o.SSL_CTX_get_cert_store(context), authority.get()) != 1 ||
          o.SSL_CTX_add_client_CA(context, authority.get()) != 1)
        return wrong(from_.client_ca_at, "tls_client_ca " + from_.client_ca + ": " + openssl_reason());
    if (!authorities_.empty())
      o.SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (from_.client_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                           nullptr);
    std::shared_ptr<tls_context> whole(new tls_context);
    whole->native_ = made.release();
    whole->facts_ = facts_of(*chain_.front());
    whole->asks_clients_ = !authorities_.empty();
    whole->files_ = files_;
    made_ = std::move(whole);
    return {};
  }

  const std::string& section_;
  const config::tls_options& from_;
  std::string key_text_;
  digest files_{};
  std::vector<x509_ptr> chain_, authorities_;
  pkey_ptr key_;
  tls_context::pointer made_;
};

tls_context::~tls_context() {
  if (native_)
    openssl().SSL_CTX_free(native_);
}

config::result<tls_context::pointer> tls_context::load(const std::string& section, const config::tls_options& from) {
  try {
    return tls_reading{section, from}.run();
  } catch (const std::runtime_error& no_openssl) {
    return config::error{from.cert_at, '[' + section + "] tls_cert: " + no_openssl.what()};
  }
}

peer_certificate peer_certificate_of(const X509& certificate) {
  peer_certificate peer;
  unsigned size = 0;
  openssl().X509_digest(&certificate, openssl().EVP_sha256(), peer.fingerprint.data(), &size);
  auto names = common_names(certificate);
  if (names.size() == 1 && names.front().find('\0') == std::string::npos)
    peer.name = std::move(names.front());
  return peer;
}

std::optional<config::certificate_facts> certificate_facts_of(const std::string& file) {
  try {
    auto text = read_pem_file(file);
    if (!text)
      return std::nullopt;
    auto all = certificates_in(*text);
    return all.empty() ? std::nullopt : std::optional(facts_of(*all.front()));
  } catch (const std::runtime_error&) { // no OpenSSL, which somebody else says
    return std::nullopt;
  }
}

} // namespace troupe::platform
