// See section_reader.hpp: HTTP servers and [rpcinterface:x]. Source: the configuration specification, 4.2 and 4.3.
#include "config/plugin_name.hpp"
#include "config/section_reader.hpp"
#include "config/text.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

const std::string instead_of_python =
  "give a shared object (/path/lib.so:symbol) or, instead of the factory, a program "
  "(command=...): see docs/extending.md";

bool is_hash_without_digits(std::string_view password) {
  constexpr std::string_view mark = "{SHA}";
  if (!password.starts_with(mark))
    return false;
  auto digits = password.substr(mark.size());
  auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return digits.size() != 40 || !std::all_of(digits.begin(), digits.end(), is_digit);
}

result<void> read_credentials(loading& from, const section_reader& section, server_options& server) {
  auto username = section.text("username", section.narrow());
  if (!username)
    return username.error();
  auto password = section.text("password", section.narrow());
  if (!password) // nothing of it is repeated
    return section.at("password", "The value of " + quoted(section.name() + ".password") +
                                    " cannot be expanded: a % is written %%, an environment variable %(ENV_NAME)s");
  auto wanted = [&](const char* key) { // something is written there, whatever it expands to
    const auto* option = section.raw(key);
    return option && !option->text.empty();
  };
  auto given = [](const std::optional<std::string>& text) { return text && !stripped(*text).empty(); };
  if (username->has_value() != password->has_value() ||
      ((wanted("username") || wanted("password")) && !(given(*username) && given(*password)))) {
    const char* which = !*username ? "password" : !*password ? "username" : given(*username) ? "password" : "username";
    auto text = "Section [" + section.name() +
                "] contains incomplete authentication: If a username or a password is specified, both the username and "
                "password must be specified";
    if (wanted(which) && *username && *password)
      text += " (" + std::string(which) + " expands to nothing)";
    return section.at(which, text);
  }
  if (given(*username)) {
    if (is_hash_without_digits(**password)) // closed, so no error: such files start
      from.cfg.notices.push_back(
        {log_level::warn, "[" + section.name() +
                            "]: a password that begins with {SHA} goes on with the 40 hexadecimal "
                            "digits of a SHA-1, in lower case, and nobody can log in with this one"});
    server.username = **username;
    server.password = **password;
  }
  return {};
}

result<void> read_inet(loading& from, const section_reader& section) {
  server_options server;
  server.section = section.name();
  if (auto done = read_credentials(from, section, server); !done)
    return done;
  auto text = section.text("port", section.narrow());
  if (!text)
    return text.error();
  if (!*text)
    return error{section.header(), "section [" + section.name() + "] has no port value"};
  auto address = port(**text);
  if (!address)
    return section.placed(address.error(), "port");
  auto hosts = section.text("allowed_hosts", section.narrow());
  if (!hosts)
    return hosts.error();
  for (auto& host : comma_list(hosts->value_or("")))
    if (!host.empty())
      server.allowed_hosts.push_back(std::move(host));
  server.host = address->host;
  server.port = address->port;
  from.cfg.servers.push_back(std::move(server));
  return {};
}

result<void> read_unix(loading& from, const section_reader& section) {
  server_options server;
  server.section = section.name();
  server.is_unix = true;
  auto file = section.text("file", section.narrow());
  if (!file)
    return file.error();
  if (!*file)
    return error{section.header(), "section [" + section.name() + "] has no file value"};
  server.file = absolute(expand_user(strip(**file), from.on), from.on);
  if (auto done = read_credentials(from, section, server); !done)
    return done;
  auto chown = section.text("chown", section.narrow());
  if (!chown)
    return chown.error();
  if (*chown) {
    auto owner = user_and_group(**chown, from.on);
    if (!owner)
      return section.placed(fault("Invalid sockchown value " + **chown), "chown");
    server.chown_uid = owner->uid;
    server.chown_gid = owner->gid;
  }
  auto chmod = section.text("chmod", section.narrow());
  if (!chmod)
    return chmod.error();
  if (*chmod) {
    auto mode = octal(**chmod);
    if (!mode)
      return section.placed(fault("Invalid chmod value " + **chmod), "chmod");
    server.chmod = *mode;
  }
  from.check_folder(server.file, [&](std::string text) { return section.placed(fault(std::move(text)), "file"); });
  from.cfg.servers.push_back(std::move(server));
  return {};
}

/// The options of an interface that a program answers for.
result<void> read_program_of(const section_reader& section, rpcinterface_options& options) {
  auto command = section.text("command", section.narrow());
  if (!command)
    return command.error();
  options.command = **command;
  options.at = section.where("command");
  auto timeout = section.text("timeout", section.narrow());
  if (!timeout)
    return timeout.error();
  if (!*timeout)
    return {};
  auto seconds = integer(**timeout);
  if (!seconds)
    return section.placed(seconds.error(), "timeout");
  if (*seconds < 1 || *seconds > 86400)
    return section.placed(fault("Invalid timeout value " + **timeout), "timeout");
  options.timeout = *seconds;
  return {};
}

result<void> read_rpcinterface(loading& from, const section_reader& section) {
  const std::string factory_key = "supervisor.rpcinterface_factory";
  rpcinterface_options options;
  options.name = section.name().substr(section.name().find(':') + 1);
  const auto& own = section.tree();
  auto factory = section.text(factory_key, section.narrow());
  if (!factory)
    return factory.error();
  bool is_program = !*factory && own.find("command") != own.not_found();
  if (!*factory && !is_program)
    return error{section.header(), "section [" + section.name() + "] does not specify a " + factory_key};
  if (is_program) {
    if (auto done = read_program_of(section, options); !done)
      return done;
  } else {
    options.factory = plugin_spec(**factory);
    options.at = section.where(factory_key);
    if (auto known = check_plugin(options.factory, section.name(), built_in_interface, instead_of_python, from.on);
        !known)
      return section.placed(known.error(), factory_key);
  }
  for (const auto* tree : {&own, &from.document.defaults()}) // [DEFAULT] reaches every section (K5)
    for (const auto& [key, node] : *tree) {
      if (key == factory_key || (tree != &own && own.find(key) != own.not_found()))
        continue;
      if (is_program && (key == "command" || key == "timeout"))
        continue;
      auto text = section.text(key, section.narrow());
      if (!text)
        return text.error();
      options.options.emplace_back(key, **text);
    }
  from.cfg.rpcinterfaces.push_back(std::move(options));
  return {};
}

/// What children get: the first unix server, else the last inet server.
std::optional<std::string> server_url(const std::vector<server_options>& servers) {
  std::optional<std::string> url;
  for (const auto& server : servers) {
    if (server.is_unix)
      return "unix://" + server.file;
    url = "http://" + (server.host.empty() ? "localhost" : server.host) + ':' + std::to_string(server.port);
  }
  return url;
}

} // namespace

result<void> read_servers(loading& from) {
  struct kind {
    std::string_view prefix;
    result<void> (*read)(loading&, const section_reader&);
  };
  for (const auto& [prefix, read] : {kind{"inet_http_server", read_inet}, kind{"unix_http_server", read_unix}})
    for (const auto& [name, tree] : from.document.sections())
      if (name.starts_with(prefix))
        if (auto done = from.noted(read(from, section_reader{from, name, tree})); !done)
          return done;
  from.cfg.server_url = server_url(from.cfg.servers);
  return {};
}

result<void> read_rpcinterfaces(loading& from) {
  for (const auto& [name, tree] : from.document.sections())
    if (name.starts_with("rpcinterface:"))
      if (auto done = from.noted(read_rpcinterface(from, section_reader{from, name, tree})); !done)
        return done;
  return {};
}

} // namespace troupe::config
