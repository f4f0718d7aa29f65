// See dependency_rules.hpp.
#include "actors/core/dependency_rules.hpp"

#include "actors/core/restart_policy.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace troupe::actors {

namespace {

using stage = dependency_facts::stage;
using config::dependency_options;

bool satisfies(condition what, const dependency_facts& of) {
  switch (what) {
  case condition::started:
    return of.at == stage::running || (of.at == stage::starting && of.has_child);
  case condition::running:
    return of.at == stage::running || (of.at == stage::starting && of.has_child && of.up_long_enough);
  case condition::ready:
    return of.at == stage::running;
  case condition::exited:
    return of.at == stage::exited || (of.at == stage::fatal && of.ended);
  case condition::exited_ok:
    return of.at == stage::exited && of.expected;
  }
  return false;
}

/// It does nothing now, and nobody starts it by itself.
bool is_disabled(const dependency_facts& of) {
  return of.disabled && (of.at == stage::stopped || of.at == stage::exited || of.at == stage::fatal);
}

/// It does not satisfy, and will not by itself.
bool is_hopeless(condition what, const dependency_facts& of) {
  if (!of.in_service || of.at == stage::fatal || of.at == stage::unknown)
    return true;
  if (of.at == stage::stopped)
    return of.disabled || (!of.never_started && !of.is_passing);
  return of.at == stage::exited && of.stays && what != condition::exited;
}

bool may_be_started(condition what, start_cause because, const dependency_facts& of) {
  if (!of.in_service || of.starts_itself || of.disabled)
    return false;
  bool for_operator = because == start_cause::operators;
  switch (of.at) {
  case stage::stopped:
    return of.never_started || for_operator;
  case stage::fatal:
    return for_operator;
  case stage::exited: // what has done its work badly is done again if somebody asks for it
    return for_operator || (what != condition::exited && what != condition::exited_ok);
  case stage::starting:
  case stage::running:
  case stage::backoff:
  case stage::stopping:
  case stage::unknown:
    break;
  }
  return false;
}

/// Not STARTING, RUNNING or STOPPING, where there is nothing to be said.
std::string_view word_of(const dependency_facts& of) {
  if (!of.in_service)
    return "not in service";
  if (is_disabled(of))
    return "disabled";
  switch (of.at) {
  case stage::stopped:
    return "STOPPED";
  case stage::exited:
    return "EXITED";
  case stage::backoff:
    return "BACKOFF";
  case stage::fatal:
    return "FATAL";
  case stage::unknown:
    return "UNKNOWN";
  case stage::starting:
  case stage::running:
  case stage::stopping:
    break;
  }
  return {};
}

/// Nobody of a circle is made before the others: two configurations may lead to one that neither has.
bool is_deadlock(const dependency_graph::item& of, const facts_of_node& known) {
  return of.leads_back && std::none_of(of.members.begin(), of.members.end(), [&](auto m) {
           auto fact = known(m);
           return fact.has_child || fact.at == stage::backoff;
         });
}

/// Whether anything is under way for whoever is held.
class stuck_look {
public:
  stuck_look(const dependency_graph& graph, const facts_of_node& known, bool retries_count)
      : graph_(graph), known_(known), retries_count_(retries_count) {}

  bool of(std::size_t node) {
    const auto& items = graph_.items_of(node);
    return std::any_of(items.begin(), items.end(), [this](auto& item) { return is_in_vain(item); });
  }

  /// It is waited for, and too few can come.
  bool is_in_vain(const dependency_graph::item& item) {
    auto verdict = look_at(item, known_);
    if (verdict == verdict_on_item::met || (item.soft && is_settled(item, known_)))
      return false;
    if (verdict == verdict_on_item::failed)
      return true;
    auto can_come = std::count_if(item.members.begin(), item.members.end(), [&](auto m) { return comes(item, m); });
    return item.members.empty() || static_cast<std::size_t>(can_come) < item.needed;
  }

private:
  static constexpr std::size_t deepest = 100; ///< nobody looks further

  bool comes(const dependency_graph::item& item, std::size_t member) {
    auto fact = known_(member);
    if (satisfies(item.what, fact))
      return true;
    if (is_hopeless(item.what, fact) || (fact.at == stage::backoff && (!retries_count_ || fact.stays)))
      return false;
    bool is_looked_at = std::find(path_.begin(), path_.end(), member) != path_.end();
    if (!fact.is_held || is_looked_at || path_.size() >= deepest)
      return true;
    auto [found, is_new] = known_stuck_.try_emplace(member, false);
    if (is_new) {
      path_.push_back(member);
      found->second = of(member); // the map's elements stay where they are
      path_.pop_back();
    }
    return !found->second;
  }

  const dependency_graph& graph_;
  const facts_of_node& known_;
  bool retries_count_;
  std::vector<std::size_t> path_; ///< who waits for whom, down to where we look
  std::map<std::size_t, bool> known_stuck_;
};

/// One look at all items of a process.
struct items_look {
  const dependency_graph& graph;
  std::size_t node;
  const dependency_options& options;
  const dependency_hold& hold;
  const facts_of_node& known;
  dependency_view view{};
  std::size_t waits_for = 0;
  stuck_look stuck{graph, known, true};

  void take() {
    view.passed = hold.passed;
    const auto& items = graph.items_of(node);
    for (std::size_t i = 0; i < items.size(); ++i)
      take(items[i], i < 64 ? item_bits{1} << i : 0);
    if (waits_for > 1)
      view.waiting += " and " + std::to_string(waits_for - 1) + " more";
  }

  void take(const dependency_graph::item& item, item_bits bit) {
    auto verdict = look_at(item, known);
    bool leads_back = verdict == verdict_on_item::unmet && is_deadlock(item, known);
    bool is_met = verdict == verdict_on_item::met;
    if (is_met && !item.soft && (item.what == condition::running || item.what == condition::ready))
      view.relies_on |= bit;
    else if ((hold.relies_on & bit) != 0 && view.lost.empty())
      view.lost = item.shown;
    if (is_met || (view.passed & bit) != 0)
      return;
    if (!item.soft && view.unmet.empty())
      view.unmet = item.shown;
    if (item.soft) {
      if (!hold.overdue && !leads_back && !is_settled(item, known))
        wait_for(item);
      return;
    }
    if (verdict == verdict_on_item::failed)
      return note_failure(item, bit, why_failed(item, known));
    if (leads_back)
      return note_failure(item, bit, "leads back to " + known(node).name);
    if (hold.overdue)
      return note_failure(item, bit, "not met after " + seconds_text(options.timeout));
    wait_for(item);
  }

  void note_failure(const dependency_graph::item& item, item_bits bit, const std::string& why) {
    if (options.failure == dependency_options::on_failure::ignore) {
      view.passed |= bit;
      view.skipped += (view.skipped.empty() ? "" : "\n") + item.shown + ": " + why;
      return;
    }
    if (view.failure.empty())
      view.failure = "dependency " + item.shown + ": " + why;
    wait_for(item);
  }

  void wait_for(const dependency_graph::item& item) {
    view.stuck = view.stuck || !view.failure.empty() || stuck.is_in_vain(item);
    if (waits_for++ > 0)
      return;
    view.first = item.shown;
    view.waiting = "waiting for " + shown_unmet(item, known);
  }
};

} // namespace

verdict_on_item look_at(const dependency_graph::item& of, const facts_of_node& known) {
  if (of.members.empty())
    return of.is_known ? verdict_on_item::unmet : verdict_on_item::failed;
  std::size_t met = 0, possible = 0;
  for (auto member : of.members) {
    auto fact = known(member);
    if (satisfies(of.what, fact))
      ++met;
    else if (!is_hopeless(of.what, fact))
      ++possible;
  }
  return met >= of.needed             ? verdict_on_item::met
         : met + possible < of.needed ? verdict_on_item::failed
                                      : verdict_on_item::unmet;
}

bool is_settled(const dependency_graph::item& of, const facts_of_node& known) {
  return look_at(of, known) != verdict_on_item::unmet ||
         std::any_of(of.members.begin(), of.members.end(), [&](auto m) { return known(m).at == stage::backoff; });
}

std::string share_met(const dependency_graph::item& of, const facts_of_node& known) {
  auto met = std::count_if(of.members.begin(), of.members.end(), [&](auto m) { return satisfies(of.what, known(m)); });
  return std::to_string(std::min(static_cast<std::size_t>(met), of.needed)) + " of " + std::to_string(of.needed);
}

std::string why_failed(const dependency_graph::item& of, const facts_of_node& known) {
  if (of.members.empty())
    return of.target + " is not in service";
  if (of.members.size() != 1)
    return share_met(of, known) + " are " + std::string(to_string(of.what));
  auto fact = known(of.members.front());
  if (fact.in_service && fact.at == stage::exited && !fact.disabled)
    return fact.name + " exited (" + fact.end + ")";
  return fact.name + " is " + std::string(word_of(fact));
}

std::string shown_unmet(const dependency_graph::item& of, const facts_of_node& known) {
  if (of.members.size() > 1)
    return of.shown + " (" + share_met(of, known) + ")";
  if (of.members.empty())
    return of.shown + " (not in service)";
  auto fact = known(of.members.front());
  auto word = word_of(fact);
  return word.empty() ? of.shown : of.shown + " (" + fact.name + " is " + std::string(word) + ")";
}

dependency_view view_of(const dependency_graph& graph, std::size_t node, const dependency_options& options,
                        const dependency_hold& hold, const facts_of_node& known) {
  items_look look{graph, node, options, hold, known};
  look.take();
  return std::move(look.view);
}

std::vector<std::size_t> pulled_in(const dependency_graph& graph, std::size_t node, start_cause because,
                                   const facts_of_node& known) {
  std::vector<bool> seen(graph.size());
  std::vector<std::size_t> to_look_at{node}, found;
  seen[node] = true;
  while (!to_look_at.empty()) {
    auto next = to_look_at.back();
    to_look_at.pop_back();
    for (const auto& wanted : graph.items_of(next)) {
      if (look_at(wanted, known) == verdict_on_item::met)
        continue;
      for (auto member : wanted.members) {
        auto fact = known(member);
        if (seen[member] || satisfies(wanted.what, fact))
          continue;
        bool starts = may_be_started(wanted.what, because, fact);
        bool is_held = fact.at == stage::starting && !fact.has_child; // what it waits for is needed, too
        if (!starts && !is_held)
          continue;
        seen[member] = true;
        to_look_at.push_back(member);
        if (starts)
          found.push_back(member);
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::size_t> needed_first(const dependency_graph& graph, const std::vector<std::size_t>& set) {
  std::vector<bool> seen(graph.size()), wanted(graph.size());
  for (auto node : set)
    wanted[node] = true;
  std::vector<std::size_t> found;
  struct step {
    std::size_t node;
    bool is_over; ///< all that it needs has been looked at
  };
  std::vector<step> to_do;
  for (auto begin = set.rbegin(); begin != set.rend(); ++begin)
    to_do.push_back({*begin, false});
  while (!to_do.empty()) {
    auto [node, is_over] = to_do.back();
    to_do.pop_back();
    if (is_over && wanted[node])
      found.push_back(node);
    if (is_over || seen[node])
      continue;
    seen[node] = true;
    to_do.push_back({node, true});
    for (const auto& item : graph.items_of(node))
      for (auto member : item.members)
        if (!seen[member])
          to_do.push_back({member, false});
  }
  return found;
}

bool is_stuck(const dependency_graph& graph, std::size_t node, const facts_of_node& known, bool retries_count) {
  return stuck_look(graph, known, retries_count).of(node);
}

std::vector<std::size_t> running_dependents(const dependency_graph& graph, const std::vector<std::size_t>& on,
                                            const std::function<bool(std::size_t)>& is_stopped) {
  std::vector<bool> seen(graph.size());
  for (auto node : on)
    seen[node] = true;
  std::vector<std::size_t> to_look_at = on, found;
  while (!to_look_at.empty()) {
    auto next = to_look_at.back();
    to_look_at.pop_back();
    for (auto node : graph.dependents_of(next)) {
      if (seen[node])
        continue;
      seen[node] = true;
      to_look_at.push_back(node);
      if (!is_stopped(node))
        found.push_back(node);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::size_t> may_stop(const dependency_graph& graph, const std::vector<std::size_t>& set,
                                  const std::function<bool(std::size_t)>& is_stopped) {
  std::vector<bool> needed(graph.size()); // by somebody of the set who still runs
  std::vector<std::size_t> running, to_look_at, now;
  std::copy_if(set.begin(), set.end(), std::back_inserter(running), [&](auto node) { return !is_stopped(node); });
  to_look_at = running;
  while (!to_look_at.empty()) {
    auto node = to_look_at.back();
    to_look_at.pop_back();
    for (const auto& wanted : graph.items_of(node))
      for (auto member : wanted.members)
        if (!needed[member]) {
          needed[member] = true;
          to_look_at.push_back(member);
        }
  }
  std::copy_if(running.begin(), running.end(), std::back_inserter(now), [&](auto node) { return !needed[node]; });
  return now.empty() ? running : now; // groups of two configurations may lead back to each other
}

} // namespace troupe::actors
