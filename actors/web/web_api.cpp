// See web_desk.hpp: /api/v1, in JSON. Every method of XML-RPC can be called; what pages need often has a URL of its
// own. Source: docs/web.md.
#include "actors/web/web_desk.hpp"

#include "platform/main_log.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <unordered_set>
#include <utility>

namespace troupe::actors {

using boost::asio::awaitable;
using protocols::fault;
using protocols::json_writer;
using protocols::make_fault;
using protocols::rpc_fault;
using protocols::rpc_value;

namespace {

constexpr std::int64_t usual_log_bytes = 64 << 10;
constexpr std::int64_t most_log_bytes = std::int64_t{8} << 20;
constexpr std::size_t quick_results = 1000; ///< that are written while others wait
constexpr std::string_view json_type = "application/json";
constexpr std::string_view headers = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                                     "Cross-Origin-Resource-Policy: same-origin\r\n";

web_reply json_reply(int status, std::string body) {
  return {status, json_type, std::string(headers), std::move(body)};
}

web_reply problem(int status, std::string_view text) {
  std::string body;
  json_writer out{body};
  out.begin_object();
  out.member("error", text);
  out.end_object();
  return json_reply(status, std::move(body));
}

int status_of(std::int64_t code) {
  switch (static_cast<fault>(code)) {
  case fault::unknown_method:
  case fault::bad_name:
  case fault::no_file:
    return 404;
  case fault::incorrect_parameters:
  case fault::bad_arguments:
  case fault::signature_unsupported:
  case fault::bad_signal:
    return 400;
  case fault::shutdown_state:
    return 503;
  case fault::not_executable:
  case fault::failed:
  case fault::abnormal_termination:
  case fault::spawn_error:
  case fault::already_started:
  case fault::not_running:
  case fault::success:
  case fault::already_added:
  case fault::still_running:
  case fault::cant_reread:
    break;
  }
  return 409; // and the codes of extensions
}

web_reply fault_reply(const rpc_fault& f) {
  std::string body;
  json_writer out{body};
  out.begin_object();
  out.name("fault");
  out.begin_object();
  out.member("code", f.code);
  out.member("text", f.text);
  out.end_object();
  out.end_object();
  return json_reply(status_of(f.code), std::move(body));
}

void write_results(json_writer& out, const process_results& results) {
  out.begin_array();
  for (const auto& r : results) {
    out.begin_object();
    out.member("name", full_name(r.group, r.name));
    out.member("group", r.group);
    out.member("process", r.name);
    out.member("status", r.status);
    out.member("description", r.description);
    out.end_object();
  }
  out.end_array();
}

void write_names(json_writer& out, std::string_view key, const std::vector<std::string>& names) {
  out.name(key);
  out.begin_array();
  for (const auto& name : names)
    out.value(name);
  out.end_array();
}

void write_diff(json_writer& out, const config::reload_diff& diff) {
  write_names(out, "added", diff.added);
  write_names(out, "changed", diff.changed);
  write_names(out, "removed", diff.removed);
}

/// The strings in the member `key`; none: there is no such member. Errors: it holds something else.
config::result<std::optional<std::vector<std::string>>> strings(const rpc_value& of, std::string_view key) {
  const auto* member = of.member(key);
  if (!member || member->nil())
    return std::optional<std::vector<std::string>>{};
  std::vector<std::string> found;
  const auto* items = member->items();
  for (const auto& item : items ? *items : rpc_value::array{})
    if (const auto* text = item.string())
      found.push_back(*text);
  auto all_are = items && found.size() == items->size();
  if (!all_are)
    return config::fault(std::string(key) + " must be an array of strings");
  std::unordered_set<std::string_view> seen; // once is enough
  std::vector<std::string> once;
  for (const auto& text : found)
    if (seen.insert(text).second)
      once.push_back(text);
  return std::optional(std::move(once));
}

bool flag(const rpc_value& of, std::string_view key, bool usual) {
  const auto* member = of.member(key);
  const auto* value = member ? member->boolean() : nullptr;
  return value ? *value : usual;
}

config::result<web_task> task_of(const rpc_value& body) {
  const auto* action = body.member("action") ? body.member("action")->string() : nullptr;
  const auto* verb = action ? verb_named(*action) : nullptr;
  if (!verb)
    return config::fault("action must be start, stop, restart, clear or signal");
  auto names = strings(body, "names");
  if (!names)
    return names.error();
  web_task task{.what = verb->what, .names = names->value_or(std::vector<std::string>{})};
  task.all = flag(body, "all", false);
  task.wait = flag(body, "wait", true);
  task.one_by_one = flag(body, "one_by_one", false);
  if (task.all == names->has_value())
    return config::fault("either names or all must be given");
  const auto* signal = body.member("signal") ? body.member("signal")->string() : nullptr;
  if (task.what == web_task::kind::signal && !signal)
    return config::fault("signal must name one");
  task.signal = signal ? *signal : "";
  return task;
}

/// One table of methods, one way to write its results: `xml` is a response.
web_reply result_reply(std::string xml) {
  auto response = protocols::parse_response(std::move(xml));
  if (!response)
    return problem(500, response.error().what);
  std::string text;
  json_writer out{text};
  out.begin_object();
  out.member("result", std::get<rpc_value>(*response));
  out.end_object();
  return json_reply(200, std::move(text));
}

/// What a download is called: nothing that a shell or a file system minds.
std::string file_name(std::string text) {
  for (char& c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
      c = '_';
  return text;
}

} // namespace

awaitable<web_answer> web_desk::api(const web_request& r, const std::string& path) {
  bool known_post =
    path == "actions" || path == "config/reread" || path == "config/update" || path.starts_with("call/");
  if (!known_post) {
    if (!r.reads())
      co_return problem(405, "GET reads; POST goes to actions, config/reread, config/update or call/METHOD");
    co_return api_read(r, path);
  }
  if (r.method != web_request::http_method::post)
    co_return problem(405, "this needs POST");
  if (auto refused = turned_away(r, "", true))
    co_return *std::move(refused);
  if (path == "actions")
    co_return co_await api_actions(r);
  if (path.starts_with("call/"))
    co_return co_await api_call(r, path.substr(5));
  co_return co_await api_config(r, path == "config/update");
}

/// An empty body is an empty object. A long one is read where nobody waits for it.
awaitable<config::result<rpc_value>> web_desk::parsed(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == body.npos)
    co_return rpc_value{rpc_value::structure{}};
  auto read = [body] { return protocols::parse_json(body); };
  auto value = config::result<rpc_value>(rpc_value{});
  long_turn turn{context_.work};
  if (body.size() > quick_bytes) {
    co_await turn.come();
    value = co_await elsewhere(context_.work, read);
  } else {
    value = read();
  }
  if (value && !hold_(body.size() + memory_of(*value)))
    co_return config::fault("there is no memory for so much at the moment; retry");
  co_return value;
}

// -- what is read --------------------------------------------------------------------------------

web_answer web_desk::api_read(const web_request& r, const std::string& path) const {
  constexpr std::string_view one = "processes/";
  const auto& usage = context_.feed.usage();
  std::string body;
  json_writer out{body};
  bool foreign = path == "events" ? protocols::sender_of(r.marks) == protocols::sender::another_site
                                  : protocols::is_embedded(r.marks);
  if (foreign && (path == "events" || path == "mainlog" || path.starts_with("log/"))) // it would hold a connection
    return problem(403, "this request comes from a page of another site");
  if (path == "events")
    return r.method == web_request::http_method::head ? web_answer{json_reply(200, "")} : web_answer{web_events{}};
  if (path == "mainlog" || path.starts_with("log/"))
    return api_log(r, path);
  if (path.starts_with(one)) {
    auto [group, process] = split_name(path.substr(one.size()));
    auto found = process ? context_.board.find(group, *process) : nullptr;
    if (!found)
      return fault_reply(make_fault(fault::bad_name, path.substr(one.size())));
    write_row(out, *found, usage.find(found->id));
    return json_reply(200, std::move(body));
  }
  if (path == "token") {
    out.begin_object();
    out.member("token", context_.token);
    out.end_object();
    return json_reply(200, std::move(body));
  }
  if (path != "status")
    return problem(404, "there is no " + path + " here; see docs/web.md");
  out.begin_object();
  out.member("now", now_in_seconds());
  out.name("daemon");
  write_daemon(out, context_.who, context_.board.daemon());
  out.name("processes");
  out.begin_array();
  for (const auto& process : context_.board.all())
    write_row(out, *process, usage.find(process->id));
  out.end_array();
  out.end_object();
  return json_reply(200, std::move(body));
}

/// mainlog, log/NAME, log/NAME/stdout, log/NAME/stderr.
web_answer web_desk::api_log(const web_request& r, const std::string& path) const {
  protocols::form fields{r.target, {}};
  log_stream stream;
  std::string name = "supervisord";
  if (path == "mainlog") {
    stream.path = context_.log.path() == "syslog" ? "" : context_.log.path();
    stream.backups = context_.doors.main_log_backups;
  } else {
    name = path.substr(4);
    bool is_stderr = name.ends_with("/stderr");
    if (is_stderr || name.ends_with("/stdout"))
      name.resize(name.size() - 7);
    auto [group, process] = split_name(name);
    auto found = process ? context_.board.find(group, *process) : nullptr;
    if (!found)
      return fault_reply(make_fault(fault::bad_name, name));
    stream.path = is_stderr ? found->stderr_path : found->stdout_path;
    stream.backups = (is_stderr ? found->options->err : found->options->out).logfile_backups;
    name += is_stderr ? "-stderr" : "-stdout";
  }
  if (stream.path.empty())
    return fault_reply(make_fault(fault::no_file));
  auto bytes = fields.value("bytes");
  stream.first_bytes = usual_log_bytes;
  std::from_chars(bytes.data(), bytes.data() + bytes.size(), stream.first_bytes);
  stream.first_bytes = std::clamp<std::int64_t>(stream.first_bytes, 0, most_log_bytes);
  stream.follow = fields.value("follow") == "1";
  if (fields.value("download") == "1") {
    stream.first_bytes = std::numeric_limits<std::int64_t>::max();
    stream.follow = false;
    stream.headers = "Content-Disposition: attachment; filename=\"" + file_name(name) + ".log\"\r\n";
  }
  return r.method == web_request::http_method::head ? web_answer{json_reply(200, "")} : web_answer{std::move(stream)};
}

// -- what is done --------------------------------------------------------------------------------

awaitable<web_answer> web_desk::api_actions(const web_request& r) {
  auto body = co_await parsed(r.body);
  if (!body)
    co_return problem(400, body.error().what);
  auto task = task_of(*body);
  if (!task)
    co_return problem(400, task.error().what);
  auto outcome = co_await perform(*std::move(task));
  if (const auto* refused = std::get_if<rpc_fault>(&outcome))
    co_return fault_reply(*refused);
  auto make = [&outcome] {
    std::string text;
    json_writer out{text};
    out.begin_object();
    out.name("results");
    write_results(out, std::get<process_results>(outcome));
    out.end_object();
    return json_reply(200, std::move(text));
  };
  if (std::get<process_results>(outcome).size() <= quick_results)
    co_return make();
  long_turn turn{context_.work};
  co_await turn.come();
  auto made = co_await elsewhere(context_.work, make);
  co_return made;
}

/// The body: an array of parameters, or an object with `params`; what XML-RPC would answer, as JSON.
awaitable<web_answer> web_desk::api_call(const web_request& r, const std::string& method) {
  auto body = co_await parsed(r.body);
  if (!body)
    co_return problem(400, body.error().what);
  const auto* params = body->items();
  if (const auto* member = body->member("params"); !params && member)
    params = member->items();
  if (!params && (!body->members() || !body->members()->empty()))
    co_return problem(400, "the body must be an array of parameters");
  if (rpc_methods::is_multicall(method))
    co_return problem(400, "several calls are several requests here");
  std::string xml;
  protocols::rpc_writer writer{xml, true};
  writer.begin_response();
  auto step = context_.methods.call(method, params ? *params : rpc_value::array{}, writer);
  auto rest = rest_of(std::move(step), context_.doors.ask);
  if (rest.refused)
    co_return fault_reply(*rest.refused);
  if (rest.ask) {
    auto answered = co_await ask_(std::move(rest.ask));
    if (!answered) // nobody reads it: the client has gone
      co_return fault_reply(protocols::make_fault(protocols::fault::shutdown_state));
    if (const auto* refused = std::get_if<rpc_fault>(&*answered))
      co_return fault_reply(*refused);
    rpc_methods::write(writer, *answered);
  }
  const auto& work = rest.work;
  auto make = [&xml, &writer, &work] {
    if (work) {
      auto came = work();
      if (const auto* refused = std::get_if<rpc_fault>(&came))
        return fault_reply(*refused);
      rpc_methods::write(writer, came);
    }
    writer.end_response();
    return result_reply(std::move(xml));
  };
  if (!work && xml.size() <= quick_bytes)
    co_return make();
  long_turn turn{context_.work};
  co_await turn.come();
  auto made = co_await elsewhere(context_.work, make);
  co_return made;
}

// -- configuration -------------------------------------------------------------------------------

/// One request of the daemon; the result is named after the group.
awaitable<process_result> web_desk::group_step(std::string method, std::string group) {
  std::string unused;
  protocols::rpc_writer writer{unused};
  auto step = context_.methods.run(method, {rpc_value{group}}, writer);
  auto answer = co_await answer_of(std::move(step));
  process_result result{"", group, static_cast<int>(fault::success), "OK"};
  if (const auto* refused = std::get_if<rpc_fault>(&answer)) {
    result.status = static_cast<int>(refused->code);
    result.description = refused->text;
  }
  co_return result;
}

/// Stopped and taken out, or put in, or both; what went wrong first is the result.
awaitable<process_result> web_desk::update_group(std::string group, bool out, bool in) {
  process_result result{"", group, static_cast<int>(fault::success), "OK"};
  if (out) {
    result = co_await group_step("stopProcessGroup", group);
    if (result.status == static_cast<int>(fault::success))
      result = co_await group_step("removeProcessGroup", group);
  }
  if (in && result.status == static_cast<int>(fault::success))
    result = co_await group_step("addProcessGroup", group);
  co_return result;
}

/// Reads the configuration again; `update`: and applies what differs, to the groups that the body names, or to all.
awaitable<web_answer> web_desk::api_config(const web_request& r, bool update) {
  auto body = co_await parsed(r.body);
  if (!body)
    co_return problem(400, body.error().what);
  auto wanted = strings(*body, "groups");
  if (!wanted)
    co_return problem(400, wanted.error().what);
  if (context_.board.daemon() != daemon_state::running)
    co_return fault_reply(make_fault(fault::shutdown_state));
  control_request reload;
  reload.what = control_request::kind::reload;
  rpc_step step = std::move(reload);
  auto answer = co_await answer_of(std::move(step));
  if (const auto* refused = std::get_if<rpc_fault>(&answer))
    co_return fault_reply(*refused);
  auto diff = std::get<config::reload_diff>(answer);
  std::string text;
  json_writer out{text};
  out.begin_object();
  write_diff(out, diff);
  if (update) {
    const auto& only = *wanted;
    auto concerned = [&](const std::string& group) {
      return !only || std::find(only->begin(), only->end(), group) != only->end();
    };
    process_results results;
    struct change {
      const std::vector<std::string>& groups;
      bool out, in;
    };
    const change changes[] = {{diff.removed, true, false}, {diff.changed, true, true}, {diff.added, false, true}};
    for (const auto& c : changes)
      for (const auto& group : c.groups)
        if (concerned(group)) {
          auto result = co_await update_group(group, c.out, c.in);
          results.push_back(std::move(result));
        }
    out.name("results");
    out.begin_array();
    for (const auto& result : results) {
      out.begin_object();
      out.member("group", result.group);
      out.member("status", result.status);
      out.member("description", result.description);
      out.end_object();
    }
    out.end_array();
  }
  out.end_object();
  co_return json_reply(200, std::move(text));
}

} // namespace troupe::actors
