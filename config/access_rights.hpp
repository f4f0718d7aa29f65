// The words for what somebody may do, once for the configuration, the gate, the client and the documentation.
// Must not decide anything (protocols/access.hpp does), nor know who asks. Source: docs/contract/access.md, 2.1.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::config {

enum class right : std::uint8_t {
  status,
  start,
  stop,
  restart,
  signal,
  tail,
  clear,
  standard_input,
  update,
  config,
  events,
  metrics,
  mainlog,
  publish,
  shutdown,
  token,
  admin,
};

/// What a right is held over.
enum class right_scope : std::uint8_t { program, daemon, self };

struct right_row {
  right which;
  std::string_view word; ///< in `verbs=`, faults, `whoami`
  right_scope over;
};

/// In the order of the enum, which is the order of `whoami`.
// clang-format off
inline constexpr std::array right_table = {
  right_row{right::status, "status", right_scope::program},
  right_row{right::start, "start", right_scope::program},
  right_row{right::stop, "stop", right_scope::program},
  right_row{right::restart, "restart", right_scope::program},
  right_row{right::signal, "signal", right_scope::program},
  right_row{right::tail, "tail", right_scope::program},
  right_row{right::clear, "clear", right_scope::program},
  right_row{right::standard_input, "stdin", right_scope::program},
  right_row{right::update, "update", right_scope::program},
  right_row{right::config, "config", right_scope::program},
  right_row{right::events, "events", right_scope::program},
  right_row{right::metrics, "metrics", right_scope::program},
  right_row{right::mainlog, "mainlog", right_scope::daemon},
  right_row{right::publish, "publish", right_scope::daemon},
  right_row{right::shutdown, "shutdown", right_scope::daemon},
  right_row{right::token, "token", right_scope::self},
  right_row{right::admin, "admin", right_scope::daemon},
};
// clang-format on

constexpr const right_row& row_of(right which) { return right_table[static_cast<std::size_t>(which)]; }
constexpr std::string_view word_of(right which) { return row_of(which).word; }

constexpr bool right_table_is_in_order() {
  for (std::size_t i = 0; i < right_table.size(); ++i)
    if (right_table[i].which != static_cast<right>(i))
      return false;
  return right_table.back().which == right::admin;
}
static_assert(right_table_is_in_order(), "a row of right_table is missing or misplaced");

constexpr std::optional<right> right_named(std::string_view word) {
  for (const auto& row : right_table)
    if (row.word == word)
      return row.which;
  return {};
}

/// A set of rights, a bit for each.
using right_bits = std::uint32_t;
constexpr right_bits bit(right which) { return right_bits{1} << static_cast<unsigned>(which); }

constexpr right_bits rights_over(right_scope over) {
  right_bits bits = 0;
  for (const auto& row : right_table)
    if (row.over == over)
      bits |= bit(row.which);
  return bits;
}
inline constexpr right_bits program_rights = rights_over(right_scope::program);
inline constexpr right_bits every_right = (right_bits{1} << right_table.size()) - 1;

} // namespace troupe::config
