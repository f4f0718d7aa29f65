// See supervisor_actor.hpp: who is disabled until when, and what is remembered of processes that come. Must not decide
// what a disabled process does (core/process_enabling.cpp does). Source: docs/contract/programs.md, 11. Cases:
// tests/enable_test.py.
#include "actors/supervisor_actor.hpp"

#include <chrono>
#include <cstdint>
#include <utility>

namespace troupe::actors {

namespace {

constexpr std::chrono::minutes without_timer{1}; ///< so often is looked where there is none

/// time(2) may be a little behind the clock that the timer goes by.
std::int64_t now_by_the_wall() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace

void supervisor_state::recall(const group_cell& cell) const {
  for (const auto& process : cell.processes)
    recall(*process);
}

void supervisor_state::recall(process_cell& process) const {
  if (use->remembered)
    use->remembered->recall(full_name(process.group, process.options->name), *process.options, process.record);
  if (!is_left_by_hand(*process.options))
    return;
  process.record.administrative_stop = true;
  process.record.wished = intent::unwanted;
  if (use->remembered)
    use->remembered->note_wish(full_name(process.group, process.options->name), intent::unwanted);
}

/// Who was disabled for a time that is over; then the next one's turn is waited for.
void supervisor_state::look_at_disabled() {
  if (!use->remembered)
    return;
  for (const auto& whose : use->remembered->take_over_by(now_by_the_wall())) {
    auto [group, process] = split_name(whose);
    if (!process || !record->table.find(group))
      continue; // nobody of that name at the moment
    auto nobody = std::make_shared<reply_promise<control_answer>>([](const control_answer&) {}, control_answer{});
    control({{.name = whose, .group = group, .process = *process, .task = {.what = verb::enable, .over = true}},
             std::move(nobody)});
  }
  auto next = use->remembered->next_end();
  if (next && (!use->disabled_until || use->disabled_until->ring_at(next) != 0))
    self->remind(std::chrono::steady_clock::now() + without_timer, disabling_over{});
  else if (!next && use->disabled_until)
    use->disabled_until->ring_at({});
}

} // namespace troupe::actors
