// What the connections of one TLS server ask for: the certificate of now, and a place among those who shake hands. Only
// the HTTP thread. Must not read or write a socket (http_tls.cpp does), nor files (tls_renewal.cpp does). Source:
// docs/contract/access.md, 5.2. Cases: tests/actors/tls_desk_test.cpp.
#pragma once

#include "platform/tls_context.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace troupe::actors {

/// When somebody is to be told that a certificate ends: once a day, in its last days. All in seconds since 1970.
class expiry_reminder {
public:
  explicit expiry_reminder(std::int64_t told) : told_(told) {}
  bool due(std::int64_t expires, std::int64_t now) {
    constexpr std::int64_t day = 86400;
    bool is = expires - now < config::certificate_warning && now - told_ >= day;
    if (is)
      told_ = now;
    return is;
  }

private:
  std::int64_t told_;
};

class tls_desk {
public:
  /// `now`: the start has told by then that the certificate ends soon, if it does.
  tls_desk(platform::tls_context::pointer first, std::int64_t now) : now_(std::move(first)), reminder_(now) {}
  tls_desk(const tls_desk&) = delete;
  tls_desk& operator=(const tls_desk&) = delete;

  const platform::tls_context::pointer& now() const { return now_; }
  /// From the next connection on.
  void replace(platform::tls_context::pointer with) {
    now_ = std::move(with);
    reminder_ = expiry_reminder{0};
  }
  bool tells_of_end(std::int64_t now) { return reminder_.due(now_->facts().expires, now); }

  /// So many shake hands that the next ones have to wait before they are accepted.
  bool is_full() const { return shaking_ >= most_at_once; }
  class handshake {
  public:
    explicit handshake(std::shared_ptr<tls_desk> at) : at_(std::move(at)) { ++at_->shaking_; }
    ~handshake() { --at_->shaking_; }
    handshake(const handshake&) = delete;
    handshake& operator=(const handshake&) = delete;

  private:
    std::shared_ptr<tls_desk> at_;
  };

private:
  static constexpr std::size_t most_at_once = 64;
  platform::tls_context::pointer now_;
  expiry_reminder reminder_;
  std::size_t shaking_ = 0;
};

} // namespace troupe::actors
