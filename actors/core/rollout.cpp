// See rollout.hpp.
#include "actors/core/rollout_steps.hpp"

#include "actors/core/control.hpp"
#include "actors/core/restart_policy.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace troupe::actors {

using protocols::fault;
using protocols::process_state;
using std::chrono::milliseconds;
using place = rollout_member::place;
using step_of_batch = rollout::step_of_batch;
using time_point = rollout::time_point;

namespace {

constexpr milliseconds patience{60'000}; ///< with another one to come back, where there is no hurry otherwise

std::size_t count_of(const rollout& r, place where) {
  return static_cast<std::size_t>(
    std::count_if(r.members.begin(), r.members.end(), [&](auto& m) { return m.is == where; }));
}

std::optional<time_point> due_after(milliseconds time, time_point now) {
  return time.count() > 0 ? std::optional(now + time) : std::nullopt;
}

std::string_view word_of(config::rolling_wait wait) {
  switch (wait) {
  case config::rolling_wait::running:
    return "running";
  case config::rolling_wait::ready:
    return "ready";
  case config::rolling_wait::healthy:
    break;
  }
  return "healthy";
}

void fail(rollout& r, rollout_member& m, bool starts, fault code, std::string text) {
  finish_step(r, m, starts, place::failed, code, std::move(text));
}

/// Once it is stopped it stays so, as with a restart of its group.
bool stays_down(const rollout_member& m, const member_facts& facts) { return facts.disabled && !m.named; }

bool has_turn(const rollout& r, const rollout_member& m, const member_facts& facts) {
  bool is_down = !protocols::is_running(facts.state);
  if (m.becomes) // an update starts nobody who does not run, and does not stop who is disabled
    return facts.exists && !is_down && !facts.disabled;
  return facts.exists && (!is_down || (r.all && !stays_down(m, facts)));
}

/// Who is awaited to be ready is in nobody's service before.
bool serves(const rollout_member& m, const member_facts& facts) {
  return is_in_service(facts) && (m.wait == config::rolling_wait::running || facts.state == process_state::running);
}

/// One that has been started.
void judge(rollout& r, rollout_member& m, const member_facts& facts, time_point now) {
  using config::rolling_wait;
  auto name = full_name(m.group, m.name);
  auto up = [&] { finish_step(r, m, true, place::up, fault::success, {}); };
  if (!facts.exists || (m.answered && facts.stopped_by_hand)) {
    m.is = place::passes;
    return;
  }
  if (m.answered) {
    bool has_begun = facts.spawns > m.spawns;
    bool runs = has_begun && facts.state == process_state::running;
    bool has_run = m.has_run || runs || facts.state == process_state::exited;
    if (m.wait != rolling_wait::healthy && has_run)
      return up();
    if (m.wait == rolling_wait::running && has_begun && is_in_service(facts))
      return up();
    if (runs && facts.is_healthy)
      return up();
    if (m.has_failed || facts.state == process_state::backoff || facts.state == process_state::fatal)
      return fail(r, m, true, fault::spawn_error, protocols::make_fault(fault::spawn_error, name).text);
    if (facts.state == process_state::exited || facts.state == process_state::stopped)
      return fail(r, m, true, fault::abnormal_termination,
                  protocols::make_fault(fault::abnormal_termination, name).text);
  }
  if (m.due && now >= *m.due)
    fail(r, m, true, fault::failed, "not " + std::string(word_of(m.wait)) + " after " + seconds_text(m.up_within));
}

} // namespace

bool is_in_service(const member_facts& of) {
  return of.exists && (of.state == process_state::running || (of.state == process_state::starting && of.has_lasted));
}

std::string_view to_string(rollout_state of) {
  switch (of) {
  case rollout_state::running:
    return "running";
  case rollout_state::done:
    return "done";
  case rollout_state::failed:
    return "failed";
  case rollout_state::aborted:
    break;
  }
  return "aborted";
}

// -- its steps -----------------------------------------------------------------------------------

namespace {

class turn {
public:
  turn(rollout& r, const rollout_world& world, time_point now) : r_(r), world_(world), now_(now) {}

  std::vector<rollout_do> take() {
    while (r_.state == rollout_state::running && goes_on())
      ;
    if (look_at_ && r_.state == rollout_state::running)
      to_do_.emplace_back(rollout_action::look{*look_at_});
    return std::move(to_do_);
  }

private:
  /// False: something has to happen first.
  bool goes_on() {
    switch (r_.at) {
    case step_of_batch::picks:
      return pick();
    case step_of_batch::stops:
      return await_stops();
    case step_of_batch::starts:
      return await_starts();
    case step_of_batch::pauses:
      break;
    }
    return await_pause();
  }

  void look_again(std::optional<time_point> at) {
    if (at)
      look_at_ = look_at_ ? std::min(*look_at_, *at) : *at;
  }

  bool pick() {
    pass_over();
    bool is_over = count_of(r_, place::waits) == 0;
    if (r_.is_to_end || r_.failures > r_.maxfail || is_over) {
      r_.state = r_.failures > r_.maxfail ? rollout_state::failed
                 : is_over                ? rollout_state::done
                                          : rollout_state::aborted;
      return false;
    }
    auto batch = batch_now();
    if (batch.empty() && passes_over_last())
      return true;
    if (batch.empty())
      return await_another();
    r_.due.reset();
    begin_batch(batch);
    return true;
  }

  /// Those that do not run any more, or are gone.
  void pass_over() {
    for (auto& m : r_.members)
      if (m.is == place::waits && !has_turn(r_, m, world_.look_at(m.process)))
        m.is = place::passes;
  }

  /// Of those of the group that wait.
  bool any_comes_back(std::string_view group) const {
    return std::any_of(r_.members.begin(), r_.members.end(), [&](auto& m) {
      return m.is == place::waits && m.group == group && !stays_down(m, world_.look_at(m.process));
    });
  }

  /// The last one in service, who would not be started again: he goes on. True: there was one.
  bool passes_over_last() {
    auto first = std::find_if(r_.members.begin(), r_.members.end(), [](auto& m) { return m.is == place::waits; });
    if (any_comes_back(first->group))
      return false;
    first->is = place::passes;
    return true;
  }

  /// Of one group: as many as may be, and never the last one that is in service of several.
  std::vector<rollout_member*> batch_now() {
    auto first = std::find_if(r_.members.begin(), r_.members.end(), [](auto& m) { return m.is == place::waits; });
    const auto& group =
      *std::find_if(r_.groups.begin(), r_.groups.end(), [&](auto& g) { return g.name == first->group; });
    auto share = std::floor(r_.batch.share * static_cast<double>(group.members) + 1e-9);
    auto size = std::max<std::size_t>(
      1, static_cast<std::size_t>(r_.batch.count > 0 ? static_cast<double>(r_.batch.count) : share));
    auto may_take = members_in_service(group.name) + world_.others_in_service(r_, group.name);
    may_take = may_take > 0 ? may_take - 1 : 0;
    bool comes_back = any_comes_back(group.name);
    std::vector<rollout_member*> batch;
    for (auto& m : r_.members) {
      if (m.is != place::waits || m.group != group.name || batch.size() == size)
        continue;
      if (comes_back && stays_down(m, world_.look_at(m.process))) // at the end, so that the others find one in service
        continue;
      bool is_serving = serves(m, world_.look_at(m.process));
      if (is_serving && group.several && may_take == 0)
        continue;
      if (is_serving && may_take > 0)
        --may_take;
      batch.push_back(&m);
    }
    return batch;
  }

  std::size_t members_in_service(std::string_view group) const {
    return static_cast<std::size_t>(std::count_if(r_.members.begin(), r_.members.end(), [&](auto& m) {
      bool is_going = m.is == place::failed && !m.answered; // it was not stopped in time, and will be
      return m.group == group && !is_going && serves(m, world_.look_at(m.process));
    }));
  }

  /// Only one is in service, which has to stay: others may come back.
  bool await_another() {
    auto first = std::find_if(r_.members.begin(), r_.members.end(), [](auto& m) { return m.is == place::waits; });
    if (!r_.due)
      r_.due = now_ + (first->up_within.count() > 0 ? first->up_within : patience);
    if (now_ >= *r_.due) {
      r_.state = rollout_state::failed;
      return false;
    }
    look_again(r_.due);
    return false;
  }

  void begin_batch(const std::vector<rollout_member*>& batch) {
    rollout_action::stop stop;
    for (auto* m : batch) {
      auto facts = world_.look_at(m->process);
      bool runs = protocols::is_running(facts.state);
      m->spawns = facts.spawns;
      m->is = runs ? place::stops : place::stopped;
      if (!runs)
        continue;
      m->due = due_after(m->stopped_within, now_);
      stop.whom.push_back(m->process);
    }
    if (!stop.whom.empty())
      to_do_.emplace_back(std::move(stop));
    r_.at = step_of_batch::stops;
  }

  bool await_stops() {
    rollout_action::stop again;
    for (auto& m : r_.members) {
      if (m.is != place::stops)
        continue;
      if (!world_.look_at(m.process).exists)
        m.is = place::passes;
      else if (m.due && now_ >= *m.due)
        fail(r_, m, false, fault::failed, "not stopped after " + seconds_text(m.stopped_within));
      else if (is_to_be_repeated(m))
        again.whom.push_back(m.process);
    }
    if (!again.whom.empty())
      to_do_.emplace_back(std::move(again));
    if (await_due(place::stops))
      return false;
    begin_starts();
    return true;
  }

  void begin_starts() {
    rollout_action::start start;
    for (auto& m : r_.members) {
      if (m.is != place::stopped)
        continue;
      auto facts = world_.look_at(m.process);
      if (!facts.exists || stays_down(m, facts)) {
        m.is = place::passes;
        continue;
      }
      m.is = place::starts;
      m.answered = m.has_run = m.has_failed = false;
      m.due = due_after(m.up_within, now_);
      start.whom.push_back(m.process);
    }
    if (!start.whom.empty())
      to_do_.emplace_back(std::move(start));
    r_.at = step_of_batch::starts;
  }

  bool await_starts() {
    rollout_action::start again;
    for (auto& m : r_.members) {
      if (m.is != place::starts)
        continue;
      judge(r_, m, world_.look_at(m.process), now_);
      if (m.is == place::starts && m.wait == config::rolling_wait::healthy)
        look_again(now_ + between_looks);
      if (m.is == place::starts && is_to_be_repeated(m))
        again.whom.push_back(m.process);
    }
    if (!again.whom.empty())
      to_do_.emplace_back(std::move(again));
    if (await_due(place::starts))
      return false;
    bool pauses = r_.pause.count() > 0 && !r_.is_to_end && r_.failures <= r_.maxfail && count_of(r_, place::waits) > 0;
    r_.at = pauses ? step_of_batch::pauses : step_of_batch::picks;
    r_.due = pauses ? std::optional(now_ + r_.pause) : std::nullopt;
    return true;
  }

  bool await_pause() {
    if (now_ < *r_.due && !r_.is_to_end) {
      look_again(r_.due);
      return false;
    }
    r_.due.reset();
    r_.at = step_of_batch::picks;
    return true;
  }

  /// True: there are some who are there, still.
  bool await_due(place where) {
    bool any = false;
    for (const auto& m : r_.members)
      if (m.is == where) {
        any = true;
        look_again(m.due);
        look_again(m.repeat);
      }
    return any;
  }

  bool is_to_be_repeated(rollout_member& m) const {
    bool is_due = m.repeat && now_ >= *m.repeat;
    if (is_due)
      m.repeat.reset();
    return is_due;
  }

  rollout& r_;
  const rollout_world& world_;
  const time_point now_;
  std::optional<time_point> look_at_;
  std::vector<rollout_do> to_do_;
};

} // namespace

void begin(rollout& r, const rollout_world& world) {
  for (auto& group : r.groups) {
    std::size_t in_service = world.others_in_service(r, group.name);
    for (const auto& m : r.members) {
      if (m.group != group.name)
        continue;
      auto facts = world.look_at(m.process);
      in_service += is_in_service(facts) ? 1U : 0U;
      group.members += has_turn(r, m, facts) ? 1U : 0U;
    }
    group.several = in_service > 1;
  }
}

std::vector<rollout_do> advance(rollout& r, const rollout_world& world, time_point now) {
  return turn{r, world, now}.take();
}

} // namespace troupe::actors
