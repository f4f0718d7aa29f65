// The actions of supervisorctl: one table of names, help and functions.
// The functions talk to the daemon through a session and to nobody else; they must not know
// how a request travels. Source: docs/contract/supervisorctl.md,
// sections 2.6, 6 and 8.
#pragma once

#include "apps/ctl/session.hpp"
#include "protocols/faults.hpp"

#include <span>
#include <string>
#include <string_view>

namespace troupe::ctl {

struct verb; // process_verbs.hpp

namespace fault_code = protocols::fault_code;

struct action {
  std::string_view name;
  void (*run)(session& s, const std::string& arguments);
  std::string_view help; ///< lines without the last line feed; empty: no help
  enum class place { listed, unlisted } shown = place::listed;
  enum class completion {
    nothing,
    actions,
    groups,
    processes,
    right_and_processes,
    token_word
  } completes = completion::nothing;
  /// Under --json. `results`: an object of them, a step for each process.
  enum class json_output { none, document, results, lines } json = json_output::document;
};

std::span<const action> actions();
const action* find_action(std::string_view name);
/// The block `help` prints.
std::string action_list();
/// `Error: WHY` and the action's help; sets the status.
void usage_error(session& s, std::string_view action_name, std::string_view why,
                 exit_status with = exit_status::generic);
/// False (and said so): there are arguments, where the action takes none.
bool without_arguments(session& s, std::string_view action_name, const std::string& arguments);

// -- the functions of the table ----------------------------------------------------------------------

void do_status(session& s, const std::string& arguments);
void do_pid(session& s, const std::string& arguments);
void do_start(session& s, const std::string& arguments);
void do_stop(session& s, const std::string& arguments);
void do_restart(session& s, const std::string& arguments);
void do_signal(session& s, const std::string& arguments);
void do_clear(session& s, const std::string& arguments);
void do_wait(session& s, const std::string& arguments);

void do_tail(session& s, const std::string& arguments);
void do_maintail(session& s, const std::string& arguments);
void do_fg(session& s, const std::string& arguments);

void do_avail(session& s, const std::string& arguments);
void do_reread(session& s, const std::string& arguments);
void do_update(session& s, const std::string& arguments);
/// update --mode process; apply; plan, or diff.
void update_processes(session& s, std::vector<std::string> given);
void do_plan(session& s, const std::string& arguments);
void do_apply(session& s, const std::string& arguments);
void do_scale(session& s, const std::string& arguments);
void do_add(session& s, const std::string& arguments);
void do_remove(session& s, const std::string& arguments);

/// What the words about access say of a daemon that has none.
inline constexpr std::string_view access_is_off = "access control is off: whoever gets in may do everything";
void do_whoami(session& s, const std::string& arguments);
void do_can(session& s, const std::string& arguments);
void do_token(session& s, const std::string& arguments);
void do_passwd(session& s, const std::string& arguments);

/// True, and said so: the daemon has no such method, it is another one than ours.
bool is_another_daemon(session& s, const protocols::rpc_response& response);
/// `method` for each of `names`, all at once; told as their answers come, or with `as_json` as one array at the end.
void to_each(session& s, const verb& v, std::string_view method, const std::vector<std::string>& names,
             bool as_json = false);
void do_graph(session& s, const std::string& arguments);
void do_kill(session& s, const std::string& arguments);
/// start --no-deps; stop and restart --with-dependents.
void start_alone(session& s, const std::vector<std::string>& given);
void stop_with_dependents(session& s, const std::vector<std::string>& given, bool again);
void do_hup(session& s, const std::string& arguments);
void do_rollout(session& s, const std::string& arguments);
void do_disable(session& s, const std::string& arguments);
void do_enable(session& s, const std::string& arguments);
void do_why(session& s, const std::string& arguments);
void do_history(session& s, const std::string& arguments);
void do_top(session& s, const std::string& arguments);
void do_logs(session& s, const std::string& arguments);
void do_init(session& s, const std::string& arguments);
void do_doctor(session& s, const std::string& arguments);
void do_health(session& s, const std::string& arguments);

void do_help(session& s, const std::string& arguments);
void do_exit(session& s, const std::string& arguments);
void do_open(session& s, const std::string& arguments);
void do_version(session& s, const std::string& arguments);
void do_reload(session& s, const std::string& arguments);
void do_upgrade(session& s, const std::string& arguments);
void do_shutdown(session& s, const std::string& arguments);

} // namespace troupe::ctl
