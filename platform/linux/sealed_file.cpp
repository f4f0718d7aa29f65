// See platform/sealed_file.hpp.
#include "platform/sealed_file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace troupe::platform {

unique_fd sealed_file(std::string_view bytes) {
  unique_fd file{::memfd_create("troupe-parcel", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  for (std::size_t done = 0; file && done < bytes.size();) {
    auto n = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (n > 0)
      done += static_cast<std::size_t>(n);
    else if (errno != EINTR)
      file.reset();
  }
  if (file && (::lseek(file.get(), 0, SEEK_SET) != 0 ||
               ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0))
    file.reset();
  return file;
}

unique_fd open_own_binary() { return unique_fd{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)}; }

void set_process_name(const std::string& name) { ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str()); }

void keep_none_over_exec() {
  if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
    return;
  for (long fd = 3; fd < ::sysconf(_SC_OPEN_MAX); ++fd) // Linux before 5.11
    keep_over_exec(static_cast<int>(fd), false);
}

} // namespace troupe::platform
