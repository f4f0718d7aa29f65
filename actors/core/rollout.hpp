// A rolling restart: whose turn it is, who is back, who has failed, when it is over. A value and functions of it;
// time comes in. Must not stop, start or look at anybody (supervisor_rollouts.cpp does, and answers), nor read a clock.
// Source: docs/contract/programs.md, 7. Cases: tests/core/rollout_test.cpp.
#pragma once

#include "config/options.hpp"
#include "protocols/process_state.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::actors {

/// As somebody asks for it. Unset: as the options of the processes say.
struct rollout_flags {
  std::optional<config::batch_size> batch;
  std::optional<std::chrono::milliseconds> pause;
  std::optional<config::rolling_wait> wait;
  std::optional<std::int64_t> maxfail;
  std::optional<std::chrono::milliseconds> timeout; ///< 0: for ever
  bool all = false;                                 ///< those that do not run are started, too
  bool configured = false;                          ///< only those of several that are to be restarted like that anyway
};

/// Of a control_request.
struct rollout_request {
  rollout_flags flags;               ///< of a new one
  std::int64_t id = 0;               ///< of one that there is; 0: the last one
  std::optional<std::int64_t> since; ///< so many steps are known: answer when there are more
  std::set<std::uint64_t> named;     ///< of the processes: each by itself, not with its group
};

/// Of one process, once it is decided: it was stopped, or started, or that came to nothing.
struct rollout_step {
  std::uint64_t process = 0;
  bool starts = false;
  int status = 0; ///< protocols::fault::success, or the fault's code
  std::string text;
};

struct rollout_member {
  using time_point = std::chrono::steady_clock::time_point;
  /// passes: it is left as it is, since it does not run, is gone, or is not to be started again.
  enum class place : std::uint8_t { waits, stops, stopped, starts, up, failed, passes };

  std::uint64_t process = 0;
  std::string group, name;
  config::rolling_wait wait = config::rolling_wait::ready;
  std::chrono::milliseconds up_within{0}, stopped_within{0}; ///< 0: for ever
  place is = place::waits;
  bool answered = false;            ///< its start was: what it does from now on follows from that
  bool has_run = false;             ///< RUNNING, since
  bool has_failed = false;          ///< BACKOFF or FATAL, since
  std::uint64_t spawns = 0;         ///< before its start
  std::optional<time_point> due;    ///< of its stop, or its start
  std::optional<time_point> repeat; ///< the answer to what it was asked was lost: then it is asked again
  bool named = false;               ///< by itself: it is started even if it is disabled
  /// Its definition from its turn on, for the sake of an update; null: the one it has.
  config::process_options_ptr becomes{};
};

enum class rollout_state : std::uint8_t { running, done, failed, aborted };
std::string_view to_string(rollout_state of);

struct rollout {
  using time_point = std::chrono::steady_clock::time_point;
  enum class step_of_batch : std::uint8_t { picks, stops, starts, pauses };
  struct part {
    std::string name;
    std::size_t members = 0; ///< that have a turn
    bool several = false;    ///< more than one of the group was in service
  };

  std::int64_t id = 0;
  std::vector<part> groups;            ///< one after the other
  std::vector<rollout_member> members; ///< in order
  config::batch_size batch;
  std::chrono::milliseconds pause{0};
  std::int64_t maxfail = 0;
  bool all = false;
  bool promises = false; ///< clients' connections wait in a socket of ours meanwhile: none is refused
  rollout_state state = rollout_state::running;
  step_of_batch at = step_of_batch::picks;
  std::optional<time_point> due; ///< of the pause; or how long it is waited for another one to be in service
  bool is_to_end = false;        ///< after the batch
  std::int64_t failures = 0;
  std::vector<rollout_step> steps;
  std::optional<std::int64_t> update{}; ///< that it is part of: its number, 0 where nobody watches that
};

// -- what there is to be seen --------------------------------------------------------------------

struct member_facts {
  bool exists = false;
  protocols::process_state state = protocols::process_state::stopped;
  bool has_lasted = false; ///< STARTING, and older than startsecs
  bool is_healthy = true;  ///< or nobody looks
  std::uint64_t spawns = 0;
  bool disabled = false;        ///< nobody starts it but who names it by itself
  bool stopped_by_hand = false; ///< STOPPED, by an operator
};
/// It answers those that need it.
bool is_in_service(const member_facts& of);

struct rollout_world {
  std::function<member_facts(std::uint64_t process)> look_at;
  /// Of the group, in service, and not part of the rollout.
  std::function<std::size_t(const rollout& of, std::string_view group)> others_in_service;
};

// -- what is to be done --------------------------------------------------------------------------

namespace rollout_action {
struct stop {
  std::vector<std::uint64_t> whom;
};
struct start {
  std::vector<std::uint64_t> whom;
};
struct look {
  std::chrono::steady_clock::time_point at;
}; ///< again, then at the latest
} // namespace rollout_action
using rollout_do = std::variant<rollout_action::stop, rollout_action::start, rollout_action::look>;

/// Counts who has a turn. Once, with groups and members filled in.
void begin(rollout& r, const rollout_world& world);
/// As far as it goes now. To be called whenever something may have changed.
std::vector<rollout_do> advance(rollout& r, const rollout_world& world, std::chrono::steady_clock::time_point now);

// what has happened: first this, then advance()
void note_answer(rollout& r, std::uint64_t process, const rollout_step& answer);
void note_lost(rollout& r, std::uint64_t process, std::chrono::steady_clock::time_point now); ///< its answer
void note_state(rollout& r, std::uint64_t process, protocols::process_state state);
/// Whoever asks for things on its behalf is another one than before, and answers are lost.
void note_rebuilt(rollout& r, std::chrono::steady_clock::time_point now);
/// By somebody: after the batch that is under way.
void abort(rollout& r);
/// The daemon ends: at once.
void end_at_once(rollout& r);

/// Those whose turn did not come, or who were stopped and not started.
std::vector<const rollout_member*> not_restarted(const rollout& r);
std::string name_of(const rollout& r); ///< of its groups
/// `rolling restart of web stopped after 1 failure`; empty: there is nothing to complain of.
std::string complaint_of(const rollout& r);

/// So long the start of such a process may take, and its stop; 0: for ever.
std::chrono::milliseconds usual_time(const config::process_options& options);
std::chrono::milliseconds stop_time(const config::process_options& options);

} // namespace troupe::actors
