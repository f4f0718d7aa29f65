// The datatypes of option values: text in, value or the exact error sentence out.
// Must not know option names, sections or expansion. Source: docs/contract/configuration.md, section 5.
#pragma once

#include "config/options.hpp"
#include "config/result.hpp"

#include <functional>
#include <string_view>

namespace troupe::config {

/// What libcrypt says of a setting, `$id$…`.
enum class crypt_form {
  ok,
  unknown, ///< to the libcrypt of this system
  legacy,  ///< known, but too weak for a new password
};

/// Whose a file or folder is, and who may do what with it.
struct path_facts {
  std::int64_t uid = 0;
  std::int64_t gid = 0;
  unsigned mode = 0; ///< st_mode
};

/// What a configuration asks of the machine it is read on; tests hand in a made-up one.
struct host {
  struct user {
    std::int64_t uid = 0;
    std::int64_t gid = 0; ///< primary
    std::string name;
    std::string home;
  };
  environment env;                 ///< of the daemon at its start
  std::string node_name;           ///< uname -n
  std::string directory;           ///< the current directory, absolute
  std::string executable;          ///< real path of the running program; for the search of 2.1
  std::int64_t uid = 0;            ///< of the daemon
  std::string temporary_directory; ///< default of childlogdir
  std::function<std::optional<user>(std::string_view name)> user_by_name;
  std::function<std::optional<user>(std::int64_t uid)> user_by_id;
  std::function<std::optional<std::int64_t>(std::string_view name)> group_by_name; ///< gid
  std::function<bool(std::int64_t gid)> group_exists;
  std::function<bool(const std::string& path)> exists; ///< relative paths: against `directory`
  std::function<bool(const std::string& path)> is_directory;
  std::function<bool(const std::string& path)> is_file; ///< a regular one, or /dev/null: to read it never blocks
  std::function<std::optional<std::string>(const std::string& path)> read_file; ///< nullopt: cannot be read, or no file
  std::function<std::vector<std::string>(const std::string& pattern)> glob;     ///< sorted by code point
  // for access control
  std::function<std::string(const std::string& path)> why_unreadable; ///< the system's sentence
  std::function<crypt_form(const std::string& setting)> form_of_hash;
  std::function<std::optional<std::string>(std::int64_t gid)> group_name;
  std::function<std::optional<path_facts>(const std::string& path)> facts_of;   ///< of a link: of itself
  std::function<std::optional<std::string>(const std::string& path)> real_path; ///< without links; nullopt: not there

  /// The machine this program runs on.
  static host real();
  /// The same, for a daemon that was started in `start` and goes on elsewhere.
  static host real(const std::string& start);
};

// -- each: text without expansions left in it; section 5.1 gives accepted forms and error texts ------

result<std::int64_t> integer(std::string_view text); ///< saturates at 64 bit
result<bool> boolean(std::string_view text);
result<std::string> name(std::string_view text); ///< of programs, groups, processes; stripped
result<std::int64_t> byte_size(std::string_view text);
result<int> octal(std::string_view text);
result<std::string> existing_directory(std::string_view text, const host& on);
result<std::string> existing_dirpath(std::string_view text, const host& on);
/// `syslog` comes back as kind::file with path "syslog"; the caller warns and converts (4.6).
result<log_target> log_file(std::string_view text, const host& on);
result<autorestart> restart_policy(std::string_view text);
result<std::vector<int>> exit_codes(std::string_view text);
result<log_level> level(std::string_view text);
result<int> signal_number(std::string_view text); ///< 5.2
result<std::int64_t> user_id(std::string_view text, const host& on);

/// user[:group]; errors have no text of their own: the option words them.
std::optional<ownership> user_and_group(std::string_view text, const host& on);

struct inet_address {
  std::string host; ///< empty: all interfaces
  int port = 0;
};
result<inet_address> port(std::string_view text); ///< 5.3
/// 5.4: kind, path or host and port; the caller sets owner, mode and backlog. `section`: for messages.
result<fcgi_socket> fcgi_address(std::string_view text, std::string_view section);
std::vector<std::string> comma_list(std::string_view text);
std::vector<std::string> blank_list(std::string_view text); ///< words between Unicode white space
/// 5.6, after expansion. Errors say where in `text` the fault is and repeat nothing of it.
result<environment> key_values(std::string_view text);

/// `~` and `~user` at the start replaced by the home directory.
std::string expand_user(std::string_view path, const host& on);
/// Absolute (against on.directory), with `.`, `..` and double slashes removed; symlinks stay.
std::string absolute(std::string_view path, const host& on);

/// The character, counted from 1, that begins at (or is cut by) this byte of UTF-8 text.
std::size_t character_at(std::string_view text, std::size_t byte);

std::string strip(std::string_view text);         ///< Unicode white space off both ends
std::string_view stripped(std::string_view text); ///< likewise, without a copy

} // namespace troupe::config
