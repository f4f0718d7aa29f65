// See platform/left_processes.hpp: nobody can be found by looking, but a group can be signalled as a whole. It counts
// as one process without a name, and only where its leader is gone.
#include "platform/left_processes.hpp"

#include <cerrno>
#include <csignal>
#include <utility>

namespace troupe::platform {

living_processes::living_processes(std::atomic<pid_t>* reading, std::vector<pid_t> unread)
    : reading_(reading), unread_(std::move(unread)) {}

std::vector<left_process> living_processes::in_reach(const left_reach& reach) {
  if (reach.kind != config::kill_reach::group || reach.leader_lives || reach.leader <= 1)
    return {};
  bool is_anothers = ::kill(reach.leader, 0) == 0 || errno == EPERM;
  if (is_anothers || ::kill(-reach.leader, 0) != 0)
    return {};
  return {{{reach.leader, 0}, {}}};
}

holding hold_left(const left_process&, unique_fd&) { return holding::cannot; }

unique_fd hold_leader(pid_t) { return {}; }

bool signal_left(const left_process& process, int signo) { return ::kill(-process.key.pid, signo) == 0; }

int become_subreaper(bool) { return ENOSYS; }

} // namespace troupe::platform
