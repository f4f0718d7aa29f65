// See spawn.hpp: everything that can fail or allocate, before the fork. What the child does then: child_launch.cpp; the
// two ways to make one: linux/clone_child.cpp, posix/fork_child.cpp.
#include "platform/spawn.hpp"

#include "platform/child_launch.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>

namespace troupe::platform {

namespace {

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const auto& s : strings)
    result.push_back(const_cast<char*>(s.c_str())); // execve takes char* for history's sake
  result.push_back(nullptr);
  return result;
}

spawn_outcome spawn_as(const spawn_plan& plan, std::atomic<int>* announced, bool sibling) {
  auto argv = pointers(plan.argv);
  auto envp = pointers(plan.envp);
  launch l{&plan, argv.data(), envp.data(), {}, {}, {}};
  std::copy(std::begin(plan.stdio), std::end(plan.stdio), l.stdio);
  if (plan.extra.number >= 3)
    l.extra_fd = plan.extra.fd;
  std::string pid_entry; // the child writes into it: the plan is not its own
  if (plan.pid_variable && *plan.pid_variable < plan.envp.size()) {
    pid_entry = plan.envp[*plan.pid_variable];
    auto size = pid_entry.size();
    pid_entry.resize(size + digits_room);
    envp[*plan.pid_variable] = pid_entry.data();
    l.pid_digits = pid_entry.data() + size;
  }
  l.announced = announced;
  l.sibling = sibling;
  if (plan.run_as || plan.refused_identity) {
    auto uid = std::to_string(plan.run_as ? plan.run_as->uid : plan.refused_uid);
    auto refusal = [&](const std::string& reason) {
      return "supervisor: couldn't setuid to " + uid + ": " + reason + "\n";
    };
    l.identity_refused = refusal(plan.refused_identity.value_or(""));
    l.groups_refused = refusal("Could not set groups of effective user");
    l.gid_refused = refusal("Could not set group id of effective user");
  }

  // No signal may find the child before it has its own mask and process group.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  auto pid = make_child(l);
  int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0)
    return {-1, error, spawn_step::none};
  return {pid, l.report.error, l.report.step};
}

} // namespace

spawn_outcome spawn(const spawn_plan& plan, std::atomic<int>* announced) { return spawn_as(plan, announced, false); }

spawn_outcome spawn_sibling(const spawn_plan& plan, std::atomic<int>& pid) { return spawn_as(plan, &pid, true); }

} // namespace troupe::platform
