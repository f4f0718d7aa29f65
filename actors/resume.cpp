// See resume.hpp.
#include "actors/resume.hpp"

#include <chrono>
#include <unordered_map>
#include <utility>

namespace troupe::actors {

using platform::slot_state;

namespace {

/// Of the life that the slot is at, if the keeper has them; they are ours by the same numbers.
std::optional<carried_child> pipes_of(const platform::register_slot& slot, std::uint32_t number, std::uint64_t process,
                                      const channel_notes* notes) {
  if (slot.held_life != slot.life)
    return {};
  carried_child child;
  child.process = process;
  child.pid = slot.pid;
  child.in = slot.fd[0];
  carried_marks marks;
  bool began = false;
  auto channel = [&](std::size_t i, carried_marks::channel& mark) -> std::optional<carried_channel> {
    if (slot.fd[i + 1] < 0)
      return {};
    if (auto begins = notes ? notes->beginning(number, i, slot.life) : std::nullopt) {
      began = true;
      mark.begins = *begins;
      if (begins->file == 0) // what it has said was in memory
        mark.ring = std::string();
      mark.ring_is_whole = false;
    }
    auto noted = notes ? notes->load(number, i, slot.life) : std::nullopt;
    return carried_channel{slot.fd[i + 1], noted ? std::move(noted->state) : carried_output{}};
  };
  child.out = channel(0, marks.out);
  child.err = channel(1, marks.err);
  if (began)
    child.marks = std::move(marks);
  return child;
}

void bring_up_to_date(carried_process& process, carried_runtime& image, keeper_desk& keeper) {
  process.ready = process.notify = -1;
  if (process.slot >= platform::most_slots)
    return;
  if (auto noted = keeper.book().load(process.slot); noted && noted->process == process.id) {
    process.record = std::move(noted->record);
    process.handled_life = noted->handled_life;
    process.stdout_bytes = noted->stdout_bytes;
    process.stderr_bytes = noted->stderr_bytes;
    if (noted->step)
      keeper.leave_untold(process.id, {std::move(noted->before), *std::move(noted->step), noted->told});
  }
  const auto& slot = keeper.memory().slots[process.slot];
  auto state = platform::state_of(slot, process.handled_life);
  if (state != slot_state::running && state != slot_state::ended)
    return;
  std::chrono::steady_clock::time_point ended_at{std::chrono::microseconds(slot.ended_at)};
  if (auto& deadline = process.record.deadline; state == slot_state::ended && deadline && ended_at <= *deadline)
    deadline.reset(); // the exit came first, and says what is due then
  process.ready = keeper.held_note(process.slot, keeper_desk::note_kind::ready);
  process.notify = keeper.held_note(process.slot, keeper_desk::note_kind::notify);
  image.spawned.push_back({process.id, slot.pid});
  if (auto child = pipes_of(slot, process.slot, process.id, keeper.notes())) {
    child->kept = keeper.held_input(process.slot);
    image.children.push_back(*std::move(child));
  }
}

/// Those that have a child hold the socket of their section.
void find_holders(carried_runtime& image) {
  for (auto& socket : image.sockets)
    socket.holders.clear();
  std::unordered_map<std::uint64_t, int> pids;
  for (const auto& made : image.spawned)
    pids[made.process] = made.pid;
  for (const auto& group : image.groups)
    for (std::size_t i = 0; i < group.processes.size() && i < group.options->processes.size(); ++i) {
      const auto& options = *group.options->processes[i];
      auto pid = pids.find(group.processes[i].id);
      if (!options.socket || pid == pids.end())
        continue;
      for (auto& socket : image.sockets)
        if (options.section == socket.section && options.socket->url() == socket.url)
          socket.holders.push_back({pid->first, pid->second});
    }
  std::erase_if(image.sockets, [](const auto& socket) { return socket.holders.empty(); });
}

/// Those that are as they were by the image; it knows the names of their members.
void take_pools(carried_runtime& image, found_events& events) {
  for (auto& pool : events.pools)
    for (const auto& group : image.groups) {
      const auto& options = *group.options;
      if (options.kind != config::group_kind::eventlistener || options.name != pool.name ||
          pool.members.size() != options.processes.size())
        continue;
      for (std::size_t i = 0; i < pool.members.size(); ++i)
        pool.members[i].name = options.processes[i]->name;
      image.pools.push_back(std::move(pool));
      break;
    }
}

} // namespace

void bring_up_to_date(carried_runtime& image, keeper_desk& keeper, found_events* events) {
  if (events) {
    keeper.book().tell(events->last);
    image.event_serial = events->next_serial;
    take_pools(image, *events);
  }
  keeper.after_a_death = true;
  std::unordered_map<std::uint64_t, process_state> states;
  for (auto& group : image.groups)
    for (auto& process : group.processes) {
      bring_up_to_date(process, image, keeper);
      states[process.id] = process.record.state;
    }
  find_holders(image);
  auto& table = image.table;
  for (auto& group : table.groups)
    for (auto& member : group.members)
      member.state = states[member.process];
  auto groups = std::move(table.groups);
  auto next_id = table.next_id;
  auto scales = std::move(table.scales);
  auto to_start = std::move(table.to_start);
  table = {};
  table.scales = std::move(scales);
  table.to_start = std::move(to_start);
  table.groups = std::move(groups);
  table.next_id = next_id;
  table.started = true; // each group has its turn again: what has started once is passed over
  const auto& memory = keeper.memory();
  for (std::uint32_t slot = 0; slot < memory.header.slots_used; ++slot)
    if (keeper.is_helper(slot) && platform::state_of(memory.slots[slot]) == slot_state::running)
      image.helpers.push_back(memory.slots[slot].pid);
}

} // namespace troupe::actors
