// From files to a configuration: finds the main file, reads includes, and turns every section into options.
// Reads the machine only through `host`, so that tests can make one up. Must not start or open anything.
// Source: docs/contract/configuration.md, sections 2 to 5.
#pragma once

#include "config/certificate.hpp"
#include "config/datatypes.hpp"
#include "config/options.hpp"
#include "config/result.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace troupe::config {

/// What the command line says over the file's [supervisord]; unset: the file decides.
struct overrides {
  std::optional<std::int64_t> minfds;
  std::optional<std::int64_t> minprocs;
  std::optional<std::string> directory;
  std::optional<std::string> user;
  std::optional<int> umask;
  std::optional<std::string> logfile;
  std::optional<std::int64_t> logfile_maxbytes;
  std::optional<std::int64_t> logfile_backups;
  std::optional<log_level> loglevel;
  std::optional<std::string> pidfile;
  std::optional<std::string> identifier;
  std::optional<std::string> childlogdir;
  bool nodaemon = false;
  bool silent = false;
  bool nocleanup = false;
  bool strip_ansi = false;
};

/// What a start asks beyond what a reread does.
struct caution {
  bool looks = false;  ///< for weaknesses: those that matter to everybody, and with access control all
  bool strict = false; ///< each of them, and whatever nobody knows, is an error
  /// Whether a role's pattern stands for anything there is.
  std::function<bool(const std::string& pattern, const configuration& of)> fits;
  /// Of a server. Nothing: it cannot be read, which somebody else says.
  std::function<std::optional<certificate_facts>(const tls_options& of)> certificate = {};
  std::int64_t now = 0; ///< seconds since 1970, for certificates
};

struct load_request {
  std::string file; ///< the main file, as named by the user or found by the search
  overrides command_line;
  caution start = {};
  scale_book scales = {};
};

/// The main file where no -c was given (2.1); the error names the paths that were searched.
result<std::string> find_configuration(const host& on);

result<configuration> load(const host& on, const load_request& request);

/// What a check asks of the machine beyond what a start does: tells of each program, once it is read, what will keep it
/// from starting. Without a place: it is the command's.
struct program_verdict {
  std::string fault;   ///< it can never start; empty: none
  std::string warning; ///< it could not start now
};
using program_check = std::function<program_verdict(const process_options&)>;
/// The same of a server's certificate and key.
using tls_check = std::function<result<void>(const server_options&)>;

struct findings {
  std::vector<error> faults;   ///< every one that can be found, not only the first; empty: the configuration is valid
  std::vector<notice> notices; ///< as of a configuration, faults or not
  std::vector<weakness> weaknesses; ///< where the request is strict, and there is no other fault
};
findings check(const host& on, const load_request& request, const program_check& of_programs = {},
               const tls_check& of_tls = {});

/// [supervisorctl] (4.4).
struct ctl_options {
  std::string serverurl = "http://localhost:9001";
  std::optional<std::string> username;
  std::optional<std::string> password;
  std::optional<std::string> password_file;
  std::optional<std::string> token_file;
  std::string tls_cacert; ///< absolute; empty: none
  std::string tls_cert;
  std::string tls_key;
  std::string prompt = "supervisor";
  std::optional<std::string> history_file;
};

/// What the client reads of a configuration file: of a daemon's thousand programs nothing.
struct ctl_file {
  ctl_options options;
  bool names_serverurl = false;           ///< or it is the default
  std::optional<std::string> daemon_user; ///< `user` of [supervisord], as it stands there
  std::optional<std::string> updatemode;  ///< likewise
  struct plugin {
    std::string section; ///< ctlplugin:x
    bool has_factory = false;
  };
  std::vector<plugin> plugins;
};
result<ctl_file> load_ctl(const host& on, const std::string& file);

} // namespace troupe::config
