// How one process becomes two: the keeper, which keeps the pid, and the worker, its child, which goes on with what is
// loaded; and how a later worker finds its place again. Must not decide when (docs/contract/survival.md, 2.2).
// linux/pair.cpp; posix/ says that there can be none. Cases: tests/platform/pair_test.cpp, tests/keeper_test.py.
#pragma once

#include "platform/keeper_step.hpp"
#include "platform/register.hpp"
#include "platform/unique_fd.hpp"

#include <string>
#include <utility>
#include <vector>

namespace troupe::platform {

/// Empty, or why there can be no pair here: `clone: EPERM`. Makes children; before the first thread.
std::string trouble_with_pair();

/// What both have before they part.
struct pair_beginning {
  shared_register memory;
  unique_fd bell, nudge, binary, keeper_end, worker_end;
  std::string why_no_file; ///< as new_register says
  std::string ignored;
  int error = 0;      ///< not 0: there is nothing; EBUSY: a living pair has the register
  bool again = false; ///< of a worker that takes the place of a keeper
};
pair_beginning begin_pair(const std::string& register_path, const crash_limit& limit);

/// What a worker has had held, by its own numbers.
struct kept_descriptors {
  struct pipes {
    std::uint32_t slot = 0;
    int fd[3] = {-1, -1, -1};
  };
  std::vector<std::pair<held_key, int>> known;
  std::vector<held_entry> others;
  std::vector<pipes> children;
};

struct worker_seat;
/// In a worker whose keeper is gone, over the same register: it is to become the keeper of a worker of its own. From
/// here on whoever runs is a stranger to the keeper, which holds what the one before it has held: the new worker may
/// die before it has had anything held.
pair_beginning begin_again(const worker_seat& seat, const kept_descriptors& kept);

/// In the parent, once the worker is forked, with all signals blocked: executes `program` with `argv`, else (`program`
/// empty or not to be executed) keeps with the code in its own image, and does not return but by exit. But where the
/// place of another one was to be taken there are threads: then it returns, without the worker, if `program` cannot be
/// executed; errno.
int become_keeper(pair_beginning pair, int worker, const std::string& program, char* const* argv, char* const* envp);

/// A worker's place. All descriptors are close-on-exec.
struct worker_seat {
  shared_register memory;
  unique_fd link, bell, nudge;
  bool resumed = false;
};
/// In the child of the fork. It leads a process group of its own and is listed as `troupe-worker`.
worker_seat first_seat(pair_beginning pair);
/// In a worker that the keeper has started (`--resume`). Empty memory: there is no register at its place.
worker_seat resumed_seat();
/// Empty, or why `program`, executed as a keeper of this register, would not be one. Waits for it, 2 s at most.
std::string trouble_with_keeper(const std::string& program, int memory);
/// The words that the keeper was started with, which are the daemon's; none: they cannot be read.
std::vector<std::string> words_of_keeper(const worker_seat& seat);

} // namespace troupe::platform
