// What a process does, as lines: a script of events is played, and each effect is a line of the trace. Must not hold
// tests; shared by those of process_fsm.
#pragma once

#include "actors/core/process_fsm.hpp"
#include "protocols/events.hpp"
#include "tests/core/process_fixture.hpp"

#include <string>
#include <vector>

namespace troupe::actors {

struct beat {
  double at; ///< seconds since the start
  process_event happened;
  daemon_state daemon = daemon_state::running;
  double ahead = 0; ///< the wall clock against the steady one, seconds
};
using beats = std::vector<beat>;
using trace = std::vector<std::string>;

inline std::string to_text(const process_effect& e) {
  struct {
    std::string operator()(effect::spawn) { return "spawn"; }
    std::string operator()(effect::kill k) {
      return "kill " + std::to_string(k.to_group ? -100 : 100) + " " + std::to_string(k.signo);
    }
    std::string operator()(effect::arm_timer) { return ""; }
    std::string operator()(effect::cancel_timer) { return ""; }
    std::string operator()(const effect::emit& m) {
      auto event = troupe::protocols::process_state_event("p", "p", m.from, m.to, m.tries, m.pid, m.expected);
      return std::string(troupe::protocols::to_string(event.type).substr(14)) +
             event.body.substr(std::string("processname:p groupname:p").size());
    }
    std::string operator()(effect::look_at_dependencies l) { return l.pull_in ? "pull in and look" : "look"; }
    std::string operator()(effect::probe p) {
      return (p.of_health ? "look at health " : "look ") + std::to_string(p.number);
    }
    std::string operator()(effect::tell) { return ""; }
    std::string operator()(effect::end_probe) { return "end of the look"; }
    std::string operator()(const effect::emit_health& m) {
      auto event = troupe::protocols::process_health_event(m.healthy, "p", "p", m.pid, m.failures, m.text);
      return std::string(troupe::protocols::to_string(event.type)) +
             event.body.substr(std::string("processname:p groupname:p").size());
    }
    std::string operator()(const effect::run& r) {
      return "run " + std::string(to_string(r.what)) + " " + std::to_string(r.number);
    }
    std::string operator()(effect::end_run) { return "end of the command"; }
    std::string operator()(effect::sweep s) {
      return "sweep " + std::to_string(s.number) + " behind " + std::to_string(s.pid) + " with " +
             std::to_string(s.signo);
    }
    std::string operator()(effect::end_sweep) { return "end of the sweep"; }
    std::string operator()(const effect::emit_notice& n) {
      auto event = troupe::protocols::process_notice_event("p", "p", n.pid, n.hook, n.text);
      return std::string(troupe::protocols::to_string(event.type)) +
             event.body.substr(std::string("processname:p groupname:p").size());
    }
    std::string operator()(effect::tell_failure) { return "its group is told"; }
    std::string operator()(const effect::end_daemon& e) { return "end " + std::to_string(e.status) + ": " + e.text; }
    std::string operator()(const effect::reload& r) { return "run reloadcommand " + std::to_string(r.number); }
    std::string operator()(effect::end_reload) { return "end of the reloadcommand"; }
    std::string operator()(effect::return_event) { return "its event goes back"; }
    std::string operator()(const effect::log& l) {
      const char* label = l.level == config::log_level::debug  ? "DEBG "
                          : l.level == config::log_level::info ? "INFO "
                          : l.level == config::log_level::warn ? "WARN "
                                                               : "CRIT ";
      return label + l.text;
    }
  } visitor;
  return std::visit(visitor, e);
}

inline trace play(const config::process_options& options, const beats& script, process_record& record) {
  trace out;
  for (const auto& b : script) {
    auto [after, effects] = step(options, record, b.happened, {at_second(b.at), wall_at(b.at + b.ahead), b.daemon});
    record = after;
    for (const auto& e : effects)
      if (auto text = to_text(e); !text.empty())
        out.push_back(text);
  }
  return out;
}

} // namespace troupe::actors
