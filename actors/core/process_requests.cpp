// See process_requests.hpp.
#include "actors/core/process_requests.hpp"

#include "actors/core/passing_stop.hpp"

namespace troupe::actors {

using protocols::fault;
using protocols::make_fault;

namespace {

process_outcome refused(fault code, const std::string& detail) { return process_outcome::of(make_fault(code, detail)); }

std::optional<process_outcome> refuse_start(process_state state, const std::string& shown) {
  switch (state) {
  case process_state::starting:
  case process_state::running:
  case process_state::backoff:
    return refused(fault::already_started, shown);
  case process_state::stopping:
    return refused(fault::abnormal_termination, shown);
  case process_state::unknown:
    return refused(fault::failed, shown + " is in an unknown process state");
  case process_state::stopped:
  case process_state::exited:
  case process_state::fatal:
    break;
  }
  return {};
}

std::optional<process_outcome> started(const process_task& task, const process_record& r, const way_up& up,
                                       const std::string& shown) {
  if (r.state == process_state::starting && r.pid == 0) {
    bool waits = r.hold.holds || (r.stage && waits_by_itself(r));
    bool in_vain = !r.spawnerr.empty() || (r.hold.stuck && task.wait); // and yet it goes on waiting
    bool gives_answer = waits && (!task.wait || in_vain);
    if (!gives_answer)
      return {}; // the spawn is under way, or still to come
    auto why = r.waiting_for.empty() ? std::string() : ": " + r.waiting_for.str();
    return in_vain ? refused(fault::spawn_error, shown + why) : process_outcome{};
  }
  if (r.state == process_state::starting && r.check && r.check->failing)
    return {}; // it is killed first; until then another start would be refused
  if (!r.spawnerr.empty())
    return refused(fault::spawn_error, shown);
  if (up.oneshot && task.wait && r.state == process_state::running)
    return {}; // until its end
  if (r.state == process_state::running || (up.oneshot && r.state == process_state::exited))
    return process_outcome{};
  if (r.state != process_state::starting)
    return refused(fault::abnormal_termination, shown);
  if (!task.wait && up.takes_time)
    return process_outcome{};
  return {};
}

std::optional<process_outcome> reloaded(const process_task& task, const process_record& r) {
  bool is_over = !task.wait || !r.reload || r.reload->phase == reload_phase::none || r.reload->round > task.round;
  if (!is_over)
    return {};
  if (!task.wait || !r.reload || r.reload->failure.empty())
    return process_outcome{};
  return refused(fault::failed, r.reload->failure);
}

} // namespace

way_up way_up_of(const config::process_options& options) {
  if (options.oneshot())
    return {.oneshot = true};
  return {.takes_time = options.startsecs > 0 || options.ready().form || !options.hooks().poststart.command.empty()};
}

bool passes_over(const process_task& task, const process_record& record) {
  if (task.what != verb::start)
    return false;
  if (record.disabled && (task.one_of_many || task.for_others || task.for_group))
    return true;
  bool ends_restart = task.for_group || is_of_restart(task.reason);
  return ends_restart && is_stopped_by_hand(record);
}

bool starts_again(const process_record& record) {
  bool by_group = record.why == start_reason::group && !record.administrative_stop;
  return is_passing(record) || (record.state == process_state::stopping && (record.restart_pending || by_group));
}

start_reason reason_of(const process_task& task) {
  if (task.for_others)
    return start_reason::dependency;
  if (task.for_group)
    return start_reason::group;
  if (task.rolls)
    return start_reason::rolling;
  return task.reason == start_reason::none ? start_reason::start : task.reason;
}

bool concerns(verb what, process_state state) {
  switch (what) {
  case verb::start:
    return !protocols::is_running(state);
  case verb::stop:
    return protocols::is_running(state);
  case verb::kill:
    return protocols::is_running(state) || state == process_state::stopping;
  case verb::signal:
    return protocols::is_signallable(state);
  case verb::hup:
    return state == process_state::running;
  case verb::retire:
  case verb::disable:
  case verb::enable:
    break;
  }
  return true;
}

std::optional<process_outcome> refusal(const process_task& task, const process_record& record, daemon_state daemon,
                                       const std::string& shown) {
  if (task.what != verb::retire && daemon != daemon_state::running)
    return process_outcome::of(make_fault(fault::shutdown_state));
  switch (task.what) {
  case verb::start:
    return refuse_start(record.state, shown);
  case verb::stop:
    if (!protocols::is_running(record.state) && !starts_again(record) && !is_ending(record))
      return refused(fault::not_running, shown);
    return {};
  case verb::kill:
    if (!concerns(verb::kill, record.state) && !is_ending(record) && !starts_again(record))
      return refused(fault::not_running, shown);
    return {};
  case verb::signal:
    if (!task.signo)
      return refused(fault::bad_signal, task.signal_text);
    if (!protocols::is_signallable(record.state))
      return refused(fault::not_running, shown);
    return {};
  case verb::hup:
    if (!concerns(verb::hup, record.state))
      return refused(fault::not_running, shown);
    return {};
  case verb::retire:
    if (!protocols::is_stopped(record.state) || is_ending(record))
      return refused(fault::still_running, shown);
    return process_outcome{};
  case verb::disable:
  case verb::enable:
    break;
  }
  return {};
}

std::optional<process_outcome> verdict(const process_task& task, const process_record& record, const way_up& up,
                                       const std::string& shown) {
  switch (task.what) {
  case verb::start:
    return started(task, record, up, shown);
  case verb::stop:
  case verb::kill:
    if (!task.wait || (protocols::is_stopped(record.state) && !is_ending(record)))
      return process_outcome{};
    return {};
  case verb::hup:
    return reloaded(task, record);
  case verb::signal:
  case verb::retire:
  case verb::disable:
  case verb::enable:
    break;
  }
  return process_outcome{};
}

} // namespace troupe::actors
