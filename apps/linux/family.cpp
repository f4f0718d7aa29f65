// See family.hpp.
#include "../family.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <sys/prctl.h>
#include <unistd.h>

namespace {

/// The parent of a process, 0 where there is none or it cannot be told.
pid_t parent_of(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  auto end = text.rfind(')'); // the name before it may hold anything
  pid_t parent = 0;
  char state = 0;
  if (end == text.npos || !(std::istringstream(text.substr(end + 1)) >> state >> parent))
    return 0;
  return parent;
}

} // namespace

void keep_descendants() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

/// We adopt those whose own parents have gone. Without procfs nobody can tell.
bool is_ours(pid_t pid) {
  if (::access("/proc/self/stat", R_OK) != 0)
    return true;
  for (int steps = 0; pid > 1 && steps < 1000; ++steps)
    if ((pid = parent_of(pid)) == ::getpid())
      return true;
  return false;
}
