// See status_board.hpp. A record is built outside the lock and never changed after it is visible.
#include "actors/status_board.hpp"

namespace troupe::actors {

void status_board::publish(const process_cell& cell) {
  const auto& r = cell.record;
  auto status = std::make_shared<const process_status>(
    process_status{cell.options, cell.group, cell.stdout_path, cell.stderr_path, r.state, r.pid, r.laststart,
                   r.laststop, r.exitstatus, r.spawnerr, r.backoff, r.spawns});
  std::lock_guard lock{mutex_};
  slots_[cell.id] = std::move(status);
}

void status_board::remove(std::uint64_t process) {
  std::lock_guard lock{mutex_};
  slots_.erase(process);
}

process_status_ptr status_board::find(std::uint64_t process) const {
  std::lock_guard lock{mutex_};
  auto found = slots_.find(process);
  return found == slots_.end() ? nullptr : found->second;
}

} // namespace troupe::actors
