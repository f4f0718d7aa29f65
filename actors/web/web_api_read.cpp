// See web_desk.hpp: what a GET of /api/v1 tells: all processes or one, a log, the feed of events, the token of our
// pages. Must not change anything, nor wait for an actor: it all comes from the status board. Source: docs/web.md.
#include "actors/web/web_json.hpp"

#include "actors/rpc/death_rights.hpp"
#include "platform/main_log.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace troupe::actors {

using protocols::fault;
using protocols::json_writer;
using protocols::make_fault;

namespace {

constexpr std::int64_t usual_log_bytes = 64 << 10;
constexpr std::int64_t most_log_bytes = std::int64_t{8} << 20;

/// What a download is called: nothing that a shell or a file system minds.
std::string file_name(std::string text) {
  for (char& c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
      c = '_';
  return text;
}

} // namespace

web_answer web_desk::api_read(const web_request& r, const std::string& path) const {
  constexpr std::string_view one = "processes/", deaths = "/deaths";
  auto programs = context_.programs ? context_.programs() : nullptr;
  const auto& usage = context_.feed_of(who_.shared_view()).usage();
  std::string body;
  json_writer out{body};
  bool foreign = path == "events" ? protocols::sender_of(r.marks) == protocols::sender::another_site
                                  : protocols::is_embedded(r.marks);
  if (foreign && (path == "events" || path == "mainlog" || path.starts_with("log/"))) // it would hold a connection
    return json_problem(403, "this request comes from a page of another site");
  if (path == "events" && !protocols::has(board_.held().anywhere().rights, config::right::events))
    return refused_read(who_.refused(config::right::events), config::right::events, {}, "api/v1/events");
  if (path == "events")
    return r.method == web_request::http_method::head ? web_answer{json_reply(200, "")} : web_answer{web_events{}};
  if (path == "mainlog" || path.starts_with("log/"))
    return api_log(r, path);
  if (path.starts_with(one)) {
    auto name = path.substr(one.size());
    auto [group, process] = split_name(name);
    auto found = process ? board_.find(group, *process) : nullptr;
    if (!found && name.ends_with(deaths)) {
      name.resize(name.size() - deaths.size());
      return api_deaths(name);
    }
    if (!found)
      return refused_read(make_fault(fault::bad_name, name), config::right::status, name, "api/v1/processes");
    write_row(out, board_, *found, usage.find(found->who->id), programs.get());
    return json_reply(200, std::move(body));
  }
  if (path == "token") {
    out.begin_object();
    out.member("token", token_());
    out.end_object();
    return json_reply(200, std::move(body));
  }
  if (path != "status")
    return json_problem(404, "there is no " + path + " here; see docs/web.md");
  out.begin_object();
  out.member("now", now_in_seconds());
  out.name("daemon");
  write_daemon(out, context_.who, board_.daemon(), board_);
  out.name("processes");
  out.begin_array();
  for (const auto& process : board_.all())
    write_row(out, board_, *process, usage.find(process->who->id), programs.get());
  out.end_array();
  out.end_object();
  return json_reply(200, std::move(body));
}

/// Why it ended, each time that nobody had asked for it.
web_reply web_desk::api_deaths(const std::string& name) const {
  auto [group, process] = split_name(name);
  auto found = process ? board_.find(group, *process) : nullptr;
  if (!found)
    return refused_read(make_fault(fault::bad_name, name), config::right::status, name, "api/v1/processes");
  tell_read(config::right::tail, name, "api/v1/processes"); // it holds words of the log
  std::string body;
  json_writer out{body};
  out.value(deaths_value(context_.deaths.get(), who_, *found->who, context_.log.path()));
  return json_reply(200, std::move(body));
}

/// mainlog, log/NAME, log/NAME/stdout, log/NAME/stderr.
web_answer web_desk::api_log(const web_request& r, const std::string& path) const {
  protocols::form fields{r.target, {}};
  log_stream stream;
  std::string name = "supervisord";
  if (path == "mainlog") {
    if (!who_.may(config::right::mainlog))
      return refused_read(who_.refused(config::right::mainlog), config::right::mainlog, {}, "api/v1/mainlog");
    tell_read(config::right::mainlog, {}, "api/v1/mainlog");
    stream.allowed = readers_of_main_log();
    stream.path = context_.log.path() == "syslog" ? "" : context_.log.path();
    stream.backups = context_.doors.main_log_backups;
  } else {
    name = path.substr(4);
    bool is_stderr = name.ends_with("/stderr");
    if (is_stderr || name.ends_with("/stdout"))
      name.resize(name.size() - 7);
    auto [group, process] = split_name(name);
    auto found = process ? board_.find(group, *process) : nullptr;
    if (!found)
      return refused_read(make_fault(fault::bad_name, name), config::right::tail, name, "api/v1/log");
    stream.path = is_stderr ? found->who->stderr_path : found->who->stdout_path;
    if (!who_.may_read(*found->who, stream.path, context_.log.path()))
      return refused_read(who_.refused(config::right::tail, name), config::right::tail, name, "api/v1/log");
    stream.allowed = readers_of(found->who, stream.path, context_.log.path());
    stream.backups = (is_stderr ? found->who->options->err : found->who->options->out).logfile_backups;
    tell_read(config::right::tail, name, "api/v1/log");
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

} // namespace troupe::actors
