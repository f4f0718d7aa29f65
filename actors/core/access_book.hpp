// The access rules in force, for whoever asks, any thread: the supervisor replaces them whole when a configuration is
// read again; requests look whether they have changed, which costs them one load. Must not decide anything.
// Source: docs/contract/access.md, 1.9.
#pragma once

#include "config/access_options.hpp"
#include "protocols/access.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace troupe::actors {

/// One state of the rules. Never changed.
struct access_in_force {
  config::access_options_ptr options;
  protocols::access_rules_ptr rules;
  std::uint64_t epoch = 0; ///< ascending
};
using access_in_force_ptr = std::shared_ptr<const access_in_force>;

class access_book {
public:
  /// Null: access control is off, for good.
  explicit access_book(config::access_options_ptr options) {
    if (options)
      replace(std::move(options));
  }

  bool on() const { return epoch() != 0; }
  std::uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); } ///< 0: off
  access_in_force_ptr now() const {
    std::lock_guard lock(mutex_);
    return now_;
  }
  void replace(config::access_options_ptr options) {
    auto rules = std::make_shared<const protocols::access_rules>(*options);
    std::lock_guard lock(mutex_);
    auto epoch = epoch_.load(std::memory_order_relaxed) + 1;
    now_ = std::make_shared<const access_in_force>(access_in_force{std::move(options), std::move(rules), epoch});
    epoch_.store(epoch, std::memory_order_release);
    if (told_)
      told_();
  }
  /// Calls `told` after each replacement, on the thread that did it: it must not block, nor ask here. Null: no more.
  void tell(std::function<void()> told) const {
    std::lock_guard lock(mutex_);
    told_ = std::move(told);
  }

private:
  mutable std::mutex mutex_;
  access_in_force_ptr now_;
  mutable std::function<void()> told_;
  std::atomic<std::uint64_t> epoch_{0};
};

} // namespace troupe::actors
