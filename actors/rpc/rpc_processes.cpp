// The methods that do something to processes: start, stop, signal, write to their stdin. Whom a call names and what is
// to happen is read here; that it happens is the actors' part. Must not wait, nor send a signal. Source:
// docs/contract/http.md, 4.3 and 4.4.
#include "actors/rpc/rpc_handlers.hpp"

#include "actors/io/child_io.hpp"
#include "config/datatypes.hpp"

#include <csignal>
#include <optional>
#include <string>
#include <utility>

namespace troupe::actors {

using protocols::fault;
using protocols::make_fault;
using protocols::rpc_fault;
using protocols::rpc_value;

namespace {

/// What a task lets the caller do, as words and as a signal.
struct wanted {
  config::right needs;
  int signal = 0;
};

wanted wanted_of(const call_context& c, const process_task& task) {
  return {c.row.opens.needs, task.what == verb::hup ? SIGHUP : task.what == verb::signal ? task.signo.value_or(0) : 0};
}

protocols::verdict judge(const call_context& c, const wanted& what, const process_identity& process) {
  auto held = c.board.over(process);
  return what.needs == config::right::signal ? protocols::decide_signal(held, what.signal)
                                             : protocols::decide(held, what.needs);
}

/// Nothing: `group` has a member that the caller may do it to, or it has none at all. The owner of the processes picks
/// them by the same rules.
std::optional<rpc_fault> refused_for_group(const call_context& c, const wanted& what, std::string_view group,
                                           const std::string& name) {
  if (c.board.whole())
    return {};
  if (!c.board.has_group(group))
    return make_fault(fault::bad_name, name);
  bool has_members = false;
  for (const auto& process : c.board.all())
    if (process->who->group.view() == group) {
      if (judge(c, what, *process->who) == protocols::verdict::allow)
        return {};
      has_members = true;
    }
  return has_members ? std::optional(c.who.refused(what.needs, name)) : std::nullopt;
}

rpc_step ask_members(call_context& c, const std::string& name, std::string group, process_task task) {
  auto what = wanted_of(c, task);
  if (auto refused = refused_for_group(c, what, group, name))
    return *std::move(refused);
  task.choice = c.who.choice(what.needs, what.signal);
  return control_request{
    .of = control_request::scope::group, .name = name, .group = std::move(group), .task = std::move(task)};
}

/// The request for what parameter 0 names: a process, or all of a group where `group:*` stands.
rpc_step ask_named(call_context& c, process_task task) {
  const auto* name = c.params[0].string();
  if (!name)
    return wrong_parameters();
  auto [group, process] = split_name(*name);
  if (!process)
    return ask_members(c, *name, group, std::move(task));
  if (!c.board.whole()) {
    auto what = wanted_of(c, task);
    auto found = c.board.find(group, *process);
    if (!found)
      return make_fault(fault::bad_name, *name);
    if (judge(c, what, *found->who) != protocols::verdict::allow)
      return c.who.refused(what.needs, *name);
    task.choice = c.who.choice(what.needs, what.signal);
  }
  return control_request{.name = *name, .group = group, .process = *process, .task = std::move(task)};
}

rpc_step ask_group(call_context& c, process_task task) {
  const auto* name = c.params[0].string();
  return name ? ask_members(c, *name, *name, std::move(task)) : wrong_parameters();
}

rpc_step ask_all(call_context& c, process_task task) {
  auto what = wanted_of(c, task);
  const auto& anywhere = c.board.held().anywhere();
  bool may = what.needs == config::right::signal
               ? protocols::decide_signal(anywhere, what.signal) == protocols::verdict::allow
               : protocols::has(anywhere.rights, what.needs);
  if (!may)
    return c.who.refused(what.needs, "all");
  task.choice = c.who.choice(what.needs, what.signal);
  return control_request{.of = control_request::scope::all, .task = std::move(task)};
}

process_task task_of(verb what, const call_context& c, std::size_t wait_flag) {
  return {.what = what, .wait = truth(c.params, wait_flag)};
}

/// 4.4: a number, or the text of one, or a name.
std::optional<process_task> signal_task(const rpc_value& value) {
  process_task task{.what = verb::signal};
  if (const auto* s = value.string())
    task.signal_text = *s;
  else if (auto n = number(value))
    task.signal_text = std::to_string(*n);
  else
    return {};
  if (auto signo = config::signal_number(task.signal_text))
    task.signo = *signo;
  else if (auto probe = config::integer(task.signal_text); probe && *probe == 0) // "is it there?"; no stopsignal
    task.signo = 0;
  return task;
}

} // namespace

rpc_step start_process(call_context& c) { return ask_named(c, task_of(verb::start, c, 1)); }
rpc_step start_process_group(call_context& c) { return ask_group(c, task_of(verb::start, c, 1)); }
rpc_step start_all_processes(call_context& c) { return ask_all(c, task_of(verb::start, c, 0)); }
rpc_step start_alone(call_context& c) {
  auto task = task_of(verb::start, c, 1);
  task.alone = true;
  return ask_named(c, std::move(task));
}
rpc_step stop_process(call_context& c) { return ask_named(c, task_of(verb::stop, c, 1)); }
rpc_step kill_process(call_context& c) { return ask_named(c, task_of(verb::kill, c, 1)); }
rpc_step hup_process(call_context& c) { return ask_named(c, task_of(verb::hup, c, 1)); }
rpc_step stop_process_group(call_context& c) { return ask_group(c, task_of(verb::stop, c, 1)); }
rpc_step stop_all_processes(call_context& c) { return ask_all(c, task_of(verb::stop, c, 0)); }

rpc_step signal_process(call_context& c) {
  auto task = signal_task(c.params[1]);
  return task ? ask_named(c, *std::move(task)) : wrong_parameters();
}
rpc_step signal_process_group(call_context& c) {
  auto task = signal_task(c.params[1]);
  return task ? ask_group(c, *std::move(task)) : wrong_parameters();
}
rpc_step signal_all_processes(call_context& c) {
  auto task = signal_task(c.params[0]);
  return task ? ask_all(c, *std::move(task)) : wrong_parameters();
}

rpc_step access_restart_process(call_context& c) {
  const auto* name = c.params[0].string();
  auto ask = [&](verb what) {
    return name && *name == "*:*" ? ask_all(c, task_of(what, c, 1)) : ask_named(c, task_of(what, c, 1));
  };
  auto stop = ask(verb::stop);
  auto* first = std::get_if<control_request>(&stop);
  if (!first)
    return stop;
  first->task.wait = true; // a start has to find it stopped
  auto start = ask(verb::start);
  auto* second = std::get_if<control_request>(&start);
  if (!second) // it has just gone
    return start;
  return rpc_restart{std::move(*first), std::move(*second)};
}

rpc_step send_process_stdin(call_context& c) {
  const auto* chars = c.params[1].string();
  if (!chars) {
    auto shown = scalar_text(c.params[1]);
    return shown ? make_fault(fault::incorrect_parameters, *shown) : wrong_parameters();
  }
  rpc_fault problem;
  auto process = named(c, 0, problem);
  if (!process)
    return problem;
  const auto& name = *c.params[0].string();
  if (process->pid == 0 || process->state == process_state::stopping)
    return make_fault(fault::not_running, name);
  if (auto refused = c.about_to_act())
    return *std::move(refused);
  switch (c.context.io.write_input(process->who->id, *chars)) {
  case child_io::input::taken:
    return wrote(c, true);
  case child_io::input::full:
    return make_fault(fault::failed, name + " does not read its stdin: too many bytes are waiting for it");
  case child_io::input::closed:
    break;
  }
  return make_fault(fault::no_file, name);
}

} // namespace troupe::actors
