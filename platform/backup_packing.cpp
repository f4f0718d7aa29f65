// See backup_packing.hpp.
#include "platform/backup_packing.hpp"

#include "config/text.hpp"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr std::int64_t widest_gap = 100;       ///< numbers without a backup, after which no more are looked for
constexpr std::int64_t asked_every = 64 << 10; ///< bytes, see pause_wanted

} // namespace

// -- names in the folder ------

bool backup_packing::look(const std::string& name, struct stat& info) const {
  return ::fstatat(at_.folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

bool backup_packing::exists(const std::string& name) const {
  struct stat info {};
  return look(name, info);
}

bool backup_packing::is_at(const struct stat& file, const std::string& name) const {
  struct stat there {};
  return look(name, there) && identity_of(there) == identity_of(file);
}

/// A regular file under exactly this name.
unique_fd backup_packing::open_backup(const std::string& name, struct stat& info) const {
  unique_fd fd{::openat(at_.folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  if (fd && (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)))
    fd.reset();
  return fd;
}

int backup_packing::remove(const std::string& name) const {
  return ::unlinkat(at_.folder.get(), name.c_str(), 0) == 0 ? 0 : errno;
}

int backup_packing::rename(const std::string& from, const std::string& to) const {
  int in = at_.folder.get();
  return ::renameat(in, from.c_str(), in, to.c_str()) == 0 ? 0 : errno;
}

// -- what is done ------

backup_packing::outcome backup_packing::go_on(std::int64_t share) {
  using kind = outcome::kind;
  auto pause = [this, &share] { return means_.stopping || (share -= asked_every) < 0; };
  if (packing_ && !in_its_row())
    give_up(); // rotated on, or removed: nobody wants it any more
  if (!packing_) {
    if (!comparison_)
      at_ = find_place(file_, last_link::keep);
    if (!at_.folder)
      return {};
    if (!find_newest(pause))
      return {comparison_ ? kind::more : kind::all_done};
    part_ = make_part();
    if (!part_)
      return end_of(errno);
    packing_.emplace(source_.fd.get(), part_.get());
  }
  auto error = packing_->go_on(pause);
  if (!error)
    return {kind::more};
  packing_.reset();
  if (*error == 0) {
    keep_time();
    error = put_in_place();
  }
  return end_of(*error);
}

backup_packing::outcome backup_packing::end_of(int error) {
  auto name = file_ + source_.name.substr(at_.name.size());
  if (error != 0)
    remove(part());
  packing_.reset();
  part_.reset();
  source_ = {};
  if (error == EAGAIN) // written to by others: another time
    return {};
  if (error != 0)
    return {outcome::kind::failed, false,
            "could not compress log " + config::quoted(name) + ": " + config::errno_name(error) +
              "; it stays as it is"};
  return {outcome::kind::more, true};
}

void backup_packing::give_up() {
  comparison_.reset();
  twin_.reset();
  if (packing_) {
    packing_.reset();
    remove(part());
  }
  part_.reset();
  source_ = {};
}

/// False: there is none, or it is not known yet whether (comparison_).
bool backup_packing::find_newest(const pause_wanted& pause) {
  if (comparison_ && !settle_twin(pause))
    return false;
  std::int64_t gap = 0;
  for (std::int64_t i = 1; i <= backups_ && gap < widest_gap && !means_.stopping; ++i) {
    source_ = {i, stem() + std::to_string(i), {}, {}};
    source_.fd = open_backup(source_.name, source_.info);
    auto twin = source_.name + ".gz";
    bool is_there = static_cast<bool>(source_.fd);
    if (is_there && !means_.leased(source_.info) && !somebodys_.contains(identity_of(source_.info))) {
      if (!exists(twin))
        return true;
      twin_ = open_backup(twin, twin_info_);
      if (!twin_) {
        somebodys_.insert(identity_of(source_.info));
      } else {
        comparison_.emplace(twin_.get(), source_.fd.get());
        if (!settle_twin(pause))
          return false;
      }
    }
    gap = is_there || exists(twin) ? 0 : gap + 1;
  }
  source_ = {};
  return false;
}

/// There is a compressed file of the same number. If it holds the same, a daemon ended before it could remove the plain
/// one; otherwise both are somebody's and stay. False: paused.
bool backup_packing::settle_twin(const pause_wanted& pause) {
  auto same = comparison_->go_on(pause);
  if (!same)
    return false;
  comparison_.reset();
  if (*same) {
    auto lock = means_.hold_names(at_.folder.get());
    if (is_at(source_.info, source_.name) && is_at(twin_info_, source_.name + ".gz"))
      remove(source_.name);
  } else {
    somebodys_.insert(identity_of(source_.info));
  }
  twin_.reset();
  return true;
}

/// Whether what is under way still has a name to come back to.
bool backup_packing::in_its_row() const {
  std::int64_t gap = 0;
  for (auto i = source_.number; i <= backups_ && gap < widest_gap; ++i) {
    auto name = stem() + std::to_string(i);
    if (is_at(source_.info, name))
      return true;
    gap = exists(name) || exists(name + ".gz") ? 0 : gap + 1;
  }
  return false;
}

/// The file that is compressed into, with mode and owner of the plain one. What a daemon left behind is removed.
unique_fd backup_packing::make_part() const {
  auto name = part();
  remove(name);
  unique_fd made{::openat(at_.folder.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (made) {
    (void)!::fchown(made.get(), source_.info.st_uid, source_.info.st_gid); // only root gives files away
    ::fchmod(made.get(), source_.info.st_mode & 0777);
  }
  return made;
}

void backup_packing::keep_time() const {
  const timespec times[] = {source_.info.st_atim, source_.info.st_mtim};
  ::utimensat(at_.folder.get(), part().c_str(), times, AT_SYMLINK_NOFOLLOW);
}

/// First the new name, then the old one goes. The source may have been shifted up, or dropped at the end of the row.
int backup_packing::put_in_place() const {
  auto lock = means_.hold_names(at_.folder.get());
  std::int64_t gap = 0;
  for (auto i = source_.number; i <= backups_ && gap < widest_gap; ++i) {
    auto name = stem() + std::to_string(i);
    if (!is_at(source_.info, name)) {
      gap = exists(name) || exists(name + ".gz") ? 0 : gap + 1;
      continue;
    }
    if (exists(name + ".gz"))
      return EAGAIN;
    if (int error = rename(part(), name + ".gz"); error != 0)
      return error;
    remove(name);
    return 0;
  }
  return remove(part());
}

} // namespace troupe::platform
