// What a start says of a configuration that is not wrong but unsafe: one function for each finding, in the order of
// docs/contract/access.md, 9, whose numbers they bear. Must not refuse anything: load.cpp does, where it is to be
// strict.
#include "config/weaknesses.hpp"

#include "config/path_trust.hpp"
#include "config/plugin_name.hpp"
#include "config/section_reader.hpp"
#include "config/text.hpp"

#include <algorithm>

#include <sys/stat.h>

namespace troupe::config {

namespace {

bool is_beyond_loopback(const server_options& server) {
  if (server.is_unix || server.host == "localhost")
    return false;
  auto ip = ip_address(server.host);
  return !ip || !network{.is = network::kind::loopback}.holds({.ip = *ip});
}

std::string address_of(const server_options& server) {
  return (server.host.empty() ? "*" : server.host) + ':' + std::to_string(server.port);
}

bool takes_from_environment(const ini_option* option) {
  return option && option->text.find("%(ENV_") != option->text.npos;
}

bool is_server(std::string_view section) {
  return section.starts_with("inet_http_server") || section.starts_with("unix_http_server");
}

class search {
public:
  explicit search(loading& from)
      : from_(from), cfg_(from.cfg), trust_(from.on), all_(cfg_.access || from.request.start.strict),
        own_(cfg_.supervisord.uid.value_or(from.on.uid)) {}

  void run() {
    for (const auto& server : cfg_.servers)
      look_for_open_doors(server);
    if (all_)
      for (const auto& server : cfg_.servers)
        look_for_clear_passwords(server);
    if (from_.on.uid == 0)
      look_for_writers();
    look_for_foreign_folders();
    if (all_)
      look_for_readers();
    if (cfg_.access) {
      look_at_users();
      look_for_an_administrator();
      for (const auto& server : cfg_.servers)
        look_for_idle_groups(server);
      look_for_what_is_for_nobody();
    }
    if (all_)
      look_at_servers_passwords();
    for (const auto& server : cfg_.servers)
      if (server.tls && from_.request.start.certificate)
        look_at_certificate(server);
    if (cfg_.access)
      look_at_extensions();
  }

private:
  void warn(place at, std::string text) { add(std::move(at), log_level::warn, std::move(text)); }
  void add(place at, log_level level, std::string text) {
    cfg_.weaknesses.push_back({std::move(at), level, std::move(text)});
  }

  place place_of(const std::string& section, std::string_view key = {}) const {
    const auto* written = from_.document.section(section);
    if (!written)
      return {cfg_.file, 0};
    const auto* option = from_.document.option(*written, key);
    return from_.document.where(option ? option->at : written->at);
  }

  const ini_option* option_of(const std::string& section, std::string_view key) const {
    const auto* written = from_.document.section(section);
    return written ? from_.document.option(*written, key) : nullptr;
  }

  // -- what roles let -------------------------------------------------------------------------------

  bool lets_administer(const std::vector<std::string>& roles) const {
    return (rights_of(*cfg_.access, roles) & bit(right::admin)) != 0;
  }

  // -- W1, W2: servers --------------------------------------------------------------------------------

  void look_for_open_doors(const server_options& server) {
    if (!is_open_door(cfg_, server))
      return;
    auto user = from_.on.user_by_id(own_);
    add(place_of(server.section, cfg_.access ? "anonymous" : "port"), log_level::critical,
        "Server " + quoted(server.section) + " on " + address_of(server) +
          " asks for no password: whoever reaches it controls every program here, as user " +
          (user ? user->name : std::to_string(own_)));
  }

  void look_for_clear_passwords(const server_options& server) {
    if (server.tls)
      return;
    bool takes_passwords = server.username || (cfg_.access && std::any_of(cfg_.access->users.begin(),
                                                                          cfg_.access->users.end(), has_password));
    if (is_beyond_loopback(server) && takes_passwords)
      warn(place_of(server.section, "port"), "Server " + quoted(server.section) + " on " + address_of(server) +
                                               " takes passwords in clear text: set tls_cert and tls_key");
  }

  // -- W11: certificates ------------------------------------------------------------------------------

  void look_at_certificate(const server_options& server) {
    auto found = from_.request.start.certificate(*server.tls);
    if (found && found->expires - from_.request.start.now < certificate_warning)
      warn(server.tls->cert_at, certificate_ends(server.section, *found));
  }

  static bool has_password(const user_options& user) { return user.password.is != stored_password::kind::none; }

  // -- W3 to W5: files --------------------------------------------------------------------------------

  std::string path_in(const std::string& section, const char* key) const {
    const auto* option = option_of(section, key);
    if (!option)
      return {};
    section_reader reader{from_, section, *from_.document.section(section)};
    auto text = reader.text(key, reader.narrow());
    return text && *text && !(*text)->empty() ? absolute(expand_user(**text, from_.on), from_.on) : std::string();
  }

  /// Files of passwords, tokens and keys.
  std::vector<std::string> files_of_secrets() const {
    std::vector<std::string> files;
    if (cfg_.access) {
      for (const auto& user : cfg_.access->users)
        files.push_back(path_in("user:" + user.name, "password_file"));
      files.push_back(cfg_.access->token_file);
    }
    if (cfg_.audit)
      files.push_back(cfg_.audit->key_file);
    for (const auto& server : cfg_.servers)
      if (server.tls)
        files.push_back(server.tls->key);
    std::erase(files, "");
    return files;
  }

  /// Whoever may write one says by a certificate of his own that he is any user.
  std::vector<std::string> authorities() const {
    std::vector<std::string> files;
    for (const auto& server : cfg_.servers)
      if (server.tls && !server.tls->client_ca.empty())
        files.push_back(server.tls->client_ca);
    return files;
  }

  /// What the daemon loads or runs as a part of itself.
  std::vector<std::string> plugin_files() const {
    std::vector<std::string> files;
    for (const auto& interface : cfg_.rpcinterfaces) {
      if (auto object = shared_object_name(interface.factory))
        files.push_back(object->library);
      if (interface.command.starts_with('/'))
        files.push_back(interface.command.substr(0, interface.command.find_first_of(" \t\n")));
    }
    for (const auto& group : cfg_.groups)
      if (group->result_handler_at)
        if (auto object = shared_object_name(group->result_handler))
          files.push_back(object->library);
    return files;
  }

  std::vector<std::string> configuration_files() const {
    std::vector<std::string> files;
    for (const auto& file : from_.document.files())
      files.push_back(absolute(file, from_.on));
    return files;
  }

  void look_for_writers() {
    for (const auto& files : {configuration_files(), files_of_secrets(), authorities(), plugin_files()})
      for (const auto& file : files)
        trust_.find_writers(file, [&](const std::string& path, const std::string& who) {
          add({path, 0}, log_level::critical, path + " can be written by " + who + ", and root acts on it");
        });
  }

  void look_for_foreign_folders() {
    for (const auto& server : cfg_.servers)
      if (auto folder = server.is_unix ? folder_of(server.file) : std::string();
          server.is_unix && trust_.writer_of_folder(folder, own_))
        warn(place_of(server.section, "file"), "Server " + quoted(server.section) + ": others can write " + folder +
                                                 " and put their own socket in place of " + server.file);
    auto look = [&](const std::string& file, const place& at) {
      if (auto folder = folder_of(file); trust_.writer_of_folder(folder, own_))
        warn(at, "Others can write " + folder + ", where " + file + " is");
    };
    look(cfg_.supervisord.pidfile, place_of("supervisord", "pidfile"));
    if (cfg_.audit && cfg_.audit->file != "syslog")
      look(cfg_.audit->file, place_of("audit", "file"));
  }

  void look_for_readers() {
    auto files = files_of_secrets();
    for (const auto& [name, node] : from_.document.sections())
      if (is_server(name) || name.starts_with("user:") || name == "supervisorctl")
        if (const auto* option = node.data().find("password"); option && !option->text.empty())
          files.push_back(absolute(from_.document.where(option->at).file, from_.on));
    std::set<std::string> told;
    for (const auto& file : files)
      if (auto who = trust_.reader_of(file, own_); who && told.insert(file).second)
        warn({file, 0}, file + " holds secrets and can be read by " + *who);
  }

  // -- W6 to W10: users and roles -----------------------------------------------------------------------

  void look_at_users() {
    for (const auto& user : cfg_.access->users) {
      auto section = "user:" + user.name;
      using kind = stored_password::kind;
      if (user.password.is == kind::plain || user.password.is == kind::sha)
        warn(place_of(section, option_of(section, "password") ? "password" : "password_file"),
             "[" + section + "] keeps its password as " + (user.password.is == kind::plain ? "plain text" : "{SHA}") +
               ": supervisorctl passwd makes a hash");
    }
    for (const auto& user : cfg_.access->users)
      tell_of_environment("user:" + user.name);
  }

  void tell_of_environment(const std::string& section) {
    if (takes_from_environment(option_of(section, "password")))
      warn(place_of(section, "password"),
           "[" + section + "] takes its password from the environment, which every program inherits");
  }

  void look_at_servers_passwords() {
    for (const auto& server : cfg_.servers)
      tell_of_environment(server.section);
  }

  bool can_administer(const user_options& user, const server_options& server) const {
    bool by_peer = server.is_unix && server.peer_auth && !(user.uids.empty() && user.gids.empty());
    bool by_certificate = server.tls && !server.tls->client_ca.empty() &&
                          !(user.certificate_names.empty() && user.certificate_hashes.empty());
    bool by_secret = has_password(user) || !cfg_.access->token_file.empty();
    return (by_peer || by_certificate || by_secret) && lets_administer(user.roles);
  }

  void look_for_an_administrator() {
    auto has_one = [&](const server_options& server) {
      if (server.max_roles && !lets_administer(*server.max_roles))
        return false;
      if ((server.is_unix && server.peer_auth) || server.username) // root; the server's own account
        return true;
      const auto& users = cfg_.access->users;
      return lets_administer(server.anonymous) ||
             std::any_of(users.begin(), users.end(), [&](auto& user) { return can_administer(user, server); });
    };
    if (std::none_of(cfg_.servers.begin(), cfg_.servers.end(), has_one))
      warn({cfg_.file, 0}, "nobody can administer this daemon");
  }

  void look_for_idle_groups(const server_options& server) {
    bool for_group = server.is_unix && server.peer_auth && (server.chmod & S_IWGRP) != 0 &&
                     (server.chmod & S_IWOTH) == 0 && server.chown_gid > 0;
    if (!for_group || !server.anonymous.empty())
      return;
    const auto& users = cfg_.access->users;
    auto gid = static_cast<std::uint32_t>(server.chown_gid);
    bool is_named = std::any_of(users.begin(), users.end(), [&](auto& user) {
      return !user.uids.empty() || std::find(user.gids.begin(), user.gids.end(), gid) != user.gids.end();
    });
    if (!is_named)
      warn(place_of(server.section, "chown"), "[" + server.section + "] lets group " +
                                                from_.on.group_name(gid).value_or(std::to_string(gid)) +
                                                " in, but no [user:x] names it: its members may do nothing");
  }

  bool is_used(const std::string& role) const {
    auto names = [&](const std::vector<std::string>& roles) {
      return std::find(roles.begin(), roles.end(), role) != roles.end();
    };
    return std::any_of(cfg_.access->users.begin(), cfg_.access->users.end(),
                       [&](auto& user) { return names(user.roles); }) ||
           std::any_of(cfg_.servers.begin(), cfg_.servers.end(), [&](auto& server) {
             return names(server.anonymous) || (server.max_roles && names(*server.max_roles));
           });
  }

  void look_for_what_is_for_nobody() {
    const auto& fits = from_.request.start.fits;
    for (const auto& role : cfg_.access->roles) {
      auto section = "role:" + role.name;
      for (const auto& pattern : role.programs)
        if (fits && pattern != "*" && !fits(pattern, cfg_))
          warn(place_of(section, "programs"), "[" + section + "] programs: nothing is called " +
                                                one_line(pattern.substr(pattern.starts_with('!') ? 1 : 0)));
      if (!is_used(role.name))
        warn(place_of(section), "[" + section + "] belongs to nobody");
    }
    for (const auto& user : cfg_.access->users)
      if (user.roles.empty())
        warn(place_of("user:" + user.name), "[user:" + user.name + "] has no roles");
  }

  // -- W12 ----------------------------------------------------------------------------------------------

  void look_at_extensions() {
    for (const auto& interface : cfg_.rpcinterfaces) {
      bool limited = std::any_of(interface.options.begin(), interface.options.end(),
                                 [](auto& option) { return option.first == "supervisor.roles"; });
      bool is_ours = interface.factory == built_in_interface || interface.factory == troupe_interface;
      if (!is_ours && !limited)
        warn(place_of("rpcinterface:" + interface.name),
             "[rpcinterface:" + interface.name + "] acts with all rights: set supervisor.roles");
    }
  }

  loading& from_;
  configuration& cfg_;
  path_trust trust_;
  bool all_; ///< not only what matters to everybody
  std::int64_t own_;
};

/// What strangers may do, as far as the server lets anybody.
right_bits rights_of_strangers(const access_options& access, const server_options& server) {
  auto rights = rights_of(access, server.anonymous);
  return server.max_roles ? rights & rights_of(access, *server.max_roles) : rights;
}

} // namespace

right_bits rights_of(const access_options& access, const std::vector<std::string>& roles) {
  right_bits rights = 0;
  for (const auto& name : roles)
    for (const auto* all : {&built_in_roles(), &access.roles})
      for (const auto& role : *all) {
        if (role.name != name)
          continue;
        rights |= role.rights;
        if (role.signals != 0)
          rights |= bit(right::signal);
        if (!role.methods.empty()) // whatever those do
          rights |= bit(right::config);
      }
  return (rights & bit(right::admin)) != 0 ? every_right : rights;
}

bool lets_everybody_do_everything(const configuration& of, const server_options& server) {
  return of.access ? (rights_of_strangers(*of.access, server) & bit(right::admin)) != 0 : !server.username;
}

bool is_open_door(const configuration& of, const server_options& server) {
  constexpr auto of_viewers = bit(right::status) | bit(right::events) | bit(right::metrics);
  bool is_open = of.access ? (rights_of_strangers(*of.access, server) & ~of_viewers) != 0 : !server.username;
  return is_open && is_beyond_loopback(server);
}

void find_weaknesses(loading& from) { search{from}.run(); }

} // namespace troupe::config
