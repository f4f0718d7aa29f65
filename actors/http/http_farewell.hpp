// The end of all connections before another binary follows: whoever waits is told, who does not take his answer in time
// is cut off, and the one who asked for it is kept for the answer. Must not accept anybody. Source:
// docs/contract/survival.md, 6.5.
#pragma once

#include "actors/http/http_context.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <optional>

namespace troupe::actors {

class http_farewell : public std::enable_shared_from_this<http_farewell> {
public:
  /// At `until` whoever is left is cut off.
  http_farewell(http_context& context, steady::time_point until)
      : context_(context), until_(until), timer_(context.io) {}

  void begin(); ///< on the HTTP thread
  /// Any other thread. Nothing: it took longer than that, and means nothing any more.
  std::optional<held_client> wait(std::chrono::milliseconds at_most);

private:
  void look();

  http_context& context_;
  const steady::time_point until_;
  asio::steady_timer timer_;
  std::promise<held_client> said_;
  std::atomic<bool> over_{false};
};

} // namespace troupe::actors
