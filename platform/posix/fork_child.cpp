// Makes a child by fork(2): what other systems have, and what sanitizers can bear. A pipe tells of a step that failed.
// Must not say what the child does (child_launch.cpp).
#include "platform/child_launch.hpp"
#include "platform/descriptors.hpp"
#include "platform/unique_fd.hpp"

#include <cerrno>

#include <unistd.h>

namespace troupe::platform {

bool siblings_can_be_made() { return false; }

pid_t make_child(launch& l) {
  if (l.sibling) {
    errno = ENOSYS;
    return -1;
  }
  unique_fd read_end;
  unique_fd write_end;
  unique_fd go[2];
  if (make_pipe(read_end, write_end) != 0 || make_pipe(go[0], go[1]) != 0)
    return -1;
  l.report_fd = write_end.get();
  auto pid = ::fork();
  if (pid == 0) { // its pid is announced before it does anything
    char byte = 0;
    ::close(go[1].get());
    while (::read(go[0].get(), &byte, 1) < 0 && errno == EINTR) {
    }
    run_child(l);
  }
  if (pid < 0)
    return -1;
  if (l.announced)
    *l.announced = pid;
  // A byte, not the pipe's end: another thread's child may hold a copy of it, and wait for what our child holds.
  while (::write(go[1].get(), "", 1) < 0 && errno == EINTR) {
  }
  write_end.reset();
  while (::read(read_end.get(), &l.report, sizeof l.report) < 0 && errno == EINTR) {
  }
  return pid;
}

} // namespace troupe::platform
