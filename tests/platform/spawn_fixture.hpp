// What the tests of the spawn share: a folder with programs in it, and a child whose output and status are collected.
// Works on several threads side by side. Must not hold cases, nor checks of Boost.Test's, which are for one thread.
#pragma once

#include "platform/spawn.hpp"
#include "platform/unique_fd.hpp"

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::tests {

using strings = std::vector<std::string>;

struct folder {
  explicit folder(int thread = -1)
      : path("/tmp/troupe-spawn-test." + std::to_string(::getpid()) + '.' + std::to_string(thread)) {
    std::filesystem::create_directories(path);
  }
  ~folder() { std::filesystem::remove_all(path); }
  std::string make(const std::string& name, const std::string& text, mode_t mode) {
    auto file = path + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    std::ofstream(file) << text;
    ::chmod(file.c_str(), mode);
    return file;
  }
  std::string path;
};

/// A plan for `argv`, with pipes; run() gives what the child wrote to stdout and stderr, and its status.
struct run_fixture : folder {
  explicit run_fixture(int thread = -1) : folder(thread) {
    plan.envp = {"PATH=/bin:/usr/bin", "A=b"};
    null.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  void run(strings argv) {
    int out[2];
    int err[2];
    if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
      throw std::runtime_error("no pipes");
    plan.argv = std::move(argv);
    if (plan.file.empty())
      plan.file = plan.argv[0];
    plan.stdio[0] = null.get();
    plan.stdio[1] = out[1];
    plan.stdio[2] = err[1];
    outcome = platform::spawn(plan);
    ::close(out[1]);
    ::close(err[1]);
    stdout_text = drain(out[0]);
    stderr_text = drain(err[0]);
    if (outcome.pid > 0)
      ::waitpid(outcome.pid, &status, 0);
  }
  static std::string drain(int fd) {
    platform::unique_fd owned{fd};
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(n));
    return text;
  }

  platform::unique_fd null;
  platform::spawn_plan plan;
  platform::spawn_outcome outcome;
  std::string stdout_text, stderr_text;
  int status = 0;
};

/// From now on close_range(2) and unshare(2) are refused to this process, as some containers do. For a helper; false:
/// there are no such filters here.
inline bool forbid_own_tables() {
  sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 1, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program{std::size(filter), filter};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

} // namespace troupe::tests
