// What the connections of one TLS server ask for: the certificate of now, and a place among those who shake hands. Only
// the HTTP thread. Must not read or write a socket (http_tls.cpp does). Source: docs/contract/access.md, 5.2.
#pragma once

#include "platform/tls_context.hpp"

#include <cstddef>
#include <memory>
#include <utility>

namespace troupe::actors {

class tls_desk {
public:
  explicit tls_desk(platform::tls_context::pointer first) : now_(std::move(first)) {}
  tls_desk(const tls_desk&) = delete;
  tls_desk& operator=(const tls_desk&) = delete;

  const platform::tls_context::pointer& now() const { return now_; }

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
  std::size_t shaking_ = 0;
};

} // namespace troupe::actors
