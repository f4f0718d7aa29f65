// Signals and the stop sequence, group by group; the steps are those of the lifecycle specification, 3.6.
// What may be in here and what not: daemon_fsm.hpp.
// The view of the groups lags behind the processes, so a start may cross a stop: such a group has its turn again.
#include "actors/daemon_fsm.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <csignal>
#include <numeric>

namespace troupe::actors {

namespace {

using config::log_level;
using protocols::mood;
using time_point = std::chrono::steady_clock::time_point;

constexpr std::chrono::seconds report_every{3};

struct machine {
  daemon_record& d;
  std::vector<daemon_action>& effects;
  const std::vector<group_view>& groups;
  time_point now;

  // -- events ------------------------------------------------------------------------------------

  void operator()(daemon_event::signal e) {
    auto name = config::signal_name(e.signo);
    switch (e.signo) {
    case SIGTERM:
    case SIGINT:
    case SIGQUIT:
      log(log_level::warn, "received " + name + " indicating exit request");
      return stop_as(mood::shutdown);
    case SIGHUP:
      if (d.mood == mood::shutdown)
        return log(log_level::warn, "ignored " + name + " indicating restart request (shutdown in progress)");
      log(log_level::warn, "received " + name + " indicating restart request");
      return stop_as(mood::restarting);
    case SIGUSR2:
      log(log_level::info, "received " + name + " indicating log reopen request");
      log(log_level::info, "supervisord logreopen");
      effects.emplace_back(daemon_effect::reopen_logs{});
      return;
    case SIGCHLD:
      return log(log_level::debug, "received " + name + " indicating a child quit");
    default:
      return log(log_level::blather, "received " + name + " indicating nothing");
    }
  }

  void operator()(daemon_event::shutdown_requested) { stop_as(mood::shutdown); }
  void operator()(daemon_event::restart_requested) { stop_as(mood::restarting); }

  void operator()(daemon_event::group_changed e) {
    if (!d.stopping || d.finished || e.group >= groups.size() || e.member >= groups[e.group].members.size())
      return;
    if (protocols::is_running(groups[e.group].members[e.member].state)) // a start crossed the stop
      stop_again(e.group);
    advance();
  }

  void operator()(daemon_event::timer_fired) {
    if (!d.stopping || d.finished)
      return;
    if (now < d.report_due)
      effects.emplace_back(daemon_effect::arm_timer{d.report_due});
    else
      report();
  }

  // -- verbs -------------------------------------------------------------------------------------

  void stop_as(mood to) {
    if (d.mood != to && d.mood != mood::shutdown) {
      d.mood = to;
      effects.emplace_back(daemon_effect::set_mood{to});
      if (d.finished)
        finish();
    }
    if (d.stopping)
      return;
    d.stopping = true;
    d.stop_queue.resize(groups.size());
    std::iota(d.stop_queue.begin(), d.stop_queue.end(), std::size_t{0});
    std::stable_sort(d.stop_queue.begin(), d.stop_queue.end(),
                     [this](auto a, auto b) { return groups[a].priority < groups[b].priority; });
    drop_stopped();
    auto first = d.stop_queue.empty() ? std::nullopt : std::optional{d.stop_queue.back()};
    effects.emplace_back(daemon_effect::publish{protocols::event_type::supervisor_state_change_stopping, first});
    advance();
    if (!d.finished)
      report();
  }

  void advance() {
    drop_stopped();
    if (d.stop_queue.empty()) {
      d.finished = true;
      return finish();
    }
    if (!d.stop_sent)
      effects.emplace_back(daemon_effect::stop_group{d.stop_queue.back()});
    d.stop_sent = true;
  }

  /// Groups that have nothing to stop cost no time (10.15).
  void drop_stopped() {
    while (!d.stop_queue.empty() && all_stopped(groups[d.stop_queue.back()])) {
      d.stop_queue.pop_back();
      d.stop_sent = false;
    }
  }

  /// A group whose turn is over has another one before the rest; one whose turn is still to come waits for it.
  void stop_again(std::size_t group) {
    auto queued = std::find(d.stop_queue.begin(), d.stop_queue.end(), group);
    if (queued == d.stop_queue.end())
      d.stop_queue.push_back(group);
    if (d.stop_queue.back() == group)
      d.stop_sent = false;
  }

  void report() {
    std::string names;
    std::vector<std::string> states;
    for (std::size_t i = 0; i < groups.size(); ++i)
      for (const auto& member : groups[i].members)
        if (!protocols::is_stopped(member.state) && !is_giving_up(i, member)) {
          names += (names.empty() ? "" : ", ") + member.name;
          states.push_back(member.name + " state: " + std::string(protocols::to_string(member.state)));
        }
    if (!names.empty())
      log(log_level::info, "waiting for " + names + " to die");
    for (auto& state : states)
      log(log_level::blather, std::move(state));
    d.report_due = now + report_every;
    effects.emplace_back(daemon_effect::arm_timer{d.report_due});
  }

  void finish() {
    effects.emplace_back(daemon_effect::finish{d.mood == mood::restarting ? daemon_end::restart : daemon_end::exit});
  }

  /// In BACKOFF when its group's turn came: nothing of it can die (T15), the view only does not show it yet.
  bool is_giving_up(std::size_t group, const group_view::member& member) const {
    return member.state == protocols::process_state::backoff && !d.stop_queue.empty() && d.stop_queue.back() == group;
  }

  static bool all_stopped(const group_view& group) {
    return std::all_of(group.members.begin(), group.members.end(),
                       [](auto& member) { return protocols::is_stopped(member.state); });
  }

  void log(log_level level, std::string text) { effects.emplace_back(daemon_effect::log{level, std::move(text)}); }
};

std::vector<std::size_t> ascending(std::span<const std::int64_t> priorities) {
  std::vector<std::size_t> order(priorities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return priorities[a] < priorities[b]; });
  return order;
}

} // namespace

daemon_transition step(daemon_record before, const daemon_happening& happened, const std::vector<group_view>& groups,
                       time_point now) {
  daemon_transition result{std::move(before), {}};
  std::visit(machine{result.after, result.effects, groups, now}, happened);
  return result;
}

std::vector<std::size_t> stop_order(std::span<const std::int64_t> priorities) {
  auto order = ascending(priorities);
  std::reverse(order.begin(), order.end());
  return order;
}

std::vector<std::size_t> request_order(std::span<const std::int64_t> priorities) { return ascending(priorities); }

std::vector<protocols::event> tick_clock::advance(std::int64_t seconds) {
  struct tick {
    protocols::event_type type;
    std::int64_t period;
  };
  constexpr tick ticks[] = {
    {protocols::event_type::tick_5, 5}, {protocols::event_type::tick_60, 60}, {protocols::event_type::tick_3600, 3600}};
  std::vector<protocols::event> due;
  for (std::size_t i = 0; i < std::size(ticks); ++i) {
    auto slice = seconds - seconds % ticks[i].period;
    if (slices_[i] && *slices_[i] != slice)
      due.push_back(protocols::tick_event(ticks[i].type, slice));
    slices_[i] = slice;
  }
  return due;
}

} // namespace troupe::actors
