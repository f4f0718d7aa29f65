// What is done around a child, beside making it: commands that are run before and after it, signals on the way to its
// end, what it has left behind. Plain data, of the record of a process whose program asks for any of it. Must not run
// (actors/io/command_desk.hpp), look (actors/io/sweep_desk.hpp) or decide (process_hooks.cpp, process_stops.cpp).
// Source: docs/contract/programs.md, 5, 9 and 16.1.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::actors {

/// A command beside the program's own.
enum class command_kind : std::uint8_t { none, prestart, poststart, prestop, stopcommand, poststop };
std::string_view to_string(command_kind of); ///< as its option; none: empty

/// What comes after the end of a child, one after the other.
enum class after_end : std::uint8_t { nothing, sweep, swept, poststop };

/// Why a process was stopped. by_itself: as its `why` says. update: a part of one, or of a scale, likewise.
enum class stop_cause : std::uint8_t { none, operators, kill, shutdown, by_itself, update };

/// Of one start and its end; there is none where nothing of it is asked for.
struct stage_record {
  using time_point = std::chrono::steady_clock::time_point;

  command_kind runs = command_kind::none; ///< is under way
  std::uint32_t command = 0;              ///< number of the last one; answers to others are dropped
  std::optional<time_point> due;          ///< when its time is over
  bool prepared = false;                  ///< its turn to start has come, and prestart is done
  std::size_t rung = 0;                   ///< of the ladder: which signal was sent last
  bool commanded = false;                 ///< stopcommand was begun, and no signal has been sent yet
  bool kill_pending = false;              ///< the stop that waits for the spawn to be answered is a kill
  bool was_killed = false;                ///< by us, with SIGKILL
  bool kill_follows = false;              ///< once it is known who descends from it
  stop_cause cause = stop_cause::none;

  // its end
  after_end after = after_end::nothing;
  int ended_pid = 0;
  int wait_status = 0; ///< as waitpid(2) fills it in
  bool expected = false;
  bool overdue = false; ///< it was killed since it was not ready in time
  bool vetoed = false;  ///< poststop has failed, and nothing is started by itself after that
  std::chrono::milliseconds uptime{0};
  bool swept_hard = false;            ///< what is left was sent SIGKILL
  std::uint32_t look = 0;             ///< number of the last one; answers to others are dropped
  std::optional<time_point> next;     ///< when the sweep goes on
  std::int64_t left = 0;              ///< processes
  std::string left_names;             ///< `4711 (sleep), 4712 (sh)`
  bool start_waits = false;           ///< STARTING, until all that is over
  bool restart_waits = false;         ///< EXITED, likewise
  bool has_failed = false;            ///< and the exit counts as a start that has failed
  std::uint64_t spawn_id = 0;         ///< in the environment of all its descendants; 0: in none
  std::optional<time_point> ready_at; ///< of a start that poststart holds up
};

} // namespace troupe::actors
