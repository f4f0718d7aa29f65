// Processes that a child leaves behind, or has around it: those of its process group, its session or its tree. Found,
// held and signalled so that a number which has become another's is never hit. Must not decide who is signalled when,
// nor be called where nobody may wait: the environment of a process can hang. linux/left_processes.cpp reads /proc;
// posix/ knows of groups only. Source: docs/contract/programs.md, 5. Cases: tests/platform/left_processes_test.cpp.
#pragma once

#include "config/stop_options.hpp"
#include "platform/unique_fd.hpp"

#include <atomic>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace troupe::platform {

/// In the environment of those whose tree is looked for, and of what they start: 16 hexadecimal digits.
constexpr char spawn_id_variable[] = "SUPERVISOR_SPAWN_ID";

/// A number may be given again, but not to one that began at the same time.
struct process_key {
  pid_t pid = 0;
  std::uint64_t started = 0; ///< ticks since boot
  auto operator<=>(const process_key&) const = default;
};

struct left_process {
  process_key key;
  std::string name; ///< as it may stand in a log; empty: nobody knows
};

struct left_reach {
  config::kill_reach kind = config::kill_reach::group; ///< group, session, tree; of any other: nobody
  pid_t leader = 0;                                    ///< never found itself
  bool leader_lives = false;  ///< else who has its number is another, and so are that one's group, session and children
  std::uint64_t spawn_id = 0; ///< of tree
};

/// All that live now. Zombies do not. One look for any number of questions.
class living_processes {
public:
  /// `reading` says all the time whose environment is being read, which may hang (0: nobody's); those of `unread` are
  /// not read. Empty where the system does not show its processes.
  explicit living_processes(std::atomic<pid_t>* reading = nullptr, std::vector<pid_t> unread = {});
  living_processes(const living_processes&) = delete;
  living_processes& operator=(const living_processes&) = delete;

  /// By pid. Never this process or its parent.
  /// Of a tree: who descends from the leader; and who has come to us, our parent or init, and has the spawn's id in the
  /// environment that it was executed with, with all who descend from it.
  std::vector<left_process> in_reach(const left_reach& reach);

private:
  struct one {
    process_key key;
    pid_t parent = 0, group = 0, session = 0;
    std::string name; ///< as it is
  };
  static bool read_one(int proc, const char* pid, one& found);
  const one* find(pid_t pid) const;
  void add_children(pid_t parent, std::vector<const one*>& found) const;
  std::vector<const one*> tree_of(const left_reach& reach);
  std::uint64_t spawn_id_of(pid_t pid);

  std::vector<one> all_; ///< by pid
  std::vector<const one*> by_parent_;
  std::map<pid_t, std::uint64_t> ids_; ///< as far as they were asked for; 0: none
  std::atomic<pid_t>* reading_;
  std::vector<pid_t> unread_;
};

enum class holding { held, gone, cannot };
/// Readable once the process has ended (poll). cannot: there is no descriptor left, or the system has no such ones.
holding hold_left(const left_process& process, unique_fd& held);
/// Empty: there is none, or see above. For as long as it is known that this number is still the one's that is meant.
unique_fd hold_leader(pid_t pid);
/// False: it is gone, or not ours to signal.
bool signal_left(const left_process& process, int signo);

/// Whether orphaned descendants come to this process instead of init. 0 or errno.
int become_subreaper(bool yes);

} // namespace troupe::platform
