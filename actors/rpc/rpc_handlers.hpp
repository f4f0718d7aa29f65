// The functions behind the rows of rpc_table.cpp, named as the methods are: each takes the parameters of a call that
// fits its row and writes the value, refuses, or hands back what has to be done. And what they share: how parameters
// are read. Must not be needed by anybody but the table and the files that define them (rpc_access, rpc_daemon,
// rpc_deaths, rpc_processes, rpc_info, rpc_logs, rpc_parameters, rpc_rollouts, rpc_tokens, rpc_dependencies,
// rpc_details, rpc_enabling, rpc_updates .cpp).
#pragma once

#include "actors/rpc/rpc_table.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace troupe::actors {

using call_context = rpc_methods::call_context;

// -- the daemon (rpc_daemon.cpp) -------------------------------------------------------------------

rpc_step get_api_version(call_context& c);
rpc_step get_supervisor_version(call_context& c);
rpc_step get_identification(call_context& c);
rpc_step get_pid(call_context& c);
rpc_step get_state(call_context& c);
rpc_step reload_config(call_context& c);
rpc_step restart(call_context& c);
rpc_step shutdown(call_context& c);
rpc_step upgrade(call_context& c);
rpc_step add_process_group(call_context& c);
rpc_step remove_process_group(call_context& c);
rpc_step send_remote_comm_event(call_context& c);

// -- start, stop, signal (rpc_processes.cpp) -------------------------------------------------------

rpc_step start_process(call_context& c);
rpc_step start_process_group(call_context& c);
rpc_step start_all_processes(call_context& c);
rpc_step stop_process(call_context& c);
rpc_step stop_process_group(call_context& c);
rpc_step stop_all_processes(call_context& c);
rpc_step signal_process(call_context& c);
rpc_step signal_process_group(call_context& c);
rpc_step signal_all_processes(call_context& c);
rpc_step send_process_stdin(call_context& c);
rpc_step start_alone(call_context& c);

// -- all there is to know of a process (rpc_details.cpp) ------------------------------------------

rpc_step get_process_details(call_context& c);

// -- dependencies (rpc_dependencies.cpp) -----------------------------------------------------------

rpc_step graph(call_context& c);
rpc_step stop_tree(call_context& c);
rpc_step kill_process(call_context& c);
rpc_step restart_tree(call_context& c);

// -- updates process by process (rpc_updates.cpp) --------------------------------------------------

rpc_step get_update(call_context& c);
rpc_step plan(call_context& c);
rpc_step apply(call_context& c);
rpc_step scale(call_context& c);
rpc_step reset_scale(call_context& c);

// -- one after the other (rpc_rollouts.cpp), and its files again (rpc_processes.cpp) ----------------

rpc_step restart_rolling(call_context& c);
rpc_step get_rollout(call_context& c);
rpc_step abort_rollout(call_context& c);
rpc_step hup_process(call_context& c);

// -- who may be started (rpc_enabling.cpp) ---------------------------------------------------------

rpc_step disable_processes(call_context& c);
rpc_step enable_processes(call_context& c);

// -- how processes are, and how they are configured (rpc_info.cpp; the rest is in rpc_table.hpp) ----

rpc_step get_process_info(call_context& c);
rpc_step get_all_config_info(call_context& c);

// -- why (rpc_deaths.cpp) --------------------------------------------------------------------------

rpc_step get_deaths(call_context& c);
rpc_step why(call_context& c);

// -- logs (rpc_logs.cpp) ---------------------------------------------------------------------------

rpc_step read_log(call_context& c);
rpc_step clear_log(call_context& c);
rpc_step read_process_stdout_log(call_context& c);
rpc_step read_process_stderr_log(call_context& c);
rpc_step tail_process_stdout_log(call_context& c);
rpc_step tail_process_stderr_log(call_context& c);
rpc_step clear_process_logs(call_context& c);
rpc_step clear_all_process_logs(call_context& c);

// -- access control (rpc_access.cpp; the restart is in rpc_processes.cpp) --------------------------

rpc_step access_can(call_context& c);
rpc_step access_end_sessions(call_context& c);
rpc_step access_explain(call_context& c);
rpc_step access_restart_process(call_context& c);
rpc_step access_whoami(call_context& c);
rpc_step access_create_token(call_context& c); // these three: rpc_tokens.cpp
rpc_step access_list_tokens(call_context& c);
rpc_step access_revoke_token(call_context& c);

// -- the history (rpc_history.cpp) -----------------------------------------------------------------

rpc_step get_history(call_context& c);

// -- parameters and values (rpc_parameters.cpp) ----------------------------------------------------

/// Parameter `i` as true or false, as Python sees it: anything is true that is not empty or zero. Missing: true.
bool truth(const protocols::rpc_value::array& params, std::size_t i);
/// A number, or text that is one; nothing: neither.
std::optional<std::int64_t> number(const protocols::rpc_value& value);
/// Any scalar as text, for event data; nothing: it is an array, a structure or the like.
std::optional<std::string> scalar_text(const protocols::rpc_value& value);
/// The process that parameter `i` names, or null and `problem`.
process_status_ptr named(const call_context& c, std::size_t i, protocols::rpc_fault& problem);

/// Of a rolling restart, as a struct has them (rpc_rollouts.cpp).
std::variant<protocols::rpc_fault, rollout_flags> rollout_flags_of(const protocols::rpc_value& given);

template <class T>
rpc_step wrote(call_context& c, const T& value) {
  c.out.value(value);
  return rpc_written{};
}

} // namespace troupe::actors
