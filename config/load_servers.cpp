// See section_reader.hpp: HTTP servers and [rpcinterface:x]. Source: docs/contract/configuration.md, 4.2 and 4.3.
#include "config/plugin_name.hpp"
#include "config/section_reader.hpp"
#include "config/text.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

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
  struct wiping {
    std::optional<std::string>& text;
    ~wiping() {
      if (text)
        forget(*text);
    }
  } at_the_end{*password};
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
    for (const char* key : {"username", "password"})
      if (auto done = section.take(server.is_unix ? "unix_http_server" : "inet_http_server", key, {.server = &server});
          !done)
        return done;
  }
  return {};
}

/// Half of it would leave a server open that somebody believes to be closed.
result<void> read_tls(const section_reader& section, server_options& server) {
  constexpr const char* keys[] = {"tls_cert", "tls_key", "tls_client_ca", "tls_client", "tls_min"};
  auto missing = [&](const char* there, const char* absent) {
    return section.at(there, "section [" + section.name() + "] has " + there + " but no " + absent);
  };
  for (const char* key : keys)
    if (section.raw(key) && !section.raw("tls_cert"))
      return missing(key, "tls_cert");
  if (!section.raw("tls_cert"))
    return {};
  if (!section.raw("tls_key"))
    return missing("tls_cert", "tls_key");
  auto& tls = server.tls.emplace();
  option_draft draft;
  for (const char* key : keys)
    if (auto done = section.take("inet_http_server", key, {.server = &server, .draft = &draft}); !done)
      return done;
  tls.cert_at = section.where("tls_cert");
  tls.key_at = section.where("tls_key");
  tls.client_ca_at = section.where("tls_client_ca");
  tls.client_required = draft.tls_client == "required";
  if (tls.client_required && tls.client_ca.empty())
    return section.at("tls_client", "[" + section.name() + "] tls_client=required needs tls_client_ca");
  if (draft.tls_client == "none")
    tls.client_ca.clear();
  return {};
}

result<void> read_inet(loading& from, const section_reader& section) {
  server_options server;
  server.section = section.name();
  if (auto done = read_credentials(from, section, server); !done)
    return done;
  if (!section.raw("port"))
    return error{section.header(), "section [" + section.name() + "] has no port value"};
  for (const char* key : {"port", "allowed_hosts", "max_roles", "anonymous", "trusted_proxies"})
    if (auto done = section.take("inet_http_server", key, {.server = &server}); !done)
      return done;
  if (auto done = read_tls(section, server); !done)
    return done;
  if (server.tls && from.of_tls)
    if (auto done = from.noted(from.of_tls(server)); !done)
      return done;
  from.cfg.servers.push_back(std::move(server));
  return {};
}

result<void> read_unix(loading& from, const section_reader& section) {
  server_options server;
  server.section = section.name();
  server.is_unix = true;
  if (!section.raw("file"))
    return error{section.header(), "section [" + section.name() + "] has no file value"};
  auto take = [&](const char* key) { return section.take("unix_http_server", key, {.server = &server}); };
  if (auto done = take("file"); !done)
    return done;
  if (auto done = read_credentials(from, section, server); !done)
    return done;
  for (const char* key : {"chown", "chmod", "max_roles", "anonymous", "trusted_proxies", "peer_auth"})
    if (auto done = take(key); !done)
      return done;
  from.check_folder(server.file, [&](std::string text) { return section.placed(fault(std::move(text)), "file"); });
  from.cfg.servers.push_back(std::move(server));
  return {};
}

result<void> read_rpcinterface(loading& from, const section_reader& section) {
  const std::string factory_key = "supervisor.rpcinterface_factory";
  rpcinterface_options options;
  options.name = section.name().substr(section.name().find(':') + 1);
  const auto& own = section.options();
  auto take = [&](const std::string& key) { return section.take("rpcinterface", key, {.interface = &options}); };
  bool has_factory = section.raw(factory_key);
  bool is_program = !has_factory && own.find("command");
  if (!has_factory && !is_program)
    return error{section.header(), "section [" + section.name() + "] does not specify a " + factory_key};
  options.at = section.where(is_program ? "command" : factory_key);
  if (auto done = take(is_program ? "command" : factory_key); !done)
    return done;
  if (is_program)
    if (auto done = take("timeout"); !done)
      return done;
  for (const auto* options_of : {&own, &from.document.defaults()}) // [DEFAULT] reaches every section (K5)
    for (const auto& [key, raw, at] : options_of->options) {
      if (key == factory_key || (options_of != &own && own.find(key)))
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

/// What our own interfaces refuse when the first server is opened: before that, only `--test` tells it.
void check_own_interfaces(loading& from) {
  if (!from.faults || from.cfg.servers.empty())
    return;
  for (const auto& interface : from.cfg.rpcinterfaces)
    if (interface.factory == built_in_interface || interface.factory == troupe_interface)
      for (const auto& [key, text] : interface.options) {
        auto name = "rpcinterface:" + interface.name;
        section_reader section{from, name, *from.document.section(name)};
        (void)from.noted(section.at(key, "[" + name + "] takes no option " + quoted(key)));
      }
}

/// What children get: the first unix server, else the last inet server.
std::optional<std::string> server_url(const std::vector<server_options>& servers) {
  std::optional<std::string> url;
  for (const auto& server : servers) {
    if (server.is_unix)
      return "unix://" + server.file;
    url = (server.tls ? "https://" : "http://") + (server.host.empty() ? "localhost" : server.host) + ':' +
          std::to_string(server.port);
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
    for (const auto& [name, node] : from.document.sections())
      if (name.starts_with(prefix))
        if (auto done = from.noted(read(from, section_reader{from, name, node.data()})); !done)
          return done;
  from.cfg.server_url = server_url(from.cfg.servers);
  check_own_interfaces(from);
  return {};
}

result<void> read_rpcinterfaces(loading& from) {
  for (const auto& [name, node] : from.document.sections())
    if (name.starts_with("rpcinterface:"))
      if (auto done = from.noted(read_rpcinterface(from, section_reader{from, name, node.data()})); !done)
        return done;
  return {};
}

} // namespace troupe::config
