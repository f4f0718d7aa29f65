// What the daemon notes of its processes in memory that outlives it: their records, twice each, of which one counts.
// The keeper holds it; a worker that follows one that died reads it. Of one build: another one makes its own. Must not
// know the register (keeper_desk.hpp), nor what a record means. Source: docs/contract/survival.md, 3.2. Cases:
// tests/io/ledger_test.cpp, tests/survive_test.py.
#pragma once

#include "actors/core/process_fsm.hpp"
#include "platform/keeper_step.hpp"
#include "platform/memory_file.hpp"
#include "platform/unique_fd.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace troupe::actors {

/// What made a record what it is.
struct noted_step {
  process_event happened;
  moment at;
};

/// Of one slot.
struct ledger_entry {
  std::uint64_t process = 0; ///< its id: a slot has another process later
  process_record record;
  std::uint32_t handled_life = 0;
  std::uint64_t stdout_bytes = 0, stderr_bytes = 0;
  std::optional<noted_step> step; ///< that led to it
};

struct found_entry : ledger_entry {
  process_record before;  ///< that step
  std::uint32_t told = 0; ///< so many of its effects were carried out
};

/// One effect of a step that was noted: of which, and the how-manieth it is, from 1.
struct noted_effect {
  std::uint32_t slot = 0;
  std::uint32_t version = 0; ///< of what was stored there; 0: it is none
  std::uint32_t told = 0;
};

class ledger {
public:
  /// An empty one. Without memory for it: false.
  static ledger make();
  /// That of the worker before this one; false where it is none of this build.
  static ledger map(platform::unique_fd fd);

  explicit operator bool() const { return static_cast<bool>(memory_); }
  int fd() const { return memory_.fd(); }

  /// One thread for each slot at a time. Who dies in it has changed nothing.
  void store(std::uint32_t slot, const ledger_entry& entry) const;
  std::uint32_t version_of(std::uint32_t slot) const; ///< of what was stored last; 0: nothing was
  /// So many effects of what was stored last have been carried out.
  void tell(std::uint32_t slot, std::uint32_t effects) const;
  /// Likewise, if it is what was stored last and it has not been told of more.
  void tell(const noted_effect& done) const;
  std::optional<found_entry> load(std::uint32_t slot) const; ///< nothing: nobody has stored one

  /// The number of the next event.
  std::int64_t* event_serial() const;
  /// The signal that says how the daemon is ending; 0: it is not.
  std::atomic<int>& ending() const;
  /// The pid of a keeper that is gone and whose place was taken, until that has been told; 0: none.
  std::atomic<int>& keeper_gone() const;
  /// When keepers were gone whose places were taken, µs, monotonic.
  platform::crash_times& keepers_gone() const;

private:
  struct page;
  struct book;
  book& all() const;
  platform::memory_file memory_;
};

} // namespace troupe::actors
