// Tells when children may have ended: reads SIGCHLD from a descriptor on an Asio thread. The signal is blocked in every
// thread by then, and not ignored. Must not wait for a child, or know whose child it is.
#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace troupe::actors {

class exit_watch {
public:
  /// Calls `ended` on the thread that runs `io`. Where it throws, it is called again a
  /// little later: the signal does not come twice. Throws std::system_error where no descriptor is left.
  exit_watch(boost::asio::io_context& io, std::function<void()> ended);
  ~exit_watch(); ///< on that thread, or when nobody runs `io`
  exit_watch(const exit_watch&) = delete;
  exit_watch& operator=(const exit_watch&) = delete;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace troupe::actors
