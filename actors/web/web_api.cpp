// See web_desk.hpp: /api/v1, in JSON: which address is what, and what is done for a POST: actions on processes, and any
// method of XML-RPC. Reading is web_api_read.cpp, the configuration web_api_config.cpp. Must not know sockets.
// Source: docs/web.md.
#include "actors/web/web_json.hpp"

#include "platform/wipe.hpp"
#include "protocols/json.hpp"

#include <utility>

namespace troupe::actors {

using boost::asio::awaitable;
using protocols::json_writer;
using protocols::rpc_fault;
using protocols::rpc_value;

namespace {

constexpr std::size_t quick_results = 1000; ///< that are written while others wait

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

bool flag(const rpc_value& of, std::string_view key, bool usual) {
  const auto* member = of.member(key);
  const auto* value = member ? member->boolean() : nullptr;
  return value ? *value : usual;
}

config::result<web_task::dependencies> deps_of(const rpc_value& body, const web_task& task) {
  using deps = web_task::dependencies;
  const auto* member = body.member("deps");
  if (!member || member->nil())
    return deps::usual;
  const auto* word = member->string();
  bool alone = word && *word == "none" && task.what == web_task::kind::start;
  bool with_others =
    word && *word == "with" && (task.what == web_task::kind::stop || task.what == web_task::kind::restart);
  if ((!alone && !with_others) || task.all)
    return config::fault("deps must be none, for a start, or with, for a stop or restart, and goes with names");
  return alone ? deps::none : deps::with;
}

config::result<web_task> task_of(const rpc_value& body) {
  const auto* action = body.member("action") ? body.member("action")->string() : nullptr;
  const auto* verb = action ? verb_named(*action) : nullptr;
  if (!verb)
    return config::fault("action must be start, stop, restart, clear, signal, kill, hup, rolling, disable or enable");
  auto names = json_strings(body, "names");
  if (!names)
    return names.error();
  web_task task{.what = verb->what, .names = names->value_or(std::vector<std::string>{})};
  task.all = flag(body, "all", false);
  task.wait = flag(body, "wait", true);
  task.one_by_one = flag(body, "one_by_one", false);
  if (task.all == names->has_value())
    return config::fault("either names or all must be given");
  auto deps = deps_of(body, task);
  if (!deps)
    return deps.error();
  task.deps = *deps;
  const auto* signal = body.member("signal") ? body.member("signal")->string() : nullptr;
  if (task.what == web_task::kind::signal && !signal)
    return config::fault("signal must name one");
  task.signal = signal ? *signal : "";
  if (const auto* flags = body.member("flags"); flags && !flags->nil())
    task.flags = std::make_shared<const rpc_value>(*flags);
  bool enabling = task.what == web_task::kind::disable || task.what == web_task::kind::enable;
  task.now = enabling && flag(body, "now", false);
  const auto* until = body.member("until") ? body.member("until")->string() : nullptr;
  task.until = until && task.what == web_task::kind::disable ? *until : "";
  return task;
}

/// `member`: what holds it; empty: nothing.
web_reply value_reply(const rpc_value& value, std::string_view member) {
  std::string text;
  bool secret = holds_secret(value);
  if (secret)
    text.reserve(platform::longest_secret);
  json_writer out{text};
  if (!member.empty()) {
    out.begin_object();
    out.name(member);
  }
  out.value(value);
  if (!member.empty())
    out.end_object();
  auto reply = json_reply(200, std::move(text));
  reply.secret = secret;
  return reply;
}

/// One table of methods, one way to write its results: `xml` is a response.
web_reply result_reply(std::string xml, std::string_view member) {
  auto response = protocols::parse_response(std::move(xml));
  if (!response)
    return json_problem(500, response.error().what);
  return value_reply(std::get<rpc_value>(*response), member);
}

} // namespace

awaitable<web_answer> web_desk::api(const web_request& r, const std::string& path) {
  bool is_update = path == "apply" || path == "scales";
  if (path == "rollouts" || path.starts_with("rollouts/")) {
    auto answered = co_await api_rollouts(r, path);
    co_return answered;
  }
  bool known_post =
    path == "actions" || path == "config/reread" || path == "config/update" || path.starts_with("call/") || is_update;
  if (!known_post && board_.judges() && is_about_access(path)) {
    auto answered = co_await api_access(r, path);
    co_return answered;
  }
  if (!known_post) {
    if (!r.reads())
      co_return json_problem(
        405, "GET reads; POST goes to actions, apply, scales, config/reread, config/update or call/METHOD");
    if (context_.keeps_history && (path == "history" || path == "history/at")) {
      auto answered = co_await api_history(r, path == "history/at");
      co_return answered;
    }
    if (path == "plan") {
      auto answered = co_await api_plan(r);
      co_return answered;
    }
    if (path == "graph") {
      auto answered = co_await api_result("troupe.graph", {}, "programs");
      co_return answered;
    }
    co_return api_read(r, path);
  }
  if (r.method != web_request::http_method::post)
    co_return json_problem(405, "this needs POST");
  if (auto refused = turned_away(r, "", true))
    co_return *std::move(refused);
  if (path == "actions")
    co_return co_await api_actions(r);
  if (is_update)
    co_return co_await api_update(r, path == "scales");
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

awaitable<web_answer> web_desk::api_actions(const web_request& r) {
  auto body = co_await parsed(r.body);
  if (!body)
    co_return json_problem(400, body.error().what);
  auto task = task_of(*body);
  if (!task)
    co_return json_problem(400, task.error().what);
  task->call = "api/v1/actions";
  auto outcome = co_await perform(*std::move(task));
  if (const auto* refused = std::get_if<rpc_fault>(&outcome))
    co_return fault_reply(*refused);
  auto make = [&outcome, rollout = rollout_] {
    std::string text;
    json_writer out{text};
    out.begin_object();
    if (rollout != 0)
      out.member("rollout", rollout);
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
    co_return json_problem(400, body.error().what);
  const auto* params = body->items();
  if (const auto* member = body->member("params"); !params && member)
    params = member->items();
  if (!params && (!body->members() || !body->members()->empty()))
    co_return json_problem(400, "the body must be an array of parameters");
  if (rpc_methods::is_multicall(method))
    co_return json_problem(400, "several calls are several requests here");
  auto given = params ? *params : rpc_value::array{};
  auto answered = co_await api_result(method, std::move(given), "result");
  co_return answered;
}

/// What the method answers, as JSON in that member, or as it is.
awaitable<web_answer> web_desk::api_result(std::string method, rpc_value::array params, std::string_view member) {
  std::string xml;
  protocols::rpc_writer writer{xml, true};
  writer.begin_response();
  auto rest = context_.methods.begin(who_, origin_, method, params, writer, context_.doors.ask);
  if (rest.refused)
    co_return fault_reply(*rest.refused);
  if (rest.ask) {
    auto answered = co_await ask_(std::move(rest.ask));
    if (!answered) // nobody reads it: the client has gone
      co_return fault_reply(protocols::make_fault(protocols::fault::shutdown_state));
    if (const auto* refused = std::get_if<rpc_fault>(&*answered))
      co_return fault_reply(*refused);
    if (const auto* value = std::get_if<rpc_value>(&*answered); value && holds_secret(*value))
      co_return value_reply(*value, member); // without a text in between
    rpc_methods::write(writer, *answered);
  }
  const auto& work = rest.work;
  auto make = [&xml, &writer, &work, member] {
    if (work) {
      auto came = work();
      if (const auto* refused = std::get_if<rpc_fault>(&came))
        return fault_reply(*refused);
      rpc_methods::write(writer, came);
    }
    writer.end_response();
    return result_reply(std::move(xml), member);
  };
  if (!work && xml.size() <= quick_bytes)
    co_return make();
  long_turn turn{context_.work};
  co_await turn.come();
  auto made = co_await elsewhere(context_.work, make);
  co_return made;
}

} // namespace troupe::actors
