// See startup.hpp.
#include "apps/ctl/startup.hpp"

#include "apps/ctl/color.hpp"
#include "apps/ctl/names.hpp"
#include "config/choices.hpp"
#include "config/load.hpp"
#include "config/path_trust.hpp"

#include <sys/stat.h>

namespace troupe::ctl {

namespace {

/// A warning for each plugin: they are Python, and we are not. Error: one without a factory.
config::result<std::vector<std::string>> plugin_warnings(const std::vector<config::ctl_file::plugin>& plugins) {
  std::vector<std::string> warnings;
  for (const auto& plugin : plugins) {
    if (!plugin.has_factory)
      return config::fault("section [" + plugin.section + "] does not specify a supervisor.ctl_factory");
    warnings.push_back("[" + plugin.section + "] ignored: plugins written in Python are not supported");
  }
  return warnings;
}

/// Root takes no file from whatever folder it stands in, unless it is told to: its owner could say where to send
/// passwords and where to write a history. A file of root in it may be a log whose name he has changed.
std::optional<std::string> why_refused(const std::string& file, const config::host& on, const owner_of& owner) {
  if (on.uid != 0 || file.starts_with('/'))
    return std::nullopt;
  auto whose = owner(file);
  auto slash = file.rfind('/');
  bool is_roots = whose && *whose == 0;
  if (is_roots)
    whose = owner(slash == file.npos ? "." : file.substr(0, slash));
  if (!whose || *whose == 0)
    return std::nullopt;
  auto user = on.user_by_id && *whose > 0 ? on.user_by_id(*whose) : std::nullopt;
  return config::absolute(file, on) + " is not used: " + (is_roots ? "its folder " : "it ") +
         (*whose < 0 ? "can be written by everybody"
                     : "belongs to " + (user ? user->name : "the user " + std::to_string(*whose))) +
         ", and you are root; name it with -c if you trust it";
}

/// Who may have the credentials of `file`: the user the daemon runs as by it, and the file's owner, who wrote them.
std::vector<std::int64_t> trusted_by(const std::string& file, const std::optional<std::string>& daemon_user,
                                     const config::host& on, const owner_of& owner) {
  std::vector<std::int64_t> trusted;
  if (auto whose = owner(file); whose && *whose >= 0)
    trusted.push_back(*whose);
  if (daemon_user && on.user_by_name)
    if (auto id = config::user_id(*daemon_user, on))
      trusted.push_back(*id);
  return trusted;
}

/// What the first line of a file holds, by itself. The error is a MSG of 1.7.
config::result<std::string> secret_in(const std::string& file, const config::host& on, startup& ready) {
  auto text = on.read_file(file);
  if (!text)
    return config::fault("could not read " + file + ": " + on.why_unreadable(file));
  auto line = text->substr(0, text->find_first_of("\r\n"));
  if (line.empty())
    return config::fault(file + " holds nothing in its first line");
  if (line.find('\0') != line.npos)
    return config::fault(file + " holds a NUL byte in its first line");
  if (config::path_trust(on).reader_of(config::absolute(file, on), on.uid))
    ready.warnings.push_back("supervisorctl: " + file + " can be read by others");
  return line;
}

/// Who one is to the daemon. What the command line says comes before what the file says; of what one of them says, a
/// token before a password, and what a file holds before what is written out.
config::result<void> introduce(startup& ready, const command_line& line, const config::ctl_options& options,
                               const config::host& on) {
  auto& daemon = ready.chosen.daemon;
  daemon.username = line.username ? line.username : options.username;
  bool is_said = line.username || line.password || line.password_file; // then the file's token is somebody else's
  auto token_file = line.token_file || is_said ? line.token_file : options.token_file;
  if (token_file) {
    auto token = secret_in(*token_file, on, ready);
    if (!token)
      return token.error();
    if (token->find_first_of(" \t") != token->npos)
      return config::fault(*token_file + " holds no token in its first line");
    daemon.token = *std::move(token);
    return {};
  }
  auto password_file = line.password_file || line.password ? line.password_file : options.password_file;
  if (!password_file) {
    daemon.password = line.password ? line.password : options.password;
    return {};
  }
  auto password = secret_in(*password_file, on, ready);
  if (!password)
    return password.error();
  daemon.password = *std::move(password);
  return {};
}

/// Files for https. What the command line names has to be usable in any case, what the file names for such a URL only.
config::result<void> choose_tls(server& daemon, const command_line& line, const config::ctl_options& options,
                                const config::host& on) {
  auto pick = [&](const std::optional<std::string>& said, const std::string& otherwise) {
    return said ? config::absolute(*said, on) : otherwise;
  };
  daemon.tls_cacert = pick(line.tls_cacert, options.tls_cacert);
  daemon.tls_cert = pick(line.tls_cert, options.tls_cert);
  daemon.tls_key = pick(line.tls_key, line.tls_cert ? "" : options.tls_key);
  if (!daemon.tls_key.empty() && daemon.tls_cert.empty())
    return config::fault(line.tls_key ? "--key needs --cert" : "tls_key of [supervisorctl] needs tls_cert");
  for (const auto* file : {&daemon.tls_cacert, &daemon.tls_cert, &daemon.tls_key})
    if (bool needed = daemon.url.starts_with("https://") || line.tls_cacert || line.tls_cert;
        needed && !file->empty() && !on.read_file(*file))
      return config::fault("could not read " + *file);
  return {};
}

/// Where the URL comes from; completes `the server URL is`.
std::string source_of(const command_line& line, const std::string& file, bool names_serverurl, const config::host& on) {
  auto name = file.empty() ? std::string() : config::absolute(file, on);
  if (line.serverurl)
    return "that of -s" + (name.empty() ? "" : " (the configuration file is " + name + ")");
  if (name.empty())
    return line.configuration ? "the default, as no configuration file is read"
                              : "the default, as there is no configuration file";
  return names_serverurl ? "that of [supervisorctl] in " + name
                         : "the default, as [supervisorctl] in " + name + " has no serverurl";
}

} // namespace

std::optional<std::int64_t> real_owner(const std::string& path) {
  struct stat name {};
  struct stat file {};
  if (::lstat(path.c_str(), &name) != 0 || ::stat(path.c_str(), &file) != 0)
    return std::nullopt;
  bool keeps_names = S_ISDIR(file.st_mode) && (file.st_mode & S_ISVTX) != 0;
  if ((file.st_mode & S_IWOTH) != 0 && !keeps_names)
    return -1;
  return file.st_uid == 0 ? name.st_uid : file.st_uid;
}

config::result<startup> prepare(const command_line& line, const config::host& on, const owner_of& owner) {
  auto file = line.configuration.value_or("");
  if (!line.configuration)
    if (auto found = config::find_configuration(on)) {
      file = *found;
      if (auto why = why_refused(file, on, owner))
        return config::fault(*why);
    }
  config::ctl_file read;
  startup ready;
  if (!file.empty()) {
    auto loaded = config::load_ctl(on, file);
    if (!loaded)
      return loaded.error();
    read = *std::move(loaded);
    auto warnings = plugin_warnings(read.plugins);
    if (!warnings)
      return warnings.error();
    ready.warnings = *std::move(warnings);
  }
  const auto& options = read.options;
  ready.chosen.daemon.url = line.serverurl.value_or(options.serverurl);
  if (auto done = introduce(ready, line, options, on); !done)
    return done.error();
  if (auto done = choose_tls(ready.chosen.daemon, line, options, on); !done)
    return done.error();
  if (!file.empty())
    ready.chosen.daemon.trusted = trusted_by(file, read.daemon_user, on, owner);
  ready.chosen.source = source_of(line, file, read.names_serverurl, on);
  ready.chosen.shell = line.words.empty();
  ready.chosen.interactive = line.interactive || ready.chosen.shell;
  ready.chosen.json = line.json;
  ready.chosen.quiet = line.quiet;
  ready.chosen.color = line.color ? *to_color_choice(*line.color) : color_choice::automatic;
  ready.chosen.errors_to_stderr = line.quiet || line.errors == "stderr";
  ready.chosen.seconds = line.timeout ? to_seconds(*line.timeout) : std::nullopt;
  ready.chosen.configuration = file.empty() ? file : config::absolute(file, on);
  ready.chosen.updates_processes = read.updatemode && config::setters::lower(*read.updatemode) == "process";
  ready.prompt = options.prompt;
  ready.history_file = line.history_file ? line.history_file : options.history_file;
  return ready;
}

startup without_file(const command_line& line, const config::host& on) {
  startup ready;
  auto found = line.configuration ? line.configuration : [&]() -> std::optional<std::string> {
    auto searched = config::find_configuration(on);
    return searched ? std::optional(*searched) : std::nullopt;
  }();
  ready.chosen.configuration = found && !found->empty() ? config::absolute(*found, on) : "";
  ready.chosen.daemon.url = line.serverurl.value_or(config::ctl_options().serverurl);
  ready.chosen.json = line.json;
  ready.chosen.quiet = line.quiet;
  ready.chosen.errors_to_stderr = line.quiet || line.errors == "stderr";
  return ready;
}

std::string program_path(const std::string& argv0, const config::host& on) {
  if (argv0.find('/') != std::string::npos)
    return argv0;
  std::string search;
  for (const auto& [key, value] : on.env)
    if (key == "PATH")
      search = value;
  for (std::size_t at = 0; at <= search.size();) {
    auto end = std::min(search.find(':', at), search.size());
    auto path = search.substr(at, end - at) + "/" + argv0;
    if (end > at && on.exists(path) && !on.is_directory(path))
      return path;
    at = end + 1;
  }
  return argv0;
}

} // namespace troupe::ctl
