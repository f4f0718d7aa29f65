// See folders.hpp.
#include "platform/folders.hpp"

#include "platform/safe_path.hpp"
#include "platform/timed_lock.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <mutex>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr mode_t unfinished = 0700; ///< until it has its owner

/// Where another thread is at one, a folder may be there that is not what it will be yet.
constexpr std::chrono::milliseconds longest_wait{1000};

struct order {
  mode_t mode;
  const std::optional<folder_owner>& owner;
  std::string& refusal;
};

/// Nobody has put anything into it.
bool is_empty(int folder) {
  unique_fd again{::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  std::unique_ptr<DIR, int (*)(DIR*)> list{again ? ::fdopendir(again.get()) : nullptr, ::closedir};
  if (!list)
    return false;
  (void)again.release(); // the list's from here on
  while (const auto* entry = ::readdir(list.get())) {
    std::string_view name = entry->d_name;
    if (name != "." && name != "..")
      return false;
  }
  return true;
}

bool is_unfinished(const struct stat& info) {
  constexpr mode_t others = 07777 & ~(unfinished | S_ISGID); // that one comes from the folder above
  return (info.st_mode & others) == 0;
}

/// Whoever may write the folder above can have put another one in its place: that is not ours to give away.
bool has_just_been_made(int folder, const struct stat& info) {
  return info.st_uid == ::geteuid() && is_unfinished(info) && is_empty(folder);
}

/// 0, or errno.
int make_one(const place& at, const order& what) {
  int above = at.folder.get();
  if (::mkdirat(above, at.name.c_str(), unfinished) != 0)
    return errno;
  unique_fd made{::openat(above, at.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  struct stat info {};
  if (!made || ::fstat(made.get(), &info) != 0)
    return errno;
  if (!has_just_been_made(made.get(), info))
    return EEXIST;
  int error = 0;
  if (what.owner && ::fchown(made.get(), what.owner->uid, what.owner->gid) != 0)
    error = errno;
  else if (::fchmod(made.get(), what.mode) != 0)
    error = errno;
  if (error != 0)
    ::unlinkat(above, at.name.c_str(), AT_REMOVEDIR); // rather none than one that its user cannot enter
  return error;
}

std::string_view parent_of(std::string_view path) {
  while (path.ends_with('/'))
    path.remove_suffix(1);
  path.remove_suffix(path.size() - std::min(path.rfind('/') + 1, path.size()));
  while (path.size() > 1 && path.ends_with('/'))
    path.remove_suffix(1);
  return path;
}

std::string_view without_last_slash(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/'))
    path.remove_suffix(1);
  return path;
}

/// 0 where there is a folder; else errno.
int look_for(std::string_view path, std::string& refusal, struct stat& info) {
  auto at = find_folder(std::string(path));
  refusal = at.refusal;
  if (!at.folder)
    return at.error;
  return look_at_place(at, info, refusal);
}

int make_missing(std::string_view path, const order& what) {
  struct stat info {};
  int error = look_for(path, what.refusal, info);
  if (error != ENOENT || path == "/")
    return error;
  if (auto above = parent_of(path); !above.empty())
    if (int failed = make_missing(above, what))
      return failed;
  auto at = find_place(std::string(without_last_slash(path)), last_link::keep);
  what.refusal = at.refusal;
  if (!at.folder)
    return at.error;
  if (at.name == "." || at.name == "..") // a part that has just been made
    return look_for(path, what.refusal, info);
  error = at.conditions.empty() ? make_one(at, what) : ELOOP;
  return error == EEXIST && look_for(path, what.refusal, info) == 0 ? 0 : error;
}

} // namespace

int make_folders(const std::string& path, mode_t mode, const std::optional<folder_owner>& owner, std::string& refusal) {
  static std::timed_mutex under_way;
  refusal.clear();
  if (path.empty())
    return ENOENT;
  struct stat info {};
  bool is_there = ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode); // then nobody cares by which way
  bool half_made = owner && owner->uid != ::geteuid() && info.st_uid == ::geteuid() && is_unfinished(info);
  if (is_there && !half_made)
    return 0;
  const auto lock = lock_within(under_way, longest_wait); // a file system that hangs is no reason to wait for ever
  return is_there ? 0 : make_missing(path, {mode, owner, refusal});
}

} // namespace troupe::platform
