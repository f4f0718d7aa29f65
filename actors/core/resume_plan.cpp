// See resume_plan.hpp.
#include "actors/core/resume_plan.hpp"

namespace troupe::actors {

namespace {

using enum resume_action;
using platform::slot_state;

/// STARTING has two halves (process_fsm.hpp); in the first there is no pid yet.
bool spawn_under_way(const process_record& record) {
  return record.state == process_state::starting && record.pid == 0;
}

bool has_child(const process_record& record) {
  return record.state == process_state::starting || record.state == process_state::running ||
         record.state == process_state::stopping;
}

} // namespace

std::vector<resume_step> resume_plan(const slot_facts& slot, const process_record& record, time_point now) {
  std::vector<resume_step> plan;
  bool runs = slot.state == slot_state::running;
  bool ended = slot.state == slot_state::ended;
  if (slot.state == slot_state::meant && spawn_under_way(record))
    plan.push_back({spawn_again, now, 0});
  if ((runs || ended) && record.pid == 0 && has_child(record))
    plan.push_back({spawned, ended ? slot.ended_at : now, slot.pid});
  if (runs && record.pid != 0 && record.state == process_state::stopping && !slot.stop_sent)
    plan.push_back({kill_again, now, 0});
  bool due = record.deadline && *record.deadline <= now;
  if (due && (!ended || *record.deadline < slot.ended_at)) // else the exit came first, and says what is due then
    plan.push_back({timer, *record.deadline, 0});
  if (ended)
    plan.push_back({drain_exited, slot.ended_at, slot.wait_status});
  if (record.deadline && !due && !ended)
    plan.push_back({arm, *record.deadline, 0});
  if (!runs && !ended && record.state == process_state::exited && !record.administrative_stop && !record.deadline)
    plan.push_back({evaluate, now, 0});
  return plan;
}

} // namespace troupe::actors
