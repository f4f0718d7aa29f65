// See process_machine.hpp: a process is told to read its files again, by a signal or a command, and says when it has.
// No state changes by that. Must not signal or run anything: whoever does is asked, and answers. Source:
// docs/contract/programs.md, 7. Cases: tests/core/process_reload_test.cpp.
#include "actors/core/process_machine.hpp"
#include "actors/core/readiness.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

namespace troupe::actors {

using config::log_level;
using enum process_state;

namespace {

constexpr std::chrono::seconds until_it_speaks{1}; ///< from the signal, or the end of the command, to RELOADING=1

} // namespace

bool process_machine::is_reloading() const { return p.reload && p.reload->phase != reload_phase::none; }

void process_machine::operator()(event::reload_requested) {
  if (p.state != running || p.pid == 0)
    return;
  if (is_reloading())
    p.reload->again = true;
  else
    begin_reload();
}

void process_machine::begin_reload() {
  const auto& asked = options.reloads();
  auto& reload = p.reload.make();
  ++reload.round;
  reload.again = reload.has_said = false;
  reload.failure.clear();
  reload.limit.reset();
  if (asked.timeout.count() > 0)
    reload.limit = at.now + asked.timeout;
  if (!asked.command.empty())
    return run_reload();
  auto signo = asked.signo.value_or(SIGHUP);
  log(log_level::debug,
      "sending " + options.name + " (pid " + std::to_string(p.pid) + ") sig " + config::signal_name(signo));
  effects.emplace_back(effect::kill{signo, false, false});
  p.signalled_at = at.now;
  await_reload();
}

void process_machine::run_reload() {
  auto& reload = *p.reload;
  reload.phase = reload_phase::command;
  reload.due = reload.limit;
  effects.emplace_back(effect::reload{++reload.command, p.pid});
  rearm();
}

/// It has been told. Who never says what he is at has done it.
void process_machine::await_reload() {
  auto& reload = *p.reload;
  bool speaks = options.ready().form.what == config::check_form::kind::notify;
  bool is_at_it = p.check && p.check->reloading;
  if (!speaks || (reload.has_said && !is_at_it))
    return end_reload({});
  reload.phase = reload.has_said ? reload_phase::reloading : reload_phase::told;
  reload.due = reload.limit;
  if (!reload.has_said)
    reload.due = std::min(at.now + until_it_speaks, reload.limit.value_or(time_point::max()));
  rearm();
}

void process_machine::operator()(const event::reload_ended& e) {
  if (!is_reloading() || p.reload->phase != reload_phase::command || p.reload->command != e.number)
    return;
  p.reload->phase = reload_phase::told;
  if (e.ok)
    return await_reload();
  log(log_level::warn, "reloadcommand of " + options.name + " failed (" + config::one_line(e.text) + ")");
  end_reload("reload failed: " + e.text);
}

/// It has said something of itself, which is in the record by now.
void process_machine::note_reloading(bool began, bool is_ready) {
  if (!is_reloading())
    return;
  auto& reload = *p.reload;
  reload.has_said = reload.has_said || began;
  if (began && reload.phase == reload_phase::told) {
    reload.phase = reload_phase::reloading;
    reload.due = reload.limit;
    rearm();
  }
  if (is_ready && reload.phase == reload_phase::reloading && !p.check->reloading)
    end_reload({});
}

/// True: nothing else is due now.
bool process_machine::reload_is_due() {
  if (!is_reloading() || !p.reload->due)
    return false;
  auto& reload = *p.reload;
  if (at.now < *reload.due) {
    bool others_look = p.check || (p.stage && (p.stage->due || p.stage->next)) || (p.deadline && at.now >= *p.deadline);
    if (!others_look)
      rearm();
    return !others_look;
  }
  bool is_over = reload.limit && at.now >= *reload.limit;
  if (reload.phase == reload_phase::told && !is_over) {
    end_reload({});
    return true;
  }
  auto what = reload.phase == reload_phase::command ? "reloadcommand of " : "reload of ";
  log(log_level::warn, what + options.name + " timed out after " + seconds_text(options.reloads().timeout));
  end_reload("reload timed out");
  return true;
}

/// `failure`: empty: it went well.
void process_machine::end_reload(std::string failure) {
  auto& reload = *p.reload;
  if (std::exchange(reload.phase, reload_phase::none) == reload_phase::command)
    effects.emplace_back(effect::end_reload{});
  reload.failure = std::move(failure);
  reload.due.reset();
  reload.limit.reset();
  if (std::exchange(reload.again, false) && p.state == running && p.pid != 0)
    return begin_reload();
  rearm();
}

/// Its child is on its way to its end, or gone.
void process_machine::drop_reload(const std::string& why) {
  if (!is_reloading())
    return;
  p.reload->again = false;
  end_reload("reload failed: " + why);
}

/// Its actor is another one than before.
void process_machine::reload_again() {
  if (!is_reloading())
    return;
  if (p.reload->phase == reload_phase::command)
    return run_reload();
  rearm();
}

} // namespace troupe::actors
