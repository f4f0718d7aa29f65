// Tells when a descriptor can be read, again and again, on an Asio thread: for those whose reader is no Asio code. Must
// not read.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace troupe::actors {

class descriptor_watch {
public:
  /// Calls `readable` on the thread that runs `io` for as long as there is something to read and it has not thrown.
  /// Where it throws, it is called again a little later. The descriptor stays the caller's. Throws std::system_error.
  /// `pause`: between two calls, at least.
  descriptor_watch(boost::asio::io_context& io, int fd, std::function<void()> readable,
                   std::chrono::milliseconds pause = std::chrono::milliseconds{0});
  ~descriptor_watch(); ///< on that thread, or when nobody runs `io`
  descriptor_watch(const descriptor_watch&) = delete;
  descriptor_watch& operator=(const descriptor_watch&) = delete;

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace troupe::actors
