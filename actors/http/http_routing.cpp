// What a whole request asks for, and who answers it: XML-RPC (http_rpc.cpp), the web UI (http_web.cpp) or a stream of a
// log (http_streams.cpp). What is refused for its method, its host or the page that sent it is refused here, before any
// of them looks at it. Must not know Beast. Source: docs/contract/http.md, 1.7 and 2.
#include "actors/http/http_connection.hpp"

#include "protocols/http_text.hpp"

#include <utility>

namespace troupe::actors {

using protocols::endpoint;

namespace {

/// The status that a request is refused with whatever else it says; 0: it is not.
int refused_with(endpoint where, const web_request& r) {
  using method = web_request::http_method;
  bool posts = r.method == method::post;
  switch (where) {
  case endpoint::rpc:
    if (!posts)
      return 400;
    return protocols::sender_of(r.marks) == protocols::sender::another_site ? 403 : 0;
  case endpoint::log:
  case endpoint::main_log:
    if (r.method != method::get)
      return 400;
    return protocols::is_embedded(r.marks) ? 403 : 0;
  case endpoint::ok:
    return r.reads() || posts ? 0 : 400;
  case endpoint::web:
    return 0;
  case endpoint::other:
    break;
  }
  return r.reads() ? 404 : 400;
}

} // namespace

awaitable<bool> http_connection::answer(const request& r, const web_request& seen, std::string& body) {
  reply plain;
  if (!protocols::host_admitted(seen.marks, rules_of(server_, context_.web))) {
    tell_refused_page(seen.target);
    auto page = refused_host(seen.marks);
    plain.status = page.status;
    plain.type = page.type;
    plain.headers = std::move(page.headers);
    plain.body = std::move(page.body);
    co_return co_await send(r, std::move(plain));
  }
  if (context_.access.on())
    if (auto place = protocols::sign_in_place_of(seen.target); has_sign_in(place)) {
      plain = co_await answer_sign_in(place, seen);
      co_return co_await send(r, std::move(plain));
    }
  auto where = protocols::route(seen.target);
  if (int status = refused_with(where, seen); status != 0) {
    if (status == 403)
      tell_refused_page(seen.target);
    plain = error_reply(status);
    co_return co_await send(r, std::move(plain));
  }
  request_head head{r.version, r.version == 11 && r.keep_open};
  switch (where) {
  case endpoint::rpc: {
    at_troupe_ = seen.target.starts_with("/RPC2/troupe");
    auto answered = co_await answer_rpc(body);
    co_return co_await send(r, std::move(answered));
  }
  case endpoint::web: {
    auto answered = co_await answer_web(seen, head);
    if (!answered)
      co_return false;
    co_return co_await send(r, *std::move(answered));
  }
  case endpoint::log:
  case endpoint::main_log: {
    auto found = find_log(seen.target, where == endpoint::main_log);
    auto* source = std::get_if<log_stream>(&found);
    bool no_room = source && !context_.has_room_for_stream(http_limits::stream_files, whose_streams());
    if (source && !no_room) {
      bool streamed = co_await stream_log(head, std::move(*source));
      if (streamed)
        co_return false;
    }
    plain = error_reply(no_room ? 503 : source ? 404 : std::get<int>(found));
    break;
  }
  case endpoint::ok:
    plain.type = "text/plain";
    plain.body = "OK";
    break;
  case endpoint::other: // refused above
    break;
  }
  co_return co_await send(r, std::move(plain));
}

} // namespace troupe::actors
