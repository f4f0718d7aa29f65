// TLS on a connection: the handshake, and bytes in and out where they are encrypted; the plain ones are
// http_reading.cpp's and http_writing.cpp's. Must not know requests, but for one that came in clear. Lambdas are bound
// to locals before they are awaited with: GCC 12 destroys temporaries in a co_await twice. Source:
// docs/contract/access.md, 5.2. Cases: tests/tls_test.py.
#include "actors/http/http_connection.hpp"
#include "actors/http/tls_desk.hpp"

#include "platform/main_log.hpp"
#include "platform/tls_stream.hpp"

#include <boost/asio/redirect_error.hpp>

#include <ctime>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace troupe::actors {

using config::log_level;
using platform::tls_stream;

namespace {

constexpr auto handshake_time = std::chrono::seconds{10};
constexpr int reads_in_a_row = 8; ///< then others have a turn

/// Of a method; a handshake begins with byte 22.
bool is_plain_text(char first) { return (first >= 'A' && first <= 'Z') || first == '\r' || first == '\n'; }

/// What came is acknowledged now. The end of a handshake has no answer that could carry it, and a client that gathers
/// small writes keeps its request back until then: 40 ms.
void acknowledge(int fd) {
#ifdef TCP_QUICKACK
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
#else
  (void)fd;
#endif
}

} // namespace

/// Until the socket is ready for `next`. False: it never will be, or the time is over.
awaitable<bool> http_connection::tls_ready(tls_stream::state next) {
  bool can_go_on = next == tls_stream::state::needs_read || next == tls_stream::state::needs_write;
  if (!can_go_on)
    co_return false;
  auto what = next == tls_stream::state::needs_read ? socket::wait_read : socket::wait_write;
  boost::system::error_code failed;
  co_await socket_.async_wait(what, asio::redirect_error(asio::use_awaitable, failed));
  co_return !failed && !expired_;
}

/// True: what comes and goes is encrypted from now on.
awaitable<bool> http_connection::shake_hands() {
  tls_desk::handshake place{tls_server_, steady::now(), [this] { expire(); }};
  enter(phase::reading, about_now() + handshake_time);
  bool ready = co_await tls_ready(tls_stream::state::needs_read);
  if (!ready)
    co_return false;
  char first = 0;
  if (::recv(socket_.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 && is_plain_text(first)) {
    co_await refuse_plain();
    co_return false;
  }
  tls_ = std::make_unique<tls_stream>(*tls_server_->now()->native(), tls_stream::side::server, socket_.native_handle());
  auto state = tls_->shake_hands();
  while (state != tls_stream::state::done) {
    ready = co_await tls_ready(state);
    if (!ready)
      break;
    state = tls_->shake_hands();
  }
  if (state == tls_stream::state::done) {
    acknowledge(socket_.native_handle());
    arrival_.secure = true;
    if (tls_server_->tells_of_end(std::time(nullptr)))
      context_.log.write(log_level::warn, config::certificate_ends(server_.section, tls_server_->now()->facts()));
    if (tls_server_->now()->asks_clients())
      arrival_.certificate = tls_->peer();
    co_return true;
  }
  if (state == tls_stream::state::failed && context_.log.wants(log_level::debug))
    context_.log.write(log_level::debug, "HTTP: TLS with " + peer + ": " + tls_->reason());
  bool told_why = state == tls_stream::state::failed;
  tls_.reset();
  if (told_why) // by an alert, which a reset would overtake
    co_await linger();
  co_return false;
}

/// Somebody takes us for http://. What was sent is not looked at; passwords in it have been seen by whoever listens.
awaitable<void> http_connection::refuse_plain() {
  if (tls_server_->tells_of_plain(steady::now()))
    context_.log.write(log_level::warn, arrival_.address + " spoke plain HTTP to [" + server_.section + "]");
  request r;
  r.keep_open = false;
  reply refused;
  refused.status = 400;
  refused.type = "text/plain";
  refused.body = "this server speaks HTTPS\n";
  co_await send(r, std::move(refused));
}

awaitable<bool> http_connection::read_tls(std::size_t room) {
  auto space = buffer_.prepare(room);
  for (;;) {
    auto got = tls_->read({static_cast<char*>(space.data()), space.size()});
    if (got.is == tls_stream::state::done) {
      buffer_.commit(got.bytes);
      if (++reads_in_a_row_ >= reads_in_a_row) {
        reads_in_a_row_ = 0;
        co_await asio::post(context_.io, asio::use_awaitable);
      }
      co_return true;
    }
    reads_in_a_row_ = 0;
    bool ready = co_await tls_ready(got.is);
    if (!ready)
      co_return false;
  }
}

/// As write_now(): what the socket has room for, off the front.
bool http_connection::write_tls_now(std::string_view& head, std::string_view& body) {
  for (auto* part : {&head, &body})
    while (!part->empty()) {
      auto sent = tls_->write(*part);
      tls_waits_ = sent.is;
      if (sent.is != tls_stream::state::done)
        return false;
      part->remove_prefix(sent.bytes);
    }
  return true;
}

awaitable<bool> http_connection::write_tls(std::string_view head, std::string_view body) {
  for (;;) {
    bool sent = write_tls_now(head, body);
    if (sent)
      co_return true;
    moved = about_now();
    enter(phase::writing, about_now() + http_limits::write_time);
    bool ready = co_await tls_ready(tls_waits_);
    if (!ready)
      co_return false;
  }
}

/// Of a client that only listens: what it sends is nothing to us. False: it has gone.
bool http_connection::discard_tls() {
  char bytes[4096];
  auto is = tls_->read(bytes).is;
  return is != tls_stream::state::closed && is != tls_stream::state::failed;
}

/// Of a client that waits for its answer.
http_connection::sign http_connection::sign_of_tls() {
  switch (tls_->peek()) {
  case tls_stream::state::done:
    return sign::next_request;
  case tls_stream::state::closed:
  case tls_stream::state::failed:
    return sign::gone;
  default:
    return sign::nothing; // a record of TLS itself
  }
}

/// Says so to the client, if it speaks TLS, and if there is room for that.
void http_connection::close_socket() {
  if (tls_)
    tls_->close();
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (tls_)
    tls_->forget_socket();
}

} // namespace troupe::actors
