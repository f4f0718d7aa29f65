// The rest of all connections before another binary follows: who can be taken along keeps still, who cannot is told or
// ends, who does not take his answer in time is cut off; then all that the other binary needs. Must not accept anybody,
// nor read or write bytes. Source: docs/contract/survival.md, 6.5. Cases: tests/upgrade_test.py.
#pragma once

#include "actors/http/http_context.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

namespace troupe::actors {

class http_farewell : public std::enable_shared_from_this<http_farewell> {
public:
  explicit http_farewell(http_context& context) : context_(context), timer_(context.io) {}

  /// Any other thread. False: it took longer than that, and means nothing any more; who is left after half of it is cut
  /// off.
  bool rest(std::chrono::milliseconds at_most);
  /// The same; afterwards the HTTP thread stands still until go_on().
  std::optional<handed_clients> hand_over(std::chrono::milliseconds at_most);
  void go_on();

private:
  enum class stage { resting, handing_over };
  void begin(stage next, std::chrono::milliseconds at_most);
  void look(stage at);
  bool all_keep_still();
  handed_clients collect() const;

  http_context& context_;
  asio::steady_timer timer_;
  steady::time_point until_{}; ///< then whoever is left is cut off
  std::mutex mutex_;           ///< of what follows
  std::condition_variable changed_;
  bool rested_ = false;
  bool over_ = false;
  std::optional<handed_clients> collected_;
};

} // namespace troupe::actors
