// Who may do what, as the configuration says it: plain structs whose initialisers are the defaults.
// Must not parse (load_access.cpp does), nor decide (protocols/access.hpp does). Source: docs/contract/access.md, 1.
#pragma once

#include "config/access_rights.hpp"
#include "config/network.hpp"
#include "config/result.hpp"
#include "config/secret_text.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::config {

/// A [role:x].
struct role_options {
  std::string name;
  right_bits rights = 0;             ///< as written, without what they bring along
  std::uint64_t signals = 0;         ///< of `signal:NAME`: bit N for signal number N
  std::vector<std::string> methods;  ///< of extensions: `NS.METHOD`, `NS.*`
  std::vector<std::string> programs; ///< patterns (1.5), as written
  std::vector<network> networks;     ///< empty: from anywhere
  bool operator==(const role_options&) const = default;
};

/// A password that is stored: text, a SHA-1 or a setting of crypt(3).
struct stored_password {
  enum class kind : std::uint8_t { none, plain, sha, crypt } is = kind::none;
  secret_text text; ///< plain text; 40 hexadecimal digits; `$id$…`. Never to be shown
  bool operator==(const stored_password&) const = default;
};

/// A [user:x].
struct user_options {
  std::string name;
  stored_password password;
  std::vector<std::uint32_t> uids;
  std::vector<std::uint32_t> gids;
  std::vector<std::string> certificate_names;                   ///< `tls_cn`, bytes
  std::vector<std::array<std::uint8_t, 32>> certificate_hashes; ///< `tls_fingerprint`, SHA-256
  std::vector<std::string> roles;
  bool operator==(const user_options&) const = default;
};

/// [access] and all users and roles: what a reread replaces whole.
struct access_options {
  std::string token_file; ///< empty: no tokens
  std::int64_t token_ttl = 8 * 3600;
  std::int64_t token_ttl_max = 90 * 86400;
  std::int64_t session_idle = 30 * 60;
  std::int64_t session_max = 12 * 3600;
  bool session_bound = true;       ///< a session counts from its address only
  std::vector<user_options> users; ///< in file order
  std::vector<role_options> roles; ///< in file order, without those built in
  /// `program:x` -> its labels; sections without any are absent.
  std::map<std::string, std::vector<std::string>, std::less<>> labels;
  bool operator==(const access_options&) const = default;
};

/// [audit] (7.1).
struct audit_options {
  std::string file; ///< absolute, or exactly "syslog"
  bool json = true; ///< or text
  std::int64_t maxbytes = 50 * 1024 * 1024;
  std::int64_t backups = 10;
  bool reads = false;    ///< what is only read is recorded, too
  bool required = false; ///< what cannot be recorded is refused
  bool chain = false;
  std::string key_file; ///< of the chain; empty: none
  bool events = false;  ///< each record is an event, too
  bool operator==(const audit_options&) const = default;
};

using access_options_ptr = std::shared_ptr<const access_options>;

/// viewer, operator and admin.
const std::vector<role_options>& built_in_roles();

/// How two sets of rules differ: `users +bob -carl ~anna, roles ~webops`; empty: they do not. Names only, no values.
std::string access_difference(const access_options& before, const access_options& after);

} // namespace troupe::config
