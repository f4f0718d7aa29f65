// See state_file.hpp.
#include "platform/state_file.hpp"

#include "platform/safe_path.hpp"
#include "platform/token_store.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

config::error reason_of(int error, const std::string& refusal = {}) {
  return config::fault(std::strerror(error) + (refusal.empty() ? "" : ": " + refusal));
}

config::result<std::optional<std::string>> read_whole(int file) {
  std::string text;
  std::array<char, 65536> block;
  for (;;) {
    auto count = ::read(file, block.data(), block.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return reason_of(errno);
    if (count == 0)
      return std::optional(std::move(text));
    if (text.size() + static_cast<std::size_t>(count) > largest_state_file)
      return config::fault("it is larger than " + std::to_string(largest_state_file >> 20) + " MiB");
    text.append(block.data(), static_cast<std::size_t>(count));
  }
}

} // namespace

config::result<std::optional<std::string>> read_state_file(const std::string& path) {
  auto at = find_place(path, last_link::keep);
  if (at.error == ENOENT) // its folder may come later
    return std::optional<std::string>();
  if (at.error != 0)
    return reason_of(at.error, at.refusal);
  struct stat there {};
  if (::fstatat(at.folder.get(), at.name.c_str(), &there, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? config::result<std::optional<std::string>>(std::optional<std::string>())
                           : reason_of(errno);
  if (S_ISLNK(there.st_mode))
    return config::fault("it is a link");
  if (S_ISSOCK(there.st_mode)) // which cannot be opened
    return config::fault("it is no regular file");
  std::string refusal;
  unique_fd file{open_place(at, O_RDONLY, 0, refusal)};
  if (!file)
    return reason_of(errno, refusal);
  if (::fstat(file.get(), &there) != 0)
    return reason_of(errno);
  if (!S_ISREG(there.st_mode))
    return config::fault("it is no regular file");
  if (there.st_uid != 0 && there.st_uid != ::geteuid())
    return config::fault("it belongs to uid " + std::to_string(there.st_uid));
  return read_whole(file.get());
}

config::result<void> write_state_file(const std::string& path, std::string_view text) {
  return write_token_file(path, text);
}

config::result<void> put_aside(const std::string& path) {
  auto at = find_place(path, last_link::keep);
  if (at.error != 0)
    return reason_of(at.error, at.refusal);
  struct stat there {};
  if (::fstatat(at.folder.get(), at.name.c_str(), &there, AT_SYMLINK_NOFOLLOW) != 0)
    return reason_of(errno);
  if (!S_ISREG(there.st_mode) && !S_ISLNK(there.st_mode)) // a directory, a device: somebody needs it where it is
    return config::fault("it is no regular file");
  auto aside = at.name + ".bad";
  if (::renameat(at.folder.get(), at.name.c_str(), at.folder.get(), aside.c_str()) != 0)
    return reason_of(errno);
  return {};
}

} // namespace troupe::platform
