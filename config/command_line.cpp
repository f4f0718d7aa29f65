// See command_line.hpp.
#include "config/command_line.hpp"

#include "config/getopt.hpp"
#include "config/log_levels.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace troupe::config {

namespace {

using S = std::string_view;
using H = const host&;

struct row {
  char brief;                ///< 0: none
  std::string_view name;     ///< long
  std::string_view argument; ///< what it takes, for the usage; empty: a flag
  std::string_view help;
  result<void> (*act)(command_line& line, S text, H on);
  bool whole = false; ///< needs its full name, so that a prefix of an older option stays one
};

template <class Field, class Value>
result<void> put(Field& field, result<Value> value) {
  if (!value)
    return value.error();
  field = *std::move(value);
  return {};
}

#define SET(member, parse)                                                                                             \
  [](command_line& l, S s, H h) -> result<void> {                                                                      \
    (void)s, (void)h;                                                                                                  \
    return put(l.options.member, parse);                                                                               \
  }
#define FLAG(member)                                                                                                   \
  [](command_line& l, S, H) -> result<void> {                                                                          \
    l.options.member = true;                                                                                           \
    return {};                                                                                                         \
  }
#define ACTION(name)                                                                                                   \
  [](command_line& l, S, H) -> result<void> {                                                                          \
    l.what = command_line::action::name;                                                                               \
    return {};                                                                                                         \
  }

result<std::string> text(S s) { return std::string(s); }

// clang-format off
constexpr row rows[] = {
  {'c', "configuration", "FILENAME", "use FILENAME as the configuration file", [](command_line& l, S s, H) -> result<void> { l.file = s; return {}; }},
  {'n', "nodaemon", "", "stay in the foreground (as nodaemon=true)", FLAG(nodaemon)},
  {'s', "silent", "", "no copy of the log on stdout (as silent=true)", FLAG(silent)},
  {'h', "help", "", "print this text and exit", ACTION(help)},
  {'?', "", "", "", ACTION(help)},
  {'v', "version", "", "print the version and exit", ACTION(version)},
  {'u', "user", "USER", "become USER (or a numeric uid)", SET(user, text(s))},
  {'m', "umask", "UMASK", "use this umask when daemonizing, octal (default 022)", SET(umask, octal(s))},
  {'d', "directory", "DIRECTORY", "go to DIRECTORY when daemonizing", SET(directory, existing_directory(s, h))},
  {'l', "logfile", "FILENAME", "use FILENAME as the log", SET(logfile, existing_dirpath(s, h))},
  {'y', "logfile_maxbytes", "BYTES", "rotate the log at this size", SET(logfile_maxbytes, byte_size(s))},
  {'z', "logfile_backups", "NUM", "keep this many rotated logs", SET(logfile_backups, integer(s))},
  {'e', "loglevel", "LEVEL", "log at LEVEL: critical, error, warn, info, debug, trace, blather", SET(loglevel, level(s))},
  {'j', "pidfile", "FILENAME", "write the pid to FILENAME", SET(pidfile, existing_dirpath(s, h))},
  {'i', "identifier", "STR", "name this daemon STR", SET(identifier, text(s))},
  {'q', "childlogdir", "DIRECTORY", "put AUTO child logs into DIRECTORY", SET(childlogdir, existing_directory(s, h))},
  {'k', "nocleanup", "", "keep old AUTO child logs (as nocleanup=true)", FLAG(nocleanup)},
  {'a', "minfds", "NUM", "want at least NUM file descriptors", SET(minfds, integer(s))},
  {'t', "strip_ansi", "", "take escape sequences out of child logs (as strip_ansi=true)", FLAG(strip_ansi)},
  {0, "minprocs", "NUM", "want at least NUM processes", SET(minprocs, integer(s))},
  {0, "profile_options", "LIST", "accepted and ignored", [](command_line&, S, H) -> result<void> { return {}; }},
  {0, "test", "", "check the configuration, print FILE:LINE for each fault, and exit", ACTION(test)},
  {0, "strict", "", "refuse what is unsafe or unknown; with --test: list all of it", [](command_line& l, S, H) -> result<void> { l.strict = true; return {}; }, true},
  {0, "audit-verify", "", "check the chain of the audit files that follow, oldest first, and exit; with -c: by its key", ACTION(verify_audit), true},
};
// clang-format on

#undef SET
#undef FLAG
#undef ACTION

static_assert(std::all_of(std::begin(rows), std::end(rows),
                          [](auto& r) { return r.name != "loglevel" || names_all_log_levels(r.help); }),
              "the help names the levels");

bool same_option(const row& a, const row& b) { return &a == &b; }

} // namespace

result<command_line> parse_command_line(const std::vector<std::string>& arguments, const host& on) {
  option_splitter<row> split{rows, arguments, same_option};
  if (auto done = split.run(); !done)
    return done.error();
  bool takes_files = std::any_of(split.options.begin(), split.options.end(),
                                 [](const auto& given) { return given.option->name == "audit-verify"; });
  if (takes_files && split.rest.empty())
    return fault("--audit-verify needs the files of the trail, oldest first");
  if (!takes_files && !split.rest.empty()) {
    std::string list;
    for (const auto& word : split.rest)
      list += (list.empty() ? "" : ", ") + quoted(word);
    return fault("positional arguments are not supported: [" + list + "]");
  }
  command_line line;
  if (takes_files)
    line.audit_files = split.rest;
  std::set<const row*> seen;
  for (const auto& [option, shown, argument, at] : split.options) {
    if (!seen.insert(option).second)
      return fault("conflicting command line option " + quoted(shown));
    if (auto done = option->act(line, argument, on); !done)
      return fault("invalid value for " + shown + " " + quoted(argument) + ": " + done.error().what);
    if (line.what == command_line::action::help || line.what == command_line::action::version)
      return line;
  }
  return line;
}

std::string usage(const std::string& program) {
  std::string text =
    "supervisord -- run a set of applications and keep them running.\n\nUsage: " + program + " [options]\n\nOptions:\n";
  for (const auto& r : rows) {
    if (r.name.empty())
      continue;
    if (r.brief)
      text += std::string("-") + r.brief + "/";
    text += "--" + std::string(r.name) + (r.argument.empty() ? "" : " ") + std::string(r.argument) + " -- " +
            std::string(r.help) + "\n";
  }
  return text;
}

} // namespace troupe::config
