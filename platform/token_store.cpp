// See token_store.hpp.
#include "platform/token_store.hpp"

#include "platform/safe_path.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr int most_names = 100; ///< of temporary files that others may have taken

config::error reason(int error, const std::string& refusal = {}) {
  return config::fault(std::strerror(error) + (refusal.empty() ? "" : ": " + refusal));
}

bool is_ours(const struct stat& there) { return there.st_uid == 0 || there.st_uid == ::geteuid(); }

/// Why what has the name of the file cannot be it; empty: it can.
std::string objection(const struct stat& there) {
  if (S_ISLNK(there.st_mode))
    return "it is a link";
  if (!S_ISREG(there.st_mode))
    return "it is no regular file";
  return is_ours(there) ? "" : "it belongs to uid " + std::to_string(there.st_uid);
}

/// In the folder of `at`, where the name may be ours from a write that was cut short, or somebody else's.
unique_fd make_temporary(place& at, std::string& refusal) {
  auto name = at.name + ".new";
  for (int i = 0; i < most_names; ++i) {
    at.name = name + (i == 0 ? "" : '-' + std::to_string(i));
    for (bool again : {true, false}) {
      unique_fd made{open_place(at, O_WRONLY | O_CREAT | O_EXCL, 0600, refusal)};
      if (made || errno != EEXIST)
        return made;
      struct stat there {};
      bool left_over = ::fstatat(at.folder.get(), at.name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
                       S_ISREG(there.st_mode) && there.st_uid == ::geteuid();
      if (!again || !left_over || ::unlinkat(at.folder.get(), at.name.c_str(), 0) != 0)
        break;
    }
  }
  errno = EEXIST;
  return {};
}

/// 0, or errno.
int put(int fd, std::string_view text) {
  if (::fchmod(fd, 0600) != 0)
    return errno;
  while (!text.empty()) {
    auto count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return count < 0 ? errno : ENOSPC;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

/// So that the new name is there after a power cut, too. A folder that we may not read, or a file system that knows no
/// such thing, is no reason to do without.
int settle(int held_folder) {
  unique_fd folder{::openat(held_folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder)
    return errno == EACCES ? 0 : errno;
  return ::fsync(folder.get()) == 0 || errno == EINVAL ? 0 : errno;
}

} // namespace

config::result<std::string> read_token_file(const std::string& path) {
  auto at = find_place(path, last_link::keep);
  if (at.error != 0)
    return reason(at.error, at.refusal);
  std::string refusal;
  unique_fd file{open_place(at, O_RDONLY, 0, refusal)};
  if (!file && errno == ENOENT)
    return std::string();
  if (!file)
    return reason(errno, refusal);
  struct stat there {};
  if (::fstat(file.get(), &there) != 0)
    return reason(errno);
  if (auto why = objection(there); !why.empty())
    return config::fault(why);
  std::string text;
  std::array<char, 65536> block;
  for (;;) {
    auto count = ::read(file.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return reason(errno);
    if (count == 0)
      return text;
    if (text.size() + static_cast<std::size_t>(count) > largest_token_file)
      return config::fault("it is larger than " + std::to_string(largest_token_file >> 20) + " MiB");
    text.append(block.data(), static_cast<std::size_t>(count));
  }
}

config::result<void> write_token_file(const std::string& path, std::string_view text) {
  auto at = find_place(path, last_link::keep);
  if (at.error != 0)
    return reason(at.error, at.refusal);
  struct stat there {};
  if (::fstatat(at.folder.get(), at.name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0) {
    if (auto why = objection(there); !why.empty())
      return config::fault(why);
  } else if (errno != ENOENT) {
    return reason(errno);
  }
  auto name = at.name;
  std::string refusal;
  auto made = make_temporary(at, refusal);
  if (!made)
    return reason(errno, refusal);
  int error = put(made.get(), text);
  if (error == 0 && ::renameat(at.folder.get(), at.name.c_str(), at.folder.get(), name.c_str()) != 0)
    error = errno;
  if (error != 0) {
    ::unlinkat(at.folder.get(), at.name.c_str(), 0);
    return reason(error);
  }
  if (error = settle(at.folder.get()); error != 0)
    return reason(error);
  return {};
}

} // namespace troupe::platform
