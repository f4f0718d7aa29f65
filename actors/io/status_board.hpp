// Shared, not sent, so that readers never wait: what every process is doing right now, which groups there are, the
// daemon's state and the configuration that was read last. Writers are the process actors (own slot) and the supervisor
// (the rest). Nothing is read through a mailbox. Must not decide anything.
#pragma once

#include "actors/core/cells.hpp"
#include "actors/io/check_status.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::actors {

/// A copy of one moment of one process.
struct process_status {
  process_identity_ptr who;
  process_state state = process_state::stopped;
  start_reason why = start_reason::none;
  intent wished = intent::none;
  command_kind runs = command_kind::none; ///< beside its own
  int pid = 0;
  bool administrative_stop = false; ///< a client stopped it
  bool is_held = false;             ///< by what it depends on
  bool follows = false;             ///< what changes there concerns it
  bool started_once = false;        ///< or was about to be
  bool commanded = false;           ///< STOPPING, by its stopcommand as yet
  bool sweeps = false;              ///< what its last child has left is being stopped
  bool ending = false;              ///< that, or its poststop, is not over
  bool vetoed = false;              ///< its poststop has failed: it is not restarted by itself
  bool disabled = false;            ///< nothing starts it but an operator who names it by itself
  bool is_outdated = false;         ///< its child has other options than it has, which act at its next start
  std::int64_t laststart = 0;       ///< wall clock, microseconds since the epoch; 0: never
  std::int64_t laststop = 0;
  std::optional<int> exitstatus;
  config::shared_text spawnerr;
  std::int64_t backoff = 0;
  std::uint64_t spawns = 0;
  std::optional<int> last_end;               ///< wait status of the child that ended last
  std::optional<time_point> deadline;        ///< in BACKOFF and EXITED: when it starts again
  config::shared_text waiting_for;           ///< empty: it does not wait
  std::int64_t died = 0;                     ///< wall clock, when it ended last though nobody had asked it to; 0: never
  std::shared_ptr<const check_status> check; ///< null: nothing is known
};
using process_status_ptr = std::shared_ptr<const process_status>;

/// What a restart by itself may have to wait for.
enum class held_by : std::uint8_t { dependency, slot, budget, delay, leftovers, hook };
constexpr std::size_t held_kinds = 6;
std::string_view to_string(held_by what);

/// The groups of the configuration that was read last, sorted by (priority, name); never changed once shown.
using loaded_groups = std::shared_ptr<const std::vector<config::group_options_ptr>>;

class status_board {
public:
  /// Groups appear in the order of activation; their processes are visible from now on.
  void add_group(const group_cell& cell);
  void remove_group(const std::string& name);
  /// A group that is there has other members, or they other options.
  void redefine_group(const group_cell& cell);
  void publish(const process_cell_ptr& cell);

  /// Null for a process that never published or was removed.
  process_status_ptr find(std::uint64_t process) const;
  process_status_ptr find(std::string_view group, std::string_view process) const;
  /// That one, or any other where there is none of that name, in the same time; null: there are none
  /// in that group, either, or in the next one.
  process_status_ptr find_or_any(std::string_view group, std::string_view process) const;
  bool has(std::string_view group, std::string_view process) const; ///< whether there is or not, in the same time
  bool has_group(std::string_view name) const;
  std::vector<process_status_ptr> all() const;         ///< in lexical order: group, then process, by bytes
  std::vector<process_status_ptr> by_priority() const; ///< groups, then processes, ascending; ties as activated
  /// Differs whenever something else would be read here.
  std::uint64_t version() const { return version_.load(); }

  /// Calls `told` once, when somebody changes something here next, on that one's thread: it must not block. Replaces
  /// what `whom` gave before; null: he waits no more.
  void tell_once(const void* whom, std::function<void()> told) const;

  daemon_state daemon() const { return daemon_state_.load(); }
  void set_daemon(daemon_state m);
  /// A plain restart of some processes is a rolling one.
  bool may_roll() const { return may_roll_.load(); }
  void set_may_roll(bool on) { may_roll_ = on; }
  /// So many restarts by themselves had to wait for that, since this daemon began.
  std::uint64_t restarts_held(held_by what) const { return held_.at(static_cast<std::size_t>(what)).load(); }
  loaded_groups loaded() const;
  void set_loaded(loaded_groups groups);

private:
  struct group_slots {
    std::int64_t priority = 0;
    std::uint64_t activated = 0;                           ///< ascending
    std::vector<const process_status_ptr*> lexical;        ///< of slots_, whose elements stay where they are
    std::vector<const process_status_ptr*> priority_order; ///< empty: the same
  };
  void note_change(std::unique_lock<std::mutex>& lock);
  void fill(group_slots& group, const group_cell& cell);

  mutable std::mutex mutex_;
  mutable std::vector<std::pair<const void*, std::function<void()>>> told_;
  std::unordered_map<std::uint64_t, process_status_ptr> slots_; ///< by process_identity::id
  std::map<config::shared_text, group_slots, std::less<>> groups_;
  std::uint64_t activations_ = 0;
  loaded_groups loaded_;
  std::atomic<std::uint64_t> version_{0};
  std::atomic<daemon_state> daemon_state_{daemon_state::running};
  std::atomic<bool> may_roll_{false};
  std::array<std::atomic<std::uint64_t>, held_kinds> held_{};
};

} // namespace troupe::actors
