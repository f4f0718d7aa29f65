// See first_configuration.hpp.
#include "apps/ctl/first_configuration.hpp"

#include "config/command_words.hpp"
#include "config/load.hpp"

#include <algorithm>
#include <cstddef>

namespace troupe::ctl {

namespace {

constexpr std::string_view flag = "--program";

/// What needs no care in the header of a section.
bool is_plain_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.@+").find(c) != std::string_view::npos;
  });
}

config::result<void> add_program(first_programs& to, const std::string& text) {
  auto equals = text.find('=');
  auto name = text.substr(0, equals);
  if (equals == text.npos || !is_plain_name(name))
    return config::fault("--program takes NAME=COMMAND");
  auto command = text.substr(equals + 1);
  if (command.empty())
    return config::fault("--program " + name + "= lacks a command");
  if (const char* problem = config::split_command(command).problem)
    return config::fault("the command of " + name + ": " + problem);
  if (command.find(" ;") != command.npos || command.starts_with(';'))
    return config::fault("a blank and a semicolon would begin a comment in the file: put the command of " + name +
                         " into a script");
  if (command.find_first_of("\r\n") != command.npos)
    return config::fault("the command of " + name + " has more than one line");
  if (std::any_of(to.begin(), to.end(), [&](auto& program) { return program.first == name; }))
    return config::fault("the program " + name + " is there twice");
  to.emplace_back(std::move(name), std::move(command));
  return {};
}

std::string without_expansions(std::string_view text) {
  std::string escaped;
  for (char c : text)
    escaped.append(c == '%' ? 2 : 1, c);
  return escaped;
}

} // namespace

config::result<init_request> to_init_request(const std::vector<std::string>& words) {
  init_request wanted;
  std::size_t at = 0;
  if (at < words.size() && !words[at].starts_with("--"))
    wanted.folder = words[at++];
  while (at < words.size()) {
    std::string text;
    bool joined = words[at].starts_with(std::string(flag) + "=");
    if (!joined && words[at] != flag)
      return config::fault(words[at].starts_with("--") ? "no such option " + words[at] : "init takes one folder");
    if (joined)
      text = words[at].substr(flag.size() + 1);
    for (++at; at < words.size() && !words[at].starts_with(flag); ++at)
      (text += text.empty() ? "" : " ") += words[at];
    if (auto done = add_program(wanted.programs, text); !done)
      return done.error();
  }
  return wanted;
}

std::string first_configuration(const first_programs& programs, bool as_root) {
  std::string text = "; Made by supervisorctl init. What stands here is in the folder of this file: %(here)s.\n"
                     "[supervisord]\n"
                     "logfile=%(here)s/supervisord.log\n"
                     "pidfile=%(here)s/supervisord.pid\n"
                     "childlogdir=%(here)s\n";
  text += as_root ? "user=root                        ; programs have a user= of their own\n" : "";
  text +=
    "\n[unix_http_server]\n"
    "file=%(here)s/supervisor.sock    ; for its owner only: chmod=0770 and chown=user:group open it\n"
    "\n[rpcinterface:supervisor]\n"
    "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
    "\n[supervisorctl]\n"
    "serverurl=unix://%(here)s/supervisor.sock\n"
    "\n; Programs may stand here or in files there, one section for each; supervisorctl update takes up what has\n"
    "; changed.\n"
    "[include]\n"
    "files=conf.d/*.conf\n";
  for (const auto& [name, command] : programs)
    text += "\n[program:" + name + "]\ncommand=" + without_expansions(command) + "\n";
  return text;
}

std::string first_example() {
  return "; A program to start from: take the semicolons at the front off, then supervisorctl update.\n"
         ";[program:web]\n"
         ";command=/usr/bin/python3 -m http.server 8000\n"
         ";directory=/srv/www              ; where it runs\n"
         ";user=www-data                   ; as whom, if the daemon is root\n"
         ";autorestart=unexpected          ; true: always, false: never\n"
         ";stopwaitsecs=10                 ; then SIGKILL\n"
         ";redirect_stderr=true            ; one log for both\n";
}

std::string trouble_with_configuration(const config::host& on, const std::string& file, const std::string& text,
                                       const first_programs& programs) {
  auto example = file.substr(0, file.rfind('/')) + "/conf.d/example.conf";
  auto there = on; // as if it were there already
  auto made = [file, example](const std::string& path) { return path == file || path == example; };
  there.exists = [made, real = on.exists](auto& path) { return made(path) || real(path); };
  there.is_file = [made, real = on.is_file](auto& path) { return made(path) || real(path); };
  there.is_directory = [made, folder = file.substr(0, file.rfind('/')), real = on.is_directory](auto& path) {
    return path == folder || path == folder + "/" || (!made(path) && real(path));
  };
  there.read_file = [file, example, text, real = on.read_file](auto& path) {
    return path == file ? std::optional(text) : path == example ? std::optional(first_example()) : real(path);
  };
  there.glob = [example](auto&) { return std::vector{example}; };
  config::load_request request{.file = file, .command_line = {}};
  auto found = config::check(there, request);
  for (const auto& fault : found.faults)
    return fault.what;
  for (const auto& notice : found.notices)
    if (notice.level >= config::log_level::warn)
      return notice.text;
  auto loaded = config::load(there, request);
  if (!loaded)
    return loaded.error().what;
  for (const auto& [name, command] : programs)
    for (const auto& group : loaded->groups)
      for (const auto& process : group->processes)
        if (process->name.view() == name && process->command.view() != command)
          return "the command of " + name + " would be read as " + process->command.str() + ": put it into a script";
  return {};
}

std::string trouble_with_folder(std::string_view folder) {
  constexpr std::size_t most = 107; // sun_path
  constexpr std::string_view name_of_socket = "/supervisor.sock";
  if (folder.size() + name_of_socket.size() > most)
    return "its name is too long: the socket in it may have " + std::to_string(most) + " bytes";
  if (folder.find_first_of("%;\n\r*?[") != folder.npos)
    return "a configuration could not name it";
  return {};
}

std::string for_a_shell(std::string_view text) {
  auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+:@,").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain))
    return std::string(text);
  std::string quoted = "'";
  for (char c : text)
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

} // namespace troupe::ctl
