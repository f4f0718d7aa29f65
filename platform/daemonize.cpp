// Into the background, and the pid file. Source: the configuration specification, 7.7 and 7.8.
#include "config/text.hpp"
#include "platform/daemon.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

std::vector<config::notice> daemonize(const std::optional<std::string>& directory, int umask) {
  std::fflush(nullptr);
  auto pid = ::fork();
  if (pid < 0)
    return {{config::log_level::critical, "can't daemonize: " + std::string(std::strerror(errno))}};
  if (pid > 0)
    ::_exit(0);
  std::vector<config::notice> records{{config::log_level::info, "daemonizing the supervisord process"}};
  if (directory) {
    if (::chdir(directory->c_str()) == 0)
      records.push_back({config::log_level::info, "set current directory: " + config::quoted(*directory)});
    else
      records.push_back({config::log_level::critical, "can't chdir into " + config::quoted(*directory) + ": [Errno " +
                                                        std::to_string(errno) + "] " + std::strerror(errno) + ": " +
                                                        config::quoted(*directory)});
  }
  unique_fd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  for (int fd = 0; null && fd < 3; ++fd)
    ::dup2(null.get(), fd);
  if (null.get() < 3)
    (void)null.release(); // started with one of them closed: it is that one now
  ::setsid();
  ::umask(static_cast<mode_t>(umask & 0777));
  return records;
}

bool write_pidfile(const std::string& path) {
  unique_fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
  if (!file)
    return false;
  auto text = std::to_string(::getpid()) + "\n";
  return ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

} // namespace troupe::platform
