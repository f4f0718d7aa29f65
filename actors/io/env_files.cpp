// See env_files.hpp.
#include "actors/io/env_files.hpp"

#include "config/env_file.hpp"
#include "config/secret_text.hpp"
#include "config/text.hpp"
#include "platform/log_path.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace troupe::actors {

namespace {

/// Nobody finds it in memory once it has been taken apart.
struct file_text {
  file_text() = default;
  file_text(const file_text&) = delete;
  file_text& operator=(const file_text&) = delete;
  ~file_text() { config::forget(bytes); }
  std::string bytes;
};

config::error cannot_read(const std::string& path, int error, const std::string& why) {
  auto text = "can't read envfile " + config::quoted(path) + ": " + config::errno_name(error);
  return config::fault(why.empty() ? text : text + " (" + why + ")");
}

config::error too_large(const std::string& path) {
  return config::fault("envfile " + config::quoted(path) + " is larger than 1 MiB");
}

config::result<void> read_text(const config::env_file_name& file, std::string& into) {
  std::string path = file.path;
  struct stat info {};
  auto fd = platform::open_log_to_read(path, info); // follows the same links, and opens no FIFO
  if (!fd) {
    int error = errno;
    if (file.may_be_missing && (error == ENOENT || error == ENOTDIR))
      return {};
    return cannot_read(path, error == 0 ? EINVAL : error,
                       error == 0 ? "it is no regular file" : platform::refusal_of(path));
  }
  constexpr auto most = config::largest_env_file;
  if (info.st_size > static_cast<off_t>(most))
    return too_large(path);
  constexpr std::size_t more = 4096; // some files do not say how large they are
  into.resize(std::min(most, static_cast<std::size_t>(info.st_size) + more) + 1);
  std::size_t size = 0;
  for (ssize_t n = 1; n != 0 && size <= most;) {
    if (size == into.size())
      into.resize(most + 1);
    n = ::read(fd.get(), into.data() + size, into.size() - size);
    if (n < 0 && errno != EINTR)
      return cannot_read(path, errno, {});
    size += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  if (size > most)
    return too_large(path);
  into.resize(size);
  return {};
}

} // namespace

config::result<config::environment> read_env_files(const std::vector<config::env_file_name>& files) {
  config::environment all;
  for (const auto& file : files) {
    file_text text;
    if (auto done = read_text(file, text.bytes); !done)
      return done.error();
    auto variables = config::variables_in(text.bytes);
    if (!variables)
      return config::fault("envfile " + config::quoted(file.path) + ", line " +
                           std::to_string(variables.error().at.line) + ": " + variables.error().what);
    all.insert(all.end(), std::make_move_iterator(variables->begin()), std::make_move_iterator(variables->end()));
  }
  return all;
}

} // namespace troupe::actors
