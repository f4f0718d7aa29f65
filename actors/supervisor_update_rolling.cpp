// See supervisor_actor.hpp: the restarts of an update process by process as a rolling restart. Must not decide whose
// turn it is (core/rollout.cpp does). Source: docs/contract/programs.md, 6 and 7. Cases: tests/update_test.py.
#include "actors/supervisor_update.hpp"

#include <utility>

namespace troupe::actors {

using protocols::fault;

/// One batch after the other; each has its new definition once it is stopped.
void supervisor_state::roll_for_update(const std::vector<std::uint64_t>& whom) {
  update->asked = whom;
  update->said.clear();
  auto answer = answer_to_update();
  auto over = [answer](const rollout& r) {
    process_results results;
    for (const auto& m : r.members) {
      process_result one{m.name, m.group, static_cast<int>(fault::failed), "not restarted"};
      for (const auto& step : r.steps)
        if (step.process == m.process && (step.starts || step.status != static_cast<int>(fault::success)))
          one.status = step.status, one.description = step.text;
      results.push_back(std::move(one));
    }
    (*answer)(std::move(results));
  };
  auto begun = begin_rollout(whom, *update->wish->rolling, over);
  if (const auto* refused = std::get_if<protocols::rpc_fault>(&begun))
    return (*answer)(*refused);
  update->rollout = std::get<std::int64_t>(begun);
}

/// Of our own rolling restart: they are stopped, and about to start.
void supervisor_state::define_anew(const rollout& r, const std::vector<std::uint64_t>& whom) {
  if (!update || update->rollout != r.id)
    return;
  for (auto process : whom)
    if (auto status = use->board.find(process); status && protocols::is_stopped(status->state))
      update->rolled.insert({status->who->group.str(), status->who->options->name.str()});
  redefine_groups();
}

} // namespace troupe::actors
