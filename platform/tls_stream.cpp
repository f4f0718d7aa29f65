// See tls_stream.hpp. The socket is reached by a BIO of our own: OpenSSL's would let a peer that has gone end the
// process by SIGPIPE.
#include "platform/tls_stream.hpp"

#include "platform/openssl_calls.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include <sys/socket.h>

namespace troupe::platform {

namespace {

int descriptor_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(openssl().BIO_get_data(bio))); }

int settled(BIO* bio, ssize_t count, int retry_flag) {
  openssl().BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
  if (count < 0 && (errno == EAGAIN || errno == EINTR))
    openssl().BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY);
  return static_cast<int>(count);
}

int bio_read(BIO* bio, char* room, int size) {
  auto count = ::recv(descriptor_of(bio), room, static_cast<std::size_t>(size), MSG_DONTWAIT);
  return settled(bio, count, BIO_FLAGS_READ);
}

int bio_write(BIO* bio, const char* bytes, int size) {
  auto count = ::send(descriptor_of(bio), bytes, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
  return settled(bio, count, BIO_FLAGS_WRITE);
}

long bio_control(BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    const auto& o = openssl();
    auto* made = o.BIO_meth_new(BIO_TYPE_SOCKET, "socket");
    if (made) {
      o.BIO_meth_set_read(made, bio_read);
      o.BIO_meth_set_write(made, bio_write);
      o.BIO_meth_set_ctrl(made, bio_control);
    }
    return made;
  }();
  return method;
}

} // namespace

tls_stream::tls_stream(ssl_ctx_st& context, side is, int fd) : ssl_(nullptr) {
  const auto& o = openssl();
  ssl_ptr made{o.SSL_new(&context)};
  auto* bio = made ? o.BIO_new(socket_method()) : nullptr;
  if (!bio)
    throw std::runtime_error("TLS: " + openssl_reason());
  o.BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  o.BIO_set_init(bio, 1);
  o.SSL_set_bio(made.get(), bio, bio);
  if (is == side::server)
    o.SSL_set_accept_state(made.get());
  else
    o.SSL_set_connect_state(made.get());
  ssl_ = made.release();
  socket_ = bio;
}

tls_stream::~tls_stream() { openssl().SSL_free(ssl_); }

tls_stream::state tls_stream::outcome(int returned) {
  int code = errno;
  switch (openssl().SSL_get_error(ssl_, returned)) {
  case SSL_ERROR_NONE:
    return state::done;
  case SSL_ERROR_WANT_READ:
    return state::needs_read;
  case SSL_ERROR_WANT_WRITE:
    return state::needs_write;
  case SSL_ERROR_ZERO_RETURN:
    return state::closed;
  case SSL_ERROR_SYSCALL:
    open_ = false;
    reason_ = returned == 0 || code == 0 ? "connection closed" : std::strerror(code);
    openssl().ERR_clear_error();
    return returned == 0 || code == 0 ? state::closed : state::failed;
  default:
    open_ = false;
    reason_ = openssl_reason();
    return reason_ == "unexpected eof while reading" ? state::closed : state::failed;
  }
}

tls_stream::state tls_stream::shake_hands() {
  openssl().ERR_clear_error();
  errno = 0;
  auto is = outcome(openssl().SSL_do_handshake(ssl_));
  open_ = is == state::done;
  return is;
}

tls_stream::moved tls_stream::read(std::span<char> room) {
  openssl().ERR_clear_error();
  errno = 0;
  auto most = static_cast<int>(std::min<std::size_t>(room.size(), INT_MAX));
  int count = openssl().SSL_read(ssl_, room.data(), most);
  return count > 0 ? moved{state::done, static_cast<std::size_t>(count)} : moved{outcome(count)};
}

tls_stream::moved tls_stream::write(std::string_view bytes) {
  openssl().ERR_clear_error();
  errno = 0;
  auto most = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
  int count = openssl().SSL_write(ssl_, bytes.data(), most);
  return count > 0 ? moved{state::done, static_cast<std::size_t>(count)} : moved{outcome(count)};
}

tls_stream::state tls_stream::peek() {
  openssl().ERR_clear_error();
  errno = 0;
  char byte = 0;
  int count = openssl().SSL_peek(ssl_, &byte, 1);
  return count > 0 ? state::done : outcome(count);
}

bool tls_stream::holds_more() const { return openssl().SSL_pending(ssl_) > 0; }

void tls_stream::close() {
  if (!open_)
    return;
  open_ = false;
  openssl().SSL_shutdown(ssl_);
  openssl().ERR_clear_error();
}

void tls_stream::forget_socket() {
  open_ = false;
  openssl().BIO_set_data(socket_, reinterpret_cast<void*>(std::intptr_t{-1}));
}

std::optional<peer_certificate> tls_stream::peer() const {
  x509_ptr certificate{openssl().SSL_get1_peer_certificate(ssl_)};
  return certificate ? std::optional(peer_certificate_of(*certificate)) : std::nullopt;
}

} // namespace troupe::platform
