// What the supervisor keeps of an update process by process while it is under way, and what its two files share. Must
// not be included but there. Source: docs/contract/programs.md, 6.
#pragma once

#include "actors/core/update_steps.hpp"
#include "actors/supervisor_actor.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::actors {

/// What whoever watches an update sees of it.
struct supervisor_state::told_update {
  std::string user; ///< who has asked for it; empty: somebody with all rights
  protocols::rpc_value::array steps;
  bool over = false;
  std::optional<protocols::rpc_fault> refused; ///< why it has ended before its time
};

struct supervisor_state::open_update {
  control_call call;
  std::shared_ptr<const update_wish> wish; ///< of the call
  std::uint64_t step = 0;                  ///< whose answer is waited for
  update_phase phase = update_phase::reading;
  std::vector<config::group_options_ptr> target; ///< what the groups are to be
  std::vector<config::plan_row> plan;
  std::set<std::string> added;                           ///< groups
  std::optional<process_results> results;                ///< of stops, until all is stopped that has to be
  std::deque<std::string> groups;                        ///< that are still to be removed, or added
  std::set<std::pair<std::string, std::string>> kept;    ///< processes that did not end: they stay as they are
  std::set<std::pair<std::string, std::string>> gone;    ///< that have left their group
  std::int64_t rollout = 0;                              ///< that restarts them; 0: none
  std::int64_t from = 0, to = 0;                         ///< of a scale: how many there were, and are to be
  std::vector<std::uint64_t> ends;                       ///< that ran, and whose groups they leave, or are made anew
  std::set<std::pair<std::string, std::string>> by_hand; ///< of them, by section and name: an operator has stopped them
  std::set<std::uint64_t> to_start;                      ///< that are in table.to_start for this one
  std::vector<std::uint64_t> asked;                      ///< in this step
  std::set<std::uint64_t> ended;                         ///< of them, at some time since
  protocols::rpc_value::array steps;
  std::int64_t number = 0;                            ///< by which it is watched; 0: nobody does
  std::shared_ptr<told_update> told;                  ///< null: nobody watches
  std::set<std::uint64_t> waited_for;                 ///< of those asked: they have not answered
  std::set<std::pair<std::string, std::string>> said; ///< of the members of this step: what has become of them
  std::size_t told_rolled = 0;                        ///< so many steps of the rolling restart have been told
  bool seen_stuck = false;                            ///< all that are waited for wait for nothing that comes
  time_point look_at_held_at{};                       ///< not sooner
};

/// Differs where another definition, or another state, would lead to something else.
std::string plan_id_of(const std::vector<config::plan_row>& plan, const std::vector<config::group_options_ptr>& loaded);
bool knows_group(const std::vector<config::group_options_ptr>& groups, std::string_view name);
/// In any of these: there is such a group, and whoever asks sees something of it.
bool sees_group(const member_choice_ptr& choice, std::string_view name,
                const std::vector<std::vector<config::group_options_ptr>>& where);
protocols::verdict verdict_of(const member_choice& choice, const config::plan_row& row,
                              const std::vector<config::group_options_ptr>& active,
                              const std::vector<config::group_options_ptr>& loaded);

} // namespace troupe::actors
