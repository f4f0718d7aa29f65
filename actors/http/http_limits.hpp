// What one client, and all of them together, may cost: bytes, seconds, descriptors; the account of memory that large
// bodies take. Must not know connections. Source: docs/contract/http.md, 1.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace troupe::actors {

/// What one client may cost.
struct http_limits {
  static constexpr std::uint32_t header_bytes = 64 << 10;
  static constexpr std::uint64_t body_bytes = std::uint64_t{16} << 20;
  static constexpr std::uint64_t sign_in_bytes = 4096;               ///< of a body from whoever comes
  static constexpr std::size_t answer_bytes = std::size_t{64} << 20; ///< of a multicall; then it only refuses
  static constexpr std::size_t unleased = 64 << 10;                  ///< what is larger has to fit into a pool
  static constexpr std::size_t request_pool = std::size_t{64} << 20; ///< of all bodies of requests that are held
  static constexpr std::size_t answer_pool = std::size_t{192} << 20;
  static constexpr std::size_t much = std::size_t{8} << 20; ///< goes back to the system afterwards
  static constexpr auto stalled = std::chrono::seconds{1};  ///< after which a client's memory may be given to others
  static constexpr auto idle = std::chrono::minutes{30};
  static constexpr auto header_time = std::chrono::seconds{30};
  static constexpr auto write_time = std::chrono::seconds{60}; ///< without any progress
  static constexpr std::uint64_t slowest = 16 << 10;           ///< bytes of body a second, after the first 30 s
  static constexpr std::size_t connections = 1000;
  static constexpr std::size_t passwords = 32;                         ///< checks of them that wait
  static constexpr auto refusal_time = std::chrono::milliseconds{300}; ///< from a wrong proof to its answer
  static constexpr std::size_t stream_files = 2; ///< descriptors that a log stream may hold besides its connection
};

/// How many of the daemon's descriptors clients may hold: what its programs may need (three pipes and two logs each,
/// and one to spare) and some for itself are out of their reach, so that no crowd of them makes a start fail. A few are
/// left to them in any case: somebody has to be able to ask.
constexpr std::size_t descriptors_for_clients(std::size_t limit, std::size_t processes) {
  constexpr std::size_t for_itself = 64, for_a_process = 6, least = 16;
  auto kept = for_itself + for_a_process * processes;
  return std::max({least, limit / 8, limit > kept ? limit - kept : 0});
}

/// Memory for large bodies, common to all clients.
struct http_pool {
  const std::size_t most;
  std::size_t leased = 0;
  std::size_t peak = 0; ///< since nothing was leased
  void give_back(std::size_t bytes);
};
/// One connection's part of a pool; given back at the end.
class http_lease {
public:
  explicit http_lease(http_pool& of) : of_(of) {}
  ~http_lease() { release(); }
  http_lease(const http_lease&) = delete;
  http_lease& operator=(const http_lease&) = delete;

  const http_pool& pool() const { return of_; }
  bool holds_any() const { return held_ > 0; }
  /// Grows to `bytes`. False: the pool has not that much left.
  bool cover(std::size_t bytes) {
    if (bytes <= http_limits::unleased || bytes <= held_)
      return true;
    if (of_.leased - held_ + bytes > of_.most)
      return false;
    of_.leased += bytes - held_;
    of_.peak = std::max(of_.peak, of_.leased);
    held_ = bytes;
    return true;
  }

  void release() {
    if (held_ > 0)
      of_.give_back(std::exchange(held_, 0));
  }

private:
  http_pool& of_;
  std::size_t held_ = 0;
};

} // namespace troupe::actors
