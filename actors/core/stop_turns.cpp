// See stop_turns.hpp. A node is in the way of all that it needs while it is to be stopped and runs, or while somebody
// is in its own way; each node counts the ways on which somebody is in its way.
#include "actors/core/stop_turns.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

bool leads_back(const program_graph& programs) {
  for (std::size_t node = 0; node < programs.nodes.size(); ++node)
    for (const auto& item : programs.graph.items_of(node))
      if (item.leads_back)
        return true;
  return false;
}

} // namespace

stop_turns::stop_turns(program_graph_ptr programs)
    : programs_(std::move(programs)), has_circles_(programs_ && leads_back(*programs_)),
      places_(programs_ ? programs_->nodes.size() : 0) {}

void stop_turns::add(std::uint64_t process, bool runs) {
  if (auto node = programs_ ? programs_->node_of(process) : std::nullopt)
    set(*node, true, runs);
  else
    others_[process] = {.is_member = true, .runs = runs};
}

void stop_turns::add_with_dependents(std::uint64_t process, const state_of_process& runs) {
  auto first = programs_ ? programs_->node_of(process) : std::nullopt;
  if (!first)
    return add(process, runs(process));
  set_told(*first, false);
  std::vector<std::size_t> to_look_at{*first};
  while (!to_look_at.empty()) {
    auto node = to_look_at.back();
    to_look_at.pop_back();
    if (places_[node].is_member) // with all that depend on it
      continue;
    auto id = programs_->nodes[node].process;
    set(node, true, id != 0 && runs(id));
    const auto& dependents = programs_->graph.dependents_of(node);
    to_look_at.insert(to_look_at.end(), dependents.begin(), dependents.end());
  }
}

void stop_turns::note(std::uint64_t process, bool runs) {
  auto node = programs_ ? programs_->node_of(process) : std::nullopt;
  if (auto other = others_.find(process); other != others_.end())
    other->second.runs = runs;
  else if (node && places_[*node].is_member)
    set(*node, true, runs);
}

void stop_turns::leave(std::uint64_t process) {
  others_.erase(process);
  if (auto node = programs_ ? programs_->node_of(process) : std::nullopt)
    set(*node, false, false);
}

std::vector<std::uint64_t> stop_turns::take() {
  std::vector<std::uint64_t> now;
  for (auto& [process, of] : others_)
    if (of.runs && !std::exchange(of.told, true))
      now.push_back(process);
  for (auto node : whose_turn()) {
    set_told(node, true);
    now.push_back(programs_->nodes[node].process);
  }
  return now;
}

std::vector<std::size_t> stop_turns::whose_turn() const {
  std::vector<std::size_t> now;
  if (has_circles_) {
    std::vector<std::size_t> all;
    for (std::size_t node = 0; node < places_.size(); ++node)
      if (places_[node].is_member)
        all.push_back(node);
    now = may_stop_now(*programs_, all, [this](std::size_t node) { return !places_[node].runs; });
    std::erase_if(now, [this](auto node) { return places_[node].told; });
    return now;
  }
  // dependencies beat priority
  bool by_priority = std::any_of(free_.begin(), free_.end(), [this](auto node) { return has_turn(node); });
  std::copy_if(waiting_.begin(), waiting_.end(), std::back_inserter(now),
               [&](auto node) { return !by_priority || has_turn(node); });
  return now;
}

/// Nobody of a higher priority runs of a group that stops in order.
bool stop_turns::has_turn(std::size_t node) const {
  const auto& of = programs_->nodes[node];
  return !of.ordered || running_.at(of.group.view()).rbegin()->first == of.options->priority;
}

void stop_turns::set(std::size_t node, bool is_member, bool runs) {
  auto& of = places_[node];
  bool was = of.is_in_the_way(), counted = of.is_member && of.runs, counts = is_member && runs;
  of.is_member = is_member;
  of.runs = runs;
  if (counted != counts && programs_->nodes[node].ordered)
    count_in_group(node, counts);
  settle(node);
  if (was != of.is_in_the_way())
    spread(node);
}

void stop_turns::set_told(std::size_t node, bool told) {
  places_[node].told = told;
  settle(node);
}

void stop_turns::count_in_group(std::size_t node, bool more) {
  const auto& of = programs_->nodes[node];
  auto& by_priority = running_[of.group.view()];
  auto& count = by_priority[of.options->priority];
  if (count += more ? 1 : -1; count == 0)
    by_priority.erase(of.options->priority);
}

void stop_turns::settle(std::size_t node) {
  const auto& of = places_[node];
  bool is_free = of.is_member && of.runs && of.blocked_by == 0;
  if (!is_free)
    free_.erase(node);
  else
    free_.insert(node);
  if (!is_free || of.told)
    waiting_.erase(node);
  else
    waiting_.insert(node);
}

/// It has come to be in the way of others, or is no more. Where somebody leads back to himself nobody counts.
void stop_turns::spread(std::size_t from) {
  if (has_circles_)
    return;
  std::vector<std::size_t> changed{from};
  while (!changed.empty()) {
    auto node = changed.back();
    changed.pop_back();
    bool more = places_[node].is_in_the_way();
    for (const auto& item : programs_->graph.items_of(node))
      for (auto member : item.members) {
        auto& of = places_[member];
        bool was = of.is_in_the_way();
        of.blocked_by += more ? 1 : -1;
        settle(member);
        if (was != of.is_in_the_way())
          changed.push_back(member);
      }
  }
}

} // namespace troupe::actors
