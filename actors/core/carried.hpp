// What the actors and their I/O hand to the binary that follows this one, as plain data: enough for each record, pipe
// and pool to go on where it was. Made while everything rests (runtime::rest), read before anything moves. Must not
// hold what can be made anew (timers, threads, watches), nor know where it is kept. Source:
// docs/contract/survival.md, 6.3. Cases: tests/core/parcel_records_test.cpp, tests/upgrade_test.py.
#pragma once

#include "actors/core/cells.hpp"
#include "actors/core/control.hpp"
#include "actors/core/death_book.hpp"
#include "actors/core/enablement.hpp"
#include "actors/core/group_table.hpp"
#include "actors/core/pool_fsm.hpp"
#include "actors/core/rollout.hpp"
#include "platform/wipe.hpp"
#include "protocols/audit_record.hpp"
#include "protocols/session_book.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::actors {

/// What one output channel has begun, and not given out.
struct carried_output {
  std::string line_head; ///< of a log with lines of its own: as log_lines.hpp has it
  std::string line_kept;
  bool line_continued = false;
  std::string capture_held; ///< as capture.hpp has it
  bool capturing = false;
  std::string captured;
  std::string unwritten; ///< what a FIFO or terminal has had no room for
};

struct carried_channel {
  int pipe = -1;
  carried_output output;
};

/// As life_marks.hpp has it.
struct carried_marks {
  struct channel {
    platform::log_place begins;
    std::optional<std::string> ring; ///< of a channel without a log
    bool ring_is_whole = true;
  };
  channel out, err;
  std::optional<std::int64_t> kills;
  std::int64_t kernel_time = 0;
  protocols::program_file program;
};
std::optional<carried_marks> carry(const life_marks_ptr& marks);
life_marks_ptr take_up(const carried_marks& from);

/// The pipes of a child, by number.
struct carried_child {
  std::uint64_t process = 0; ///< its id
  int pid = 0;
  int in = -1;
  std::string input; ///< that waits for it to read
  std::optional<carried_channel> out, err;
  std::optional<carried_marks> marks; ///< of its life
  /// platform::kept_input, by its numbers: in place of `input`.
  struct kept_numbers {
    int memory = -1, out = -1, in = -1;
  } kept;
};

struct carried_process {
  std::uint64_t id = 0;
  process_record record;
  config::shared_text stdout_path, stderr_path;
  std::uint64_t stdout_bytes = 0, stderr_bytes = 0;
  std::uint32_t slot = no_slot;
  std::uint32_t handled_life = 0;
  int ready = -1, notify = -1; ///< what its child says of itself beside its output
};

struct carried_group {
  std::uint64_t id = 0;
  config::group_options_ptr options;
  std::vector<carried_process> processes; ///< in table order
};

/// As pool_fsm.hpp has it, without what its options say.
struct carried_pool {
  std::string name;
  std::vector<pool_member> members;
  std::vector<pooled_event> buffer;
  std::int64_t next_serial = 0;
  bool overflowing = false;
  bool closed = false;
};

/// Told to its process, and not handled yet.
struct carried_exit {
  std::uint64_t process = 0;
  int pid = 0;
  int wait_status = 0;
};

/// A child that the keeper does not wait for, held so that its end can be seen.
struct carried_stranger {
  int pid = 0;
  int fd = -1; ///< platform::hold_stranger
};

/// Made by the daemon before this one, whose record may not say so yet.
struct carried_spawn {
  std::uint64_t process = 0;
  int pid = 0;
};

/// The socket of a FastCGI program, and which processes hold it.
struct carried_fcgi {
  struct holder {
    std::uint64_t process = 0;
    int pid = 0;
  };
  std::string section, url;
  int fd = -1;
  std::vector<holder> holders;
};

/// What somebody does, and the audit trail has been told of its begin only.
struct open_act {
  protocols::audit_record record;
  time_point begun;
};

/// What the book of deaths has of a process.
struct carried_deaths {
  death_book::page page;
  bool good_as_active = false; ///< when it ran well it had the options that are active: they stand there
};

/// A client that waits for what becomes of one or more processes.
struct carried_wait {
  control_request asked; ///< without those rights that he was found to have
  std::string id;        ///< of his request
  int version = 11;      ///< of HTTP
  bool stays = true;     ///< connected, once he has been answered
};

/// A connection, without TLS.
struct carried_client {
  std::string server; ///< its section
  int fd = -1;
  platform::wiping_string input; ///< of requests that have not been answered; may hold proofs
  std::optional<carried_wait> waits;
};

/// What is known of many processes that a client waits for.
struct carried_gathering {
  std::uint64_t number = 0; ///< of the client's request
  std::vector<gathering::entry> entries;
};

/// Of the HTTP servers.
struct carried_http {
  std::vector<protocols::session_book::kept> sessions;
  config::secret_text key; ///< of the gate: by it pages of sessions are known
  std::string page_token;  ///< of the others
  std::vector<carried_client> clients;
  std::uint64_t last_number = 0; ///< of requests that wait
};

struct carried_runtime {
  std::vector<carried_group> groups; ///< in activation order
  /// Of the configuration that was read last; those that are active are the same, by name.
  std::vector<config::group_options_ptr> loaded;
  std::vector<std::string> loaded_is_active; ///< these of the loaded ones are the active ones
  group_table table;
  kept_logs kept;
  std::vector<carried_exit> exits;
  std::vector<carried_spawn> spawned; ///< of a daemon that died; their ends come from the register
  std::vector<int> dying;
  std::vector<int> helpers; ///< pids: children of extensions, who make new ones
  std::vector<carried_child> children;
  std::vector<carried_pool> pools;
  std::vector<carried_fcgi> sockets;
  std::int64_t event_serial = 0;
  std::uint64_t last_process_id = 0;
  std::vector<carried_deaths> deaths;
  std::int64_t configurations = 0; ///< so often one has been read
  carried_http http;
  std::vector<carried_gathering> gatherings;
  std::vector<carried_stranger> strangers;
  std::vector<rollout> rollouts;
  std::int64_t last_rollout = 0;
  enablement remembered;
};

/// What has become of an image (carry_image) since it was made: a group that came, or one that went.
struct carried_change {
  std::optional<carried_group> added;
  group_view view;           ///< its
  bool is_loaded = false;    ///< it is as it was read last
  std::uint64_t removed = 0; ///< id
  kept_logs kept;            ///< of that one
  std::uint64_t next_id = 0, last_process_id = 0;
};
/// Once, in the order they came.
void apply(carried_change change, carried_runtime& image);

} // namespace troupe::actors
