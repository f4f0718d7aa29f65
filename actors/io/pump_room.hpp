// Memory that outlives the worker, which the bytes of children are read into: places of a record and a stash each, so
// that every pump has its own. A worker killed with bytes in a place leaves them to the next one (half_batches.hpp).
// Must not read pipes, or know whose bytes these are. Source: docs/contract/survival.md, 4.2.
// Cases: tests/io/pump_room_test.cpp.
#pragma once

#include "platform/batch.hpp"
#include "platform/memory_file.hpp"
#include "platform/unique_fd.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace troupe::actors {

class pump_room {
public:
  static constexpr unsigned places = 16;

  /// A place, from one read until its bytes are where they belong: with its end the batch is done. The room outlives
  /// it.
  class lease {
  public:
    lease() = default;
    lease(lease&& other) noexcept : room_(std::exchange(other.room_, nullptr)), at_(other.at_) {}
    lease& operator=(lease&& other) noexcept;
    ~lease() { end(); }

    explicit operator bool() const { return room_ != nullptr; }
    platform::batch_record& record() const;
    platform::stash stash() const;
    /// Steps 1 and 2 of 4.2.
    void announce(std::uint32_t slot, std::uint32_t channel, std::size_t size, bool splice) const;

  private:
    friend class pump_room;
    lease(pump_room& room, unsigned at) : room_(&room), at_(at) {}
    void end();

    pump_room* room_ = nullptr;
    unsigned at_ = 0;
  };

  /// Null: errno says why there is none to be had here.
  static std::unique_ptr<pump_room> make();
  /// Of the worker before this one, to go on with. Null: it is none, or another build's.
  static std::unique_ptr<pump_room> map(platform::unique_fd fd);

  int fd() const { return memory_.fd(); } ///< to be held by the keeper
  /// Any thread, never waits. Empty: all are in use, which is counted.
  lease take();
  std::uint64_t refused() const { return refused_; }
  bool at_ease() const; ///< half of the places are free, so that one may be kept for long
  /// Once, after map(): the places whose bytes are on their way, in the order in which they were read.
  std::vector<lease> left_behind();

private:
  struct head;
  struct place;
  explicit pump_room(platform::memory_file memory) : memory_(std::move(memory)) {}
  head& first() const;
  place& at(unsigned i) const;
  platform::stash stash_of(unsigned i) const;
  bool can_splice() const;

  platform::memory_file memory_;
  std::atomic<std::uint32_t> free_{(std::uint32_t{1} << places) - 1}; ///< a bit each
  std::atomic<std::uint64_t> refused_{0};
};

} // namespace troupe::actors
