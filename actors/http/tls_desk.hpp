// What the connections of one TLS server ask for: the certificate of now, and a place among those who shake hands. Only
// the HTTP thread. Must not read or write a socket (http_tls.cpp does), nor files (tls_renewal.cpp does). Source:
// docs/contract/access.md, 5.2. Cases: tests/actors/tls_desk_test.cpp.
#pragma once

#include "platform/tls_context.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
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

  using clock = std::chrono::steady_clock;
  /// Somebody has come without TLS; true: that is to be told. A flood of them is one record a second.
  bool tells_of_plain(clock::time_point now) {
    bool due = !plain_told_ || now - *plain_told_ >= std::chrono::seconds{1};
    if (due)
      plain_told_ = now;
    return due;
  }

private:
  struct shaking {
    clock::time_point since;
    std::function<void()> end;
    bool told = false;
  };
  using all_shaking = std::list<shaking>; ///< the oldest in front

public:
  /// So many shake hands that the next ones have to wait before they are accepted.
  bool is_full() const { return shaking_.size() >= most_at_once; }
  /// Then those who say nothing, or little, for more than a second have to go: they hold up everybody else.
  void end_slow_ones(clock::time_point now) {
    for (auto& one : shaking_)
      if (!one.told && now - one.since > std::chrono::seconds{1}) {
        one.told = true;
        one.end(); // takes effect later: nothing changes here
      }
  }
  class handshake {
  public:
    /// `end`: ends it, not at once.
    handshake(std::shared_ptr<tls_desk> at, clock::time_point now, std::function<void()> end)
        : at_(std::move(at)), mine_(at_->shaking_.insert(at_->shaking_.end(), {now, std::move(end)})) {}
    ~handshake() { at_->shaking_.erase(mine_); }
    handshake(const handshake&) = delete;
    handshake& operator=(const handshake&) = delete;

  private:
    std::shared_ptr<tls_desk> at_;
    all_shaking::iterator mine_;
  };

private:
  static constexpr std::size_t most_at_once = 64;
  platform::tls_context::pointer now_;
  expiry_reminder reminder_;
  all_shaking shaking_;
  std::optional<clock::time_point> plain_told_;
};

} // namespace troupe::actors
