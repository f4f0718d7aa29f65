// What a daemon asks of the system once: privileges, limits, daemonising, the pid file, listening sockets, AUTO logs.
// Must not log or decide; each call gives the exact sentence of the specification to whoever does.
// Source: the configuration specification, sections 7.2 to 7.8; lifecycle 5.2.
#pragma once

#include "config/options.hpp"
#include "config/result.hpp"
#include "platform/unique_fd.hpp"

#include <string>
#include <vector>

namespace troupe::platform {

/// 7.2. INFO sentence on success ("Set uid to user N succeeded"), error sentence otherwise.
config::result<std::string> drop_privileges(std::int64_t uid);

/// 7.3, minfds and minprocs: the INFO sentences of the limits that were raised, in order.
config::result<std::vector<std::string>> raise_limits(std::int64_t min_fds, std::int64_t min_processes);

struct background {
  std::vector<config::notice> records; ///< to log: INFO "set current directory: ..." or CRIT "can't chdir ..."
  unique_fd parent;                    ///< until ready()
  void ready();                        ///< lets the parent end
};
/// 7.7: forks; the parent waits until the daemon is ready and exits 0 (stdio flushed, no destructors), or says
/// `Error: ` and `failure` and how the daemon ended, and exits 2. In the child: setsid, stdio to /dev/null, chdir and
/// umask.
background daemonize(const std::optional<std::string>& directory, int umask, const std::string& failure);

/// 7.8. False: could not write it.
bool write_pidfile(const std::string& path);

/// 7.5: removes old AUTO logs; returns the WARN sentences.
std::vector<std::string> remove_auto_logs(const std::string& directory, const std::string& identifier);
/// `DIR/NAME-CHANNEL---IDENTIFIER-XXXXXXXX.log`, mode 0600, created now. Error: what failed, path and system text.
config::result<std::string> create_auto_log(const std::string& directory, const std::string& process,
                                            const std::string& channel, const std::string& identifier);

/// A bound and listening server socket (7.6); the destructor removes the unix socket file it created, if that is still
/// this one. Beyond 7.6: the host may be an IPv6 address in brackets, `[::1]` (C302 is not followed).
class listening_socket {
public:
  static config::result<listening_socket> open(const config::server_options& options);
  listening_socket(listening_socket&& other) noexcept;
  listening_socket& operator=(listening_socket&& other) noexcept;
  ~listening_socket();
  int fd() const { return fd_.get(); }
  unique_fd release() { return std::move(fd_); } ///< the file stays this object's to remove
  const config::server_options& options() const { return options_; }

private:
  listening_socket(config::server_options options, unique_fd fd, std::uint64_t inode);
  config::server_options options_;
  unique_fd fd_;
  std::uint64_t inode_ = 0; ///< of the socket file; 0: none, or moved from
};

/// Creates the socket of an fcgi program (lifecycle 8). The error is `Could not create FastCGI socket URL: REASON`.
config::result<unique_fd> open_fcgi_socket(const config::fcgi_socket& socket);

/// Sends one message `text` to the system log (facility user, severity info).
void log_syslog(const std::string& ident, const std::string& text);

} // namespace troupe::platform
