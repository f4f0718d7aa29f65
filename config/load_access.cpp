// See section_reader.hpp: [access], [user:x], [role:x], [audit], and what servers say of them. Read more strictly than
// other sections, because a slip here opens a door. Source: docs/contract/access.md, 0.2, 1 and 7.1.
#include "config/datatypes.hpp"
#include "config/nearest.hpp"
#include "config/plugin_name.hpp"
#include "config/section_reader.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

constexpr std::string_view user_mark = "user:";
constexpr std::string_view role_mark = "role:";

/// As faults call a section.
std::string bracketed(std::string_view name) { return '[' + std::string(name) + ']'; }

bool is_name(std::string_view text) {
  constexpr std::size_t longest = 64;
  auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  auto fits = [&](char c) { return is_plain(c) || c == '.' || c == '_' || c == '@' || c == '-'; };
  return !text.empty() && text.size() <= longest && is_plain(text[0]) && std::all_of(text.begin(), text.end(), fits);
}

bool is_built_in(std::string_view role) {
  const auto& all = built_in_roles();
  return std::any_of(all.begin(), all.end(), [&](auto& known) { return known.name == role; });
}

class access_reader {
public:
  explicit access_reader(loading& from) : from_(from) {}

  result<void> read() {
    if (const auto* audit = from_.document.section("audit"))
      if (auto done = read_audit({from_, "audit", *audit, alone}); !done)
        return done;
    if (!is_on())
      return {};
    access_ = std::make_shared<access_options>();
    for (const auto& [name, node] : from_.document.sections())
      if (name.starts_with(role_mark))
        role_names_.push_back(name.substr(role_mark.size()));
    using reader = result<void> (access_reader::*)(const section_reader&);
    struct kind {
      std::string_view mark;
      reader read;
    };
    for (const auto& [mark, read] :
         {kind{"access", &access_reader::read_settings}, kind{role_mark, &access_reader::read_role},
          kind{user_mark, &access_reader::read_user}})
      for (const auto& [name, node] : from_.document.sections())
        if (mark.ends_with(':') ? name.starts_with(mark) : name == mark)
          if (auto done = from_.noted((this->*read)({from_, name, node.data(), alone})); !done)
            return done;
    if (auto done = check_servers(); !done)
      return done;
    if (auto done = check_extensions(); !done)
      return done;
    if (const auto* section = from_.document.section("rpcinterface:access"))
      if (auto done = from_.noted(
            error{from_.document.where(section->at), "[rpcinterface:access] has the name of a built-in interface"});
          !done)
        return done;
    access_->labels = std::move(from_.labels);
    from_.cfg.access = std::move(access_);
    return {};
  }

private:
  static constexpr auto alone = section_reader::defaults::do_not_reach;

  /// 0.2.
  bool is_on() const {
    for (const auto& [name, node] : from_.document.sections())
      if (name == "access" || name.starts_with(user_mark) || name.starts_with(role_mark))
        return true;
    const auto& servers = from_.cfg.servers;
    return std::any_of(servers.begin(), servers.end(), [&](auto& server) {
      auto section = reader_of(server);
      return section.raw("max_roles") || section.raw("anonymous");
    });
  }

  section_reader reader_of(const server_options& server) const {
    return {from_, server.section, *from_.document.section(server.section)};
  }

  // -- sections -------------------------------------------------------------------------------------

  /// What holds for a section as such: it is there once, and all its options are known.
  result<void> check_section(std::string_view kind, const section_reader& section) {
    const auto& written = section.options();
    if (written.again.line != 0) {
      auto show = [](const place& at) { return at.file + ':' + std::to_string(at.line); };
      auto second = from_.document.where(written.again);
      if (auto done = from_.noted(error{
            second, bracketed(section.name()) + " is given twice: " + show(section.header()) + " and " + show(second)});
          !done)
        return done;
    }
    std::vector<std::string_view> keys;
    for (const auto& row : schema_of(kind))
      keys.push_back(row.key);
    std::sort(keys.begin(), keys.end());
    for (const auto& option : written.options) {
      if (std::binary_search(keys.begin(), keys.end(), option.key))
        continue;
      auto near = nearest(option.key, keys);
      auto text = "unknown option '" + std::string(option.key) + "' in " + bracketed(section.name()) +
                  (near ? " (did you mean '" + std::string(*near) + "'?)" : "");
      if (auto done = from_.noted(section.at(option.key, std::move(text))); !done)
        return done;
    }
    return {};
  }

  result<void> check_name(const section_reader& section, std::string_view mark) {
    if (is_name(std::string_view(section.name()).substr(mark.size())))
      return {};
    return error{section.header(),
                 bracketed(section.name()) + ": a name has letters, digits and ._@- only, at most 64"};
  }

  /// All options of the kind, but for those that the section's own reader takes.
  result<void> take_all(std::string_view kind, const section_reader& section, const option_target& target) {
    if (auto done = check_section(kind, section); !done)
      return done;
    for (const auto& row : schema_of(kind)) {
      auto done =
        row.key.starts_with("password") ? take_secret(section, row.key, target) : section.take(kind, row.key, target);
      if (done = from_.noted(std::move(done)); !done)
        return done;
    }
    return {};
  }

  /// Nothing of the value is repeated, not even a name in it that does not expand.
  result<void> take_secret(const section_reader& section, std::string_view key, option_target target) {
    auto value = section.text(key, section.narrow());
    if (!value)
      return section.at(key, "The value of '" + section.name() + '.' + std::string(key) +
                               "' cannot be expanded: a % is written %%, an environment variable %(ENV_NAME)s");
    if (!*value)
      return {};
    target.key = key;
    target.section = section.name();
    auto set = row_of("user", key).assign(target, **value, from_.on);
    forget(**value);
    return set ? result<void>{} : section.at(key, set.error().what);
  }

  result<void> read_settings(const section_reader& section) {
    constexpr std::int64_t longest = 366 * 86400;
    auto& access = *access_;
    if (auto done = take_all("access", section, {.access = &access}); !done)
      return done;
    if (access.token_ttl_max > longest)
      return section.at("token_ttl_max", "[access] token_ttl_max is at most 366d");
    if (section.raw("token_ttl") && access.token_ttl > access.token_ttl_max)
      return section.at("token_ttl", "[access] token_ttl is longer than token_ttl_max");
    access.token_ttl = std::min(access.token_ttl, access.token_ttl_max);
    return {};
  }

  result<void> read_role(const section_reader& section) {
    role_options role;
    role.name = section.name().substr(role_mark.size());
    if (is_built_in(role.name))
      return error{section.header(), bracketed(section.name()) + " is built in"};
    if (auto done = check_name(section, role_mark); !done)
      return done;
    if (auto done = take_all("role", section, {.role = &role}); !done)
      return done;
    auto at = [&](std::string_view key, const std::string& what) {
      return section.at(key, bracketed(section.name()) + ' ' + what);
    };
    if (role.rights == 0 && role.signals == 0 && role.methods.empty()) {
      bool is_told = from_.faults && section.raw("verbs") && !section.raw("verbs")->text.empty();
      return is_told ? result<void>{} : result<void>{at("verbs", "has no verbs")};
    }
    if (((role.rights & program_rights) != 0 || role.signals != 0) && role.programs.empty())
      return at("programs", "has verbs for programs but no programs; programs=* means all");
    bool over_all = role.programs.size() == 1 && role.programs[0] == "*";
    for (const auto& row : right_table)
      if (row.over == right_scope::daemon && (role.rights & bit(row.which)) != 0 && !over_all)
        return section.at("programs", bracketed(section.name()) + ' ' + std::string(row.word) +
                                        " concerns every program: it needs programs=*");
    access_->roles.push_back(std::move(role));
    return {};
  }

  result<void> read_user(const section_reader& section) {
    user_options user;
    user.name = section.name().substr(user_mark.size());
    if (user.name == "anonymous" || user.name == "token")
      return error{section.header(), bracketed(section.name()) + " is reserved"};
    if (auto done = check_name(section, user_mark); !done)
      return done;
    if (section.raw("password") && section.raw("password_file"))
      return section.at("password_file", bracketed(section.name()) + " has both password and password_file");
    if (auto done = take_all("user", section, {.user = &user}); !done)
      return done;
    if (auto done = from_.noted(check_roles(section, "roles", user.roles)); !done)
      return done;
    if (auto done = from_.noted(check_claims(section, user)); !done)
      return done;
    access_->users.push_back(std::move(user));
    return {};
  }

  result<void> read_audit(const section_reader& section) {
    audit_options audit;
    if (auto done = take_all("audit", section, {.audit = &audit}); !done)
      return done;
    if (audit.file.empty())
      return from_.noted(section.at("file", "[audit] has no file"));
    if (audit.chain && (!audit.json || audit.file == "syslog"))
      return from_.noted(section.at("chain", "[audit] chain needs a file, with format=json"));
    from_.cfg.audit = std::move(audit);
    return {};
  }

  // -- what several sections say together -------------------------------------------------------------

  result<void> check_roles(const section_reader& section, std::string_view key, const std::vector<std::string>& names) {
    for (const auto& name : names)
      if (!is_built_in(name) && std::find(role_names_.begin(), role_names_.end(), name) == role_names_.end())
        return section.at(key, bracketed(section.name()) + " names unknown role " + name);
    return {};
  }

  /// No two users may be proven by the same thing.
  template <class Value>
  result<void> check_claim(const section_reader& section, const char* key, std::vector<Value> user_options::*proofs,
                           const user_options& user) {
    for (const auto& other : access_->users)
      for (const auto& proof : user.*proofs)
        if (std::find((other.*proofs).begin(), (other.*proofs).end(), proof) != (other.*proofs).end())
          return section.at(key, std::string(key) + ' ' + shown(proof) + " is claimed by [user:" + other.name +
                                   "] and [user:" + user.name + ']');
    return {};
  }

  result<void> check_claims(const section_reader& section, const user_options& user) {
    if (auto done = check_claim(section, "unixuser", &user_options::uids, user); !done)
      return done;
    if (auto done = check_claim(section, "tls_cn", &user_options::certificate_names, user); !done)
      return done;
    return check_claim(section, "tls_fingerprint", &user_options::certificate_hashes, user);
  }

  static std::string shown(std::uint32_t id) { return std::to_string(id); }
  static const std::string& shown(const std::string& name) { return name; }
  static std::string shown(const std::array<std::uint8_t, 32>& hash) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (auto byte : hash)
      (out += digits[byte >> 4]) += digits[byte & 15];
    return out;
  }

  /// 1.7, 1.8.
  result<void> check_servers() {
    for (const auto& server : from_.cfg.servers) {
      auto section = reader_of(server);
      if (auto done = from_.noted(check_roles(section, "max_roles", server.max_roles.value_or(no_roles_))); !done)
        return done;
      if (auto done = from_.noted(check_roles(section, "anonymous", server.anonymous)); !done)
        return done;
      auto user = server.username ? std::string(user_mark) + *server.username : std::string();
      const auto* same = from_.document.section(user);
      if (!same)
        continue;
      auto text = bracketed(user) + " and " + bracketed(server.section) + " name the same user";
      if (auto done = from_.noted(error{from_.document.where(same->at), std::move(text)}); !done)
        return done;
    }
    return {};
  }

  /// 2.5: what extensions may do by themselves.
  result<void> check_extensions() {
    constexpr std::string_view key = "supervisor.roles";
    for (auto& interface : from_.cfg.rpcinterfaces) {
      auto found = std::find_if(interface.options.begin(), interface.options.end(),
                                [&](auto& option) { return option.first == key; });
      if (found == interface.options.end() || interface.factory == built_in_interface ||
          interface.factory == troupe_interface)
        continue;
      auto name = "rpcinterface:" + interface.name;
      section_reader section{from_, name, *from_.document.section(name)};
      auto roles = comma_list(found->second);
      bool gap = std::find(roles.begin(), roles.end(), "") != roles.end();
      auto checked = gap ? result<void>(section.at(key, bracketed(name) + " supervisor.roles has an empty item"))
                         : check_roles(section, key, roles);
      if (auto done = from_.noted(std::move(checked)); !done)
        return done;
      interface.roles = std::move(roles);
    }
    return {};
  }

  loading& from_;
  std::shared_ptr<access_options> access_;
  std::vector<std::string> role_names_; ///< of all [role:x], good or bad
  const std::vector<std::string> no_roles_;
};

} // namespace

result<void> read_access(loading& from) { return access_reader{from}.read(); }

} // namespace troupe::config
