// See platform/sealed_file.hpp.
#include "platform/sealed_file.hpp"

#include "config/own_program.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::platform {

unique_fd sealed_file(std::string_view bytes) {
  std::string path = "/tmp/troupe-parcel-XXXXXX";
  unique_fd file{::mkstemp(path.data())};
  if (!file || ::unlink(path.c_str()) != 0)
    return {};
  keep_over_exec(file.get(), false);
  for (std::size_t done = 0; file && done < bytes.size();) {
    auto n = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (n > 0)
      done += static_cast<std::size_t>(n);
    else if (errno != EINTR)
      file.reset();
  }
  if (file && ::lseek(file.get(), 0, SEEK_SET) != 0)
    file.reset();
  return file;
}

unique_fd open_own_binary() { return unique_fd{::open(config::own_program().c_str(), O_RDONLY | O_CLOEXEC)}; }

void set_process_name(const std::string&) {}

void keep_none_over_exec() {
  constexpr long most_tried = 65536; // the limit may be a thousand million; a call for each would take minutes
  auto limit = ::sysconf(_SC_OPEN_MAX);
  for (long fd = 3; fd < (limit < 0 ? most_tried : std::min(limit, most_tried)); ++fd)
    keep_over_exec(static_cast<int>(fd), false);
}

} // namespace troupe::platform
