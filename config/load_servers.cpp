// See section_reader.hpp: HTTP servers and [rpcinterface:x]. Source: the configuration specification, 4.2 and 4.3.
#include "config/section_reader.hpp"
#include "config/text.hpp"

namespace troupe::config {

namespace {

constexpr std::string_view main_factory = "supervisor.rpcinterface:make_main_rpcinterface";

result<void> read_credentials(const section_reader& section, server_options& server) {
  auto username = section.text("username", section.narrow());
  if (!username)
    return username.error();
  auto password = section.text("password", section.narrow());
  if (!password)
    return password.error();
  bool has_name = *username && !(*username)->empty();
  bool has_password = *password && !(*password)->empty();
  if (username->has_value() != password->has_value() || has_name != has_password)
    return section.placed(fault("Section [" + section.name() +
                                "] contains incomplete authentication: If a username or a password is specified, both "
                                "the username and password must be specified"),
                          *username ? "username" : "password");
  if (has_name) {
    server.username = **username;
    server.password = **password;
  }
  return {};
}

result<void> read_inet(loading& from, const section_reader& section) {
  server_options server;
  server.section = section.name();
  if (auto done = read_credentials(section, server); !done)
    return done;
  auto text = section.text("port", section.narrow());
  if (!text)
    return text.error();
  if (!*text)
    return error{section.header(), "section [" + section.name() + "] has no port value"};
  auto address = port(**text);
  if (!address)
    return section.placed(address.error(), "port");
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
  if (auto done = read_credentials(section, server); !done)
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
  from.cfg.servers.push_back(std::move(server));
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
        if (auto done = read(from, section_reader{from, name, tree}); !done && !from.collected(done.error()))
          return done;
  from.cfg.server_url = server_url(from.cfg.servers);
  return {};
}

result<void> read_rpcinterfaces(loading& from) {
  for (const auto& [name, tree] : from.document.sections()) {
    if (!name.starts_with("rpcinterface:"))
      continue;
    section_reader section{from, name, tree};
    rpcinterface_options options;
    options.name = name.substr(13);
    std::optional<error> wrong;
    auto read = [&](const ini_tree& source) {
      for (const auto& [key, node] : source) {
        if (wrong || (&source != &tree && tree.find(key) != tree.not_found()))
          continue;
        auto text = section.text(key, section.narrow());
        if (!text)
          wrong = text.error();
        else if (key == "supervisor.rpcinterface_factory")
          options.factory = **text;
        else
          options.options.emplace_back(key, **text);
      }
    };
    read(tree);
    read(from.document.defaults()); // they reach every section (K5)
    if (!wrong && options.factory.empty())
      wrong = error{section.header(), "section [" + name + "] does not specify a supervisor.rpcinterface_factory"};
    if (!wrong && options.factory != main_factory)
      wrong = section.placed(fault(options.factory + " cannot be resolved within [" + name + "]: only " +
                                   std::string(main_factory) + " is built in"),
                             "supervisor.rpcinterface_factory");
    if (wrong && !from.collected(*wrong))
      return *wrong;
    from.cfg.rpcinterfaces.push_back(std::move(options));
  }
  return {};
}

} // namespace troupe::config
