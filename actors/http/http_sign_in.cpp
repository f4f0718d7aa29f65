// See http_connection.hpp: signing in by form, and out, and what goes with it: whose a cookie is, how somebody without
// a proof is answered, the page about oneself. Sessions are the desk's (session_desk.hpp), pages are web_sign_in.cpp's,
// passwords are checked as any other (http_admit.cpp). Lambdas are bound to locals before they are awaited with: GCC 12
// destroys temporaries in a co_await twice. Source: docs/contract/access.md, 3.1, 3.4 and 6.
// Cases: tests/access_session_test.py.
#include "actors/http/http_connection.hpp"

#include "actors/web/web_json.hpp"
#include "actors/web/web_sign_in.hpp"
#include "protocols/html.hpp"
#include "protocols/http_text.hpp"
#include "protocols/session_cookie.hpp"
#include "protocols/sign_in_body.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using protocols::sign_in_place;

namespace {

constexpr std::string_view not_kept = "Cache-Control: no-store\r\n";
constexpr std::string_view no_dialog = "WWW-Authenticate: Session realm=\"default\"\r\n"; ///< of the browser's own
constexpr std::string_view wrong_words = "Name or password is wrong.";

} // namespace

/// Browsers share cookies between the ports of a host.
std::string http_connection::listener_name() const { return server_.is_unix ? "unix" : std::to_string(server_.port); }

const protocols::session* http_connection::session_shown(const proofs& shown) {
  if (shown.cookies.empty() || !shown.authorization.empty())
    return nullptr;
  auto id = protocols::cookie_named(shown.cookies, protocols::cookie_name(listener_name(), over_tls()));
  return id ? context_.sessions.find(*id, place()) : nullptr;
}

bool http_connection::session_is_over() { return session_ && !context_.sessions.lasts(*session_); }

steady::time_point http_connection::session_end() { return session_ ? context_.sessions.ends(*session_) : never; }

void http_connection::forget_caller(bool relayed) {
  caller_ = nullptr;
  session_.reset();
  remembered_.clear();
  relayed_ = relayed;
}

/// What a page of the caller's has to send along to change something.
std::string http_connection::page_token() const {
  return caller_->known() && session_desk::works() ? context_.sessions.token_of(session_, caller_->name())
                                                   : context_.web.token;
}

/// `refused`: with 401, as scripts are.
void http_connection::ask_for_proof(reply& refused, const web_request& r, std::string_view accept, bool proved) const {
  if (!session_desk::works())
    return;
  switch (protocols::unproven_form(r.reads(), r.target, r.marks, accept, proved)) {
  case protocols::unproven::script:
    return;
  case protocols::unproven::page_part: {
    bool api = protocols::web_place_of(r.target).what == protocols::web_place::kind::api;
    if (api) {
      auto json = json_problem(401, "Sign in first.");
      refused.type = json.type;
      refused.body = std::move(json.body);
    }
    refused.headers = no_dialog;
    return;
  }
  case protocols::unproven::page:
    refused.status = 303;
    refused.headers = "Location: " + protocols::sign_in_address(r.target) + "\r\n" + std::string(not_kept);
    refused.body = protocols::error_page(303);
    return;
  }
}

bool http_connection::has_sign_in(sign_in_place where) const {
  return where != sign_in_place::none && (where != sign_in_place::asset || at_open_door_);
}

namespace {

/// Of the web's, as ours.
template <class Reply>
Reply ours(web_reply from) {
  Reply made;
  made.status = from.status;
  made.type = from.type;
  made.headers = std::move(from.headers);
  made.body = std::move(from.body);
  return made;
}

/// Without a copy of it that would stay in memory.
template <class Reply>
void add_cookie(Reply& to, std::string_view cookie) {
  constexpr std::string_view name = "Set-Cookie: ";
  to.headers.reserve(to.headers.size() + name.size() + cookie.size() + 2);
  ((to.headers += name) += cookie) += "\r\n";
  to.secret = true;
}

template <class Reply>
Reply see_other(std::string_view where, std::string_view cookie = {}) {
  Reply made;
  made.status = 303;
  made.headers = "Location: " + std::string(where) + "\r\n" + std::string(not_kept);
  if (!cookie.empty())
    add_cookie(made, cookie);
  made.body = protocols::error_page(303);
  return made;
}

} // namespace

awaitable<http_connection::reply> http_connection::answer_sign_in(sign_in_place where, const web_request& r) {
  bool posts = r.method == web_request::http_method::post;
  switch (where) {
  case sign_in_place::asset:
    co_return ours<reply>(web_asset(r, std::string(r.target.substr(1, r.target.find('?') - 1))));
  case sign_in_place::sign_in_page:
    if (posts)
      co_return co_await sign_in(r, false);
    if (r.reads())
      co_return ours<reply>(sign_in_page({context_.web.who, protocols::form{r.target, {}}.value("next")}));
    break;
  case sign_in_place::session:
    if (posts)
      co_return co_await sign_in(r, true);
    co_return ours<reply>(json_problem(405, "this needs POST"));
  case sign_in_place::sign_out:
    if (posts)
      co_return sign_out(r);
    break;
  case sign_in_place::session_end:
    if (posts)
      co_return end_session(r);
    co_return ours<reply>(json_problem(405, "this needs POST"));
  case sign_in_place::account:
    if (r.reads())
      co_return account_page();
    break;
  case sign_in_place::none:
    break;
  }
  co_return error_reply(400);
}

/// From a page of ours, or a script; else a page of another site could sign somebody in as whoever it likes.
awaitable<http_connection::reply> http_connection::sign_in(const web_request& r, bool json) {
  auto from = protocols::sender_of(r.marks);
  if (from != protocols::sender::own_page && from != protocols::sender::script) {
    tell_refused_page(r.target);
    co_return ours<reply>(web_refusal("Refused: signing in works from the page of this server only.", json));
  }
  auto said = json ? protocols::sign_in_json(r.body) : std::optional(protocols::sign_in_form(r.body));
  if (!said)
    co_return ours<reply>(json_problem(400, "user and password must be given, as text"));
  if (!session_desk::works())
    co_return busy(503, 3600);
  protocols::proof proof{protocols::proof::kind::basic, said->user, said->password.text};
  auto refused = co_await admit_by_password(proof);
  if (!refused)
    co_return signed_in(r, json ? nullptr : &said->next);
  if (refused->status != 401)
    co_return *std::move(refused);
  auto again =
    ours<reply>(json ? json_problem(401, wrong_words) : sign_in_page({context_.web.who, said->next, wrong_words}));
  again.status = 401;
  again.headers += no_dialog;
  co_return again;
}

/// caller_ has proved who he is. `next`: of the form, or null: a script wants to know.
http_connection::reply http_connection::signed_in(const web_request& r, const std::string* next) {
  auto who = std::exchange(caller_, nullptr); // for this request only; the next one shows the cookie
  auto shown = protocols::cookie_named(r.cookies, protocols::cookie_name(listener_name(), over_tls()));
  if (origin_)
    context_.audit->sign_in(*who, *origin_);
  auto begun = context_.sessions.open(gate::owner_of(*who), place(), shown);
  platform::wiped_text cookie{protocols::set_cookie(listener_name(), over_tls(), begun.id)};
  platform::wipe(begun.id);
  if (next)
    return see_other<reply>(protocols::page_after_sign_in(*next), cookie.text);
  std::string body;
  protocols::json_writer out{body};
  out.begin_object();
  out.member("user", who->name());
  out.member("expires", begun.expires);
  out.member("token", begun.token);
  out.end_object();
  auto answer = ours<reply>(json_reply(200, std::move(body)));
  add_cookie(answer, cookie.text);
  return answer;
}

http_connection::reply http_connection::sign_out(const web_request& r) {
  auto token = [this] { return page_token(); };
  if (const char* why = why_turned_away(r, *caller_, protocols::form{{}, r.body}.value("token"), token)) {
    tell_refused_page(r.target);
    return ours<reply>(web_refusal(why, false));
  }
  if (session_ && origin_)
    context_.audit->sign_out(*caller_, *origin_);
  if (session_)
    context_.sessions.end(*session_);
  return see_other<reply>("signin.html", protocols::clear_cookie(listener_name(), over_tls()));
}

/// One of his own: from the page's form, or as JSON; without an id the one that asks.
http_connection::reply http_connection::end_session(const web_request& r) {
  auto begin = r.body.find_first_not_of(" \t\r\n");
  bool json = begin == r.body.npos || r.body[begin] == '{';
  protocols::form fields{{}, json ? std::string_view() : r.body};
  auto token = [this] { return page_token(); };
  if (const char* why = why_turned_away(r, *caller_, fields.value("token"), token)) {
    tell_refused_page(r.target);
    return ours<reply>(web_refusal(why, json));
  }
  auto id = fields.value("id");
  if (json && begin != r.body.npos) {
    auto value = protocols::parse_json(r.body);
    if (!value)
      return ours<reply>(json_problem(400, value.error().what));
    if (const auto* member = value->member("id"); member && member->string())
      id = *member->string();
    else if (member)
      return ours<reply>(json_problem(400, "id must be text"));
  }
  bool found = !id.empty() ? context_.sessions.end(caller_->session_owners(), id) : session_ && !session_is_over();
  if (id.empty() && session_)
    context_.sessions.end(*session_);
  if (found && origin_)
    context_.audit->sign_out(*caller_, *origin_, id);
  if (!json)
    return see_other<reply>("../../../account.html"); // as seen from here
  return ours<reply>(found ? json_reply(200, "{\"ended\":true}")
                           : json_problem(404, "there is no such session of yours"));
}

http_connection::reply http_connection::account_page() {
  account_view view{context_.web.who, page_token(), *caller_};
  for (const auto& one : context_.sessions.of(caller_->session_owners()))
    view.sessions.push_back({one.label(), one.place, one.since, session_ && one.key == *session_});
  return ours<reply>(actors::account_page(view));
}

} // namespace troupe::actors
