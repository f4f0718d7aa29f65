// See redo_memory.hpp. The changes stand behind the head, each with where it goes; they count from the store of their
// length on until the one that says that all are made, and making them twice changes nothing.
#include "platform/redo_memory.hpp"

#include "platform/fault_point.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

namespace troupe::platform {

namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t most_changes = 16 * page; ///< bytes of one step

} // namespace

struct redo_memory::head {
  std::uint64_t size;                 ///< of what follows the changes
  std::atomic<std::uint32_t> to_make; ///< bytes of changes that are to be made; 0: none
};

struct redo_memory::change {
  std::uint64_t offset;
  std::uint64_t size;
};

redo_memory::head& redo_memory::first() const { return *reinterpret_cast<head*>(memory_.data()); }

char* redo_memory::data() const { return memory_.data() + page + most_changes; }

redo_memory redo_memory::make(std::size_t size) {
  redo_memory made;
  made.memory_ = memory_file::make(page + most_changes + size, false);
  if (made) {
    made.size_ = size;
    made.first().size = size;
  }
  return made;
}

redo_memory redo_memory::map(unique_fd fd, std::size_t size) {
  redo_memory found;
  found.memory_ = memory_file::map(std::move(fd), page + most_changes + size, false);
  if (found && found.first().size != size)
    found.memory_ = {};
  if (found) {
    found.size_ = size;
    found.make_whole();
  }
  return found;
}

void redo_memory::put(std::size_t offset, const void* bytes, std::size_t size) {
  change c{offset, size};
  put_.append(reinterpret_cast<const char*>(&c), sizeof c);
  put_.append(static_cast<const char*>(bytes), size);
}

void redo_memory::commit() {
  std::size_t begin = 0;
  std::size_t end = 0;
  while (end < put_.size()) {
    change c; // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the next line
    std::memcpy(&c, put_.data() + end, sizeof c);
    auto next = end + sizeof c + c.size;
    if (next - begin > most_changes && end > begin) {
      write_down(put_.data() + begin, end - begin);
      begin = end;
    }
    end = next;
  }
  if (end > begin)
    write_down(put_.data() + begin, end - begin);
  put_.clear();
}

void redo_memory::write_down(const char* changes, std::size_t bytes) {
  std::memcpy(memory_.data() + page, changes, std::min(bytes, most_changes));
  fault_point("event.written");
  if (after_step)
    after_step();
  first().to_make.store(static_cast<std::uint32_t>(bytes), std::memory_order_release);
  fault_point("event.counts");
  if (after_step)
    after_step();
  make_whole();
}

/// Numbers out of shared memory: what leads out of it is not followed.
void redo_memory::make_whole() const {
  auto left = std::min<std::size_t>(first().to_make.load(std::memory_order_acquire), most_changes);
  const auto* at = memory_.data() + page;
  while (left >= sizeof(change)) {
    change c; // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the next line
    std::memcpy(&c, at, sizeof c);
    at += sizeof c;
    left -= sizeof c;
    if (c.size > left || c.offset > size_ || c.size > size_ - c.offset)
      break;
    std::memcpy(data() + c.offset, at, c.size);
    at += c.size;
    left -= c.size;
    fault_point("event.making");
    if (after_step)
      after_step();
  }
  fault_point("event.made");
  first().to_make.store(0, std::memory_order_release);
}

} // namespace troupe::platform
