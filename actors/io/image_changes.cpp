// See image_changes.hpp.
#include "actors/io/image_changes.hpp"

#include "platform/fault_point.hpp"

#include <atomic>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::actors {

namespace {

constexpr std::size_t head_size = 4096;
constexpr std::uint64_t mark = 0x5345474e41484354; // "TCHANGES"

bool write_all(int file, const void* bytes, std::size_t size, std::size_t at) {
  const auto* from = static_cast<const char*>(bytes);
  for (std::size_t done = 0; done < size;) {
    auto n = ::pwrite(file, from + done, size - done, static_cast<off_t>(at + done));
    if (n <= 0)
      return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

bool read_all(int file, void* bytes, std::size_t size, std::size_t at) {
  auto* into = static_cast<char*>(bytes);
  for (std::size_t done = 0; done < size;) {
    auto n = ::pread(file, into + done, size - done, static_cast<off_t>(at + done));
    if (n <= 0)
      return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

} // namespace

struct image_changes::head {
  std::uint64_t mark;
  std::uint64_t image;
  std::atomic<std::uint64_t> end; ///< of those that are whole
};

image_changes::head& image_changes::first() const {
  static_assert(sizeof(head) <= head_size);
  return *reinterpret_cast<head*>(memory_.data());
}

std::optional<image_changes> image_changes::make(std::uint64_t image) {
  image_changes made{platform::memory_file::make(head_size, false)};
  if (!made.memory_)
    return {};
  made.first().mark = mark;
  made.first().image = image;
  return made;
}

std::size_t image_changes::size() const { return first().end; }

bool image_changes::add(std::string_view change) {
  std::uint64_t size = change.size();
  auto at = head_size + first().end;
  if (!write_all(fd(), &size, sizeof size, at) || !write_all(fd(), change.data(), change.size(), at + sizeof size))
    return false;
  platform::fault_point("change.written");
  first().end += sizeof size + size;
  platform::fault_point("change.counts");
  return true;
}

std::vector<std::string> changes_in(int file, std::uint64_t image) {
  std::vector<std::string> all;
  platform::unique_fd own{file < 0 ? -1 : ::fcntl(file, F_DUPFD_CLOEXEC, 3)};
  image_changes found{platform::memory_file::map(std::move(own), head_size, false)};
  if (!found.memory_ || found.first().mark != mark || found.first().image != image)
    return all;
  for (std::size_t at = 0, end = found.first().end; at < end;) {
    std::uint64_t size = 0;
    if (!read_all(file, &size, sizeof size, head_size + at) || size > end - at - sizeof size)
      break;
    std::string change(size, '\0');
    if (!read_all(file, change.data(), size, head_size + at + sizeof size))
      break;
    all.push_back(std::move(change));
    at += sizeof size + size;
  }
  return all;
}

} // namespace troupe::actors
