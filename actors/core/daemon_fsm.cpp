// Signals and the stop sequence; groups of equal priority are one batch, a pool is one by itself. The steps are those
// of docs/contract/lifecycle.md, 3.6. What may be in here and what not: daemon_fsm.hpp. The view of the groups lags
// behind the processes, so a start may cross a stop: such a group has its turn again.
#include "actors/core/daemon_fsm.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <csignal>
#include <numeric>

namespace troupe::actors {

namespace {

using config::log_level;
using protocols::daemon_state;
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
      return stop_as(daemon_state::shutdown);
    case SIGHUP:
      if (d.state == daemon_state::shutdown)
        return log(log_level::warn, "ignored " + name + " indicating restart request (shutdown in progress)");
      log(log_level::warn, "received " + name + " indicating restart request");
      return stop_as(daemon_state::restarting);
    case SIGUSR2:
      log(log_level::info, "received " + name + " indicating log reopen request");
      log(log_level::info, "supervisord logreopen");
      effects.emplace_back(daemon_effect::reopen_logs{});
      return;
    default:
      return log(log_level::blather, "received " + name + " indicating nothing");
    }
  }

  void operator()(daemon_event::shutdown_requested) { stop_as(daemon_state::shutdown); }
  void operator()(daemon_event::restart_requested) { stop_as(daemon_state::restarting); }

  /// The first one counts.
  void operator()(const daemon_event::essential_ended& e) {
    if (d.stopping || d.state != daemon_state::running)
      return;
    d.status = e.status;
    log(log_level::critical, e.text);
    stop_as(daemon_state::shutdown);
  }

  void operator()(daemon_event::group_changed e) {
    if (!d.stopping || d.finished || e.group >= groups.size() || e.member >= groups[e.group].members.size())
      return;
    auto state = groups[e.group].members[e.member].state;
    if (protocols::is_running(state)) // a start crossed the stop
      stop_again(e.group);
    else if (protocols::is_stopped(state))
      advance();
  }

  void operator()(daemon_event::timer_fired) {
    if (!d.stopping || d.finished)
      return;
    if (now < d.report_due)
      effects.emplace_back(daemon_effect::arm_timer{d.report_due});
    else {
      repeat();
      report();
    }
  }

  void operator()(daemon_event::rebuilt) {
    if (d.finished)
      finish();
  }

  // -- verbs -------------------------------------------------------------------------------------

  void stop_as(daemon_state to) {
    if (d.state != to && d.state != daemon_state::shutdown) {
      d.state = to;
      effects.emplace_back(daemon_effect::set_state{to});
      if (d.finished)
        finish();
    }
    if (d.stopping)
      return;
    d.stopping = true;
    d.stop_queue.resize(groups.size());
    std::iota(d.stop_queue.begin(), d.stop_queue.end(), std::size_t{0});
    std::stable_sort(d.stop_queue.begin(), d.stop_queue.end(), [this](auto a, auto b) {
      return std::pair(groups[a].priority, !groups[a].pool) < std::pair(groups[b].priority, !groups[b].pool);
    });
    drop_stopped();
    d.batch = d.stop_queue.size();
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
    if (d.stop_queue.size() <= d.batch)
      begin_batch();
  }

  /// Those at the end of the queue that need not wait for each other, the last one first.
  void begin_batch() {
    const auto& last = groups[d.stop_queue.back()];
    d.batch = d.stop_queue.size() - 1;
    while (d.batch > 0 && !last.pool && goes_with(groups[d.stop_queue[d.batch - 1]], last))
      --d.batch;
    for (auto i = d.stop_queue.size(); i-- > d.batch;)
      if (!all_stopped(groups[d.stop_queue[i]]))
        effects.emplace_back(daemon_effect::stop_group{d.stop_queue[i]});
  }

  static bool goes_with(const group_view& group, const group_view& other) {
    return !group.pool && group.priority == other.priority;
  }

  /// Groups that have nothing to stop cost no time (10.15).
  void drop_stopped() {
    while (!d.stop_queue.empty() && all_stopped(groups[d.stop_queue.back()]))
      d.stop_queue.pop_back();
  }

  /// A group whose turn is over has another one before the rest; one whose turn is still to come waits for it.
  void stop_again(std::size_t group) {
    auto queued = std::find(d.stop_queue.begin(), d.stop_queue.end(), group);
    if (queued == d.stop_queue.end())
      queued = d.stop_queue.insert(queued, group);
    if (static_cast<std::size_t>(queued - d.stop_queue.begin()) >= d.batch)
      effects.emplace_back(daemon_effect::stop_group{group});
  }

  /// Whoever still runs has not heard of it: its actor may have died with the message.
  void repeat() {
    for (auto i = d.stop_queue.size(); i-- > d.batch;) {
      const auto& members = groups[d.stop_queue[i]].members;
      if (std::any_of(members.begin(), members.end(), [](auto& m) { return protocols::is_running(m.state); }))
        effects.emplace_back(daemon_effect::stop_group{d.stop_queue[i]});
    }
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
    effects.emplace_back(
      daemon_effect::finish{d.state == daemon_state::restarting ? daemon_end::restart : daemon_end::exit, d.status});
  }

  /// In BACKOFF when its group's turn came: nothing of it can die (T15), the view only does not show it yet.
  bool is_giving_up(std::size_t group, const group_view::member& member) const {
    return member.state == protocols::process_state::backoff &&
           std::find(d.stop_queue.begin() + static_cast<std::ptrdiff_t>(std::min(d.batch, d.stop_queue.size())),
                     d.stop_queue.end(), group) != d.stop_queue.end();
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
