// See history_ring.hpp.
#include "actors/io/history_ring.hpp"

#include <cstring>
#include <utility>

namespace troupe::actors {

namespace {

struct note_head {
  std::int64_t at;
  std::int64_t serial;
  std::uint64_t of;
  std::uint32_t name, who, what; ///< bytes
  config::history_kind kind;
};

} // namespace

void history_ring::piece::for_each(const std::function<void(std::uint64_t, const history_note&)>& tell) const {
  const char* at = bytes_.get();
  for (std::size_t i = 0; i < count_; ++i) {
    note_head h{};
    std::memcpy(&h, at, sizeof h);
    at += sizeof h;
    history_note note{h.at, h.kind, h.serial, h.of, {at, h.name}, {at + h.name, h.who}, {at + h.name + h.who, h.what}};
    at += h.name + h.who + h.what;
    tell(first_ + i, note);
  }
}

/// False: it has no room.
bool history_ring::piece::add(std::uint64_t number, const history_note& note) {
  note_head h{};
  h.at = note.at;
  h.serial = note.serial;
  h.of = note.of;
  h.name = static_cast<std::uint32_t>(note.name.size());
  h.who = static_cast<std::uint32_t>(note.who.size());
  h.what = static_cast<std::uint32_t>(note.what.size());
  h.kind = note.kind;
  if (sizeof h + note.name.size() + note.who.size() + note.what.size() > piece_bytes - used_)
    return false;
  auto append = [this](const void* bytes, std::size_t size) {
    if (size != 0)
      std::memcpy(bytes_.get() + used_, bytes, size);
    used_ += size;
  };
  append(&h, sizeof h);
  append(note.name.data(), note.name.size());
  append(note.who.data(), note.who.size());
  append(note.what.data(), note.what.size());
  if (count_++ == 0)
    first_ = number;
  last_at_ = note.at;
  return true;
}

void history_ring::piece::clear() {
  used_ = count_ = 0;
  lost = {};
}

/// All of its memory at once, as addresses: adding never asks for more.
history_ring::history_ring() : current_(std::make_unique<piece>()) {
  for (std::size_t i = 1; i < pieces; ++i)
    free_.push_back(std::make_unique<piece>());
}

std::uint64_t history_ring::count() const {
  std::uint64_t all = current_->count();
  for (const auto& each : waiting_)
    all += each->count();
  return all;
}

std::uint64_t history_ring::add(history_note note) noexcept {
  note.name = note.name.substr(0, longest_name);
  note.who = note.who.substr(0, longest_name);
  if (note.what.size() > longest_what)
    note.what = R"({"event":"too long"})";
  if (current_->add(++last_, note))
    return last_;
  auto next = piece_ptr();
  if (free_.empty()) {
    if (waiting_.empty()) { // all others are being written
      current_->lost = {current_->lost.count + current_->count(), current_->last(), current_->last_at_};
      auto lost = current_->lost;
      current_->clear();
      current_->lost = lost;
      (void)current_->add(last_, note);
      return last_;
    }
    next = std::move(waiting_.front());
    waiting_.pop_front();
    lose(std::move(next));
  }
  next = std::move(free_.front());
  free_.pop_front();
  waiting_.push_back(std::exchange(current_, std::move(next)));
  (void)current_->add(last_, note);
  return last_;
}

/// Whoever comes after it says so.
void history_ring::lose(piece_ptr oldest) {
  auto& heir = waiting_.empty() ? *current_ : *waiting_.front();
  heir.lost.count += oldest->lost.count + oldest->count();
  if (heir.lost.last == 0) {
    heir.lost.last = oldest->count() != 0 ? oldest->last() : oldest->lost.last;
    heir.lost.at = oldest->count() != 0 ? oldest->last_at_ : oldest->lost.at;
  }
  written(std::move(oldest));
}

history_ring::piece_ptr history_ring::take() {
  if (waiting_.empty()) {
    if (current_->count() == 0 || free_.empty())
      return nullptr;
    auto next = std::move(free_.front());
    free_.pop_front();
    return std::exchange(current_, std::move(next));
  }
  auto oldest = std::move(waiting_.front());
  waiting_.pop_front();
  return oldest;
}

void history_ring::written(piece_ptr done) {
  done->clear();
  free_.push_back(std::move(done));
}

void history_ring::put_back(piece_ptr kept) { waiting_.push_front(std::move(kept)); }

} // namespace troupe::actors
