// Requests on their way in: head, who asks (http_login.cpp, http_admit.cpp), body; then http_routing.cpp has them
// answered. The only file that includes Beast's parser. Must not know what can be asked for. Lambdas are bound to
// locals before they are awaited with: GCC 12 destroys temporaries in a co_await twice. Source:
// docs/contract/http.md, 1.3, 1.4 and 1.10.
#include "actors/http/http_connection.hpp"

#include "platform/main_log.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using config::log_level;
using std::chrono::seconds;

namespace {

constexpr std::size_t small_read = 4096;
constexpr std::size_t longest_line = 2048; ///< of a request that is refused, in the log

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

/// What a head that cannot be read is refused with.
int status_of(boost::system::error_code failed, std::string_view line) {
  if (failed == http::error::header_limit)
    return 431;
  if (failed == http::error::body_limit)
    return 413;
  if (failed == http::error::bad_version && line.find(" HTTP/") != line.npos)
    return 505;
  return 400;
}

} // namespace

struct http_connection::incoming : request {
  incoming() {
    parser.header_limit(http_limits::header_bytes);
    parser.body_limit(http_limits::body_bytes);
  }
  ~incoming() {
    if (holds_proofs)
      wipe_proofs(false);
    if (const auto& body = parser.get().body(); body.size() <= platform::longest_secret)
      platform::wipe_bytes(body); // a sign-in, or what somebody took for one
  }
  http::request_parser<growing_body> parser;
  std::uint64_t most_body = http_limits::body_bytes;
  bool line_whole = false; ///< what follows `line` may hold credentials, and is for no log

  std::string_view field(http::field name) const { return text(parser.get()[name]); }
  int refused_length() const;
  std::uint64_t longest_body() const {
    return parser.chunked() ? http_limits::body_bytes : parser.content_length().value_or(0);
  }
  web_request seen() const;
  proofs proofs_of_head() const;
  proofs shown; ///< where access control is on
  bool holds_proofs = true;
  void wipe(http::field what) const;
  /// `open_door`: who answers there has to look at the cookie.
  void wipe_proofs(bool open_door) {
    wipe(http::field::authorization);
    if (!open_door)
      wipe(http::field::cookie);
    holds_proofs = open_door;
  }
};

/// Its values: whoever had to read them has.
void http_connection::incoming::wipe(http::field what) const {
  auto [first, last] = parser.get().equal_range(what);
  for (; first != last; ++first)
    platform::wipe_bytes(text(first->value()));
}

/// The status for a body whose end could not be told; 200: it can.
int http_connection::incoming::refused_length() const {
  const auto& head = parser.get();
  bool chunked = parser.chunked();
  if (parser.content_length().value_or(0) > most_body)
    return 413;
  if (!chunked && head.count(http::field::transfer_encoding) > 0)
    return 400;
  return head.method() == http::verb::post && !chunked && !parser.content_length() ? 411 : 200;
}

/// The request without Beast, for those who answer it; points into this one.
web_request http_connection::incoming::seen() const {
  const auto& head = parser.get();
  auto value = [&](auto name) -> std::optional<std::string_view> {
    auto found = head.find(name);
    return found == head.end() ? std::nullopt : std::optional(text(found->value()));
  };
  web_request r;
  auto method = head.method();
  r.method = method == http::verb::get       ? web_request::http_method::get
             : method == http::verb::head    ? web_request::http_method::head
             : method == http::verb::post    ? web_request::http_method::post
             : method == http::verb::delete_ ? web_request::http_method::remove
                                             : web_request::http_method::other;
  r.target = text(head.target());
  r.body = head.body();
  auto purpose = value("Sec-Purpose");
  r.marks = {value(http::field::host),
             value("X-Forwarded-Host"),
             value(http::field::origin),
             value(http::field::referer),
             value("Sec-Fetch-Site"),
             value("Sec-Fetch-Mode"),
             purpose ? purpose : value("Purpose"),
             value(http::field::cookie),
             value(http::field::accept_language),
             value(http::field::user_agent)};
  if (r.marks.cookie) {
    auto [first, last] = head.equal_range(http::field::cookie);
    for (; first != last; ++first)
      r.cookies.push_back(text(first->value()));
  }
  r.token = value("X-Troupe-Token").value_or("");
  r.if_none_match = value(http::field::if_none_match).value_or("");
  r.if_modified_since = value(http::field::if_modified_since).value_or("");
  return r;
}

/// docs/contract/access.md, 3.1 and 3.6. One pass: each look-up by name would cost a request as much.
http_connection::proofs http_connection::incoming::proofs_of_head() const {
  using http::field;
  const auto& head = parser.get();
  proofs found;
  for (const auto& header : head) {
    auto name = header.name_string();
    auto begins = [&](beast::string_view word) {
      return name.size() > word.size() && beast::iequals(name.substr(0, word.size()), word);
    };
    switch (header.name()) {
    case field::authorization:
      found.authorization.push_back(text(header.value()));
      break;
    case field::cookie:
      found.cookies.push_back(text(header.value()));
      found.relayed = true;
      break;
    case field::forwarded:
    case field::via:
    case field::origin:
    case field::referer:
    case field::sec_fetch_dest:
    case field::sec_fetch_mode:
    case field::sec_fetch_site:
    case field::sec_fetch_user:
      found.relayed = true;
      break;
    case field::unknown:
      found.of_a_node = found.of_a_node || beast::iequals(name, "troupe-identity");
      found.relayed =
        found.relayed || beast::iequals(name, "x-real-ip") || begins("x-forwarded-") || begins("sec-fetch-");
      break;
    default:
      break;
    }
  }
  if (!found.cookies.empty() && !protocols::cookies_count_at(text(head.target())))
    found.cookies.clear();
  return found;
}

awaitable<bool> http_connection::read_more(std::size_t room) {
  if (tls_)
    co_return co_await read_tls(room);
  for (;;) {
    while (context_.resting)
      co_await park();
    if (expired_)
      co_return false;
    boost::system::error_code failed;
    auto space = buffer_.prepare(room);
    auto count = co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, failed));
    buffer_.commit(count);
    if (failed != asio::error::operation_aborted || !context_.resting || expired_)
      co_return !failed;
  }
}

/// Empty lines before a request are nothing. True: it has begun to arrive.
bool http_connection::request_begins() {
  request_.clear(); // the number is the last one's
  forget_head();
  auto front = [this] { return *static_cast<const char*>(buffer_.data().data()); };
  while (buffer_.size() > 0 && (front() == '\r' || front() == '\n'))
    buffer_.consume(1);
  return buffer_.size() > 0;
}

/// Gives the parser what has arrived of the head.
boost::system::error_code http_connection::take_head(incoming& r) {
  if (!r.line_whole) {
    std::string_view start(static_cast<const char*>(buffer_.data().data()), std::min(buffer_.size(), longest_line));
    auto end = start.find_first_of("\r\n");
    r.line = start.substr(0, end);
    r.line_whole = end != start.npos || start.size() == longest_line;
  }
  boost::system::error_code failed;
  auto used = r.parser.put(buffer_.data(), failed);
  if (!tls_)
    head_.append(static_cast<const char*>(buffer_.data().data()), used);
  platform::wipe_bytes({static_cast<const char*>(buffer_.data().data()), used});
  buffer_.consume(used);
  return failed;
}

/// The head is whole: what is kept of it for the answer and for the log.
void http_connection::head_is_whole(incoming& r) {
  const auto& head = r.parser.get();
  r.version = version_ = static_cast<int>(head.version());
  r.keep_open = stays_ = head.keep_alive();
  r.head_only = head.method() == http::verb::head;
  asks_for_upgrade_ = false;
  if (context_.access.on())
    r.shown = r.proofs_of_head();
  number_request();
  if (context_.log.wants(log_level::trace))
    r.line = std::string(text(head.method_string())) + ' ' + std::string(text(head.target())) +
             (r.version == 10 ? " HTTP/1.0" : " HTTP/1.1");
}

/// Before anything is asked about the request: from where it comes.
void http_connection::look_behind_proxies(const incoming& r) {
  std::vector<std::string_view> forwarded;
  auto [first, last] = r.parser.get().equal_range("X-Forwarded-For");
  for (; first != last; ++first)
    forwarded.push_back(text(first->value()));
  see_through(forwarded, text(r.parser.get()["X-Forwarded-Proto"]));
}

bool http_connection::has_to_prove(incoming& r) {
  if (!server_.trusted_proxies.empty())
    look_behind_proxies(r);
  const auto& head = r.parser.get();
  bool posts = head.method() == http::verb::post;
  bool reads = head.method() == http::verb::get || head.method() == http::verb::head;
  at_open_door_ =
    context_.access.on() && !r.shown.of_a_node && protocols::is_open_door(reads, posts, text(head.target()));
  if (at_open_door_) {
    r.most_body = http_limits::sign_in_bytes;
    if (posts)
      forget_caller(r.shown.relayed);
    return false;
  }
  return context_.access.on() ? !is_known(r.shown) : server_.username.has_value();
}

awaitable<std::optional<http_connection::reply>> http_connection::prove(const incoming& r) {
  return context_.access.on() ? admit(r.shown) : turn_away(r.field(http::field::authorization));
}

/// `refused`: of prove().
void http_connection::word_refusal(reply& refused, const incoming& r) const {
  refused.close = true;
  if (refused.status == 401 && context_.access.on())
    ask_for_proof(refused, r.seen(), r.field(http::field::accept),
                  r.parser.get().find(http::field::authorization) != r.parser.get().end());
}

/// One request and its response. False: the connection is over. All in one coroutine: each further one would cost every
/// request an allocation.
awaitable<bool> http_connection::serve_one() {
  enter(phase::idle, about_now() + http_limits::idle);
  while (!request_begins())
    if (!co_await read_more(small_read) || expired_)
      co_return false;
  enter(phase::reading, about_now() + http_limits::header_time);
  incoming r;
  while (!r.parser.is_header_done()) {
    auto failed = take_head(r);
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
    auto refused = error_reply(expired_ ? 408 : status_of(failed, r.line));
    co_return co_await send(r, std::move(refused));
  }
  head_is_whole(r);
  // Who asks comes before what is asked, and before a byte of body is taken in.
  bool has_to = has_to_prove(r);
  std::optional<reply> refused_to_somebody;
  if (has_to)
    refused_to_somebody = co_await prove(r);
  r.wipe_proofs(at_open_door_);
  if (refused_to_somebody) {
    word_refusal(*refused_to_somebody, r);
    co_return co_await send(r, *std::move(refused_to_somebody));
  }
  auto status = std::optional(r.refused_length());
  if (*status == 200) {
    if (beast::iequals(r.parser.get()[http::field::expect], "100-continue") && buffer_.size() == 0)
      if (!co_await write("HTTP/1.1 100 Continue\r\n\r\n", ""))
        co_return false;
    enter(phase::reading, about_now() + http_limits::header_time + seconds(r.longest_body() / http_limits::slowest));
    status = co_await read_body(r);
    if (!status)
      co_return false;
  }
  if (*status != 200) {
    auto refused = refused_body(r, *status);
    co_return co_await send(r, std::move(refused));
  }
  if (bool is_over = !at_open_door_ && !is_still_somebody(); is_over) { // the body took its time
    auto refused = refused_proof();
    word_refusal(refused, r);
    co_return co_await send(r, std::move(refused));
  }
  r.whole = true;
  enter(phase::answering, never);
  auto seen = r.seen();
  bool open = co_await answer(r, seen, r.parser.get().body());
  is_answered();
  co_return open;
}

/// Nothing large is kept for the next one.
void http_connection::is_answered() {
  answer_lease_.release();
  if (buffer_.size() == 0 && buffer_.capacity() > large_read)
    buffer_ = input_buffer{};
}

http_connection::reply http_connection::refused_body(incoming& r, int status) {
  platform::drop(r.parser.get().body());
  auto refused = error_reply(status);
  refused.close = true;
  return refused;
}

awaitable<std::optional<int>> http_connection::read_body(incoming& r) {
  auto& parser = r.parser;
  parser.eager(true);
  parser.get().body().reserve(std::min(r.longest_body(), http_limits::sign_in_bytes)); // one that grows leaves copies
  body_on_its_way noted{*this, parser.chunked() ? nullptr : &parser.get().body()};
  for (;;) {
    boost::system::error_code failed;
    std::size_t used = 0;
    if (!parser.is_done()) // a request without a body is whole already, and Beast does not want to be asked
      used = parser.put(buffer_.data(), failed);
    if (at_open_door_)
      platform::wipe_bytes({static_cast<const char*>(buffer_.data().data()), used});
    buffer_.consume(used);
    moved = about_now();
    auto size = parser.get().body().size();
    if (size > r.most_body)
      co_return 413;
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

} // namespace troupe::actors
