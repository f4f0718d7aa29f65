// Shared, not sent: what is remembered of processes by name (core/enablement.hpp), for the actors that change it, for
// whoever shows it, and for the thread that writes it. It outlives actors and restarts of the daemon, and goes along to
// another binary. Any thread. Must not write (state_writer.hpp does), nor start or stop anybody. Source:
// docs/contract/programs.md, 11. Cases: tests/io/state_writer_test.cpp.
#pragma once

#include "actors/core/enablement.hpp"
#include "actors/core/process_fsm.hpp"
#include "config/scale.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::actors {

class enablement_book {
public:
  /// Into a record that is made: of `name`, with these options.
  void recall(std::string_view name, const config::process_options& options, process_record& into) const;
  /// The other way round, where a record is what has outlived us.
  void learn(const std::string& name, const process_record& from);

  void disable(const std::string& name, std::int64_t until); ///< as in the record
  void enable(std::string_view name);
  /// Only what is kept in a file is worth it: without one nobody starts as he was.
  void note_wish(const std::string& name, intent wished);
  bool any_disabled() const { return disabled_.load() > 0; }

  config::scale_book scales() const;
  void set_scales(const config::scale_book& now);

  std::vector<std::string> take_over_by(std::int64_t now); ///< who is enabled by then
  std::optional<std::int64_t> next_end() const;

  enablement all() const;
  /// What is not known yet; nobody is told. Of the names that nobody has some are forgotten.
  void add(enablement more, const std::function<bool(std::string_view)>& is_known);

  /// From now on; empty: nowhere, it is lost with the daemon.
  void keep_in(std::string path);
  std::string kept_in() const;
  bool is_kept() const { return is_kept_.load(); }
  /// Calls `tell` for each change, on the thread of whoever makes it: it must not block. Replaces what was given
  /// before.
  void on_change(std::function<void()> tell);

private:
  void changed(const std::unique_lock<std::mutex>& held);

  mutable std::mutex mutex_; ///< of what follows
  enablement known_;
  std::string path_;
  std::function<void()> tell_;
  std::atomic<std::size_t> disabled_{0}; ///< so many
  std::atomic<bool> is_kept_{false};
};

} // namespace troupe::actors
