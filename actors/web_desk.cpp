// See web_desk.hpp: who may, the pages, the old action URLs. What actions do: web_actions.cpp; the API: web_api.cpp.
#include "actors/web_desk.hpp"

#include "actors/http_session.hpp"
#include "actors/web_pages.hpp"
#include "platform/log_window.hpp"
#include "protocols/http_text.hpp"
#include "protocols/metrics.hpp"
#include "protocols/strip_ansi.hpp"
#include "web/assets.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <utility>

#include <sys/random.h>
#include <unistd.h>

namespace troupe::actors {

using boost::asio::awaitable;
using protocols::fault;
using protocols::sender;
using protocols::web_place;

namespace {

constexpr std::int64_t least_tail = 1024;
constexpr std::int64_t most_tail = std::int64_t{4} << 20; ///< bytes in one page
constexpr std::string_view not_cached = "Pragma: no-cache\r\nCache-Control: no-cache\r\n"
                                        "Expires: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
constexpr std::string_view guards =
  "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
  "'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
  "X-Frame-Options: DENY\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\n"
  "Cross-Origin-Resource-Policy: same-origin\r\n";

std::string random_token() {
  unsigned char bytes[24];
  for (std::size_t have = 0; have < sizeof bytes;)
    if (auto n = ::getrandom(bytes + have, sizeof bytes - have, 0); n > 0)
      have += static_cast<std::size_t>(n);
  constexpr char hex[] = "0123456789abcdef";
  std::string text;
  for (auto byte : bytes)
    text += {hex[byte >> 4], hex[byte & 15]};
  return text;
}

/// The same through restarts of the configuration: open pages go on working.
const std::string& process_token() {
  static const auto token = random_token();
  return token;
}

std::string machine_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

web_reply error_reply(int status) { return {status, "text/html", std::string(guards), protocols::error_page(status)}; }

web_reply page(std::string body) {
  return {200, "text/html;charset=utf-8", std::string(not_cached) + std::string(guards), std::move(body)};
}

/// 301, as ever. Relative, so that it holds behind a proxy, whatever that calls us.
web_reply redirect(std::string_view message) {
  return {301, "text/html",
          "Location: ./?message=" + protocols::url_quoted(message) + "\r\n" + std::string(not_cached) +
            std::string(guards),
          protocols::error_page(301)};
}

std::string local_time() {
  auto now = std::time(nullptr);
  std::tm local{};
  char text[32];
  ::localtime_r(&now, &local);
  std::string out(::asctime_r(&local, text));
  out.pop_back();
  return out;
}

// -- messages (6.2) ------------------------------------------------------------------------------

std::string rpc_problem(const process_result& r) {
  return "unexpected rpc fault [" + std::to_string(r.status) + "] " + r.description;
}

std::string start_problem(const process_result& r) {
  switch (static_cast<fault>(r.status)) {
  case fault::no_file:
    return "no such file";
  case fault::not_executable:
    return "file not executable";
  case fault::already_started:
    return "already started";
  case fault::spawn_error:
    return "spawn error";
  case fault::abnormal_termination:
    return "abnormal termination";
  default:
    return rpc_problem(r);
  }
}

struct page_action {
  const char* name;
  web_task::kind what;
  enum class of { process, all, selected } whom;
  const char* done; ///< "Process N <done>", "All <done> at T"
  bool old = false; ///< Supervisor's own: answers GET, too
};
using of = page_action::of;
using kind = web_task::kind;
constexpr page_action page_actions[] = {
  {"start", kind::start, of::process, "started", true},
  {"stop", kind::stop, of::process, "stopped", true},
  {"restart", kind::restart, of::process, "restarted", true},
  {"clearlog", kind::clear, of::process, "cleared", true},
  {"signal", kind::signal, of::process, "signalled"},
  {"stopall", kind::stop, of::all, "stopped", true},
  {"restartall", kind::restart, of::all, "restarted", true},
  {"startall", kind::start, of::all, "started"},
  {"clearall", kind::clear, of::all, "cleared"},
  {"startselected", kind::start, of::selected, "started"},
  {"stopselected", kind::stop, of::selected, "stopped"},
  {"restartselected", kind::restart, of::selected, "restarted"},
  {"clearselected", kind::clear, of::selected, "cleared"},
};

bool failed(const process_result& r) { return r.status != static_cast<int>(fault::success); }

/// Of one process, in the old words.
std::string message_of_one(const page_action& action, const std::string& name, const process_result& r) {
  if (r.status == static_cast<int>(fault::bad_name))
    return "No such process named " + name;
  if (failed(r))
    return action.what == kind::start || action.what == kind::restart
             ? "ERROR: Process " + name + ": " + start_problem(r)
             : rpc_problem(r);
  if (action.what == kind::clear)
    return "Log for " + name + " cleared";
  return "Process " + name + ' ' + action.done;
}

/// Of many: the old words, and which did not go well.
std::string message_of_many(const page_action& action, const std::string& who, const process_results& results) {
  constexpr int most_named = 5;
  auto text = who + ' ' + action.done + " at " + local_time();
  int bad = 0;
  for (const auto& r : results)
    if (failed(r) && ++bad <= most_named)
      text += (bad == 1 ? ", except: " : "; ") + r.description;
  return bad > most_named ? text + "; and " + std::to_string(bad - most_named) + " more" : text;
}

} // namespace

web_stage::web_stage(boost::asio::io_context& io, const status_board& board, std::string identifier)
    : who{std::move(identifier), machine_name()}, token(process_token()), feed(io, board, who) {}

// -- who may -------------------------------------------------------------------------------------

protocols::host_rules rules_of(const config::server_options& server, const web_stage& web) {
  return {server.is_unix, server.username.has_value(), server.host, web.who.machine, server.allowed_hosts};
}

web_reply refused_host(const protocols::request_marks& marks) {
  auto name = protocols::host_name(marks.host.value_or(""));
  return {403, "text/plain;charset=utf-8", std::string(guards),
          "Refused: this server does not know itself as " + name +
            ".\nIf that is its name, add it to allowed_hosts= of its [inet_http_server] section.\n"};
}

/// None: go on. Nothing that is changed here is changed for a page of somebody else.
std::optional<web_reply> web_desk::turned_away(const web_request& r, const std::string& form_token, bool json) const {
  auto who = protocols::sender_of(r.marks);
  const char* why = nullptr;
  if (who == sender::another_site)
    why = "Refused: this request comes from a page of another site. A proxy in between must pass on Host or "
          "X-Forwarded-Host.";
  else if (r.reads() && who == sender::unknown)
    why = "Refused: the browser does not say which page this request comes from.";
  else if (!r.reads() && who != sender::script && !protocols::same_secret(r.token, stage_.web.token) &&
           !protocols::same_secret(form_token, stage_.web.token))
    why = "Refused: the token of this page is missing or out of date. Go back, load the page again and retry.";
  if (!why)
    return {};
  if (!json)
    return web_reply{403, "text/plain;charset=utf-8", std::string(guards), std::string(why) + '\n'};
  std::string body;
  protocols::json_writer out{body};
  out.begin_object();
  out.member("error", why);
  out.end_object();
  return web_reply{403, "application/json", std::string(guards), std::move(body)};
}

// -- pages ---------------------------------------------------------------------------------------

awaitable<web_answer> web_desk::answer(const web_request& r) {
  auto place = protocols::web_place_of(r.target);
  switch (place.what) {
  case web_place::kind::status_page:
  case web_place::kind::tail_page:
    co_return co_await pages(r, place.what);
  case web_place::kind::file:
    co_return r.reads() ? file(r, place.path) : error_reply(400);
  case web_place::kind::metrics:
    co_return r.reads() ? web_reply{200, protocols::openmetrics_type, std::string(guards), metrics_text(stage_)}
                        : error_reply(400);
  case web_place::kind::api:
    co_return co_await api(r, place.path);
  case web_place::kind::none:
    break;
  }
  co_return error_reply(404);
}

awaitable<web_answer> web_desk::pages(const web_request& r, web_place::kind which) {
  if (r.method == web_request::verb::other)
    co_return error_reply(400);
  protocols::form fields{r.target, r.method == web_request::verb::post ? r.body : std::string_view()};
  if (which == web_place::kind::tail_page)
    co_return tail_page(fields);
  if (stage_.board.daemon() != mood::running)
    co_return error_reply(500);
  const auto* action = fields.find("action");
  if (!action)
    co_return status_page(fields);
  auto done = co_await act(*action, r, fields);
  co_return done;
}

awaitable<web_reply> web_desk::act(std::string name, const web_request& r, const protocols::form& fields) {
  if (name == "refresh")
    co_return redirect("Page refreshed at " + local_time());
  auto action = std::find_if(std::begin(page_actions), std::end(page_actions), [&](auto& a) { return name == a.name; });
  if (action == std::end(page_actions) || r.method == web_request::verb::head || (r.reads() && !action->old))
    co_return error_reply(400);
  if (auto refused = turned_away(r, fields.value("token"), false))
    co_return *std::move(refused);
  web_task task{.what = action->what, .signal = fields.value("signal")};
  auto process = fields.value("processname");
  auto group = r.reads() ? std::string() : fields.value("group");
  if (action->whom == of::all)
    task.all = true;
  else if (action->whom == of::selected)
    task.names = fields.all("select");
  else if (!process.empty())
    task.names.assign(1, process);
  else if (!group.empty())
    task.names.assign(1, group + ":*");
  else
    co_return error_reply(400);
  if (action->whom == of::process && !process.empty() && !split_name(process).process)
    co_return redirect("No such process named " + process);
  if (action->whom == of::selected && task.names.empty())
    co_return redirect("No processes are selected");
  auto outcome = co_await perform(std::move(task));
  const auto* results = std::get_if<process_results>(&outcome);
  if (!results)
    co_return error_reply(500);
  if (action->whom == of::process && !process.empty())
    co_return redirect(message_of_one(*action, process, results->front()));
  const char* who = action->whom == of::all ? "All" : action->whom == of::selected ? "Selected processes" : nullptr;
  co_return redirect(message_of_many(*action, who ? who : "Group " + group, *results));
}

web_reply web_desk::status_page(const protocols::form& fields) const {
  return page(actors::status_page({stage_.web.who, stage_.web.token, fields.value("message"), stage_.board.all(),
                                   static_cast<std::int64_t>(std::time(nullptr))}));
}

web_reply web_desk::tail_page(const protocols::form& fields) const {
  auto name = fields.value("processname");
  auto digits = fields.value("limit");
  std::int64_t limit = 0;
  auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), limit);
  if (problem == std::errc::result_out_of_range)
    limit = most_tail;
  else if (end != digits.data() + digits.size())
    limit = 0;
  tail_view view{stage_.web.who, stage_.web.token, name};
  view.is_stderr = fields.value("channel") == "stderr";
  view.limit = std::clamp(limit, least_tail, most_tail);
  auto [group, process] = split_name(name);
  view.process = process ? stage_.board.find(group, *process) : nullptr;
  auto path = !view.process ? std::string() : view.is_stderr ? view.process->stderr_path : view.process->stdout_path;
  if (name.empty()) {
    view.text = "No process name found";
  } else if (stage_.board.daemon() != mood::running) {
    view.text = "ERROR: unexpected rpc fault [6] SHUTDOWN_STATE";
  } else if (!view.process) {
    view.text = "ERROR: unexpected rpc fault [10] BAD_NAME: " + name;
  } else {
    auto window =
      path.empty() ? platform::log_window{platform::window_problem::missing} : platform::read_log(path, -view.limit, 0);
    if (window.problem == platform::window_problem::none)
      view.text = protocols::strip_ansi(window.bytes);
    else if (window.problem == platform::window_problem::missing)
      view.text = "No file for " + name;
    else
      view.text = "ERROR: unexpected rpc fault [30] FAILED";
  }
  return page(actors::tail_page(view));
}

web_reply web_desk::file(const web_request& r, const std::string& path) const {
  auto all = web::assets();
  auto found = std::find_if(all.begin(), all.end(), [&](auto& a) { return a.path == path; });
  if (found == all.end())
    return error_reply(404);
  auto tag = '"' + std::string(found->tag) + '"';
  auto since = protocols::parse_http_date(r.if_modified_since);
  bool known = r.if_none_match.empty() ? since && *since >= web::built_at() : r.if_none_match.find(tag) != tag.npos;
  auto validators =
    "Last-Modified: " + protocols::http_date(web::built_at()) + "\r\nETag: " + tag + "\r\nCache-Control: no-cache\r\n";
  if (known)
    return {304, found->type, "ETag: " + tag + "\r\n", {}};
  return {200, found->type, validators + std::string(guards), std::string(found->bytes)};
}

} // namespace troupe::actors
