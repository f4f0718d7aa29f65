// See safe_path.hpp.
#include "platform/safe_path.hpp"

#include "config/text.hpp"
#include "platform/path_calls.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr int most_links = 40;
constexpr int most_swaps = 100;                                 ///< by somebody who changes the name while we look
constexpr int common_flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK; // the last has no effect on files

/// Truncating waits for the judgement.
int opening(int flags) { return (flags & ~O_TRUNC) | common_flags; }

bool is_trusted(uid_t owner) { return owner == 0 || owner == ::geteuid(); }

std::string not_followed(const place::condition& c) {
  return "the link " + c.path + " belongs to uid " + std::to_string(c.link.owner) +
         (c.link.names > 1 ? " and has several names" : " and leads to what is not that user's") +
         ": it is not followed";
}

/// What is at the end of text of a link in procfs, which does not say where it leads: `pipe:[7]`, `/x (deleted)`.
bool is_magic_text(std::string_view text) { return text.starts_with('/') || text.find(':') != text.npos; }

// -- the walk ------------------------------------------------------------------------------------

class walk {
public:
  walk(const std::string& path, last_link how) : how_(how) {
    push(path);
    if (path.ends_with('/'))
      steps_.insert(steps_.begin(), step{".", {}});
    start(path.starts_with('/'));
  }

  place end() && {
    while (at_.folder && !steps_.empty() && !arrived_) {
      auto next = std::move(steps_.back());
      steps_.pop_back();
      if (next.name.empty())
        check(next.mark);
      else if (next.name == "..")
        enter(openat(at_.folder.get(), "..", folder_flags));
      else if (next.name != ".")
        go(next.name);
    }
    if (at_.folder && !arrived_)
      at_.name = ".";
    return std::move(at_);
  }

private:
  struct step {
    std::string name;      ///< empty: `mark`
    place::condition mark; ///< a link that has been followed up to here
  };

  void push(std::string_view path) {
    std::vector<step> more;
    while (!path.empty()) {
      auto slash = std::min(path.find('/'), path.size());
      if (slash > 0)
        more.push_back({std::string(path.substr(0, slash)), {}});
      path.remove_prefix(std::min(slash + 1, path.size()));
    }
    steps_.insert(steps_.end(), std::make_move_iterator(more.rbegin()), std::make_move_iterator(more.rend()));
  }

  void fail(int error, std::string refusal = {}) {
    at_.folder.reset();
    at_.error = error;
    at_.refusal = std::move(refusal);
  }

  bool is_last() const {
    return std::none_of(steps_.begin(), steps_.end(), [](const step& s) { return !s.name.empty(); });
  }

  void start(bool at_root) {
    at_.is_steady = how_ == last_link::keep;
    shown_ = at_root ? "/" : "";
    enter(::open(at_root ? "/" : ".", folder_flags));
  }

  /// `fd` is a folder, or -1 and errno.
  void enter(int fd) {
    unique_fd next{fd};
    struct stat info {};
    if (!next || ::fstat(next.get(), &info) != 0)
      return fail(errno);
    enter(std::move(next), info);
  }

  void enter(unique_fd next, const struct stat& info) {
    here_ = info;
    at_.folder = std::move(next);
  }

  /// Whoever may write this folder can put something else in the place of what we found there.
  void goes_through(uid_t owner) {
    bool stays =
      !strangers_may_write(here_) || ((here_.st_mode & S_ISVTX) != 0 && is_trusted(here_.st_uid) && is_trusted(owner));
    at_.is_steady = at_.is_steady && stays;
  }

  void check(const place::condition& mark) {
    if (!may_follow(mark.link, here_.st_uid, ::geteuid()))
      fail(ELOOP, not_followed(mark));
  }

  void arrive(const std::string& name) {
    arrived_ = true;
    at_.name = name;
    for (auto& left : steps_)
      at_.conditions.push_back(std::move(left.mark));
  }

  void go(const std::string& name) {
    bool last = is_last();
    char none[1];
    if (last && (how_ == last_link::keep || ::readlinkat(at_.folder.get(), name.c_str(), none, sizeof none) < 0))
      return arrive(name); // whatever is wrong with it, opening it says so
    auto found = look_at(at_.folder.get(), name, strangers_may_write(here_));
    if (found.error != 0)
      return fail(found.error);
    if (S_ISLNK(found.info.st_mode))
      return follow(name, found.text, found.info, last);
    if (last)
      return arrive(name);
    if (!S_ISDIR(found.info.st_mode))
      return fail(ENOTDIR);
    goes_through(found.info.st_uid);
    shown_ = shown(name);
    enter(std::move(found.folder), found.info);
  }

  std::string shown(const std::string& name) const {
    return shown_ + (shown_.empty() || shown_.ends_with('/') ? "" : "/") + name;
  }

  void follow(const std::string& name, const std::string& target, const struct stat& info, bool last) {
    if (++links_ > most_links)
      return fail(ELOOP);
    place::condition mark{{info.st_uid, info.st_nlink, strangers_may_write(here_)}, shown(name)};
    bool trusted = may_follow(mark.link, static_cast<uid_t>(-1), ::geteuid());
    goes_through(trusted ? info.st_uid : static_cast<uid_t>(-1));
    at_.through_link = at_.through_link || last;
    if (is_on_procfs(at_.folder.get()) && is_magic_text(target))
      return trusted ? enter_magic(name, last) : fail(ELOOP, not_followed(mark));
    if (!trusted)
      steps_.push_back({"", std::move(mark)});
    if (target.ends_with('/'))
      steps_.push_back({".", {}});
    push(target);
    if (target.starts_with('/')) {
      shown_ = "/";
      enter(::open("/", folder_flags));
    }
  }

  /// Where it leads its text does not say; the kernel does.
  void enter_magic(const std::string& name, bool last) {
    if (!last)
      return enter(::openat(at_.folder.get(), name.c_str(), folder_flags));
    arrive(name);
    at_.is_magic = true;
  }

  last_link how_;
  place at_;
  std::vector<step> steps_; ///< the next one last
  struct stat here_ {};
  std::string shown_; ///< of the folder, for sentences
  int links_ = 0;
  bool arrived_ = false;
};

// -- opening -------------------------------------------------------------------------------------

/// 0 to 2, where `at` is a descriptor of this process's own.
int own_stdio(const place& at) {
  int number = -1;
  auto [end, problem] = std::from_chars(at.name.data(), at.name.data() + at.name.size(), number);
  if (problem != std::errc{} || *end != '\0' || number > 2)
    return -1;
  struct stat there {};
  return ::fstat(at.folder.get(), &there) == 0 && lists_own_descriptors(there) ? number : -1;
}

/// Of a file, a second opening would write over what others write by the first. What cannot be opened a second time (a
/// socket; a user without the right to) has been handed to us to be written all the same.
int open_magic(const place& at, int flags) {
  int number = (flags & O_ACCMODE) == O_WRONLY ? own_stdio(at) : -1;
  bool writes = number >= 0 && (::fcntl(number, F_GETFL) & O_ACCMODE) != O_RDONLY;
  struct stat info {};
  if (writes && ::fstat(number, &info) == 0 && S_ISREG(info.st_mode))
    return ::fcntl(number, F_DUPFD_CLOEXEC, 3);
  int fd = ::openat(at.folder.get(), at.name.c_str(), flags & ~(O_CREAT | O_EXCL | O_TRUNC));
  int error = errno;
  if (fd < 0 && writes && (error == EACCES || error == EPERM || error == ENXIO))
    return ::fcntl(number, F_DUPFD_CLOEXEC, 3);
  errno = error;
  return fd;
}

/// Whoever owns the folder may give its names away anyhow.
bool meets(const place::condition& c, const struct stat& file, const struct stat& folder) {
  return may_follow(c.link, file.st_uid, ::geteuid()) ||
         (c.link.names == 1 && folder.st_uid == c.link.owner && S_ISREG(file.st_mode) && file.st_nlink == 1);
}

/// 0, or errno: may what is at `at` be used?
int judge(const place& at, const struct stat& info, std::string& refusal) {
  struct stat folder {};
  if (S_ISLNK(info.st_mode)) // opening it has refused that; a look does not
    return ELOOP;
  if ((S_ISREG(info.st_mode) && info.st_nlink > 1) || !at.conditions.empty())
    if (::fstat(at.folder.get(), &folder) != 0)
      return errno;
  if (S_ISREG(info.st_mode) && info.st_nlink > 1 && !at.is_magic && strangers_may_write(folder)) {
    refusal = "the file belongs to uid " + std::to_string(info.st_uid) +
              " and has several names, in a folder that others may write: it is not touched";
    return EMLINK;
  }
  for (const auto& c : at.conditions)
    if (!meets(c, info, folder)) {
      refusal = not_followed(c);
      return ELOOP;
    }
  return 0;
}

/// Nothing is made where a link leads that is not followed.
bool may_create(const place& at) {
  struct stat folder {};
  return at.conditions.empty() || (::fstat(at.folder.get(), &folder) == 0 &&
                                   std::all_of(at.conditions.begin(), at.conditions.end(), [&](auto& c) {
                                     return may_follow(c.link, folder.st_uid, ::geteuid());
                                   }));
}

} // namespace

bool may_follow(const link_facts& link, uid_t target_owner, uid_t own) {
  if (link.names != 1 && link.among_strangers)
    return false;
  return link.owner == 0 || link.owner == own || link.owner == target_owner;
}

bool strangers_may_write(const struct stat& folder) {
  return (folder.st_mode & (S_IWGRP | S_IWOTH)) != 0 || !is_trusted(folder.st_uid);
}

place find_place(const std::string& path, last_link how) {
  auto slash = path.rfind('/');
  bool plain = how == last_link::follow && slash != path.npos && slash > 0 && slash + 1 < path.size();
  auto name = plain ? path.substr(slash + 1) : "";
  if (plain && name != "." && name != "..") {
    place at;
    char none[1];
    at.folder.reset(open_without_links(path.substr(0, slash), folder_flags, 0));
    if (at.folder && ::readlinkat(at.folder.get(), name.c_str(), none, sizeof none) < 0) {
      at.name = std::move(name);
      return at;
    }
  }
  return walk{path, how}.end();
}

place find_folder(const std::string& path) { return find_place(path + '/', last_link::follow); }

int open_place(const place& at, int flags, mode_t mode, std::string& refusal) {
  if (!at.folder) {
    refusal = at.refusal;
    errno = at.error;
    return -1;
  }
  if ((flags & O_CREAT) != 0 && !may_create(at))
    flags &= ~(O_CREAT | O_EXCL);
  int wanted = opening(flags);
  unique_fd fd{at.is_magic ? open_magic(at, wanted)
                           : ::openat(at.folder.get(), at.name.c_str(), wanted | O_NOFOLLOW, mode)};
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0)
    return -1;
  int error = judge(at, info, refusal);
  if (error == 0 && (flags & O_TRUNC) != 0 && S_ISREG(info.st_mode) && ::ftruncate(fd.get(), 0) != 0)
    error = errno;
  if (error == 0)
    return fd.release();
  fd.reset();
  errno = error;
  return -1;
}

int look_at_place(const place& at, struct stat& info, std::string& refusal) {
  if (!at.folder) {
    refusal = at.refusal;
    return at.error;
  }
  int how = at.is_magic ? 0 : AT_SYMLINK_NOFOLLOW;
  return ::fstatat(at.folder.get(), at.name.c_str(), &info, how) == 0 ? judge(at, info, refusal) : errno;
}

int look_at_path(const std::string& path, struct stat& info, std::string& refusal) {
  int error = ELOOP;
  refusal.clear();
  for (int i = 0; i < most_swaps && error == ELOOP && refusal.empty(); ++i)
    error = look_at_place(find_place(path, last_link::follow), info, refusal);
  return error;
}

int open_path(const std::string& path, int flags, mode_t mode, std::string& refusal) {
  refusal.clear();
  unique_fd fd{open_without_links(path, opening(flags), mode)};
  if (!fd && errno != EXDEV)
    return -1;
  struct stat info {};
  if (fd && ::fstat(fd.get(), &info) == 0 && (!S_ISREG(info.st_mode) || info.st_nlink <= 1)) {
    if ((flags & O_TRUNC) != 0 && S_ISREG(info.st_mode) && ::ftruncate(fd.get(), 0) != 0)
      return -1;
    return fd.release();
  }
  for (int i = 0; i < most_swaps; ++i) {
    int opened = open_place(find_place(path, last_link::follow), flags, mode, refusal);
    if (opened >= 0 || errno != ELOOP || !refusal.empty())
      return opened;
  }
  errno = ELOOP;
  return -1;
}

} // namespace troupe::platform
