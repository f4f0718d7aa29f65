// See kept_input.hpp. Positions count bytes from the beginning; the memory is a ring.
#include "platform/kept_input.hpp"

#include "platform/fault_point.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <utility>

#include <fcntl.h>

namespace troupe::platform {

namespace {

constexpr char magic[8] = {'T', 'R', 'O', 'U', 'P', 'E', 'I', 'N'};
constexpr std::size_t head_size = 4096;
constexpr std::size_t most_at_once = std::size_t{64} << 10; ///< what a pipe that nobody has widened holds

} // namespace

/// A piece goes into the outbox only when that is empty. While its stage says `moving`, all up to `ahead` has gone into
/// it; else all up to `arrived` has gone out of it, and what is in there now counts for nothing.
struct kept_input::header {
  char magic[8];
  std::uint64_t capacity;
  std::atomic<std::uint64_t> end; ///< of what was put
  std::atomic<std::uint64_t> arrived;
  std::atomic<std::uint64_t> ahead;
  std::atomic<std::uint32_t> stage; ///< of the outbox
};

kept_input::header& kept_input::head() const {
  static_assert(sizeof(header) <= head_size);
  return *reinterpret_cast<header*>(memory_.data());
}

kept_input::kept_input(memory_file memory) : memory_(std::move(memory)), box_(head().stage) {}

kept_input::kept_input(memory_file memory, unique_fd out, unique_fd in)
    : memory_(std::move(memory)), box_(head().stage, std::move(out), std::move(in)) {}

std::unique_ptr<kept_input> kept_input::make(std::size_t capacity) {
  auto memory = memory_file::make(head_size + capacity, false);
  if (!memory)
    return nullptr;
  auto& head = *reinterpret_cast<header*>(memory.data());
  std::copy(std::begin(magic), std::end(magic), head.magic);
  head.capacity = capacity;
  std::unique_ptr<kept_input> made{new kept_input(std::move(memory))};
  return made->out() < 0 ? nullptr : std::move(made);
}

std::unique_ptr<kept_input> kept_input::adopt(unique_fd file, unique_fd out, unique_fd in) {
  if (!out || !in)
    return nullptr;
  auto first = memory_file::map(unique_fd{::fcntl(file.get(), F_DUPFD_CLOEXEC, 3)}, head_size, false);
  if (!first || !std::equal(std::begin(magic), std::end(magic), first.data()))
    return nullptr;
  auto memory = memory_file::map(std::move(file), head_size + reinterpret_cast<header*>(first.data())->capacity, false);
  if (!memory)
    return nullptr;
  std::unique_ptr<kept_input> found{new kept_input(std::move(memory), std::move(out), std::move(in))};
  if (found->box_.stage() != outbox_stage::moving)
    found->box_.take_back();
  return found;
}

std::size_t kept_input::position() const {
  return box_.stage() == outbox_stage::moving ? head().ahead : head().arrived;
}

std::size_t kept_input::waiting() const { return head().end - position() + box_.left(); }

std::string kept_input::bytes() const { return copy(position() - box_.left(), waiting()); }

std::string kept_input::copy(std::size_t from, std::size_t size) const {
  const char* ring = memory_.data() + head_size;
  std::string bytes(size, '\0');
  auto at = from % head().capacity;
  auto first = std::min<std::size_t>(size, head().capacity - at);
  std::memcpy(bytes.data(), ring + at, first);
  std::memcpy(bytes.data() + first, ring, size - first);
  return bytes;
}

/// What is in the outbox is in the ring, too: that is how it can be told once more.
bool kept_input::put(std::string_view bytes) {
  auto& h = head();
  if (bytes.size() > h.capacity - (h.end - h.arrived))
    return false;
  char* ring = memory_.data() + head_size;
  auto at = h.end % h.capacity;
  auto first = std::min<std::size_t>(bytes.size(), h.capacity - at);
  std::memcpy(ring + at, bytes.data(), first);
  std::memcpy(ring, bytes.data() + first, bytes.size() - first);
  fault_point("input.put");
  h.end += bytes.size();
  fault_point("input.taken");
  return true;
}

/// The next piece. False: there is none, or not even a page of it has room.
bool kept_input::fill() {
  auto& h = head();
  h.arrived = position();
  step();
  h.stage = static_cast<std::uint32_t>(outbox_stage::empty);
  step();
  for (auto size = std::min<std::size_t>(h.end - h.arrived, most_at_once); size > 0; size /= 2) {
    h.ahead = h.arrived + size;
    step();
    fault_point("input.next");
    if (box_.fill(copy(h.arrived, size))) {
      step();
      fault_point("input.moving");
      return true;
    }
  }
  return false;
}

void kept_input::step() const {
  if (after_step)
    after_step();
}

outbox::moved kept_input::move_to(int pipe) {
  for (;;) {
    if (auto moved = box_.move_to(pipe); moved != outbox::moved::all)
      return moved;
    if (!fill())
      return waiting() == 0 ? outbox::moved::all : outbox::moved::closed;
  }
}

} // namespace troupe::platform
