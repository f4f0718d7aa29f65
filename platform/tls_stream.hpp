// TLS over one connected, non-blocking socket: each call does what it can now, and says what the socket has to be ready
// for before the next one. Must not wait, nor know what is said. One thread at a time.
#pragma once

#include "platform/tls_context.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;
struct bio_st;

namespace troupe::platform {

class tls_stream {
public:
  enum class side { client, server };
  /// `fd` stays the caller's.
  tls_stream(ssl_ctx_st& context, side is, int fd);
  ~tls_stream();
  tls_stream(const tls_stream&) = delete;
  tls_stream& operator=(const tls_stream&) = delete;

  enum class state {
    done,
    needs_read, ///< until the socket is readable
    needs_write,
    closed, ///< by the other end
    failed, ///< reason() tells why
  };
  struct moved {
    state is;
    std::size_t bytes = 0;
  };
  state shake_hands();
  moved read(std::span<char> room);
  /// One piece of it; what was not taken has to be offered again, first.
  moved write(std::string_view bytes);
  /// Whether something has come that read() would give; a look at it.
  state peek();
  bool holds_more() const; ///< that has been read from the socket
  void close();            ///< says so to the other end, if it can be told now
  void forget_socket();    ///< whose number may be another's soon: nothing comes or goes any more

  std::optional<peer_certificate> peer() const;
  const std::string& reason() const { return reason_; }
  ssl_st& native() const { return *ssl_; }

private:
  state outcome(int returned);
  ssl_st* ssl_;
  bio_st* socket_ = nullptr; ///< of ssl_
  bool open_ = false;        ///< hands have been shaken
  std::string reason_;
};

} // namespace troupe::platform
