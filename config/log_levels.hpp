// The one table of log levels, the gravest first: how a configuration and JSON records name each, and how a line of the
// main log does. Must not decide what is logged. Source: docs/contract/configuration.md, 4.1.
#pragma once

#include "config/options.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace troupe::config {

struct log_level_row {
  log_level level;
  std::string_view name;
  const char* label; ///< in the main log
};

inline constexpr log_level_row log_levels[] = {
  {log_level::critical, "critical", "CRIT"}, {log_level::error, "error", "ERRO"}, {log_level::warn, "warn", "WARN"},
  {log_level::info, "info", "INFO"},         {log_level::debug, "debug", "DEBG"}, {log_level::trace, "trace", "TRAC"},
  {log_level::blather, "blather", "BLAT"},
};

/// A level without a row is shown as the last one.
constexpr const log_level_row& row_of(log_level level) {
  auto last = std::end(log_levels) - 1;
  return *std::find_if(std::begin(log_levels), last, [&](auto& row) { return row.level == level; });
}

/// For help texts: whether `text` names them all.
constexpr bool names_all_log_levels(std::string_view text) {
  return std::all_of(std::begin(log_levels), std::end(log_levels),
                     [&](auto& row) { return text.find(row.name) != text.npos; });
}

} // namespace troupe::config
