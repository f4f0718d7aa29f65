// Makes a child: everything that can fail or allocate is in the plan before the fork (design: 5).
// Must not decide when to spawn, retry or log. Source: docs/contract/lifecycle.md, 2.5 and 2.6.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::platform {

/// Whom a child runs as; looked up before the fork.
struct identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;           ///< primary first
  std::string name{}, home{}, shell{}; ///< what the system says of the user; empty: not asked
};

/// One more descriptor of a child, beside its stdio.
struct extra_descriptor {
  int fd = -1;     ///< stays open in the parent; -1: there is none
  int number = -1; ///< what it becomes in the child: 3 to 255. Where its limit forbids that, the child has none
};

struct spawn_plan {
  std::string file;              ///< what is executed
  std::vector<std::string> argv; ///< argv[0] as written in the command
  std::vector<std::string> envp; ///< KEY=value
  int stdio[3] = {-1, -1, -1};   ///< become 0, 1, 2; stay open in the parent
  extra_descriptor extra;
  std::optional<std::size_t> pid_variable; ///< index in `envp`: gets the child's pid behind what it says
  std::optional<identity> run_as;
  /// Set: the child only says `supervisor: couldn't setuid to UID: REASON` and ends (2.6).
  std::optional<std::string> refused_identity;
  uid_t refused_uid = 0;
  std::optional<std::string> directory;
  std::optional<int> umask;
  bool new_session = false; ///< beside the process group
};

/// The step after the fork that failed; the child has said so on its fd 2 and exits with 127.
enum class spawn_step { none, set_groups, set_gid, set_uid, identity, directory, exec };

struct spawn_outcome {
  pid_t pid = -1; ///< -1: the fork itself failed with `error`
  int error = 0;
  spawn_step failed = spawn_step::none; ///< after the fork, with `error`
};

/// The child leads a process group of its own, has an empty signal mask and default dispositions for what a daemon
/// handles (default_signals), while SIGPIPE and SIGXFSZ are ignored. By clone(CLONE_VM|CLONE_VFORK)
/// or fork(2). Returns when the child has exec'd or ended, which its user can put off
/// for ever (SIGSTOP); `announced` gets its pid before it runs.
spawn_outcome spawn(const spawn_plan& plan, std::atomic<int>* announced = nullptr);

/// Likewise, but the child is our parent's: a sibling, whose exit only the parent hears of. `pid` is in shared memory,
/// where the kernel stores it before the child runs, and refuses the child if we are being killed (docs/contract/
/// survival.md, 0.3): no moment has a child without a record. ENOSYS where siblings_can_be_made() is false.
spawn_outcome spawn_sibling(const spawn_plan& plan, std::atomic<int>& pid);
/// False: children are made by fork(2), or cannot have a table of descriptors of their own. Makes a child once.
bool siblings_can_be_made();

/// Gives HUP, INT, QUIT, TERM, CHLD and USR2 their default dispositions, whatever whoever started us ignored: with CHLD
/// ignored no exit is ever seen, and the others would be ignored by every child. Async-signal-safe.
void default_signals();

/// Words of a command line by the rules of 2.2; the error is the reason ("No closing quotation").
struct words {
  std::vector<std::string> argv;
  std::string error; ///< empty: none
};
words split_command(const std::string& command);

/// The program of `word` by the rules of 2.3. `search_path`: of the program's environment, else unset.
/// `error`: a text of 1.6, empty when all is well.
struct resolved {
  std::string file;
  std::string error;
  bool missing = false; ///< the error is "can't find command" (NO_FILE, not NOT_EXECUTABLE)
};
resolved resolve_command(const std::string& word, const std::optional<std::string>& search_path);

/// identity of `uid` with every group that lists the user's name. nullopt: no such user. Asks the system's name
/// services, which may take long.
std::optional<identity> identity_of(uid_t uid);

/// This process's own; groups in no order.
identity own_identity();

/// What is known of users since the configuration was read, so that a spawn waits for no name service. Any thread.
class identities {
public:
  void learn(uid_t uid); ///< looks it up (again)
  /// As learned; looked up now where nobody has.
  std::optional<identity> find(uid_t uid);

private:
  std::mutex mutex_; ///< not held while a name service is asked
  std::unordered_map<uid_t, std::optional<identity>> known_;
};

} // namespace troupe::platform
