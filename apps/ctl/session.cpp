// See session.hpp.
#include "apps/ctl/session.hpp"

#include "apps/ctl/actions.hpp"
#include "apps/ctl/hints.hpp"
#include "apps/ctl/json.hpp"
#include "apps/ctl/names.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace troupe::ctl {

namespace {

using protocols::rpc_fault;
using protocols::rpc_response;
using protocols::rpc_value;

constexpr std::string_view api_version = "3.0";

trouble to_trouble(const failure& why) {
  auto kind = why.number == ECONNREFUSED ? trouble::kind::refused
              : why.number == ENOENT     ? trouble::kind::no_socket
                                         : trouble::kind::other;
  bool unreached = why.number || why.type == "socket.gaierror" || why.type == "ValueError";
  return {kind, why.type, why.text, why.hint, why.advice, unreached};
}

trouble to_trouble(const http_answer& answer) {
  return {answer.status == 401 ? trouble::kind::unauthorized : trouble::kind::other,
          "xmlrpc.client.ProtocolError",
          "<ProtocolError for 127.0.0.1/RPC2: " + std::to_string(answer.status) + " " + answer.reason + ">",
          {},
          {},
          false,
          !answer.withheld};
}

std::string to_body(std::variant<http_answer, failure> got) {
  if (auto why = std::get_if<failure>(&got))
    throw to_trouble(*why);
  auto& answer = std::get<http_answer>(got);
  if (answer.status != 200)
    throw to_trouble(answer);
  return std::move(answer.body);
}

template <class Response>
Response read(config::result<Response> parsed) {
  if (!parsed)
    throw trouble{trouble::kind::other, "xml.parsers.expat.ExpatError", parsed.error().what};
  return *std::move(parsed);
}

rpc_response to_response(std::variant<http_answer, failure> got) {
  return read(protocols::parse_response(to_body(std::move(got))));
}

bool word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

} // namespace

std::string quoted_fault(const rpc_fault& fault) {
  return "<Fault " + std::to_string(fault.code) + ": " + config::quoted(fault.text) + ">";
}

trouble to_trouble(const rpc_fault& fault) {
  return {fault.code == fault_code::not_permitted ? trouble::kind::denied : trouble::kind::other, "xmlrpc.client.Fault",
          quoted_fault(fault)};
}

parsed_line parse_line(std::string_view line) {
  if (line.starts_with('?'))
    return {"help", std::string(strip(line.substr(1)))};
  auto end = std::find_if_not(line.begin(), line.end(), word_character) - line.begin();
  return {std::string(line.substr(0, static_cast<std::size_t>(end))),
          std::string(strip(line.substr(static_cast<std::size_t>(end))))};
}

void session::out(std::string_view line) { print(printable(line) + "\n"); }

void session::print(std::string_view text) {
  if (!settings_.quiet && !settings_.json)
    outside_.out(text);
}

void session::document(const rpc_value& value) { print_json(to_json(value) + "\n"); }

void session::print_json(std::string_view lines) {
  sheet_.note_document();
  if (!settings_.quiet)
    outside_.out(lines);
}

void session::result(const step_result& result) {
  sheet_.add(result);
  if (!settings_.json && result.ok && result.code == protocols::fault_code::success)
    out(result.line);
  else if (!settings_.json || (settings_.quiet && !result.ok))
    tell_wrong(result.line);
}

void session::tell_wrong(std::string_view line) {
  if (settings_.errors_to_stderr || settings_.json)
    outside_.err(printable(line) + "\n");
  else
    out(line);
}

void session::refuse(std::string_view kind, std::string_view line) {
  sheet_.refuse(kind, line);
  tell_wrong(line);
}

void session::wrong(std::string_view line) { refuse("failed", line); }

void session::tell_apart(std::string_view line) {
  sheet_.refuse("failed", line);
  outside_.err(printable(line) + "\n");
}

void session::wrong_use(std::string_view line, std::string_view help) {
  refuse("usage", line);
  tell_wrong(help);
}

std::string session::url() const { return without_credentials(settings_.daemon.url); }

void session::hint(const std::string& text) {
  if (std::find(hinted_.begin(), hinted_.end(), text) != hinted_.end())
    return;
  hinted_.push_back(text);
  sheet_.advise(text, false);
  outside_.err(printable("hint: " + text) + "\n");
}

void session::hint_where() {
  if (!settings_.source.empty())
    hint("the server URL is " + settings_.source + "; does supervisord run, and does it listen there?");
}

void session::advise(const std::string& text) {
  if (!text.empty())
    sheet_.advise(text, true);
  if (!text.empty() && outside_.terminal().err)
    hint(text);
}

namespace {

/// What changes nothing may be asked twice.
bool only_reads(std::string_view method) {
  auto name = method.substr(method.rfind('.') + 1);
  constexpr std::string_view first_words[] = {"get", "read",   "tail",    "list", "method",
                                              "can", "whoami", "explain", "why",  "graph"};
  return std::any_of(std::begin(first_words), std::end(first_words), [&](auto word) { return name.starts_with(word); });
}

/// The daemon, or its worker, went away before it had answered a word.
bool hung_up(const std::variant<http_answer, failure>& answer) {
  const auto* why = std::get_if<failure>(&answer);
  return why && (why->type == "http.client.RemoteDisconnected" || why->type == "ConnectionResetError" ||
                 why->type == "BrokenPipeError");
}

/// Another worker follows one that died, and takes up the sockets: whoever asks again is answered.
std::variant<http_answer, failure> ask(context& outside, const server& daemon, std::string_view method,
                                       const std::string& body, const context::on_arrival& look = {}) {
  bool looked = false;
  auto note = [&](std::string_view so_far) {
    looked = true;
    look(so_far);
  };
  auto answer = outside.post(daemon, body, look ? note : context::on_arrival());
  return !looked && only_reads(method) && hung_up(answer) ? outside.post(daemon, body, look) : answer;
}

} // namespace

rpc_response session::call(std::string_view method, const rpc_value::array& params) {
  std::string body;
  protocols::append_call(body, method, params);
  return to_response(ask(outside_, settings_.daemon, method, body));
}

void session::call_each(std::string_view method, const std::vector<rpc_value::array>& params,
                        const std::function<void(std::size_t, const rpc_response&)>& tell) {
  std::vector<std::string> bodies(params.size());
  for (std::size_t i = 0; i < params.size(); ++i)
    protocols::append_call(bodies[i], method, params[i]);
  outside_.post_each(settings_.daemon, bodies,
                     [&](std::size_t which, auto answer) { tell(which, to_response(std::move(answer))); });
}

rpc_value session::demand(std::string_view method, const rpc_value::array& params) {
  auto response = call(method, params);
  if (auto fault = std::get_if<rpc_fault>(&response))
    throw to_trouble(*fault);
  return std::get<rpc_value>(std::move(response));
}

std::size_t session::demand_items(std::string_view method, const protocols::rpc_item_reader::on_item& tell) {
  std::string body;
  protocols::append_call(body, method, {});
  protocols::rpc_item_reader reader(tell);
  auto answer =
    to_body(ask(outside_, settings_.daemon, method, body, [&](std::string_view so_far) { reader.look(so_far); }));
  auto outcome = read(reader.finish(std::move(answer)));
  if (auto fault = std::get_if<rpc_fault>(&outcome))
    throw to_trouble(*fault);
  return std::get<std::size_t>(outcome);
}

bool session::check_daemon() try {
  std::string body;
  protocols::append_call(body, "supervisor.getVersion", {});
  auto got = ask(outside_, settings_.daemon, "supervisor.getVersion", body);
  const auto* answer = std::get_if<http_answer>(&got);
  may_roll_ = answer && answer->may_roll;
  auto response = to_response(std::move(got));
  if (auto fault = std::get_if<rpc_fault>(&response)) {
    if (fault->code != fault_code::unknown_method)
      throw to_trouble(*fault);
    refuse("interface",
           "Sorry, supervisord responded but did not recognize the supervisor namespace commands that supervisorctl "
           "uses to control it.  Please check that the [rpcinterface:supervisor] section is enabled in the "
           "configuration file (see sample.conf).");
    fail(exit_status::unimplemented);
    return false;
  }
  auto version = std::get<rpc_value>(response).string();
  if (version && *version == api_version)
    return true;
  refuse("version", "Sorry, this version of supervisorctl expects to talk to a server with API version " +
                      std::string(api_version) + ", but the remote version is " + (version ? *version : "unknown") +
                      ".");
  fail(exit_status::not_installed);
  return false;
} catch (const trouble& why) {
  if (why.why != trouble::kind::refused && why.why != trouble::kind::no_socket)
    throw;
  report(why);
  fail(why.why == trouble::kind::refused ? exit_status::insufficient_privileges : exit_status::not_running);
  return false;
}

namespace {

/// What a program of the user's needs to speak to the same daemon.
context::variables for_a_program(const server& daemon) {
  context::variables added{{"SUPERVISOR_SERVER_URL", daemon.url}};
  if (daemon.token) { // which is taken as a password, too
    added.emplace_back("SUPERVISOR_USERNAME", "token");
    added.emplace_back("SUPERVISOR_PASSWORD", *daemon.token);
  } else if (daemon.username && daemon.password) {
    added.emplace_back("SUPERVISOR_USERNAME", *daemon.username);
    added.emplace_back("SUPERVISOR_PASSWORD", *daemon.password);
  }
  return added;
}

} // namespace

namespace {

/// Waits of one line that is run.
class time_limit {
public:
  time_limit(context& outside, const std::optional<double>& seconds) : outside_(seconds ? &outside : nullptr) {
    using namespace std::chrono;
    if (outside_)
      outside_->limit_waits(outside_->now() + duration_cast<steady_clock::duration>(duration<double>(*seconds)));
  }
  ~time_limit() {
    if (outside_)
      outside_->limit_waits(std::nullopt);
  }
  time_limit(const time_limit&) = delete;
  time_limit& operator=(const time_limit&) = delete;

private:
  context* outside_;
};

} // namespace

int session::run(std::string_view line) {
  time_limit limit(outside_, settings_.seconds);
  auto json = settings_.json;
  while (!run_once(line))
    continue;
  finish_document(parse_line(strip(line)).action);
  settings_.json = json; // a line may ask for it by itself
  outside_.hang_up();
  return static_cast<int>(status_);
}

bool session::run_once(std::string_view line) try {
  status_ = exit_status::success;
  hinted_.clear();
  sheet_ = {};
  line = strip(line);
  if (line.empty())
    return true;
  auto [name, arguments] = parse_line(line);
  if (auto action = find_action(name)) {
    if (settings_.json && action->json == action::json_output::none) {
      refuse("usage", "Error: " + name + " is for a terminal, it has no JSON output");
      fail(exit_status::invalid_arguments);
      return true;
    }
    action->run(*this, arguments);
    return true;
  }
  if (!settings_.shell && !name.empty())
    outside_.become("supervisorctl-" + name, split_words(arguments), for_a_program(settings_.daemon));
  refuse("unknown_action", "*** Unknown syntax: " + std::string(line));
  if (may_advise())
    advise(hint_for_action(name));
  fail(exit_status::generic);
  return true;
} catch (const trouble& why) {
  fail(exit_status::generic);
  return report(why);
} catch (const overdue&) {
  tell_overdue();
  return true;
}

} // namespace troupe::ctl
