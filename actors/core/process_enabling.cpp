// See process_machine.hpp: a process that is disabled: what nobody has named by itself is not started. Must not keep
// who is disabled (enablement.hpp does). Source: docs/contract/programs.md, 11 and 16 (X30). Cases:
// tests/core/process_enabling_test.cpp.
#include "actors/core/process_machine.hpp"

#include <utility>

namespace troupe::actors {

using config::log_level;
using enum process_state;

/// What was to come by itself comes no more; what an operator has asked for stays.
void process_machine::operator()(event::disabling e) {
  bool was = std::exchange(p.disabled, e.disabled);
  p.disabled_until = e.disabled ? e.until : 0;
  if (was != p.disabled)
    effects.emplace_back(effect::tell{});
  if (!p.disabled || was)
    return;
  switch (p.state) {
  case starting:
    if ((is_held() || waits_by_itself(p)) && p.why != start_reason::start)
      stop(stop_cause::operators);
    return;
  case stopping:
    p.restart_pending = false;
    return;
  case backoff:
  case exited:
    return stop(stop_cause::operators);
  case stopped:
  case running:
  case fatal:
  case unknown:
    return;
  }
}

/// By an operator. Where it has ended for good there is nothing to be stopped.
void process_machine::note_stop_asked(bool passing) {
  bool restart_follows = p.deadline || (p.stage && p.stage->restart_waits);
  if (!passing && (p.state != exited || restart_follows))
    p.wished = intent::unwanted;
}

/// A restart that nobody has asked for.
bool process_machine::is_passed_over(const char* what) {
  if (p.disabled)
    log(log_level::warn, options.name + what + " is not restarted: it is disabled");
  return p.disabled;
}

/// BACKOFF, and there is no other try.
void process_machine::end_try() {
  disarm();
  p.administrative_stop = true;
  enter(stopped, 0);
}

} // namespace troupe::actors
