// What the tests of the platform room share: a folder of their own, and a forked helper for what would change the
// test process itself (user, limits, descriptors). Must not hold cases.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::tests {

/// A folder that exists as long as this object.
struct scratch {
  scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "troupe-test-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
      throw std::runtime_error("no temporary folder");
    path = pattern;
    std::filesystem::permissions(path, std::filesystem::perms(0755)); // helpers run as another user
  }
  ~scratch() { std::filesystem::remove_all(path); }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  std::string in(const std::string& name) const { return path + "/" + name; }
  std::string read(const std::string& name) const {
    std::ifstream file(in(name));
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(in(name)) << text; }
  bool exists(const std::string& name) const {
    return std::filesystem::symlink_status(in(name)).type() != std::filesystem::file_type::not_found;
  }

  std::string path;
};

/// What `work` returns when a forked copy of this process runs it; "status N" if it does not come to an end.
template <class Work>
std::string in_helper(Work work) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0)
    return "no pipe";
  std::fflush(nullptr); // lest the copy writes it, too
  auto pid = ::fork();
  if (pid == 0) {
    std::string text = work();
    for (std::size_t done = 0; done < text.size();)
      if (auto n = ::write(fds[1], text.data() + done, text.size() - done); n > 0)
        done += static_cast<std::size_t>(n);
      else
        break;
    ::_exit(0);
  }
  ::close(fds[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = ::read(fds[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  ::close(fds[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status == 0 ? text : "status " + std::to_string(status);
}

/// For a helper: becomes nobody, if it is root.
inline void become_nobody() {
  if (::getuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0))
    ::_exit(99);
}

} // namespace troupe::tests
