// The one table of log levels, the gravest first: how a configuration and JSON records name each, and how a line of the
// main log does. Must not decide what is logged. Source: docs/contract/configuration.md, 4.1.
#pragma once

#include "config/options.hpp"

#include <algorithm>
#include <cstddef>
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

/// The compiler names a level that has no case here, and so no row.
constexpr const log_level_row& row_of(log_level level) {
  auto row = [&]() -> std::size_t {
    switch (level) {
    case log_level::critical:
      return 0;
    case log_level::error:
      return 1;
    case log_level::warn:
      return 2;
    case log_level::info:
      return 3;
    case log_level::debug:
      return 4;
    case log_level::trace:
      return 5;
    case log_level::blather:
      return 6;
    }
    return std::size(log_levels) - 1;
  };
  return log_levels[row()];
}
static_assert(std::size(log_levels) == static_cast<std::size_t>(&row_of(log_level::blather) - log_levels) + 1);
static_assert(std::all_of(std::begin(log_levels), std::end(log_levels),
                          [](auto& row) { return &row == &row_of(row.level); }),
              "a row stands at the place of its level");

/// For help texts: whether `text` names them all.
constexpr bool names_all_log_levels(std::string_view text) {
  return std::all_of(std::begin(log_levels), std::end(log_levels),
                     [&](auto& row) { return text.find(row.name) != text.npos; });
}

} // namespace troupe::config
