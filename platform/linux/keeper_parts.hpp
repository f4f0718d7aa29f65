// The keeper's memory and its parts: linux/keeper.cpp is the loop, keeper_children.cpp sees ends and stops programs,
// keeper_held.cpp holds descriptors and reads messages, keeper_worker.cpp starts the worker and passes things on,
// keeper_exec.cpp makes room for another program. All
// of it fixed in size; most is never touched. What the worker could have spoiled in the register is not believed:
// numbers of descriptors are the keeper's own, pids are signalled if they are its children.
#pragma once

#include "platform/keeper_link.hpp"
#include "platform/keeper_step.hpp"
#include "platform/register_layout.hpp"

#include <csignal>
#include <cstdint>

#include <sys/types.h>

namespace troupe::platform {

/// The truth about what is held; the register's copy is for the worker.
struct held_pipes {
  std::uint32_t life; ///< 0: none
  std::int32_t fd[3];
};

/// All zero before its start, so that it takes no room in the program's file.
struct keeper {
  register_memory* memory = nullptr;
  char* const* envp = nullptr;
  keeper_state state;
  int link = 0;    ///< our end; -1: no worker
  int signals = 0; ///< signalfd
  bool link_is_full = false;
  pid_t worker = 0;
  std::int32_t worker_status = 0;
  bool worker_gone = false;          ///< seen, not yet acted upon
  std::uint64_t start_failed_at = 0; ///< µs; a worker could not be made, which counts as its death a little later
  pid_t seen = 0;                    ///< a zombie that is in the register and not yet reaped
  std::uint64_t reap_at = 0;
  std::uint64_t ending_since = 0;
  int successor = 0;           ///< the program that is to be executed in place of this one; -1: none
  int nowhere = 0;             ///< /dev/null
  sigset_t ignored_by_us = {}; ///< a new worker has them as they were
  char old_oom_adjustment[16] = {};

  std::int32_t known[well_known_held] = {}; ///< by held_key; -1: none
  held_entry others[most_held] = {};        ///< the fd of key 0 is nothing
  std::uint32_t others_used = 0;
  held_pipes pipes[most_slots] = {};
  std::uint16_t slot_of[65536] = {}; ///< a guess, by the low bits of the pid
  std::uint8_t killed[most_slots / 8] = {};

  register_header& header() { return memory->header; }
  std::uint32_t slots_used() const {
    auto used = memory->header.slots_used.load(std::memory_order_acquire);
    return used < most_slots ? used : most_slots;
  }
};

std::uint64_t keeper_now(); ///< µs, monotonic

// -- keeper.cpp
/// Has keeper_step decide, and does what it says.
void happen(keeper& k, keeper_happening what);

// -- keeper_children.cpp
/// Looks at all zombies. The first of a burst is told of and left for a millisecond, so that whoever waits for its bell
/// gets the processor. False: nothing more was found, messages may be read.
bool look_at_children(keeper& k, bool burst);
void reap_seen(keeper& k);
void stop_programs(keeper& k);
/// SIGKILL for whom it is time; µs until the next look; `none`: nobody runs any more.
std::uint64_t kill_late_programs(keeper& k, bool& none);

// -- keeper_held.cpp
void take_known(keeper& k); ///< at the start, from the register
/// True: there may be more; a worker that has lost its mind must not keep us here.
bool read_messages(keeper& k);
/// What a program says while it is stopped and nobody reads is thrown away, lest it hang in a write and be killed.
void throw_output_away(keeper& k, std::uint32_t slot);

// -- keeper_exec.cpp
/// Executes `successor` once nothing is under way that is known to this one alone. Returns where it cannot be, or not
/// yet.
void make_room_for_successor(keeper& k);

// -- keeper_worker.cpp
void prepare_signals(keeper& k);
void protect_from_oom(keeper& k);
void expose_to_oom(const keeper& k);  ///< as it was
void ignore_no_more(const keeper& k); ///< what only we ignored
void start_worker(keeper& k, std::uint32_t level);
void pass_signal(keeper& k);
void say_end(keeper& k, int deaths);

} // namespace troupe::platform
