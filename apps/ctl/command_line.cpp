// See command_line.hpp.
#include "apps/ctl/command_line.hpp"

#include "apps/ctl/names.hpp"
#include "config/text.hpp"

#include <algorithm>

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
    {0, "json", "", "print status, avail, reread and version as JSON; other actions are refused", nullptr, &command_line::json},
};
// clang-format on

struct given {
  const row* option;
  std::string shown; ///< -c, --configuration
  std::string argument;
};

bool same_option(const row& a, const row& b) { return a.text == b.text && a.flag == b.flag; }

result<const row*> find_long(const std::string& name) {
  const row* found = nullptr;
  for (const auto& r : rows) {
    if (r.name.empty() || !r.name.starts_with(name))
      continue;
    if (r.name == name)
      return &r;
    if (found && !same_option(*found, r))
      return fault("option --" + name + " not a unique prefix");
    if (!found)
      found = &r;
  }
  if (!found)
    return fault("option --" + name + " not recognized");
  return found;
}

class splitter {
public:
  explicit splitter(const std::vector<std::string>& arguments) : arguments_(arguments) {}

  std::vector<given> options;

  /// The index of the first word that is no option.
  result<std::size_t> run() {
    for (; at_ < arguments_.size(); ++at_) {
      const auto& word = arguments_[at_];
      if (word == "--")
        return at_ + 1;
      if (word.size() < 2 || word[0] != '-')
        return at_;
      if (auto done = word[1] == '-' ? split_long(word.substr(2)) : split_short(word.substr(1)); !done)
        return done.error();
    }
    return std::min(at_, arguments_.size());
  }

private:
  result<void> split_long(const std::string& word) {
    auto equals = word.find('=');
    auto found = find_long(word.substr(0, equals));
    if (!found)
      return found.error();
    auto shown = "--" + std::string((*found)->name);
    if ((*found)->argument.empty()) {
      if (equals != std::string::npos)
        return fault("option " + shown + " must not have an argument");
      options.push_back({*found, shown, {}});
      return {};
    }
    if (equals != std::string::npos) {
      options.push_back({*found, shown, word.substr(equals + 1)});
      return {};
    }
    return next_word(*found, shown);
  }

  result<void> split_short(const std::string& word) {
    for (std::size_t i = 0; i < word.size(); ++i) {
      auto shown = std::string("-") + word[i];
      auto found = std::find_if(std::begin(rows), std::end(rows), [&](auto& r) { return r.brief == word[i]; });
      if (found == std::end(rows))
        return fault("option " + shown + " not recognized");
      if (found->argument.empty()) {
        options.push_back({found, shown, {}});
        continue;
      }
      if (i + 1 == word.size())
        return next_word(found, shown);
      options.push_back({found, shown, word.substr(i + 1)});
      return {};
    }
    return {};
  }

  result<void> next_word(const row* option, const std::string& shown) {
    if (++at_ >= arguments_.size())
      return fault("option " + shown + " requires argument");
    options.push_back({option, shown, arguments_[at_]});
    return {};
  }

  const std::vector<std::string>& arguments_;
  std::size_t at_ = 0;
};

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

} // namespace

result<command_line> parse_command_line(const std::vector<std::string>& arguments) {
  splitter split(arguments);
  auto rest = split.run();
  if (!rest)
    return rest.error();
  command_line line;
  for (const auto& [option, shown, argument] : split.options) {
    if (option->flag ? line.*option->flag : (line.*option->text).has_value())
      return fault("conflicting command line option " + config::quoted(shown));
    if (option->flag)
      line.*option->flag = true;
    else
      line.*option->text = argument;
    if (line.help)
      return line;
    if (option->text == &command_line::serverurl && !is_url(argument))
      return fault("invalid value for " + shown + " " + config::quoted(without_credentials(argument)) + ": value " +
                   config::quoted(without_credentials(argument)) + " is not a URL");
  }
  line.words.assign(arguments.begin() + static_cast<std::ptrdiff_t>(*rest), arguments.end());
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
