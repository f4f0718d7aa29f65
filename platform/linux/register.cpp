// See register.hpp: files, tmpfs, memfd, maps.
#include "platform/register.hpp"

#include "platform/safe_path.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

std::string boot_id() {
  unique_fd fd{::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)};
  char text[40];
  auto n = fd ? ::read(fd.get(), text, sizeof text - 1) : -1;
  std::string id(text, n > 0 ? static_cast<std::size_t>(n) : 0);
  return id.substr(0, id.find('\n'));
}

/// Empty, or why a mapped file is not safe there: others could cut it (SIGBUS), or it would outlive the boot.
std::string trouble_with_folder(int folder, uid_t own, const std::string& path) {
  struct statfs system {};
  struct stat info {};
  if (::fstatfs(folder, &system) != 0 || ::fstat(folder, &info) != 0)
    return path + ": " + std::strerror(errno);
  if (system.f_type != TMPFS_MAGIC)
    return path + " is not a tmpfs";
  if (strangers_may_write(info) || (info.st_uid != own && info.st_uid != 0))
    return path + " can be written by others";
  return {};
}

void fill_header(register_header& header, const register_owner& owner) {
  std::copy(std::begin(register_magic), std::end(register_magic), header.magic);
  header.layout = register_layout;
  header.slot_size = sizeof(register_slot);
  auto size = std::min(owner.boot_id.size(), sizeof header.boot_id - 1);
  std::copy_n(owner.boot_id.data(), size, header.boot_id);
  header.uid = owner.uid;
  std::fill(std::begin(header.held), std::end(header.held), -1);
}

/// What is at `name` is judged by a descriptor, so that it is the same file until the end.
found_register look_at_file(int folder, const std::string& name) {
  found_register found;
  struct stat info {};
  unique_fd fd{::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
  if (!fd && errno == ENOENT)
    return found;
  auto header = std::make_unique<register_header>();
  ssize_t size = 0;
  if (!fd && ::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    found.trouble = std::strerror(errno);
    return found;
  }
  if (fd && ::fstat(fd.get(), &info) == 0 && S_ISREG(info.st_mode))
    size = ::pread(fd.get(), header.get(), sizeof *header, 0);
  auto owner = own_register();
  found.trouble = trouble_with_register(info, *header, static_cast<std::size_t>(std::max<ssize_t>(size, 0)), owner);
  found.is_ours = S_ISREG(info.st_mode) && info.st_uid == owner.uid && info.st_nlink == 1 &&
                  (info.st_size == 0 || std::memcmp(header->magic, register_magic, sizeof register_magic) == 0);
  if (!found.trouble.empty())
    return found;
  found.in_use = ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0;
  found.memory = shared_register::map(std::move(fd), false);
  return found;
}

/// 0 or errno; EBUSY: a living pair's.
int open_new_file(int folder, const std::string& name, unique_fd& made, std::string& ignored) {
  auto there = look_at_file(folder, name);
  if (there.in_use)
    return EBUSY;
  if (!there.trouble.empty())
    ignored = there.trouble;
  if (there.is_ours && ::unlinkat(folder, name.c_str(), 0) != 0)
    return errno;
  made.reset(::openat(folder, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  return made ? 0 : errno;
}

/// With the lock first: nobody finds a register that is not held.
shared_register finish(unique_fd fd, int& error) {
  shared_register memory;
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 ||
      ::ftruncate(fd.get(), static_cast<off_t>(sizeof(register_memory))) != 0) {
    error = errno;
    return memory;
  }
  auto header = std::make_unique<register_header>();
  fill_header(*header, own_register());
  if (::pwrite(fd.get(), header.get(), sizeof *header, 0) != static_cast<ssize_t>(sizeof *header)) {
    error = errno;
    return memory;
  }
  memory = shared_register::map(std::move(fd));
  error = memory ? 0 : errno;
  return memory;
}

} // namespace

register_owner own_register() { return {::geteuid(), boot_id()}; }

shared_register::shared_register(shared_register&& other) noexcept
    : fd_(std::move(other.fd_)), memory_(std::exchange(other.memory_, nullptr)) {}

shared_register& shared_register::operator=(shared_register&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(memory_, other.memory_);
  return *this;
}

shared_register::~shared_register() {
  if (memory_)
    ::munmap(memory_, sizeof *memory_);
}

shared_register shared_register::map(unique_fd fd, bool writable) {
  shared_register result;
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || info.st_size != static_cast<off_t>(sizeof(register_memory)))
    return result;
  void* at = ::mmap(nullptr, sizeof(register_memory), PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd.get(), 0);
  if (at == MAP_FAILED)
    return result;
  result.memory_ = static_cast<register_memory*>(at);
  result.fd_ = std::move(fd);
  const auto& header = result->header;
  if (std::memcmp(header.magic, register_magic, sizeof register_magic) != 0 || header.layout != register_layout ||
      header.slot_size != sizeof(register_slot))
    return {};
  return result;
}

new_register make_register(const std::string& path) {
  new_register made;
  if (!path.empty()) {
    auto at = find_place(path, last_link::keep);
    auto folder = path.substr(0, path.rfind('/') + 1);
    if (!at.folder)
      made.why_no_file = folder + ": " + std::strerror(at.error);
    else
      made.why_no_file = trouble_with_folder(at.folder.get(), ::geteuid(), folder.empty() ? "." : folder);
    unique_fd file;
    if (made.why_no_file.empty()) {
      int error = open_new_file(at.folder.get(), at.name, file, made.ignored);
      if (error == EBUSY) {
        made.error = error;
        return made;
      }
      if (error != 0)
        made.why_no_file = path + ": " + std::strerror(error);
    }
    if (file) {
      made.memory = finish(std::move(file), made.error);
      made.is_file = static_cast<bool>(made.memory);
      if (made.is_file)
        return made;
      made.why_no_file = path + ": " + std::strerror(made.error);
      ::unlinkat(at.folder.get(), at.name.c_str(), 0);
    }
  }
  unique_fd nameless{::memfd_create("troupe-register", MFD_CLOEXEC)};
  if (nameless)
    made.memory = finish(std::move(nameless), made.error);
  else
    made.error = errno;
  return made;
}

found_register find_register(const std::string& path) {
  auto at = find_place(path, last_link::keep);
  if (!at.folder) {
    found_register found;
    if (at.error != ENOENT)
      found.trouble = std::strerror(at.error);
    return found;
  }
  auto folder = path.substr(0, path.rfind('/') + 1);
  if (!trouble_with_folder(at.folder.get(), ::geteuid(), folder).empty())
    return {}; // where we make none, others could have
  return look_at_file(at.folder.get(), at.name);
}

} // namespace troupe::platform
