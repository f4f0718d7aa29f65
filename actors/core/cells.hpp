// What outlives an actor: the records from which a process or a group is rebuilt when its actor dies.
// Plain data; only the one live actor of a cell writes its record. Must not include CAF or Asio.
// Whatever has to survive its actor is plain data.
#pragma once

#include "actors/core/life_marks.hpp"
#include "actors/core/process_fsm.hpp"
#include "config/options.hpp"
#include "config/result.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace troupe::actors {

class child_notes;

/// What a process has done over all its lives, counted where it happens; any thread.
struct process_counters {
  std::atomic<std::uint64_t> stdout_bytes{0};
  std::atomic<std::uint64_t> stderr_bytes{0};
};

constexpr std::uint32_t no_slot = UINT32_MAX;

/// Who a process is. Never changed once its cell has been made, so that whoever has a pointer may read it: a process
/// that goes on with other options has another cell, see with_options().
struct process_identity {
  std::uint64_t id = 0; ///< unique for the life of the daemon; what the reaper and the I/O thread know it by
  config::process_options_ptr options;
  config::shared_text group;
  config::shared_text stdout_path; ///< the file of the channel, AUTO names resolved; empty: none
  config::shared_text stderr_path;
  std::shared_ptr<const process_identity> origin; ///< whose counters and life are its own; null: it has them itself
  std::uint32_t slot = no_slot;           ///< of the register (platform/register_layout.hpp), where there is a keeper
  std::shared_ptr<const void> slot_lease; ///< it is given back with the last who knows the process

  process_counters& counters() const { return origin ? origin->counters_ : counters_; }
  life_slot& life() const { return origin ? origin->life_ : life_; }

private:
  mutable process_counters counters_;
  mutable life_slot life_;
};
using process_identity_ptr = std::shared_ptr<const process_identity>;

struct process_cell : process_identity {
  process_record record;
  std::uint32_t handled_life = 0;     ///< of its slot: the last whose end is in the record
  bool goes_on = false;               ///< of the daemon before this one: its actor asks what has happened meanwhile
  std::shared_ptr<child_notes> notes; ///< of its last child; null: nobody listens to it. The actors' thread alone
};
using process_cell_ptr = std::shared_ptr<process_cell>;

struct group_cell {
  config::group_options_ptr options;
  std::vector<process_cell_ptr> processes; ///< in table order
};
using group_cell_ptr = std::shared_ptr<group_cell>;

/// One number per process_cell, never used twice.
std::uint64_t next_process_id();
std::uint64_t last_process_id();
void continue_process_ids(std::uint64_t last); ///< of the daemon before this one

/// The AUTO logs of groups that have been removed, by group, process and channel: a group that is added again goes on
/// with them.
using kept_logs = std::map<std::tuple<std::string, std::string, std::string>, std::string>;
void keep_logs(kept_logs& into, const process_cell& of);

/// The same process with other options, and a copy of its record: the actor of `from` takes it over when it hears of
/// it. An AUTO log is created where there was none.
config::result<process_cell_ptr> with_options(const process_cell_ptr& from, config::process_options_ptr options,
                                              const std::string& childlogdir, const std::string& identifier);
/// A process that is new in its group, as make_cells() makes them.
config::result<process_cell_ptr> make_process_cell(config::process_options_ptr options, config::shared_text group,
                                                   const std::string& childlogdir, const std::string& identifier,
                                                   const kept_logs& kept);

/// The cells of a configuration's groups. AUTO logs are created now, but for those that are kept and still there: the
/// error names the file that could not be.
config::result<std::vector<group_cell_ptr>> make_cells(const std::vector<config::group_options_ptr>& groups,
                                                       const std::string& childlogdir, const std::string& identifier,
                                                       const kept_logs& kept = {});

} // namespace troupe::actors
