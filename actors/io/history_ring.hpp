// Records of the history that wait to be written: at most a mebibyte, in pieces that are passed on whole, so that
// whoever adds one never waits for a disk, nor allocates. When it is full the oldest piece goes, and how many records
// that were is told once. Pure: no threads, no clock (history.cpp has the lock). Source: docs/contract/history.md, 7.3.
// Cases: tests/io/history_ring_test.cpp.
#pragma once

#include "config/history_options.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>

namespace troupe::actors {

/// A record as it comes; the texts are copied.
struct history_note {
  std::int64_t at = 0; ///< microseconds since the epoch
  config::history_kind kind = config::history_kind::state;
  std::int64_t serial = 0;
  std::uint64_t of = 0; ///< the number of the note that this one goes on from; 0: none
  std::string_view name, who, what;
};

/// Notes that had no room.
struct lost_notes {
  std::uint64_t count = 0;
  std::uint64_t last = 0; ///< the number of the last of them
  std::int64_t at = 0;    ///< when that was
};

class history_ring {
public:
  static constexpr std::size_t piece_bytes = 64 << 10, pieces = 16;
  static constexpr std::size_t longest_name = 1024, longest_what = 48 << 10;

  /// Notes with numbers that follow each other; what was lost before them.
  class piece {
  public:
    lost_notes lost;
    std::size_t count() const { return count_; }
    std::uint64_t first() const { return first_; } ///< the number of the first
    std::uint64_t last() const { return first_ + count_ - 1; }
    /// From the first one on; the texts point into this piece.
    void for_each(const std::function<void(std::uint64_t number, const history_note&)>& tell) const;

  private:
    friend class history_ring;
    std::unique_ptr<char[]> bytes_{new char[piece_bytes]}; // not touched before it is used
    std::size_t used_ = 0, count_ = 0;
    std::uint64_t first_ = 0;
    std::int64_t last_at_ = 0;
    bool add(std::uint64_t number, const history_note& note);
    void clear();
  };
  using piece_ptr = std::unique_ptr<piece>;

  history_ring();
  /// Its number, from 1 on. What is too long is cut, or left out.
  std::uint64_t add(history_note note) noexcept;

  bool empty() const { return waiting_.empty() && current_->count() == 0; }
  bool half_full() const { return waiting_.size() >= pieces / 2; }
  std::uint64_t count() const; ///< of those that wait

  // -- for the one that writes -----------------------------------------------------------------------
  piece_ptr take();              ///< the oldest; null: there is none
  void written(piece_ptr done);  ///< it may be used again
  void put_back(piece_ptr kept); ///< it could not be written: it is the oldest again

private:
  void lose(piece_ptr oldest);

  std::deque<piece_ptr> waiting_; ///< full ones, the oldest first
  piece_ptr current_;
  std::deque<piece_ptr> free_;
  std::uint64_t last_ = 0;
};

} // namespace troupe::actors
