// See command_line.hpp.
#include "apps/ctl/command_line.hpp"

#include "apps/ctl/color.hpp"
#include "apps/ctl/names.hpp"
#include "config/text.hpp"

namespace troupe::ctl {

namespace {

using config::fault;
using config::result;

struct row {
  char brief; ///< 0: none
  std::string_view name;
  std::string_view argument; ///< empty: a flag
  std::string_view help;
  std::optional<std::string> command_line::*text;
  bool command_line::*flag;
  bool whole = false; ///< needs its full name, so that a prefix of an older option stays one
};

// clang-format off
const row rows[] = {
    {'c', "configuration", "FILENAME", "read this configuration file; '' for none", &command_line::configuration, nullptr},
    {'h', "help", "", "print this text and exit", nullptr, &command_line::help},
    {'?', "", "", "", nullptr, &command_line::help},
    {'i', "interactive", "", "start an interactive shell; with an action: ask before it does harm", nullptr, &command_line::interactive},
    {'s', "serverurl", "URL", "where the daemon listens (default http://localhost:9001)", &command_line::serverurl, nullptr},
    {'u', "username", "USERNAME", "user name for the daemon", &command_line::username, nullptr},
    {'p', "password", "PASSWORD", "password for the daemon", &command_line::password, nullptr},
    {'r', "history_file", "FILENAME", "keep the shell's history here (also --history-file)", &command_line::history_file, nullptr},
    {0, "history-file", "FILENAME", "", &command_line::history_file, nullptr},
    {0, "password-file", "FILENAME", "the first line of this file is the password", &command_line::password_file, nullptr, true},
    {0, "token-file", "FILENAME", "the first line of this file is a token, in place of name and password", &command_line::token_file, nullptr, true},
    {0, "cacert", "FILENAME", "for https: who signs the certificate of the daemon (default: who the system trusts)", &command_line::tls_cacert, nullptr, true},
    {0, "cert", "FILENAME", "for https: our own certificate", &command_line::tls_cert, nullptr, true},
    {0, "key", "FILENAME", "for https: the key of it (default: it is in the same file)", &command_line::tls_key, nullptr, true},
    {'q', "quiet", "", "print nothing if all goes well, failures on stderr", nullptr, &command_line::quiet, true},
    {0, "color", "WHEN", "colours of states: auto (on a terminal; default), always or never", &command_line::color, nullptr, true},
    {0, "timeout", "SECONDS", "wait no longer for the daemon, which goes on: exit status 124", &command_line::timeout, nullptr, true},
    {0, "errors", "WHERE", "print failures on stdout (default) or stderr", &command_line::errors, nullptr, true},
    {0, "json", "", "print one JSON document for each action", nullptr, &command_line::json},
};
// clang-format on

/// Completes `value ARGUMENT`; empty: nothing is wrong with it.
std::string trouble_with(const row& option, const std::string& argument) {
  if (option.text == &command_line::serverurl && !is_url(argument))
    return "is not a URL";
  if (option.text == &command_line::color && !to_color_choice(argument))
    return "is not auto, always or never";
  if (option.text == &command_line::errors && argument != "stdout" && argument != "stderr")
    return "is not stdout or stderr";
  if (option.text == &command_line::timeout && !to_seconds(argument))
    return "is not a number of seconds";
  return {};
}

/// --history_file has two spellings.
bool same_option(const row& a, const row& b) { return a.text == b.text && a.flag == b.flag; }

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

} // namespace

result<command_line> parse_command_line(const std::vector<std::string>& arguments) {
  config::option_splitter<row> split{rows, arguments, same_option};
  if (auto done = split.run(); !done)
    return done.error();
  command_line line;
  for (const auto& [option, shown, argument, at] : split.options) {
    if (option->flag ? line.*option->flag : (line.*option->text).has_value())
      return fault("conflicting command line option " + config::quoted(shown));
    if (option->flag)
      line.*option->flag = true;
    else
      line.*option->text = argument;
    if (option->text == &command_line::password)
      line.password_at = at;
    if (line.help)
      return line;
    if (auto wrong = trouble_with(*option, argument); !wrong.empty()) {
      auto quoted = config::quoted(without_credentials(argument));
      return fault("invalid value for " + shown + " " + quoted + ": value " + quoted + " " + wrong);
    }
  }
  line.words = std::move(split.rest);
  return line;
}

std::string usage(const std::string& program) {
  std::string text =
    "supervisorctl -- control applications run by supervisord from the cmd line.\n\nUsage: " + program +
    " [options] [action [arguments]]\n\nOptions:\n";
  for (const auto& r : rows) {
    if (r.help.empty())
      continue;
    if (r.brief)
      text += std::string("-") + r.brief + "/";
    text += "--" + std::string(r.name) + (r.argument.empty() ? "" : " ") + std::string(r.argument) + " -- " +
            std::string(r.help) + "\n";
  }
  return text + "\nWithout an action (or with -i alone) a shell starts, where `help` lists the actions.\n\n";
}

bool is_url(std::string_view text) {
  auto colon = text.find(':');
  if (colon == std::string_view::npos || !colon || !letter(text[0]))
    return false;
  for (char c : text.substr(0, colon))
    if (!letter(c) && !(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.')
      return false;
  auto rest = text.substr(colon + 1);
  if (rest.starts_with("//"))
    rest.remove_prefix(2);
  return !rest.empty();
}

} // namespace troupe::ctl
