// User and limits of the daemon itself; must not touch those of children. Source: docs/contract/configuration.md, 7.2
// and 7.3 (N9, N10).
#include "platform/daemon.hpp"
#include "platform/spawn.hpp"

#include <algorithm>
#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>

namespace troupe::platform {

config::result<std::string> drop_privileges(std::int64_t uid) {
  auto done = "Set uid to user " + std::to_string(uid) + " succeeded";
  if (static_cast<std::int64_t>(::getuid()) == uid)
    return done;
  if (::getuid() != 0)
    return config::fault("Can't drop privilege as nonroot user");
  auto who = identity_of(static_cast<uid_t>(uid));
  if (!who)
    return config::fault("Can't find uid " + std::to_string(uid));
  if (::setgroups(who->groups.size(), who->groups.data()) != 0)
    return config::fault("Could not set groups of effective user");
  if (::setgid(who->gid) != 0)
    return config::fault("Could not set group id of effective user");
  if (::setuid(who->uid) != 0)
    return config::fault("Could not set user id of effective user");
  return done;
}

namespace {

struct limit {
  decltype(RLIMIT_NOFILE) resource; ///< a type of its own in some C libraries
  const char* name;
  std::int64_t wanted;
  const char* before; ///< the error sentence, up to the wanted number
  const char* middle; ///< up to the hard limit
  const char* after;
};

/// The INFO sentence, or nothing where the limit is high enough.
config::result<std::string> raise(const limit& l) {
  rlimit now{};
  if (::getrlimit(l.resource, &now) != 0 || now.rlim_cur == RLIM_INFINITY || l.wanted <= 0 ||
      now.rlim_cur >= static_cast<rlim_t>(l.wanted))
    return std::string{};
  auto wanted = static_cast<rlim_t>(l.wanted);
  rlimit raised{wanted, now.rlim_max == RLIM_INFINITY ? RLIM_INFINITY : std::max(now.rlim_max, wanted)};
  if (::setrlimit(l.resource, &raised) == 0)
    return "Increased " + std::string(l.name) + " limit to " + std::to_string(l.wanted);
  return config::fault(l.before + std::to_string(l.wanted) + l.middle + std::to_string(now.rlim_max) + l.after);
}

} // namespace

config::result<std::vector<std::string>> raise_limits(std::int64_t min_fds,
                                                      [[maybe_unused]] std::int64_t min_processes) {
  const limit limits[] = {
    {RLIMIT_NOFILE, "RLIMIT_NOFILE", min_fds, "The minimum number of file descriptors required to run this process is ",
     " as per the \"minfds\" command-line argument or config file setting. The current environment will only allow you "
     "to open ",
     " file descriptors.  Either raise the number of usable file descriptors in your environment (see README.rst) or "
     "lower the minfds setting in the config file to allow the process to start."},
#ifdef RLIMIT_NPROC // POSIX has none
    {RLIMIT_NPROC, "RLIMIT_NPROC", min_processes,
     "The minimum number of available processes required to run this program is ",
     " as per the \"minprocs\" command-line argument or config file setting. The current environment will only allow "
     "you to open ",
     " processes.  Either raise the number of usable processes in your environment (see README.rst) or lower the "
     "minprocs setting in the config file to allow the program to start."},
#endif
  };
  std::vector<std::string> sentences;
  for (const auto& l : limits) {
    auto raised = raise(l);
    if (!raised)
      return raised.error();
    if (!raised->empty())
      sentences.push_back(std::move(*raised));
  }
  return sentences;
}

} // namespace troupe::platform
