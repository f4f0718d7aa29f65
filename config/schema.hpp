// The one table of options: name, default, help, which names expand in it and how its text is taken in.
// Reading, unknown-option warnings, echo_supervisord_conf and the reference in docs/ come from here.
// Must not read files or walk sections (load*.cpp does). Source: the configuration specification, section 4.
#pragma once

#include "config/datatypes.hpp"

#include <span>
#include <string_view>

namespace troupe::config {

/// Which names an option's text may use (3.2).
enum class scope_kind {
  narrow,   ///< here
  node,     ///< here, host_node_name
  program,  ///< and program_name, group_name
  numbered, ///< and process_num, numprocs
  own,      ///< and the program's own environment
  socket,   ///< here, program_name
};

/// What a row's text is written into; only the pointer of the row's section is set.
struct option_target {
  supervisord_options* daemon = nullptr;
  process_options* process = nullptr;
  std::string_view key; ///< of the row, for messages
};

struct option_row {
  std::string_view section; ///< supervisord, program, ...; `program` rows are those of listeners and fcgi, too
  std::string_view key;
  std::string_view sample; ///< the default, as a file would say it; empty: none
  std::string_view help;
  scope_kind scope = scope_kind::narrow;
  bool per_process = false; ///< looked at once for each process, with its number
  /// Null: the reader of the section has a rule of its own for it.
  result<void> (*assign)(const option_target& target, std::string_view text, const host& on) = nullptr;
};

/// All rows; those of one section stand together, in the order they are read.
std::span<const option_row> schema();
std::span<const option_row> schema_of(std::string_view section);
/// Position of `key` in schema_of("program"), or nothing.
std::optional<std::size_t> program_row(std::string_view key);

/// The known word nearest to `word`, or nothing where none is near.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known);

} // namespace troupe::config
