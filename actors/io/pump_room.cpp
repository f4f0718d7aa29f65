// See pump_room.hpp. Of the memory nothing is believed but what the head says of its own build.
#include "actors/io/pump_room.hpp"

#include "platform/descriptors.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

namespace troupe::actors {

using platform::most_in_batch;

namespace {

constexpr char magic[8] = {'T', 'R', 'P', 'U', 'M', 'P', 'S', '1'};
constexpr std::size_t page = 4096;
constexpr std::size_t room_size = page + pump_room::places * most_in_batch;

} // namespace

struct pump_room::head {
  char magic[8];
  std::uint32_t places;
  std::uint32_t record_size;
  std::uint64_t room_size;
  std::atomic<std::uint64_t> last_number; ///< of a batch
};

/// A record shares its cache lines with no other.
struct alignas(128) pump_room::place {
  platform::batch_record record;
};

pump_room::head& pump_room::first() const { return *reinterpret_cast<head*>(memory_.data()); }

pump_room::place& pump_room::at(unsigned i) const {
  static_assert(sizeof(place) * (places + 1) <= page && sizeof(head) <= sizeof(place));
  return reinterpret_cast<place*>(memory_.data())[i + 1];
}

platform::stash pump_room::stash_of(unsigned i) const {
  auto offset = page + i * most_in_batch;
  return {memory_.data() + offset, memory_.fd(), static_cast<std::int64_t>(offset)};
}

std::unique_ptr<pump_room> pump_room::make() {
  auto memory = platform::memory_file::make(room_size, true);
  if (!memory)
    return nullptr;
  std::unique_ptr<pump_room> room{new pump_room{std::move(memory)}};
  if (!room->can_splice())
    return nullptr;
  auto& h = room->first();
  h.places = places;
  h.record_size = sizeof(place);
  h.room_size = room_size;
  std::memcpy(h.magic, magic, sizeof magic);
  return room;
}

/// Not every system that has splice(2) has it for memory. False: errno.
bool pump_room::can_splice() const {
  platform::unique_fd out;
  platform::unique_fd in;
  if (int error = platform::make_pipe(out, in); error != 0) {
    errno = error;
    return false;
  }
  constexpr auto last = room_size - 1; // as far back as it gets: the size of files may be bounded
  platform::stash there{memory_.data() + last, memory_.fd(), static_cast<std::int64_t>(last)};
  auto& record = at(0).record;
  platform::announce(record, there, 0, 0, 1, true);
  bool can = ::write(in.get(), "", 1) == 1;
  if (can) {
    auto taken = platform::take(record, there, out.get());
    can = taken.size == 1;
    errno = taken.error;
  }
  platform::batch_done(record);
  return can;
}

std::unique_ptr<pump_room> pump_room::map(platform::unique_fd fd) {
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || info.st_size != static_cast<off_t>(room_size))
    return nullptr;
  auto memory = platform::memory_file::map(std::move(fd), room_size, true);
  if (!memory)
    return nullptr;
  std::unique_ptr<pump_room> room{new pump_room{std::move(memory)}};
  const auto& h = room->first();
  if (std::memcmp(h.magic, magic, sizeof magic) != 0 || h.places != places || h.record_size != sizeof(place) ||
      h.room_size != room_size)
    return nullptr;
  for (unsigned i = 0; i < places; ++i)
    if (!platform::is_done(room->at(i).record))
      room->free_ &= ~(1U << i);
  return room;
}

pump_room::lease pump_room::take() {
  auto free = free_.load(std::memory_order_relaxed);
  while (free != 0) {
    auto lowest = static_cast<unsigned>(std::countr_zero(free)); // whose memory is in the caches
    if (free_.compare_exchange_weak(free, free & ~(1U << lowest), std::memory_order_acquire, std::memory_order_relaxed))
      return {*this, lowest};
  }
  refused_.fetch_add(1, std::memory_order_relaxed);
  return {};
}

bool pump_room::at_ease() const { return std::popcount(free_.load(std::memory_order_relaxed)) * 2 >= int{places}; }

std::vector<pump_room::lease> pump_room::left_behind() {
  std::vector<lease> left;
  left.reserve(places);
  for (unsigned i = 0; i < places; ++i)
    if (!platform::is_done(at(i).record))
      left.push_back({*this, i});
  std::sort(left.begin(), left.end(),
            [](const lease& a, const lease& b) { return a.record().number < b.record().number; });
  return left;
}

pump_room::lease& pump_room::lease::operator=(lease&& other) noexcept {
  if (this == &other)
    return *this;
  end();
  room_ = std::exchange(other.room_, nullptr);
  at_ = other.at_;
  return *this;
}

platform::batch_record& pump_room::lease::record() const { return room_->at(at_).record; }

platform::stash pump_room::lease::stash() const { return room_->stash_of(at_); }

void pump_room::lease::announce(std::uint32_t slot, std::uint32_t channel, std::size_t size, bool splice) const {
  record().number = room_->first().last_number.fetch_add(1, std::memory_order_relaxed) + 1;
  platform::announce(record(), stash(), slot, channel, size, splice);
}

void pump_room::lease::end() {
  if (!room_)
    return;
  platform::batch_done(record());
  room_->free_.fetch_or(1U << at_, std::memory_order_release);
  room_ = nullptr;
}

} // namespace troupe::actors
