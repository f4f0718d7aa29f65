// Answers on their way out: the head, small answers gathered until all requests of a turn are read, and what a slow
// client has not taken yet. Must not decide what is answered (http_routing.cpp does). Lambdas are bound to locals
// before they are awaited with: GCC 12 destroys temporaries in a co_await twice. Source: docs/contract/http.md, 1.5.
#include "actors/http/http_connection.hpp"

#include "protocols/http_text.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include <sys/socket.h>
#include <sys/uio.h>

namespace troupe::actors {

using std::chrono::seconds;

namespace {

constexpr std::size_t small_answer = 1024; ///< bytes

struct head_of_secret { ///< and a small body behind it
  ~head_of_secret() {
    if (secret)
      platform::wipe(head);
  }
  std::string& head;
  const bool secret;
};

} // namespace

http_connection::reply http_connection::error_reply(int status) {
  reply r;
  r.status = status;
  r.body = protocols::error_page(status);
  return r;
}

void http_connection::number_request() {
  if (!context_.access.on() && !origin_)
    return;
  request_ = context_.access.next_request();
  if (origin_)
    origin_->id = request_;
}

/// With access control: a number for whoever asks about this answer, and that nobody keeps it for others.
void http_connection::append_access_headers(std::string& head) const {
  if (!context_.access.on())
    return;
  ((head += "Troupe-Request: ") += request_.empty() ? context_.access.next_request() : request_) += "\r\n";
  if (!caller_ || at_open_door_)
    return;
  constexpr std::string_view keepable = "no-cache";
  auto at = head.find("\r\nCache-Control: ");
  if (at == head.npos)
    head += "Cache-Control: no-store\r\n";
  else if (auto value = head.find(' ', at) + 1; head.compare(value, keepable.size(), keepable) == 0)
    head.replace(value, keepable.size(), "no-store");
}

awaitable<bool> http_connection::send(const request& r, reply what) {
  bool close = what.close || !r.keep_open || is_over();
  request_lease_.release();
  if (!answer_lease_.cover(what.text().size()) && !co_await make_way(answer_lease_, what.text().size())) {
    what.forget();
    what = error_reply(503);
    close = true;
  }
  std::string head;
  head_of_secret wiped{head, what.secret};
  head.reserve(what.secret ? 4 * small_answer : small_answer);
  protocols::begin_head(head, r.version, what.status, context_.date());
  head += what.headers;
  append_access_headers(head);
  if (what.status != 304)
    ((head += "Content-Type: ") += what.type) += "\r\nContent-Length: " + std::to_string(what.text().size()) + "\r\n";
  if (close)
    head += "Connection: close\r\n";
  else if (r.version == 10)
    head += "Connection: Keep-Alive\r\n";
  head += "\r\n";
  std::string_view body = r.head_only ? std::string_view() : what.text();
  context_.log_access(*this, r.line, what.status, head.size() + body.size());
  if (body.size() <= small_answer) { // cheaper than to gather two pieces
    head += body;
    body = {};
  }
  std::string_view rest = head;
  if (body.empty() && buffer_.size() == 0 && context_.connections.size() > 1) {
    unsent_ = head;
    auto soon = [this](auto handler) { context_.send_soon(shared_from_this(), std::move(handler)); };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(soon, asio::use_awaitable);
    rest = std::exchange(unsent_, {});
  }
  // nearly always: no coroutine and no turn of the reactor is spent on it
  bool written = (rest.empty() && body.empty()) || write_now(rest, body);
  if (!written)
    written = co_await write(rest, body);
  if (written && close && !r.whole)
    co_await linger();
  co_return written && !close;
}

void http_connection::flush() {
  std::string_view nothing;
  if (!unsent_.empty())
    write_now(unsent_, nothing);
}

awaitable<bool> http_connection::write(std::string_view head, std::string_view body) {
  if (write_now(head, body)) // nearly always: no turn of the reactor is spent on it
    co_return true;
  if (tls_)
    co_return co_await write_tls(head, body);
  while (!head.empty() || !body.empty()) {
    moved = about_now();
    enter(phase::writing, about_now() + http_limits::write_time);
    boost::system::error_code failed;
    std::array<asio::const_buffer, 2> parts{asio::const_buffer(head.data(), head.size()),
                                            asio::const_buffer(body.data(), body.size())};
    auto count = co_await socket_.async_write_some(parts, asio::redirect_error(asio::use_awaitable, failed));
    if (failed)
      co_return false;
    auto of_head = std::min(count, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(count - of_head);
  }
  co_return true;
}

/// Sends what the socket has room for, off the front. True: that was all. Errors are left to the next attempt.
bool http_connection::write_now(std::string_view& head, std::string_view& body) {
  if (tls_)
    return write_tls_now(head, body);
  ssize_t sent;
  if (body.empty()) {
    sent = ::send(socket_.native_handle(), head.data(), head.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  } else {
    std::array<iovec, 2> parts{iovec{const_cast<char*>(head.data()), head.size()},
                               iovec{const_cast<char*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    sent = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  auto count = sent > 0 ? static_cast<std::size_t>(sent) : 0;
  auto of_head = std::min(count, head.size());
  head.remove_prefix(of_head);
  body.remove_prefix(count - of_head);
  return head.empty() && body.empty();
}

/// What the client still sends is swallowed for a moment, or its system would drop our answer with a reset.
awaitable<void> http_connection::linger() {
  if (auto tls = std::exchange(tls_, nullptr)) // what comes is not even deciphered
    tls->close();
  lingers_ = true;
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  enter(phase::reading, about_now() + seconds(2));
  for (std::size_t total = 0; total < http_limits::body_bytes;) {
    buffer_.consume(buffer_.size());
    if (!co_await read_more(large_read) || expired_)
      co_return;
    total += buffer_.size();
  }
}

} // namespace troupe::actors
