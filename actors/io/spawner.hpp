// From the options of a process to a running child: words, program, environment, pipes, logs, identity, fork.
// Called on the threads of a crew, since most of its steps may hang. Must not include CAF or Asio, decide on retries,
// or write log lines. Source: docs/contract/lifecycle.md, section 2.
#pragma once

#include "actors/core/cells.hpp"
#include "actors/core/start_turns.hpp"
#include "actors/io/child_io.hpp"
#include "actors/io/keeper_desk.hpp"
#include "platform/cgroup_memory.hpp"
#include "platform/spawn.hpp"

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::actors {

/// What is the same for every child of this daemon.
struct spawn_settings {
  config::environment daemon_environment;
  std::optional<std::string> server_url; ///< SUPERVISOR_SERVER_URL unless the program says otherwise
  std::int64_t uid = 0;                  ///< the daemon's real uid
  platform::backup_compressor* compressor =
    nullptr;                    ///< of the children's logs; null: their files get nothing of their own
  std::int64_t death_lines = 0; ///< in reports of programs that do not say
  start_limits starts;
  std::shared_ptr<const platform::cgroup_memory> memory; ///< null: not looked at
  std::shared_ptr<keeper_desk> keeper;                   ///< null: there is none
  std::shared_ptr<platform::identities> identities = std::make_shared<platform::identities>();
  std::shared_ptr<platform::shared_logs> logs = std::make_shared<platform::shared_logs>();
  std::string notify_directory{}; ///< of sockets by which programs say that they are ready; empty: they have no path
};

struct spawned_child {
  platform::spawn_outcome outcome;
  child_streams streams;
};

/// What is known of a child before it runs.
struct announced_child {
  std::atomic<int>* pid;      ///< see platform::spawn; with a keeper the register has it instead
  std::uint32_t life = 0;     ///< of its slot
  std::uint64_t spawn_id = 0; ///< SUPERVISOR_SPAWN_ID in its environment; 0: none
};

/// The child, or a text of 1.6. Nothing stays open on failure. A socket in
/// `listening` becomes its fd 0 instead of a pipe; it stays open in the parent. `go_on` is asked after each step that
/// may have hung: false gives up, with no text.
std::variant<spawned_child, std::string> spawn_child(const process_identity_ptr& who, const spawn_settings& settings,
                                                     int listening, const std::function<bool(bool last)>& go_on,
                                                     const announced_child& announced);

/// A log_opener's: no file where the program has no such log.
int open_helper_log(const process_identity& who, const spawn_settings& settings, child_channel& into);

/// The same for a child of the daemon before this one, by the numbers of its descriptors, which are taken. A log that
/// cannot be opened is said, and is none.
child_streams streams_of(const process_identity_ptr& who, const spawn_settings& settings, const carried_child& from,
                         platform::main_log& log);

/// The log of one channel by the options of `who` as they are now, whoever has it open. 0, or errno.
int open_channel_log(const process_identity& who, const spawn_settings& settings, bool is_stderr, int pid,
                     child_channel& into);

/// Looks up whom the programs run as, so that no spawn has to. Where the daemon may not change users: nothing.
void learn_users(const std::vector<config::group_options_ptr>& groups, platform::identities& users);

/// Looks at no file, so that it cannot hang. The error: a text of 2.3.
platform::words words_of_command(const config::process_options& options);

/// The text of 2.3 for the program of `options`, or empty: what a start request is checked for first (3.4).
platform::resolved check_command(const config::process_options& options);

/// Likewise for the first word of another command that is the program's (helper_plan.hpp).
platform::resolved find_program(const config::process_options& options, const std::string& word);

/// Environment, directory, umask and identity of the program: what each of its children has. May ask a name service,
/// read env files and make the directory. The error: a text for spawnerr. child_plan.cpp.
config::result<platform::spawn_plan> plan_of(const process_identity& who, const spawn_settings& settings);

} // namespace troupe::actors
