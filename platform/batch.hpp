// Bytes taken from a pipe so that none is lost or doubled if we are killed at any point: announced, read into shared
// memory, written, marked, a step a function and each step one store. What a successor makes of a half one:
// batch_recovery.hpp. Must not open logs, format or wait. linux/batch.cpp; posix/ has none.
// Source: docs/contract/survival.md, 4.2. Cases: tests/platform/batch_test.cpp, tests/keeper_test.py.
#pragma once

#include "platform/batch_recovery.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace troupe::platform {

constexpr std::size_t most_in_batch = 128 * 1024;
constexpr std::size_t batch_mark_size = 16;

/// Of one pump, in shared memory. Counts only where `stage` says so.
struct batch_record {
  std::atomic<std::uint32_t> stage; ///< batch_stage
  std::uint32_t slot;
  std::uint32_t channel;
  std::uint32_t log_is_file;
  std::uint64_t announced;
  std::uint64_t number;  ///< of the batch, for whoever has many
  std::int64_t counted;  ///< where the bytes end in the stash's file; by the kernel, while it splices
  std::uint64_t written; ///< so many from the front are in the log for certain
  unsigned char mark[batch_mark_size];
  std::uint64_t log_device;
  std::uint64_t log_inode;
  std::uint64_t log_size;  ///< before the write
  std::uint64_t log_begin; ///< of the batch: the byte that is written there
};

/// Where a pump reads to: memory of a file, at least most_in_batch of it.
struct stash {
  char* data;
  int file;
  std::int64_t offset = 0; ///< of `data` in the file
};

/// How much the next batch of `pipe` is; 0: nothing is there.
std::size_t next_batch(int pipe);

/// Steps 1 and 2. `splice`: few bytes (done so anyway below 16), or a pipe that keeps its writers' pieces apart.
void announce(batch_record& r, const stash& s, std::uint32_t slot, std::uint32_t channel, std::size_t size,
              bool splice);

struct taken {
  std::size_t size = 0;
  int error = 0;
  bool in_pieces = false; ///< less came than was there: this pipe is to be spliced from now on
};
/// Steps 3 and 4: the bytes are at the start of the stash.
taken take(batch_record& r, const stash& s, int pipe);

/// Step 5, with the log's lock held; then the write of what is not in the log yet. -1: a log that cannot be looked at.
void about_to_write(batch_record& r, int log);
/// After each write, with the log's lock held.
inline void wrote(batch_record& r, std::size_t bytes) { r.written += bytes; }
/// Step 6; of what is in a regular file with the log's lock held, before it is rotated.
void batch_done(batch_record& r);
inline bool is_done(const batch_record& r) {
  return r.stage.load(std::memory_order_acquire) == static_cast<std::uint32_t>(batch_stage::idle);
}

/// What batch_recovery wants to know. `log`: the file of the record, found again; -1: it was not.
batch_facts facts_of(const batch_record& r, const stash& s, int log);
/// What the plan leaves is to be written as if it had been read just now. The same for the next death.
inline void read_again(batch_record& r, const stash& s, const batch_recovery_plan& plan) {
  r.counted = s.offset + static_cast<std::int64_t>(plan.size);
  r.written = plan.from.value_or(plan.size);
  r.stage.store(static_cast<std::uint32_t>(batch_stage::read), std::memory_order_release);
}
/// Whether `log` is the file that was written to.
bool is_log_of(const batch_record& r, int log);

} // namespace troupe::platform
