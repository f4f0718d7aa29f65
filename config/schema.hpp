// The one table of options: name, default, help, which names expand in it, how its text is taken in, how a reload
// compares it. Reading, diff, unknown-option warnings, echo_supervisord_conf and the reference in docs/ come from here.
// Must not read files or walk sections (load*.cpp does). Source: docs/contract/configuration.md, section 4.
#pragma once

#include "config/datatypes.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace troupe::config {

/// Which names an option's text may use (3.2).
enum class scope_kind {
  nothing,  ///< it is taken as it is, a percent sign too
  narrow,   ///< here
  node,     ///< here, host_node_name
  program,  ///< and program_name, group_name
  numbered, ///< and process_num, numprocs
  own,      ///< and the program's own environment
  share,    ///< as own; a percent sign at the end may be the value's, as in 20%
  socket,   ///< here, program_name
};

/// What is read on the way to processes and files, and is no option of them.
struct option_draft {
  std::int64_t numprocs = 1;
  std::int64_t first_number = 0;
  environment own_env;            ///< without [supervisord] environment
  std::vector<std::string> names; ///< programs of a group, files to include
  std::vector<std::string> labels;
  std::vector<depends_item> items; ///< of a group: each of its processes has them before its own
  std::string tls_client;          ///< none, optional or required; empty: it is not said
};

struct ctl_options;

/// What a row's text is written into; only the pointer of the row's section is set.
struct option_target {
  supervisord_options* daemon = nullptr;
  server_options* server = nullptr;
  rpcinterface_options* interface = nullptr;
  ctl_options* client = nullptr;
  group_options* group = nullptr;
  process_options* process = nullptr;
  fcgi_socket* socket = nullptr;
  option_draft* draft = nullptr;
  access_options* access = nullptr;
  user_options* user = nullptr;
  role_options* role = nullptr;
  audit_options* audit = nullptr;
  history_options* history = nullptr;
  std::string_view key = {};     ///< of the row, for messages
  std::string_view section = {}; ///< as the file calls it, for messages
  std::string_view folder = {};  ///< of the file that holds the option, where that is known
};

/// How `update` sees that the option changed, or why it does not look.
struct comparison {
  bool (*of_process)(const process_options& active, const process_options& loaded) = nullptr;
  bool (*of_group)(const group_options& active, const group_options& loaded) = nullptr;
  std::string_view not_because = {};
  /// For a plan, see option_effects.hpp; null, or empty: its name must do, since the value may hold secrets.
  std::string (*shown)(const process_options& of) = nullptr;
  /// Only a restart of the process brings this change, whatever others of the option take; null: none does.
  bool (*restarts)(const process_options& active, const process_options& loaded) = nullptr;
};

/// When a changed value takes effect.
enum class takes_effect {
  restart, ///< when what the option belongs to starts again: the daemon, the group's processes, or the process
  next,    ///< when it is used next: at the next start, probe or stop of the process
  live,    ///< while it runs
};

/// The compiler sees to it that each row has a setter, and a comparison or a reason for none.
struct option_row {
  std::string_view section; ///< supervisord, program, ...; `program` rows are those of listeners and fcgi, too
  std::string_view key;
  std::string_view sample; ///< the default, as a file would say it; empty: none
  std::string_view help;
  scope_kind scope = scope_kind::narrow;
  bool per_process = false; ///< looked at once for each process, with its number
  result<void> (*assign)(const option_target& target, std::string_view text, const host& on) = nullptr;
  comparison same = {};
  takes_effect when = takes_effect::restart;
  bool of_access = false;      ///< told in docs/access.md, and not in the sample: who does without sees nothing of it
  bool beyond_sample = false;  ///< not in the sample either, which stays as it was; told in docs/configuration.md
  std::string_view alias = {}; ///< other names that a file may give it, with blanks between
};

/// Of `row.alias`, one by one.
std::vector<std::string_view> aliases_of(const option_row& row);

/// Whether all options that count are the same. Of groups: their own, not those of their processes.
bool same_options(const process_options& active, const process_options& loaded);
bool same_options(const group_options& active, const group_options& loaded);

/// All rows; those of one section stand together, in the order they are read.
std::span<const option_row> schema();
std::span<const option_row> schema_of(std::string_view section);
const option_row& row_of(std::string_view section, std::string_view key); ///< must exist
/// Position of `key` in schema_of("program"), or nothing.
std::optional<std::size_t> program_row(std::string_view key);

} // namespace troupe::config
