// See platform/batch.hpp. The stores have to be in this order in memory; a killed thread leaves what it has stored.
#include "platform/batch.hpp"

#include "platform/fault_point.hpp"
#include "platform/random_bytes.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

void enter(batch_record& r, batch_stage stage) {
  r.stage.store(static_cast<std::uint32_t>(stage), std::memory_order_release);
}

batch_stage stage_of(const batch_record& r) {
  return static_cast<batch_stage>(r.stage.load(std::memory_order_acquire));
}

/// Offsets of splice(2) and the record's member are the same 64 bits.
ssize_t splice_into(batch_record& r, int file, int pipe) {
  static_assert(sizeof(off64_t) == sizeof r.counted);
  auto* offset = reinterpret_cast<off64_t*>(&r.counted);
  return ::splice(pipe, nullptr, file, offset, r.announced, SPLICE_F_NONBLOCK);
}

bool begins_alike(const char* stash, int log, std::uint64_t from, std::uint64_t size) {
  char part[4096];
  for (std::uint64_t done = 0; done < size;) {
    auto n = ::pread(log, part, std::min<std::uint64_t>(sizeof part, size - done), static_cast<off_t>(from + done));
    if (n <= 0 || std::memcmp(part, stash + done, static_cast<std::size_t>(n)) != 0)
      return false;
    done += static_cast<std::uint64_t>(n);
  }
  return true;
}

} // namespace

std::size_t next_batch(int pipe) {
  int there = 0;
  if (::ioctl(pipe, FIONREAD, &there) != 0 || there <= 0)
    return 0;
  return std::min(static_cast<std::size_t>(there), most_in_batch);
}

void announce(batch_record& r, const stash& s, std::uint32_t slot, std::uint32_t channel, std::size_t size,
              bool splice) {
  r.slot = slot;
  r.channel = channel;
  r.announced = size;
  r.counted = s.offset;
  r.written = 0;
  bool is_marked = !splice && size >= batch_mark_size;
  if (is_marked) {
    fill_random(r.mark, batch_mark_size);
    std::memcpy(s.data + size - batch_mark_size, r.mark, batch_mark_size);
  }
  fault_point("batch.announcing");
  enter(r, is_marked ? batch_stage::announced : batch_stage::spliced);
  fault_point("batch.announced");
}

taken take(batch_record& r, const stash& s, int pipe) {
  taken t;
  bool spliced = stage_of(r) == batch_stage::spliced;
  ssize_t n = -1;
  do
    n = spliced ? splice_into(r, s.file, pipe) : ::read(pipe, s.data, r.announced);
  while (n < 0 && errno == EINTR);
  if (n > 0)
    fault_point("batch.taken");
  if (n <= 0) {
    t.error = n < 0 ? errno : 0;
    enter(r, batch_stage::idle);
    return t;
  }
  t.size = static_cast<std::size_t>(n);
  t.in_pieces = !spliced && t.size < r.announced;
  r.counted = s.offset + n;
  enter(r, batch_stage::read);
  fault_point("batch.read");
  return t;
}

void about_to_write(batch_record& r, int log) {
  if (stage_of(r) == batch_stage::writing)
    enter(r, batch_stage::read); // what follows is not one store
  struct stat info {};
  r.log_is_file = ::fstat(log, &info) == 0 && S_ISREG(info.st_mode) ? 1 : 0;
  r.log_device = info.st_dev;
  r.log_inode = info.st_ino;
  r.log_size = static_cast<std::uint64_t>(info.st_size);
  r.log_begin = r.written;
  fault_point("batch.noting");
  enter(r, batch_stage::writing);
  fault_point("batch.writing");
}

void batch_done(batch_record& r) {
  enter(r, batch_stage::idle);
  fault_point("batch.done");
}

bool is_log_of(const batch_record& r, int log) {
  struct stat info {};
  return ::fstat(log, &info) == 0 && info.st_dev == r.log_device && info.st_ino == r.log_inode;
}

batch_facts facts_of(const batch_record& r, const stash& s, int log) {
  constexpr auto most = static_cast<std::int64_t>(most_in_batch);
  batch_facts f;
  f.announced = std::min<std::uint64_t>(r.announced, most_in_batch);
  f.counted = static_cast<std::uint64_t>(std::clamp<std::int64_t>(r.counted, s.offset, s.offset + most) - s.offset);
  f.written = std::min(r.written, f.counted);
  f.log_begin = std::min(r.log_begin, f.counted);
  f.mark_whole =
    f.announced >= batch_mark_size && std::memcmp(s.data + f.announced - batch_mark_size, r.mark, batch_mark_size) == 0;
  f.log_is_file = r.log_is_file != 0;
  f.size_before = r.log_size;
  struct stat info {};
  f.log_found = log >= 0 && is_log_of(r, log) && ::fstat(log, &info) == 0;
  if (!f.log_found)
    return f;
  f.size_now = static_cast<std::uint64_t>(info.st_size);
  if (f.size_now > f.size_before)
    f.same_bytes = begins_alike(s.data + f.log_begin, log, f.size_before,
                                std::min(f.size_now - f.size_before, f.counted - f.log_begin));
  return f;
}

} // namespace troupe::platform
