// See web_desk.hpp: who may, and the pages. The old action URLs: web_page_actions.cpp; what actions do:
// web_actions.cpp; the API: web_api*.cpp. Must not hold HTML.
#include "actors/web/web_desk.hpp"

#include "actors/rpc/death_rights.hpp"
#include "actors/web/web_pages.hpp"
#include "platform/log_window.hpp"
#include "platform/main_log.hpp"
#include "protocols/http_text.hpp"
#include "protocols/metrics.hpp"
#include "protocols/strip_ansi.hpp"
#include "web/assets.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <utility>

#include <unistd.h>

namespace troupe::actors {

using boost::asio::awaitable;
using protocols::sender;
using protocols::web_place;

namespace {

constexpr std::int64_t least_tail = 1024;
constexpr std::size_t longest_form = std::size_t{1} << 20; ///< ten thousand selected processes
constexpr std::int64_t most_tail = std::int64_t{4} << 20;  ///< bytes in one page
constexpr std::string_view not_cached = "Pragma: no-cache\r\nCache-Control: no-cache\r\n"
                                        "Expires: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
constexpr std::string_view security_headers =
  "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
  "'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
  "X-Frame-Options: DENY\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\n"
  "Cross-Origin-Resource-Policy: same-origin\r\n";

} // namespace

web_reply web_error(int status) {
  return {status, "text/html", std::string(security_headers), protocols::error_page(status)};
}

web_reply web_page(std::string body) {
  return {200, "text/html;charset=utf-8", std::string(not_cached) + std::string(security_headers), std::move(body)};
}

web_reply web_private_page(std::string body) {
  return {200, "text/html;charset=utf-8", "Cache-Control: no-store\r\n" + std::string(security_headers),
          std::move(body)};
}

/// 301, as ever. Relative, so that it holds behind a proxy, whatever that calls us.
web_reply web_redirect(std::string_view message) {
  return {301, "text/html",
          "Location: ./?message=" + protocols::url_quoted(message) + "\r\n" + std::string(not_cached) +
            std::string(security_headers),
          protocols::error_page(301)};
}

std::function<bool(const caller&)> readers_of(process_identity_ptr process, std::string path, std::string main_log) {
  return [process = std::move(process), path = std::move(path), main_log = std::move(main_log)](const caller& who) {
    return who.may_read(*process, path, main_log);
  };
}

std::function<bool(const caller&)> readers_of_main_log() {
  return [](const caller& who) { return who.may(config::right::mainlog); };
}

// -- who may -------------------------------------------------------------------------------------

protocols::host_rules rules_of(const config::server_options& server, const web_context& web) {
  return {server.is_unix, server.username.has_value(), server.host, web.who.machine, server.allowed_hosts};
}

web_reply refused_host(const protocols::request_marks& marks) {
  auto name = protocols::host_name(marks.host.value_or(""));
  return {403, "text/plain;charset=utf-8", std::string(security_headers),
          "Refused: this server does not know itself as " + name +
            ".\nIf that is its name, add it to allowed_hosts= of its [inet_http_server] section.\n"};
}

const char* why_turned_away(const web_request& r, const caller& who, std::string_view form_token,
                            const std::function<std::string()>& token) {
  auto sent_by = protocols::sender_of(r.marks);
  bool by_cookie = who.how() == "session";
  if (sent_by == sender::another_site)
    return "Refused: this request comes from a page of another site. A proxy in between must pass on Host or "
           "X-Forwarded-Host.";
  if (r.reads() && by_cookie)
    return "Refused: nothing is changed by a link. Use the buttons of the pages.";
  bool may_be_anybodys = sent_by == sender::unknown || sent_by == sender::nobody;
  if (may_be_anybodys && (r.reads() || who.known()))
    return "Refused: the browser does not say which page this request comes from.";
  if (r.reads() || (sent_by == sender::script && !by_cookie))
    return nullptr;
  auto wanted = token();
  if (!protocols::same_secret(r.token, wanted) && !protocols::same_secret(form_token, wanted))
    return "Refused: the token of this page is missing or out of date. Go back, load the page again and retry.";
  return nullptr;
}

/// The refusal of a request that would change something and comes from another site's page; nothing: it may go on.
std::optional<web_reply> web_desk::turned_away(const web_request& r, const std::string& form_token, bool json) const {
  const char* why = why_turned_away(r, who_, form_token, token_);
  if (why && origin_ && context_.audit)
    context_.audit->refused_page(&who_, *origin_, r.target.substr(0, r.target.find('?')));
  return why ? std::optional(web_refusal(why, json)) : std::nullopt;
}

web_reply web_refusal(std::string_view why, bool json) {
  if (!json)
    return web_reply{403, "text/plain;charset=utf-8", std::string(security_headers), std::string(why) + '\n'};
  std::string body;
  protocols::json_writer out{body};
  out.begin_object();
  out.member("error", why);
  out.end_object();
  return web_reply{403, "application/json", std::string(security_headers), std::move(body)};
}

// -- pages ---------------------------------------------------------------------------------------

awaitable<web_answer> web_desk::answer(const web_request& r) {
  auto place = protocols::web_place_of(r.target);
  switch (place.what) {
  case web_place::kind::status_page:
  case web_place::kind::tail_page:
    co_return co_await pages(r, place.what);
  case web_place::kind::history_page:
    if (!context_.keeps_history)
      break;
    co_return co_await history_page(r);
  case web_place::kind::graph_page:
    co_return co_await graph_page(r);
  case web_place::kind::file:
    co_return r.reads() ? web_asset(r, place.path) : web_error(400);
  case web_place::kind::metrics:
    if (r.reads() && !protocols::has(board_.held().anywhere().rights, config::right::metrics)) {
      tell_read(config::right::metrics, {}, "metrics", protocols::fault::not_permitted);
      co_return web_error(403);
    }
    co_return r.reads()
      ? web_reply{200, protocols::openmetrics_type, std::string(security_headers), metrics_text(context_, board_)}
      : web_error(400);
  case web_place::kind::api:
    co_return co_await api(r, place.path);
  case web_place::kind::none:
    break;
  }
  co_return web_error(404);
}

awaitable<web_answer> web_desk::pages(const web_request& r, web_place::kind which) {
  using method = web_request::http_method;
  if (r.method == method::other || r.method == method::remove)
    co_return web_error(400);
  if (r.body.size() > longest_form)
    co_return web_error(413);
  protocols::form fields{r.target, r.method == method::post ? r.body : std::string_view()};
  if (which == web_place::kind::tail_page)
    co_return co_await tail_page(fields);
  if (board_.daemon() != daemon_state::running)
    co_return web_error(500);
  const auto* action = fields.find("action");
  if (!action)
    co_return status_page(fields);
  auto done = co_await act(*action, r, fields);
  co_return done;
}

web_reply web_desk::status_page(const protocols::form& fields) const {
  status_view view{board_, context_.who, token_(), fields.value("message"), board_.all()};
  view.now = static_cast<std::int64_t>(std::time(nullptr));
  view.reader = &who_;
  view.graph = anybody_depends(context_.programs ? context_.programs() : nullptr, view.processes);
  return web_page(actors::status_page(view));
}

awaitable<web_answer> web_desk::tail_page(const protocols::form& fields) const {
  auto digits = fields.value("limit");
  std::int64_t limit = 0;
  auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), limit);
  if (problem == std::errc::result_out_of_range)
    limit = most_tail;
  else if (end != digits.data() + digits.size())
    limit = 0;
  limit = std::clamp(limit, least_tail, most_tail);
  auto asked = log_asked_for(fields, limit);
  auto make = [&] { return tail_text(std::move(asked)); };
  if (limit <= static_cast<std::int64_t>(quick_bytes))
    co_return make();
  long_turn turn{context_.work};
  co_await turn.come();
  auto made = co_await elsewhere(context_.work, make);
  co_return made;
}

/// On the HTTP thread, whose view of the board it is.
web_desk::asked_log web_desk::log_asked_for(const protocols::form& fields, std::int64_t limit) const {
  auto name = fields.value("processname");
  asked_log asked{{context_.who, token_(), name}, {}, 200};
  auto& view = asked.view;
  view.reader = &who_;
  view.history = context_.keeps_history;
  view.is_stderr = fields.value("channel") == "stderr";
  view.limit = limit;
  auto [group, process] = split_name(name);
  view.process = process ? board_.find(group, *process) : nullptr;
  if (view.process) {
    const auto& who = *view.process->who;
    view.held = board_.over(who);
    asked.path = view.is_stderr ? who.stderr_path : who.stdout_path;
    if (!who_.may_read(who, asked.path.view(), context_.log.path())) {
      tell_read(config::right::tail, name, "tail.html", protocols::fault::not_permitted);
      view.text = "You may not read the log of " + name;
      asked.status = 403;
      return asked;
    }
  }
  if (view.process) {
    view.deaths = deaths_of(context_.deaths.get(), *view.process->who);
    view.deaths_shown = may_see(who_, *view.process->who, context_.log.path());
    view.deaths_open = fields.value("deaths") == "1";
  }
  if (!name.empty())
    tell_read(config::right::tail, name, "tail.html",
              view.process ? std::nullopt : std::optional(protocols::fault::bad_name));
  if (name.empty())
    view.text = "No process name found";
  else if (board_.daemon() != daemon_state::running)
    view.text = "ERROR: unexpected rpc fault [6] SHUTDOWN_STATE";
  else if (!view.process)
    view.text = "ERROR: unexpected rpc fault [10] BAD_NAME: " + name;
  return asked;
}

web_reply web_desk::tail_text(asked_log asked) {
  auto& view = asked.view;
  if (view.text.empty()) {
    auto window = asked.path.empty() ? platform::log_window{platform::window_problem::missing}
                                     : platform::read_log(asked.path, -view.limit, 0);
    if (window.problem == platform::window_problem::none)
      view.text = protocols::strip_ansi(window.bytes);
    else if (window.problem == platform::window_problem::missing)
      view.text = "No file for " + view.name;
    else
      view.text = "ERROR: unexpected rpc fault [30] FAILED";
  }
  auto page = web_page(actors::tail_page(view));
  page.status = asked.status;
  return page;
}

web_reply web_asset(const web_request& r, const std::string& path) {
  auto all = web::assets();
  auto found = std::find_if(all.begin(), all.end(), [&](auto& a) { return a.path == path; });
  if (found == all.end())
    return web_error(404);
  auto tag = '"' + std::string(found->tag) + '"';
  auto since = protocols::parse_http_date(r.if_modified_since);
  bool known = r.if_none_match.empty() ? since && *since >= web::built_at() : r.if_none_match.find(tag) != tag.npos;
  auto validators =
    "Last-Modified: " + protocols::http_date(web::built_at()) + "\r\nETag: " + tag + "\r\nCache-Control: no-cache\r\n";
  if (known)
    return {304, found->type, "ETag: " + tag + "\r\n", {}};
  return {200, found->type, validators + std::string(security_headers), std::string(found->bytes)};
}

} // namespace troupe::actors
