// Whose turn it is to be spawned, where not all may be at once: slots for those that are starting, a budget of restarts
// by itself, a least time between two spawns of one section. Pure: whoever asks says what time it is, and looks again
// when next() says so. Must not know what a spawn is. Source: docs/contract/programs.md, 2.4. Cases:
// tests/core/start_turns_test.cpp.
#pragma once

#include "config/restart_options.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace troupe::actors {

struct start_limits {
  std::int64_t concurrency = 0; ///< 0: no limit
  std::optional<config::rate> budget;
};

/// What a start waits for; go: for nothing.
enum class start_hold : std::uint8_t { go, slot, budget, stagger };
std::string_view to_string(start_hold what); ///< "waiting for a start slot"; go: empty

class start_turns {
public:
  using time_point = std::chrono::steady_clock::time_point;
  struct wish {
    std::uint64_t process = 0;
    std::string section;
    std::chrono::milliseconds stagger{0}; ///< of the section
    bool by_itself = false;               ///< a restart that nobody asked for
    time_point since{};                   ///< of the wish: who waits longest comes first
    bool needed = false;                  ///< others depend on it: before all who are not
  };
  /// What has changed by looking again.
  struct changes {
    std::vector<std::uint64_t> go;                              ///< it is their turn, in this order
    std::vector<std::pair<std::uint64_t, start_hold>> wait_for; ///< they wait for something else than before
    std::size_t over_budget = 0; ///< so many wait for the budget, and it is time to say so; 0: it is not
  };

  start_turns() = default;
  explicit start_turns(start_limits limits) : limits_(limits) {}
  /// Begins anew with whoever is at it: nobody has a slot, those who wait go on waiting.
  void limit(start_limits limits);

  /// go: it may be spawned now. Else it stands in line.
  start_hold ask(wish of, time_point now);
  changes look(time_point now);
  std::optional<time_point> next() const; ///< when to look again, if nobody is over before; nothing: not for the time
  /// It has left STARTING, is not wanted any more, or is no more. True: somebody else may have a turn now.
  bool over(std::uint64_t process);
  /// It is there already, of a daemon before this one: spawned at `when`, and STARTING or no longer.
  /// `counts`: it has not been counted yet.
  void note_spawned(const wish& of, time_point when, bool is_starting, bool counts = true);

private:
  struct waiting {
    wish what;
    start_hold for_what;
  };
  start_hold hold_of(const wish& of, time_point now);
  void take_turn(const wish& of, time_point now);

  start_limits limits_;
  std::list<waiting> line_;
  std::unordered_set<std::uint64_t> starting_;             ///< who has a slot
  std::deque<time_point> restarts_;                        ///< within the budget's window
  std::unordered_map<std::string, time_point> last_spawn_; ///< of sections with a stagger
  std::optional<time_point> say_at_, said_at_;             ///< that the budget is used up
};

} // namespace troupe::actors
