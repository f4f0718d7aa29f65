// tail, maintail and fg: logs, read or followed.
// Must not read sockets (console.cpp does). Source: docs/contract/supervisorctl.md, 6.5, 6.6 and 8.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/log_lines.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/processes.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace troupe::ctl {

namespace {

using protocols::rpc_fault;
using protocols::rpc_value;

constexpr std::string_view banner = "==> Press Ctrl-C to exit <==";
constexpr std::int64_t default_bytes = 1600;
constexpr int not_permitted_status = 403; ///< of a log over HTTP

/// How much of a log is wanted.
struct extent {
  bool follow = false;
  std::int64_t offset = -default_bytes; ///< as readLog takes it
};

/// Of `-f` or `-N`; nothing: neither.
std::optional<extent> to_extent(std::string_view modifier) {
  if (modifier == "-f")
    return extent{true};
  std::int64_t bytes = 0;
  if (!modifier.starts_with('-') || !protocols::parse_integer(modifier.substr(1), bytes))
    return std::nullopt;
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  return extent{false, -std::clamp(bytes, -most, most)};
}

constexpr std::string_view replacement = "\xef\xbf\xbd"; // U+FFFD
constexpr std::int64_t longest_rest = 3;                 ///< bytes of a character that has lost its first one

/// The text of a window of `wanted` bytes without what is left of a character that its start cut: continuation bytes,
/// or what a daemon made of them. Only where the log may have begun before the window.
std::string_view from_character(std::string_view text, std::int64_t wanted) {
  std::size_t size = text.size(); // of the log's bytes, at least
  for (auto at = text.find(replacement); at != text.npos; at = text.find(replacement, at + replacement.size()))
    size -= replacement.size() - 1;
  if (static_cast<std::int64_t>(size) < wanted)
    return text;
  for (int i = 0; i < longest_rest && !text.empty(); ++i) {
    if (text.starts_with(replacement))
      text.remove_prefix(replacement.size());
    else if ((static_cast<unsigned char>(text.front()) & 0xc0) == 0x80)
      text.remove_prefix(1);
  }
  return text;
}

/// Whether the U+FFFD that a text begins with stands for a byte of its own, a control character say: it is still there
/// in a window that begins a little earlier. What is left of a cut character looks the same, but has become whole
/// there.
bool begins_with_its_own(session& s, std::string_view method, rpc_value::array parameters, std::string_view text) {
  for (auto& parameter : parameters)
    if (auto* offset = std::get_if<std::int64_t>(&parameter.is); offset && *offset < 0) {
      *offset -= longest_rest;
      break;
    }
  auto response = s.call(method, parameters);
  auto* earlier = std::get_if<rpc_value>(&response);
  return earlier && earlier->string() && earlier->string()->ends_with(text);
}

/// The log of `tail` and `maintail`, in lines of JSON.
class json_lines {
public:
  json_lines(session& s, log_source source) : s_(s), source_(std::move(source)) {}

  void feed(std::string_view bytes) {
    for (const auto& piece : splitter_.feed(bytes))
      print(piece);
  }
  void end() {
    if (auto rest = splitter_.rest())
      print(*rest);
  }

private:
  void print(const log_piece& piece) { s_.print_json(writer_.text_of(source_, piece, {})); }

  session& s_;
  log_source source_;
  line_splitter splitter_;
  log_writer writer_{{.json = true}};
};

/// Of a process, or, with no name, of the daemon.
log_source source_of(std::string_view word, std::string_view channel) {
  if (word.empty())
    return {.name = "supervisord"};
  auto name = split_name(word);
  auto process = name.process.value_or("*");
  return {
    .name = shown_name(name.group, process), .full = name.group + ":" + process, .is_stderr = channel == "stderr"};
}

void print_log(session& s, const log_source& source, std::string_view text) {
  if (!s.chosen().json)
    return s.out_log(text);
  json_lines lines(s, source);
  lines.feed(text);
  lines.end();
}

/// Shows the answer of a method that reads a log.
void show(session& s, const std::string& name, const log_source& source, std::string_view method,
          const rpc_value::array& parameters, const extent& wanted) {
  auto response = s.call(method, parameters);
  auto fault = std::get_if<rpc_fault>(&response);
  if (!fault) {
    auto text = std::get<rpc_value>(response).string();
    std::string_view shown = text ? std::string_view(*text) : "";
    auto cut = from_character(shown, -wanted.offset);
    if (cut.size() == shown.size() ||
        (shown.starts_with(replacement) && begins_with_its_own(s, method, parameters, shown)))
      return print_log(s, source, shown);
    return print_log(s, source, cut);
  }
  std::string_view why = fault->code == fault_code::no_file         ? "no log file"
                         : fault->code == fault_code::failed        ? "unknown error reading log"
                         : fault->code == fault_code::bad_name      ? "no such process name"
                         : fault->code == fault_code::not_permitted ? "not permitted"
                                                                    : "";
  if (why.empty())
    throw to_trouble(*fault);
  s.wrong(name + ": ERROR (" + std::string(why) + ")");
  s.fail(fault->code == fault_code::not_permitted ? exit_status::insufficient_privileges : exit_status::generic);
  if (fault->code == fault_code::bad_name)
    suggest(s, name);
}

/// A request for these streams that tells of failures on stderr. `shown`: the paths as the user would write them.
follow_request streams(session& s, std::vector<std::string> paths, std::vector<std::string> shown) {
  auto said = [&s, shown = std::move(shown)](std::size_t which, const std::string& what) {
    s.tell_apart(s.url() + shown[which] + " " + what);
    s.fail(exit_status::generic);
  };
  follow_request request;
  request.paths = std::move(paths);
  request.on_status = [said](std::size_t which, int status) {
    said(which, "Cannot read, status code " + std::to_string(status));
  };
  request.on_failure = [said](std::size_t which, const failure& why) {
    said(which, "Cannot connect, error: <class '" + why.type + "'> (" + why.text + ")");
  };
  return request;
}

/// `missing` tells what a status of 404 means here.
void follow(session& s, const std::string& path, const std::string& shown, const log_source& source,
            const std::function<void()>& missing) {
  s.out(banner);
  bool absent = false;
  auto request = streams(s, {path}, {shown});
  json_lines lines(s, source);
  if (s.chosen().json)
    request.on_bytes = [&](std::size_t, std::string_view bytes) { lines.feed(bytes); };
  auto say_status = request.on_status;
  request.on_status = [&](std::size_t which, int status) {
    say_status(which, status);
    absent = status == 404;
  };
  auto end = s.outside().follow(s.chosen().daemon, request);
  lines.end();
  if (end == follow_end::interrupted)
    s.out("");
  else if (absent)
    missing();
}

/// Why there is nothing to follow.
void explain_missing_log(session& s, const std::string& name, const std::string& channel) try {
  auto info = s.call("supervisor.getProcessInfo", {name});
  auto fault = std::get_if<rpc_fault>(&info);
  if (!fault)
    return s.hint(name + " keeps no log of its " + channel);
  if (fault->code != fault_code::bad_name)
    return;
  s.hint(split_name(name).process ? "there is no process " + name : "only one process can be followed, not a group");
  suggest(s, name);
} catch (const trouble&) {
  // the failure itself has been told
}

std::string log_path(std::string_view name, std::string_view channel) {
  return "/logtail/" + std::string(name) + "/" + std::string(channel);
}

std::string lower(std::string text) {
  for (auto& c : text)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

} // namespace

void do_tail(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto refuse = [&](const std::string& why) { s.wrong("Error: " + why), s.fail(exit_status::generic); };
  auto words = split_words(arguments);
  takes_json(s, words);
  if (words.empty())
    return usage_error(s, "tail", "too few arguments");
  if (words.size() > 3)
    return usage_error(s, "tail", "too many arguments");
  std::string modifier;
  if (words.front().starts_with('-')) {
    modifier = words.front();
    words.erase(words.begin());
  }
  if (words.empty())
    return refuse("tail requires process name");
  auto channel = words.size() > 1 ? lower(words.back()) : "stdout";
  if (channel != "stdout" && channel != "stderr")
    return refuse("bad channel '" + channel + "'");
  auto wanted = modifier.empty() ? extent{} : to_extent(modifier);
  if (!wanted)
    return refuse("bad argument " + modifier);
  const auto& name = words.front();
  if (wanted->follow)
    return follow(s, log_path(percent_encoded(name), channel), log_path(name, channel), source_of(name, channel),
                  [&] { explain_missing_log(s, name, channel); });
  show(s, name, source_of(name, channel),
       channel == "stdout" ? "supervisor.readProcessStdoutLog" : "supervisor.readProcessStderrLog",
       {name, wanted->offset, 0}, *wanted);
}

void do_maintail(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto words = split_words(arguments);
  takes_json(s, words);
  if (words.size() > 1)
    return usage_error(s, "maintail", "too many arguments");
  auto wanted = words.empty() ? extent{} : to_extent(words.front());
  if (!wanted)
    return s.wrong("Error: bad argument " + words.front()), s.fail(exit_status::generic);
  if (wanted->follow)
    return follow(s, "/mainlogtail", "/mainlogtail", source_of("", ""),
                  [&] { s.hint("the daemon keeps no log file"); });
  show(s, "supervisord", source_of("", ""), "supervisor.readLog", {wanted->offset, 0}, *wanted);
}

void do_fg(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto refuse = [&](const std::string& why) { s.wrong("ERROR: " + why), s.fail(exit_status::generic); };
  auto words = split_words(arguments);
  if (words.empty()) {
    refuse("no process name supplied");
    return s.wrong(find_action("fg")->help);
  }
  if (words.size() > 1)
    return refuse("too many process names supplied");
  const auto& name = words.front();
  auto info = s.call("supervisor.getProcessInfo", {name});
  if (auto fault = std::get_if<rpc_fault>(&info)) {
    if (fault->code == fault_code::not_permitted)
      throw to_trouble(*fault);
    bool unknown = fault->code == fault_code::bad_name;
    refuse(unknown ? "bad process name supplied" : quoted_fault(*fault));
    return unknown ? suggest(s, name) : void();
  }
  auto running = [](const rpc_value& of) { return to_row(of).state == protocols::process_state::running; };
  if (!running(std::get<rpc_value>(info)))
    return refuse("process not running");

  s.out(banner);
  auto request = streams(s, {log_path(percent_encoded(name), "stdout"), log_path(percent_encoded(name), "stderr")},
                         {log_path(name, "stdout"), log_path(name, "stderr")});
  // who may not read its logs may not attach to it; run_once says so
  auto denial = [] { return to_trouble(rpc_fault{fault_code::not_permitted, {}}); };
  request.on_status = [denial, say = request.on_status](std::size_t which, int status) {
    if (status == not_permitted_status)
      throw denial();
    say(which, status);
  };
  request.on_line = [&](const std::string& line) {
    auto sent = s.call("supervisor.sendProcessStdin", {name, line});
    auto now = std::holds_alternative<rpc_fault>(sent) ? sent : s.call("supervisor.getProcessInfo", {name});
    auto fault = std::get_if<rpc_fault>(&now);
    if (fault && fault->code == fault_code::not_permitted)
      throw denial();
    if (fault && fault->code != fault_code::not_running)
      return s.wrong("ERROR: " + quoted_fault(*fault)), false;
    if (fault || !running(std::get<rpc_value>(now)))
      return s.wrong("Process got killed"), false;
    return true;
  };
  s.outside().follow(s.chosen().daemon, request);
  s.out("Exiting foreground");
  s.fail(exit_status::success);
}

} // namespace troupe::ctl
