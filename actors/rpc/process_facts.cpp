// See process_facts.hpp.
#include "actors/rpc/process_facts.hpp"

#include <chrono>
#include <cmath>

namespace troupe::actors {

double now_in_seconds() {
  using namespace std::chrono;
  return static_cast<double>(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()) / 1000;
}

std::string_view phase_of(const process_status& p) {
  bool is_between = p.state == process_state::stopping || (p.state == process_state::starting && !p.sweeps);
  if (is_between && p.runs != command_kind::none && p.runs != command_kind::poststop)
    return to_string(p.runs);
  switch (p.state) {
  case process_state::starting:
    if (p.pid == 0)
      return p.waiting_for.empty() ? "spawn" : "hold";
    return p.check && p.check->failing ? "failing" : "up";
  case process_state::stopping:
    return p.runs == command_kind::poststop ? "poststop" : p.sweeps ? "sweep" : p.commanded ? "stopcommand" : "signals";
  default:
    return {};
  }
}

std::string_view waiting_of(const process_status& p) {
  constexpr std::string_view all_begin_with = "waiting for ";
  std::string_view waiting = p.waiting_for.view();
  if (p.check && p.check->failing)
    return {};
  if (waiting.starts_with(all_begin_with))
    waiting.remove_prefix(all_begin_with.size());
  return waiting;
}

std::optional<double> next_start_of(const process_status& p) {
  bool starts_again = p.deadline && (p.state == process_state::backoff || p.state == process_state::exited ||
                                     (p.state == process_state::starting && p.pid == 0));
  if (!starts_again)
    return {};
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*p.deadline - clock::now());
  return std::round(now_in_seconds() * 1000 + static_cast<double>(left.count())) / 1000;
}

bool is_wanted(const process_status& p) {
  return p.wished == intent::none ? p.who->options->autostart : p.wished == intent::wanted;
}

} // namespace troupe::actors
