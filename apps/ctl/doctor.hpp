// What `doctor` makes of what it has seen: each finding a function of facts. Must not look at anything
// (doctor_facts.cpp does), nor print. Source: docs/supervisorctl.md, "Doctor".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::ctl {

/// How the daemon's address was found.
enum class url_state {
  good,
  missing,      ///< no such socket
  refused,      ///< nobody listens
  closed,       ///< not for this user
  unauthorized, ///< who one is was not believed
  stranger,     ///< something else answers
  other_api,
  unusable ///< no URL, an unknown host, ...
};

struct doctor_facts {
  // configuration
  std::string file; ///< that is used; empty: none
  std::vector<std::string> other_files;
  std::vector<std::string> faults; ///< `FILE:LINE: sentence`
  std::vector<std::string> warnings;
  bool is_known = false; ///< it could be loaded: what follows from it has been looked at
  // the daemon
  std::string pidfile;
  std::int64_t pid = 0; ///< that stands in it; 0: none
  bool is_alive = false;
  std::string pid_name;       ///< of the process with that pid
  std::int64_t pid_user = -1; ///< -1: unknown
  std::string running_since;  ///< empty: unknown
  // how it is reached
  std::string url;
  url_state reached = url_state::good;
  std::string reached_detail; ///< of `closed`: owner, mode, who you are; of others what came
  std::string version, own_version;
  // who else may write
  struct writable {
    std::string what; ///< `the configuration`, `the command of web`
    std::string path;
    std::string who;
  };
  std::vector<writable> writables;
  struct door {
    std::string where;
    bool asks = false; ///< for a password, a certificate, ...
    bool loopback = false;
  };
  std::vector<door> doors;
  // logs
  struct folder {
    std::string path;
    bool exists = false;
    bool can_write = false;
    int used = 0; ///< per cent of its disk
  };
  std::vector<folder> folders;
  // programs
  struct twin {
    std::string program;
    std::int64_t pid = 0;
  };
  std::vector<twin> twins; ///< run the same command, and are not of the daemon
  std::int64_t minfds = 0;
  std::int64_t most_fds = 0; ///< 0: unknown
  std::string slowest;       ///< the program that may take longest to stop
  std::int64_t slowest_seconds = 0;
  std::string manager; ///< who stops the daemon; empty: nobody
  std::int64_t manager_seconds = 0;
  std::optional<std::string> pending; ///< what an update would do; empty: nothing
  std::vector<std::string> unseen;    ///< what could not be looked at, and why
};

struct finding {
  enum class level { ok, warn, fail } is = level::ok;
  std::string about; ///< one word
  std::string text;
  std::string next; ///< the command that helps
};
std::vector<finding> findings_of(const doctor_facts& seen);
/// 0 ok, 1 warn, 2 fail.
int status_of(const std::vector<finding>& found);
std::string line_of(const finding& f);

} // namespace troupe::ctl
