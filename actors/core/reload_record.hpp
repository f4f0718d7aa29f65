// What is known of a process that was told to read its files again: plain data, of its record; there is none where
// nobody has asked for that. Must not tell it (process_reload.cpp decides, the process actor does). Source:
// docs/contract/programs.md, 7.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace troupe::actors {

/// command: reloadcommand runs. told: it may say RELOADING=1 now. reloading: it has, and READY=1 is awaited.
enum class reload_phase : std::uint8_t { none, command, told, reloading };

struct reload_record {
  using time_point = std::chrono::steady_clock::time_point;

  reload_phase phase = reload_phase::none;
  std::uint32_t round = 0;         ///< number of the last one that was begun
  std::uint32_t command = 0;       ///< number of the last run of a command; answers to others are dropped
  bool again = false;              ///< somebody has asked meanwhile: what he has changed may not have been read
  bool has_said = false;           ///< RELOADING=1, since it was begun
  std::optional<time_point> due;   ///< of what the phase says
  std::optional<time_point> limit; ///< of all of it; none: there is no hurry
  std::string failure;             ///< of the last one that is over; empty: it went well
};

} // namespace troupe::actors
