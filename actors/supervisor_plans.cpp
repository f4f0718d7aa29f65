// See supervisor_actor.hpp: what an update process by process would come to, for whoever asks, and how many processes
// of a program clients have asked for. Must not change anything (supervisor_update.cpp does). Source:
// docs/contract/programs.md, 6. Cases: tests/update_test.py.
#include "actors/core/carried_fields.hpp"
#include "actors/supervisor_actor.hpp"
#include "actors/supervisor_update.hpp"
#include "protocols/parcel.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace troupe::actors {

using config::plan_action;
using config::plan_state;
using protocols::rpc_value;

namespace {

/// `comes_back`: an update that was interrupted starts it once it is stopped.
plan_state plan_state_of(const process_status_ptr& status, bool comes_back) {
  if (!status || status->disabled) // nobody starts it but who names it
    return plan_state::at_rest;
  bool by_update =
    status->why == start_reason::update || status->why == start_reason::scale || status->why == start_reason::rolling;
  switch (status->state) {
  case process_state::backoff:
  case process_state::fatal:
    return plan_state::failed;
  case process_state::starting:
  case process_state::running:
    return plan_state::running;
  case process_state::stopping:
    return comes_back ? plan_state::running : plan_state::at_rest;
  case process_state::stopped: // which its start should have followed
    return by_update && status->started_once && !status->administrative_stop && status->wished != intent::unwanted
             ? plan_state::failed
             : plan_state::at_rest;
  default:
    return plan_state::at_rest;
  }
}

/// FNV-1a: enough to tell one plan from another, and nothing can be read from it.
std::string number_of_plan(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : bytes)
    hash = (hash ^ c) * 0x100000001b3;
  constexpr int digits = 16;
  std::string text;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    text += "0123456789abcdef"[hash >> shift & 0xf];
  return text;
}

} // namespace

std::string plan_id_of(const std::vector<config::plan_row>& plan,
                       const std::vector<config::group_options_ptr>& loaded) {
  protocols::parcel_writer writer;
  writer(1, loaded);
  std::string bytes(writer.records());
  for (const auto& row : plan) {
    bytes += row.group + '\n' + row.process + '\n' + std::string(to_string(row.action)) + '\n';
    for (const auto& reason : row.reasons)
      bytes += reason + '\n';
  }
  return number_of_plan(bytes);
}

std::vector<config::plan_row> supervisor_state::plan_of(const update_wish& wish,
                                                        const std::vector<config::group_options_ptr>& loaded) const {
  auto state_of = [this](std::string_view group, std::string_view process) {
    auto status = use->board.find(group, process);
    const auto& coming = record->table.to_start;
    bool comes_back = status && std::find(coming.begin(), coming.end(), status->who->id) != coming.end();
    return plan_state_of(status, comes_back);
  };
  auto active = active_groups();
  auto plan = config::make_plan(active, loaded, state_of, wish.groups);
  bool scales = wish.what == update_wish::kind::scale || wish.what == update_wish::kind::reset;
  if (scales || wish.by_process.value_or(record->set.updates_processes || wish.rolling.has_value()))
    return plan;
  return config::by_group(std::move(plan), active, loaded);
}

/// Of processes that whoever asks may see.
control_answer supervisor_state::answer_of_plan(const reload_asker& asker) const {
  const auto& loaded = (*last_read)->groups;
  const auto& wish = *asker.wish;
  for (const auto& group : wish.groups)
    if (!sees_group(wish.choice, group, {active_groups(), loaded}))
      return protocols::make_fault(protocols::fault::bad_name, group);
  auto plan = plan_of(wish, loaded);
  auto id = plan_id_of(plan, loaded);
  if (wish.choice) {
    auto active = active_groups();
    std::erase_if(plan,
                  [&](auto& row) { return verdict_of(*wish.choice, row, active, loaded) == protocols::verdict::hide; });
  }
  rpc_value::array rows;
  for (const auto& row : plan) {
    rpc_value::array reasons(row.reasons.begin(), row.reasons.end());
    rows.emplace_back(rpc_value::structure{{"name", row.process},
                                           {"group", row.group},
                                           {"action", std::string(to_string(row.action))},
                                           {"reasons", std::move(reasons)}});
  }
  return rpc_value(
    rpc_value::structure{{"id", std::move(id)}, {"summary", summary_of(plan)}, {"processes", std::move(rows)}});
}

bool knows_group(const std::vector<config::group_options_ptr>& groups, std::string_view name) {
  return std::any_of(groups.begin(), groups.end(), [&](auto& group) { return group->name.view() == name; });
}

bool sees_group(const member_choice_ptr& choice, std::string_view name,
                const std::vector<std::vector<config::group_options_ptr>>& where) {
  for (const auto& groups : where)
    for (const auto& group : groups)
      if (group->name.view() == name &&
          (!choice || std::any_of(group->processes.begin(), group->processes.end(), [&](auto& process) {
            return choice->judge(name, *process) != protocols::verdict::hide;
          })))
        return true;
  return false;
}

/// By the definition it has, or by the one it would get: the one that lets less.
protocols::verdict verdict_of(const member_choice& choice, const config::plan_row& row,
                              const std::vector<config::group_options_ptr>& active,
                              const std::vector<config::group_options_ptr>& loaded) {
  auto least = protocols::verdict::allow;
  for (const auto* groups : {&active, &loaded})
    for (const auto& group : *groups)
      if (group->name.view() == row.group)
        for (const auto& process : group->processes)
          if (process->name.view() == row.process) {
            auto one = choice.judge(row.group, *process);
            if (one == protocols::verdict::hide || least == protocols::verdict::allow)
              least = one;
          }
  return least;
}

/// For a reading of the files.
config::scale_book supervisor_state::wanted_scales() const {
  auto book = record->table.scales;
  if (update && update->wish->what == update_wish::kind::scale)
    book[update->wish->program] = {update->wish->count, {}};
  else if (update && update->wish->what == update_wish::kind::reset)
    book[update->wish->program] = {0, -1}; // as the file says
  return book;
}

/// Those that the files have another number for than they had.
void supervisor_state::forget_scales() {
  std::erase_if(record->table.scales, [this](const auto& scale) {
    auto found = read_scales.find(scale.first);
    return found == read_scales.end() || found->second.configured != scale.second.configured;
  });
  if (use->remembered)
    use->remembered->set_scales(record->table.scales);
}

} // namespace troupe::actors
