// A connection to a daemon, by TLS where its URL is https: what is sent and received, waiting for it. Must not know
// HTTP, nor speak plainly to whom TLS is due.
#pragma once

#include "apps/ctl/http_wire.hpp"
#include "platform/unique_fd.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace troupe::platform {
class tls_stream;
}

namespace troupe::ctl {

class wire {
public:
  wire();
  ~wire();
  wire(wire&& other) noexcept;
  wire& operator=(wire&& other) noexcept;

  /// To where `as` may send who he is; closed: `why` is set.
  static wire connect(const endpoint& to, const server& as, failure& why);

  explicit operator bool() const { return static_cast<bool>(fd_); }
  int fd() const { return fd_.get(); }
  void close();

  /// All bytes; false: `why` is set.
  bool send(std::string_view bytes, failure& why);
  /// Waits for some, into `room`; empty: the other end closed, or `why` is set.
  std::string_view receive(std::span<char> room, failure& why);

private:
  platform::unique_fd fd_;
  std::unique_ptr<platform::tls_stream> tls_; ///< null: plain
};

} // namespace troupe::ctl
