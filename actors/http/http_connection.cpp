// See http_connection.hpp: requests in, responses out. What /RPC2 answers is http_rpc.cpp, streams are
// http_streams.cpp. The only file with Beast's parser in it. Lambdas are bound to locals before they are awaited with:
// GCC 12 destroys temporaries in a co_await twice.
#include "actors/http/http_connection.hpp"

#include "actors/io/contained.hpp"
#include "config/text.hpp"
#include "platform/main_log.hpp"
#include "platform/peer_user.hpp"
#include "protocols/http_text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include <sys/socket.h>
#include <sys/uio.h>

namespace troupe::actors {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using config::log_level;
using protocols::endpoint;
using std::chrono::seconds;

namespace {

constexpr std::size_t small_read = 4096;
constexpr std::size_t large_read = 65536;
constexpr std::size_t small_answer = 1024; ///< bytes
constexpr std::size_t longest_line = 2048; ///< of a request that is refused, in the log
constexpr std::size_t longest_user = 64;   ///< bytes of the name that a login failed with, in the log

std::string_view text(beast::string_view s) { return {s.data(), s.size()}; }

/// A string that grows with what arrives; Beast's own reserves what the client says it is going to send.
struct growing_body {
  using value_type = std::string;
  struct reader {
    template <bool IsRequest, class Fields>
    reader(http::header<IsRequest, Fields>&, value_type& body) : into(body) {}
    void init(const boost::optional<std::uint64_t>&, boost::system::error_code& failed) { failed = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::system::error_code& failed) {
      failed = {};
      auto before = into.size();
      for (auto part : beast::buffers_range_ref(buffers))
        into.append(static_cast<const char*>(part.data()), part.size());
      return into.size() - before;
    }
    void finish(boost::system::error_code& failed) { failed = {}; }
    value_type& into;
  };
};

} // namespace

struct http_connection::request {
  http::request_parser<growing_body> parser;
  bool whole = false;    ///< the body has been read
  bool keep_open = true; ///< as far as the client is concerned
  int version = 11;
  bool head = false;
  std::string line; ///< for the access log

  std::string_view field(http::field name) const { return text(parser.get()[name]); }
  std::string_view target() const { return text(parser.get().target()); }
  http::verb method() const { return parser.get().method(); }
};

// -- life ----------------------------------------------------------------------------------------

http_connection::http_connection(http_context& context, socket s, const config::server_options& server,
                                 std::string peer_, std::string address)
    : peer(std::move(peer_)), context_(context), socket_(std::move(s)), server_(server),
      request_lease_(context.requests), answer_lease_(context.answers), address_(std::move(address)), who_(address_) {
  context_.connections.insert(this);
}

http_connection::~http_connection() { context_.forget(*this); }

void http_connection::start() {
  auto self = shared_from_this();
  auto ended = [self](std::exception_ptr failure) {
    try {
      if (failure)
        self->context_.log.write(log_level::error, self->peer + " Server Error: " + words_of(failure));
    } catch (...) { // no memory for the words
    }
  };
  asio::co_spawn(context_.io, run(), ended);
}

void http_connection::enter(phase p, steady::time_point until) {
  doing = p;
  expired_ = false;
  since = about_now();
  context_.set_deadline(*this, until);
}

void http_connection::expire() {
  deadline = never;
  expired_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

bool http_connection::stalls(const http_pool& pool) const {
  const auto& lease = &pool == &context_.requests ? request_lease_ : answer_lease_;
  bool waits_for_client = doing == phase::reading || doing == phase::writing;
  return lease.holds_any() && waits_for_client && about_now() - moved >= http_limits::stalled;
}

void http_connection::abandon() {
  flush();
  context_.forget(*this);
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (pending_)
    pending_->finish(std::nullopt);
  if (wake_)
    wake_();
}

void http_connection::close_if_idle() {
  if (doing == phase::idle || doing == phase::reading)
    abandon();
  else if (wake_)
    wake_();
}

awaitable<void> http_connection::run() {
  while (!context_.closing && co_await serve_one()) {
  }
  boost::system::error_code ignored;
  socket_.close(ignored);
}

// -- requests ------------------------------------------------------------------------------------

awaitable<bool> http_connection::read_more(std::size_t room) {
  boost::system::error_code failed;
  auto space = buffer_.prepare(room);
  auto count = co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, failed));
  buffer_.commit(count);
  co_return !failed;
}

/// One request and its response. False: the connection is over.
awaitable<bool> http_connection::serve_one() {
  auto front = [this] { return static_cast<const char*>(buffer_.data().data()); };
  enter(phase::idle, about_now() + http_limits::idle);
  for (;;) { // empty lines before a request are nothing
    while (buffer_.size() > 0 && (*front() == '\r' || *front() == '\n'))
      buffer_.consume(1);
    if (buffer_.size() > 0)
      break;
    if (!co_await read_more(small_read) || expired_)
      co_return false;
  }
  enter(phase::reading, about_now() + http_limits::header_time);
  request r;
  r.parser.header_limit(http_limits::header_bytes);
  r.parser.body_limit(http_limits::body_bytes);
  boost::system::error_code failed;
  auto bad_status = [&] {
    if (expired_)
      return 408;
    if (failed == http::error::header_limit)
      return 431;
    if (failed == http::error::body_limit)
      return 413;
    if (failed == http::error::bad_version && r.line.find(" HTTP/") != r.line.npos)
      return 505;
    return 400;
  };
  bool line_whole = false; // what follows it may hold credentials, and is for no log
  while (!r.parser.is_header_done()) {
    if (!line_whole) {
      std::string_view text(front(), std::min(buffer_.size(), longest_line));
      auto end = text.find_first_of("\r\n");
      r.line = text.substr(0, end);
      line_whole = end != text.npos || text.size() == longest_line;
    }
    buffer_.consume(r.parser.put(buffer_.data(), failed));
    if (r.parser.is_header_done())
      break;
    if (failed == http::error::need_more) {
      failed = {};
      bool more = co_await read_more(small_read);
      if (more && !expired_)
        continue;
      if (!expired_)
        co_return false; // gone
    }
    r.keep_open = false;
    auto refused = error_reply(bad_status());
    co_return co_await send(r, std::move(refused));
  }
  const auto& head = r.parser.get();
  r.version = static_cast<int>(head.version());
  r.keep_open = head.keep_alive();
  r.head = head.method() == http::verb::head;
  if (context_.log.wants(log_level::trace))
    r.line = std::string(text(head.method_string())) + ' ' + std::string(r.target()) +
             (r.version == 10 ? " HTTP/1.0" : " HTTP/1.1");

  // Who asks comes before what is asked, and before a byte of body is taken in.
  if (server_.username) {
    auto refused = co_await turn_away(r);
    if (refused) {
      refused->close = true;
      co_return co_await send(r, *std::move(refused));
    }
  }
  auto size = r.parser.content_length();
  bool chunked = r.parser.chunked();
  if ((head.method() == http::verb::post && !size && !chunked) ||
      (!chunked && head.count(http::field::transfer_encoding) > 0)) {
    auto refused = error_reply(chunked || !head.count(http::field::transfer_encoding) ? 411 : 400);
    refused.close = true;
    co_return co_await send(r, std::move(refused));
  }
  auto longest = chunked ? http_limits::body_bytes : size.value_or(0);
  if (beast::iequals(head[http::field::expect], "100-continue") && buffer_.size() == 0)
    if (!co_await write("HTTP/1.1 100 Continue\r\n\r\n", ""))
      co_return false;
  enter(phase::reading, about_now() + http_limits::header_time + seconds(longest / http_limits::slowest));
  auto status = co_await read_body(r);
  if (!status)
    co_return false;
  if (*status != 200) {
    std::string().swap(r.parser.get().body());
    auto refused = error_reply(*status);
    refused.close = true;
    co_return co_await send(r, std::move(refused));
  }
  r.whole = true;
  enter(phase::answering, never);
  bool open = co_await answer(r);
  answer_lease_.release();
  if (buffer_.size() == 0 && buffer_.capacity() > large_read)
    buffer_ = beast::flat_buffer{};
  co_return open;
}

/// An attempt that follows others that failed waits for its turn before its password is looked at: neither answers nor
/// more connections make guessing quicker. A connection that has shown the right one before does not wait.
awaitable<std::optional<http_connection::reply>> http_connection::turn_away(const request& r) {
  auto credentials = r.field(http::field::authorization);
  bool tries = !credentials.empty();
  if (tries && !known_) {
    if (context_.logins.size() > 0)
      learn_user();
    auto wait = context_.logins.turn(who_, steady::now());
    if (!wait) {
      auto busy = error_reply(503);
      busy.headers = "Retry-After: 20\r\n";
      co_return busy;
    }
    if (*wait > steady::duration{})
      co_await wait_for_turn(*wait);
  }
  auto admitted = protocols::check_basic(credentials, *server_.username, server_.password);
  if (admitted == protocols::admission::granted) {
    if (!std::exchange(known_, true))
      context_.logins.succeeded(who_);
    co_return std::nullopt;
  }
  if (tries) {
    learn_user();
    auto count = context_.logins.failed(who_, steady::now());
    auto user = protocols::user_of(credentials, server_.password).substr(0, longest_user);
    context_.log.write(log_level::warn, "HTTP: login " + (user.empty() ? "" : "as " + config::quoted(user) + ' ') +
                                          "from " + address_ + " failed" +
                                          (count > 1 ? " (" + std::to_string(count) + " in a row)" : ""));
  }
  auto refused = error_reply(admitted == protocols::admission::malformed ? 400 : 401);
  if (refused.status == 401)
    refused.headers = "WWW-Authenticate: Basic realm=\"default\"\r\n";
  co_return refused;
}

/// All users of this machine come from the same address, and one who guesses must not keep the others out. Only asked
/// where there were failures: it is a question to the kernel.
void http_connection::learn_user() {
  if (std::exchange(learnt_, true))
    return;
  auto user = platform::user_of_tcp_peer(socket_.native_handle());
  if (!user)
    return;
  who_ = "uid " + std::to_string(*user); // whatever address of 127.0.0.0/8, or socket, he comes by
  address_ += " (" + who_ + ')';
}

/// Whoever waits like this gives way, where there is no room for others.
awaitable<void> http_connection::wait_for_turn(steady::duration time) {
  asio::steady_timer pause{context_.io, time};
  enter(phase::reading, about_now() + time + http_limits::header_time);
  wake_ = [&] { pause.cancel(); };
  boost::system::error_code ignored;
  co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  wake_ = nullptr;
}

awaitable<std::optional<int>> http_connection::read_body(request& r) {
  auto& parser = r.parser;
  parser.eager(true);
  for (;;) {
    boost::system::error_code failed;
    if (!parser.is_done()) // a request without a body is whole already, and Beast does not want to be asked
      buffer_.consume(parser.put(buffer_.data(), failed));
    moved = about_now();
    auto size = parser.get().body().size();
    if (!request_lease_.cover(size) && !co_await make_way(request_lease_, size))
      co_return 503;
    if (parser.is_done())
      co_return 200;
    if (failed && failed != http::error::need_more)
      co_return failed == http::error::body_limit ? 413 : 400;
    bool more = co_await read_more(large_read);
    if (expired_)
      co_return 408;
    if (!more)
      co_return std::nullopt;
  }
}

awaitable<bool> http_connection::make_way(http_lease& lease, std::size_t bytes) {
  while (!lease.cover(bytes)) {
    if (!context_.make_memory(lease.pool()))
      co_return false;
    for (int turn = 0; turn < 2; ++turn) // the connection that was ended gives its memory back in its next turn
      co_await asio::post(context_.io, asio::use_awaitable);
  }
  co_return true;
}

awaitable<bool> http_connection::answer(request& r) {
  auto method = r.method();
  auto where = protocols::route(r.target());
  bool plain_read = method == http::verb::get || method == http::verb::head;
  reply refused;
  auto seen = web_request_of(r);
  if (!protocols::host_admitted(seen.marks, rules_of(server_, context_.web))) {
    auto page = refused_host(seen.marks);
    refused.status = page.status;
    refused.type = page.type;
    refused.headers = std::move(page.headers);
    refused.body = std::move(page.body);
    co_return co_await send(r, std::move(refused));
  }
  switch (where) {
  case endpoint::rpc:
    if (method != http::verb::post) {
      refused = error_reply(400);
      break;
    }
    if (protocols::sender_of(seen.marks) == protocols::sender::another_site) {
      refused = error_reply(403);
      break;
    }
    {
      auto answered = co_await answer_rpc(std::move(r.parser.get().body()));
      co_return co_await send(r, std::move(answered));
    }
  case endpoint::log:
  case endpoint::main_log:
    if (method != http::verb::get) {
      refused = error_reply(400);
      break;
    }
    if (protocols::is_embedded(seen.marks)) {
      refused = error_reply(403);
      break;
    }
    if (auto source = find_log(r.target(), where == endpoint::main_log)) {
      if (!context_.has_room_for_stream(http_limits::stream_files)) {
        refused = error_reply(503);
        break;
      }
      bool streamed = co_await stream_log({r.version, r.version == 11 && r.keep_open}, *std::move(source));
      if (streamed)
        co_return false;
    }
    refused = error_reply(404);
    break;
  case endpoint::ok:
    if (plain_read || method == http::verb::post) {
      refused.type = "text/plain";
      refused.body = "OK";
    } else {
      refused = error_reply(400);
    }
    break;
  case endpoint::web: {
    request_head head{r.version, r.version == 11 && r.keep_open};
    auto answered = co_await answer_web(seen, head);
    if (!answered)
      co_return false;
    co_return co_await send(r, *std::move(answered));
  }
  case endpoint::other:
    refused = error_reply(plain_read ? 404 : 400);
    break;
  }
  co_return co_await send(r, std::move(refused));
}

web_request http_connection::web_request_of(const request& r) {
  const auto& head = r.parser.get();
  auto field = [&](auto name) -> std::optional<std::string_view> {
    auto found = head.find(name);
    return found == head.end() ? std::nullopt : std::optional(text(found->value()));
  };
  web_request seen;
  auto method = head.method();
  seen.method = method == http::verb::get    ? web_request::http_method::get
                : method == http::verb::head ? web_request::http_method::head
                : method == http::verb::post ? web_request::http_method::post
                                             : web_request::http_method::other;
  seen.target = text(head.target());
  seen.body = head.body();
  auto purpose = field("Sec-Purpose");
  seen.marks = {field(http::field::host),
                field("X-Forwarded-Host"),
                field(http::field::origin),
                field(http::field::referer),
                field("Sec-Fetch-Site"),
                field("Sec-Fetch-Mode"),
                purpose ? purpose : field("Purpose"),
                field(http::field::cookie),
                field(http::field::accept_language),
                field(http::field::user_agent)};
  seen.token = field("X-Troupe-Token").value_or("");
  seen.if_none_match = field(http::field::if_none_match).value_or("");
  seen.if_modified_since = field(http::field::if_modified_since).value_or("");
  return seen;
}

// -- responses -----------------------------------------------------------------------------------

http_connection::reply http_connection::error_reply(int status) {
  reply r;
  r.status = status;
  r.body = protocols::error_page(status);
  return r;
}

/// True: the connection stays open.
awaitable<bool> http_connection::send(const request& r, reply what) {
  bool close = what.close || !r.keep_open || context_.closing;
  request_lease_.release();
  if (!answer_lease_.cover(what.text().size()) && !co_await make_way(answer_lease_, what.text().size())) {
    what = error_reply(503);
    close = true;
  }
  std::string head;
  head.reserve(small_answer);
  protocols::begin_head(head, r.version, what.status, context_.date());
  head += what.headers;
  if (what.status != 304)
    ((head += "Content-Type: ") += what.type) += "\r\nContent-Length: " + std::to_string(what.text().size()) + "\r\n";
  if (close)
    head += "Connection: close\r\n";
  else if (r.version == 10)
    head += "Connection: Keep-Alive\r\n";
  head += "\r\n";
  std::string_view body = r.head ? std::string_view() : what.text();
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
