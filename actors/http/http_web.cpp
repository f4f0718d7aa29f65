// See http_connection.hpp: the web UI as far as it needs the connection: requests are handed to a desk, and the feed is
// written as long as the client listens. A slow client costs what the socket holds: it gets the whole status, once
// there is room again. Source: docs/web.md, "Events".
#include "actors/http/http_connection.hpp"

#include "protocols/http_text.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace troupe::actors {

namespace {

/// Whether a page that shows what one may do would be the same by the other.
bool same_rights(const board_view& a, const board_view& b) {
  auto same = [](const protocols::mask& x, const protocols::mask& y) {
    return x.rights == y.rights && x.signals == y.signals;
  };
  for (const auto& row : config::right_table)
    if (a.held().may(row.which) != b.held().may(row.which))
      return false;
  if (!same(a.held().anywhere(), b.held().anywhere()))
    return false;
  auto all = a.board().all();
  return std::all_of(all.begin(), all.end(), [&](auto& each) { return same(a.over(*each->who), b.over(*each->who)); });
}

} // namespace

awaitable<bool> http_connection::stream_events(request_head r) {
  stream_place place{context_, 0, whose_streams()};
  asio::steady_timer pause{context_.io};
  bool changed = true;
  wake_ = [&] {
    changed = true;
    pause.cancel();
  };
  auto shown = caller_->shared_view();
  still_allowed_ = [shown](const caller& who) { return who.shared_view() == shown; };
  session_desk::stream kept{context_.sessions, session_};
  web_feed::reader reader{context_.web.feed_of(caller_->shared_view()), wake_};
  std::string head;
  protocols::begin_head(head, r.version, 200, context_.date());
  head += "Content-Type: text/event-stream;charset=utf-8\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n"
          "X-Content-Type-Options: nosniff\r\n";
  append_access_headers(head);
  head += r.chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Connection: close\r\n\r\n";
  bool open = co_await write(head, "");
  discard_input();
  while (open && may_go_on()) {
    changed = false;
    if (auto piece = reader.next()) {
      auto bytes = chunk(*piece, r.chunked);
      open = co_await write(bytes, "");
      continue;
    }
    enter(phase::streaming, never);
    if (changed)
      continue;
    pause.expires_at(std::min(token_end(), session_end()));
    boost::system::error_code ignored;
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    revoked_ = revoked_ || session_is_over();
    signed_out_ = signed_out_ || session_is_over();
  }
  if (revoked_ && !signed_out_ && open && !gone_ && !same_rights(*shown, caller_->view())) { // the page loads anew
    auto bytes = chunk("event: rights\ndata: {}\n\n", r.chunked);
    open = co_await write(bytes, "");
  }
  co_await end_stream(open && r.chunked);
  co_return true;
}

/// Nothing: it was a stream, and the connection is over.
awaitable<std::optional<http_connection::reply>> http_connection::answer_web(const web_request& r, request_head head) {
  actor_gate asker = [this](rpc_deferred send) { return ask(std::move(send)); };
  auto holder = [this](std::size_t bytes) { return request_lease_.cover(bytes); };
  auto who = caller_; // other rules may make it another one while a stream is open
  auto token = [this] { return page_token(); };
  web_desk desk{context_.web, *who, std::move(asker), holder, token, origin_.get()};
  auto answered = co_await desk.answer(r);
  bool streams = !std::holds_alternative<web_reply>(answered);
  auto files = std::holds_alternative<log_stream>(answered) ? http_limits::stream_files : 0;
  if (streams && !context_.has_room_for_stream(files, whose_streams()))
    co_return error_reply(503);
  if (auto* stream = std::get_if<log_stream>(&answered)) {
    bool streamed = co_await stream_log(head, *stream);
    if (streamed)
      co_return std::nullopt;
    co_return error_reply(404);
  }
  if (std::holds_alternative<web_events>(answered)) {
    co_await stream_events(head);
    co_return std::nullopt;
  }
  auto& page = std::get<web_reply>(answered);
  reply out;
  out.status = page.status;
  out.type = page.type;
  out.headers = std::move(page.headers);
  out.body = std::move(page.body);
  out.secret = page.secret;
  co_return out;
}

} // namespace troupe::actors
