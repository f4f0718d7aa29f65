// A pipe to oneself: what a thread has to say to those who wait in select(2) or poll(2). Must not carry anything: it is
// only readable or not.
#pragma once

#include "platform/descriptors.hpp"

#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::platform {

class self_pipe {
public:
  /// Throws std::system_error with `what` where no descriptor is left.
  explicit self_pipe(const char* what) {
    if (int error = make_pipe(out_, in_); error != 0)
      throw std::system_error(error, std::generic_category(), what);
    for (auto* end : {&out_, &in_})
      ::fcntl(end->get(), F_SETFL, O_NONBLOCK); // a new pipe has no other flag
  }

  int fd() const { return out_.get(); }
  void tell() const { (void)!::write(in_.get(), "", 1); } ///< a full pipe is readable, too
  void take() const {
    char bytes[64];
    while (::read(out_.get(), bytes, sizeof bytes) == static_cast<ssize_t>(sizeof bytes)) {
    }
  }

private:
  unique_fd out_;
  unique_fd in_;
};

} // namespace troupe::platform
