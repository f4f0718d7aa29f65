// What is kept of what has happened, as [history] says it: the kinds of records there are, and the section's options.
// Must not parse (history_setters.cpp does), nor know a record. Source: docs/contract/history.md, 0.2 and 7.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::config {

/// Their numbers stand in files: new ones go to the end.
enum class history_kind : std::uint8_t { state, command, config, health, ready, death, daemon, event };

inline constexpr std::array<std::string_view, 8> history_kinds = {"state", "command", "config", "health",
                                                                  "ready", "death",   "daemon", "event"};

constexpr std::string_view word_of(history_kind kind) { return history_kinds[static_cast<std::size_t>(kind)]; }

constexpr std::optional<history_kind> history_kind_named(std::string_view word) {
  for (std::size_t i = 0; i < history_kinds.size(); ++i)
    if (history_kinds[i] == word)
      return static_cast<history_kind>(i);
  return {};
}

/// A set of kinds, a bit for each.
using history_bits = std::uint32_t;
constexpr history_bits bit(history_kind kind) { return history_bits{1} << static_cast<unsigned>(kind); }
inline constexpr history_bits every_history_kind = (history_bits{1} << history_kinds.size()) - 1;

struct history_options {
  std::string file;                                ///< absolute
  std::int64_t maxbytes = std::int64_t{64} << 20;  ///< of the file; 0: no bound
  std::int64_t maxage = std::int64_t{30} * 86'400; ///< seconds; 0: no bound
  bool full_sync = false;                          ///< a record survives a power cut, not only an end of the daemon
  history_bits keep = every_history_kind;
  bool operator==(const history_options&) const = default;
};

} // namespace troupe::config
