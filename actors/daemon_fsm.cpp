// See daemon_fsm.hpp.
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
    if (!d.stopping || d.finished)
      return;
    // A member that came up after its group was told to stop is told again (step 3 of 3.6).
    if (d.stop_sent && !d.stop_queue.empty() && d.stop_queue.back() == e.group &&
        protocols::is_running(groups[e.group].members[e.member].state))
      effects.emplace_back(daemon_effect::stop_group{e.group});
    advance();
  }

  void operator()(daemon_event::timer_fired) {
    if (d.stopping && !d.finished)
      report();
  }

  // -- verbs -------------------------------------------------------------------------------------

  void stop_as(mood to) {
    if (d.mood != to && d.mood != mood::shutdown) {
      d.mood = to;
      effects.emplace_back(daemon_effect::set_mood{to});
    }
    if (d.stopping)
      return;
    d.stopping = true;
    effects.emplace_back(daemon_effect::publish{protocols::event_type::supervisor_state_change_stopping});
    d.stop_queue.resize(groups.size());
    std::iota(d.stop_queue.begin(), d.stop_queue.end(), std::size_t{0});
    std::stable_sort(d.stop_queue.begin(), d.stop_queue.end(),
                     [this](auto a, auto b) { return groups[a].priority < groups[b].priority; });
    report();
    advance();
  }

  void advance() {
    while (!d.stop_queue.empty()) {
      auto current = d.stop_queue.back();
      if (!all_stopped(groups[current])) {
        if (!d.stop_sent)
          effects.emplace_back(daemon_effect::stop_group{current});
        d.stop_sent = true;
        return;
      }
      d.stop_queue.pop_back();
      d.stop_sent = false;
    }
    d.finished = true;
    effects.emplace_back(
      daemon_effect::finish{d.mood == mood::restarting ? daemon_end::restart : daemon_end::exit});
  }

  void report() {
    std::string names;
    for (const auto& group : groups)
      for (const auto& member : group.members)
        if (!protocols::is_stopped(member.state))
          names += (names.empty() ? "" : ", ") + member.name;
    if (names.empty())
      return;
    log(log_level::info, "waiting for " + names + " to die");
    for (const auto& group : groups)
      for (const auto& member : group.members)
        if (!protocols::is_stopped(member.state))
          log(log_level::blather, member.name + " state: " + std::string(protocols::to_string(member.state)));
    effects.emplace_back(daemon_effect::arm_timer{now + report_every});
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
  constexpr tick ticks[] = {{protocols::event_type::tick_5, 5},
                            {protocols::event_type::tick_60, 60},
                            {protocols::event_type::tick_3600, 3600}};
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
