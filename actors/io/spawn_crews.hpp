// The threads that make children: one crew for all, in the order they were asked for, and one for each user whose spawn
// has hung. A user can stop his children before their exec, or let an exec of his file wait for him (fcntl(2), leases):
// then only what he runs waits. Used by one thread, the reaper's.
// Must not know what a spawn is. Cases: tests/io/work_crew_test.cpp, tests/hang_test.py.
#pragma once

#include "actors/io/work_crew.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace troupe::actors {

class spawn_crews {
public:
  using user = std::optional<std::int64_t>; ///< none: the daemon's own

  /// As work_crew::post().
  bool post(const user& whose, std::function<void()> job) { return of(whose).post(std::move(job)); }
  bool exhausted(const user& whose) { return of(whose).exhausted(); }
  void relieve(work_crew::clock::duration limit) noexcept {
    common_.relieve(limit);
    for (auto& [whose, crew] : apart_)
      crew.relieve(limit);
  }
  /// From now on the user has a crew of his own. False: he had before; the daemon's own never has.
  bool set_apart(const user& whose) { return whose && apart_.try_emplace(*whose).second; }
  bool is_apart(const user& whose) const { return whose && apart_.contains(*whose); }

private:
  work_crew& of(const user& whose) {
    auto found = whose ? apart_.find(*whose) : apart_.end();
    return found == apart_.end() ? common_ : found->second;
  }

  work_crew common_;
  std::map<std::int64_t, work_crew> apart_;
};

} // namespace troupe::actors
