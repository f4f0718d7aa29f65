// See startup.hpp.
#include "apps/ctl/startup.hpp"

#include "config/ini.hpp"
#include "config/load.hpp"

namespace troupe::ctl {

namespace {

/// A warning for each plugin: they are Python, and we are not. Error: one without a factory.
config::result<std::vector<std::string>> plugin_warnings(const std::string& file, const config::host& on) {
  std::vector<std::string> warnings;
  config::ini_document document;
  auto text = on.read_file(file);
  if (!text || !document.add(*text, file))
    return warnings; // load_ctl has judged it
  for (const auto& [name, section] : document.sections()) {
    if (!name.starts_with("ctlplugin:"))
      continue;
    if (!document.option(section, "supervisor.ctl_factory"))
      return config::fault("section [" + name + "] does not specify a supervisor.ctl_factory");
    warnings.push_back("[" + name + "] ignored: plugins written in Python are not supported");
  }
  return warnings;
}

} // namespace

config::result<startup> prepare(const command_line& line, const config::host& on) {
  auto file = line.configuration.value_or("");
  if (!line.configuration)
    if (auto found = config::find_configuration(on))
      file = *found;
  config::ctl_options options;
  startup ready;
  if (!file.empty()) {
    auto loaded = config::load_ctl(on, file);
    if (!loaded)
      return loaded.error();
    options = *std::move(loaded);
    auto warnings = plugin_warnings(file, on);
    if (!warnings)
      return warnings.error();
    ready.warnings = *std::move(warnings);
  }
  ready.chosen.daemon.url = line.serverurl.value_or(options.serverurl);
  ready.chosen.daemon.username = line.username ? line.username : options.username;
  ready.chosen.daemon.password = line.password ? line.password : options.password;
  ready.chosen.shell = line.words.empty();
  ready.chosen.interactive = line.interactive || ready.chosen.shell;
  ready.chosen.json = line.json;
  ready.prompt = options.prompt;
  ready.history_file = line.history_file ? line.history_file : options.history_file;
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
