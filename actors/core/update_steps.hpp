// An update process by process, once it is decided what changes: which definition each process of a group has while it
// is under way, and what each step concerns. Pure. Must not ask or start anybody (supervisor_update.cpp does). Source:
// docs/contract/programs.md, 6. Cases: tests/core/update_steps_test.cpp.
#pragma once

#include "config/plan.hpp"
#include "protocols/faults.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace troupe::actors {

constexpr std::int64_t most_scaled = 10'000; ///< processes of one program

/// What is done, in this order; a phase that concerns nobody is passed over.
enum class update_phase {
  reading,         ///< the files
  stopping,        ///< what is gone, and what has to be made anew as a group
  retiring,        ///< processes that are gone from a group that stays
  removing,        ///< groups that are gone or are made anew
  restarting_stop, ///< what needs a restart, with its old definition
  adding,          ///< groups that are new
  starting,        ///< what needs a restart, is new, or has another chance
};

/// Another binary is about to follow. has_begun: what it has stopped is started there, and that is all; else nobody
/// begins it, and whoever asks again asks for the whole of it.
protocols::rpc_fault upgraded_amid(bool has_begun);
/// The same, amid its rolling restart.
protocols::rpc_fault upgraded_amid_rolling(std::int64_t rollout);

/// `group:process`, or the name alone where both are the same, as people are told.
std::string shown_name(const config::plan_row& row);

/// Names of processes of `group` whose rows say so.
std::set<std::string> members_for(const std::vector<config::plan_row>& plan, std::string_view group,
                                  config::plan_action what);
/// Groups with a row that is not kept, and that are not regrouped; in the order of the plan.
std::vector<std::string> changed_groups(const std::vector<config::plan_row>& plan);

/// Null: there is none.
config::group_options_ptr find_group(const std::vector<config::group_options_ptr>& groups, std::string_view name);

/// The group as it is between: as loaded, but those in `stays` with their old definitions, and behind the others those
/// that are not in the new one any more, unless they are in `gone`.
config::group_options_ptr group_between(const config::group_options& active, const config::group_options& loaded,
                                        const std::set<std::string>& stays, const std::set<std::string>& gone);

/// The group with another number of processes of one section, and otherwise as it is: new ones as loaded, others that
/// are not in the new one any more are left away.
config::group_options_ptr scaled_group(const config::group_options& active, const config::group_options& loaded,
                                       std::string_view section);
/// Of a section, by number: how many there are in these groups.
std::size_t members_of(const std::vector<config::group_options_ptr>& groups, std::string_view section);

} // namespace troupe::actors
