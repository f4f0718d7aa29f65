// What a daemon asks of the system once: privileges, limits, daemonising, the pid file, listening sockets, AUTO logs.
// Must not log or decide; each call gives the exact sentence of the specification to whoever does.
// Source: docs/contract/configuration.md, sections 7.2 to 7.8; lifecycle 5.2.
#pragma once

#include "config/options.hpp"
#include "config/result.hpp"
#include "platform/safe_path.hpp"
#include "platform/unique_fd.hpp"

#include <string>
#include <vector>

namespace troupe::platform {

/// 7.2. INFO sentence on success ("Set uid to user N succeeded"), error sentence otherwise.
config::result<std::string> drop_privileges(std::int64_t uid);

/// 7.3, minfds and minprocs: the INFO sentences of the limits that were raised, in order.
config::result<std::vector<std::string>> raise_limits(std::int64_t min_fds, std::int64_t min_processes);

/// What others know the daemon by: this process, or, where it is the worker of a keeper, the keeper.
pid_t daemon_pid();
void set_daemon_pid(pid_t keeper);

struct background {
  std::vector<config::notice> records; ///< to log: INFO "set current directory: ..." or CRIT "can't chdir ..."
  unique_fd parent;                    ///< until ready()
  void ready();                        ///< lets the parent end
};
/// 7.7: forks; the parent waits until the daemon is ready and exits 0 (stdio flushed, no destructors), or says
/// `Error: ` and `failure` and how the daemon ended, and exits 2. In the child: setsid, stdio to /dev/null, chdir and
/// umask.
background daemonize(const std::optional<std::string>& directory, int umask, const std::string& failure);

/// The pid file (7.8): written beside its place and renamed, mode 0644 less the umask; over a device or a FIFO it is
/// written as it is. A link is followed by the rule of safe_path.hpp.
class pid_file {
public:
  static config::result<pid_file> write(const std::string& path); ///< the error is the reason alone
  void remove() const; ///< if what has the name is still what was written, and a file
  /// The one that the daemon before this one has written: `written` as written() there.
  static pid_file of_before(const std::string& path, const struct stat& written);
  const struct stat& written() const { return written_; }

private:
  int write_beside(std::string& refusal);
  int write_over(std::string& refusal);
  place at_;
  struct stat written_ {};
};

/// 7.5: removes old AUTO logs; returns the WARN sentences.
std::vector<std::string> remove_auto_logs(const std::string& directory, const std::string& identifier);
bool is_auto_log(const std::string& path); ///< a file that can go on as one
/// `DIR/NAME-CHANNEL---IDENTIFIER-XXXXXXXX.log`, mode 0600, created now. Error: what failed, path and system text.
config::result<std::string> create_auto_log(const std::string& directory, const std::string& process,
                                            const std::string& channel, const std::string& identifier);

/// A bound and listening server socket (7.6); the destructor removes the unix socket file it created, if that is still
/// this one. Beyond 7.6: the host may be an IPv6 address in brackets, `[::1]` (C302 is not followed).
class listening_socket {
public:
  /// `refused`: on an error, errno if it was a call of the system that failed, else 0.
  static config::result<listening_socket> open(const config::server_options& options, int* refused = nullptr);
  /// That of the daemon before this one; `file`: the socket file, by device and inode, if it has one.
  static listening_socket of_before(const config::server_options& options, unique_fd fd, unique_fd folder,
                                    const struct stat& file);
  int folder() const { return folder_.get(); } ///< of the socket file; -1: none
  const struct stat& file() const { return file_; }
  listening_socket(listening_socket&& other) noexcept = default;
  listening_socket& operator=(listening_socket&& other) = delete;
  ~listening_socket();
  int fd() const { return fd_.get(); }
  /// Another descriptor of it, for whoever accepts; errno where there is none.
  unique_fd duplicate() const;
  void stop_listening() { fd_.reset(); } ///< as far as this object is concerned; the file stays its own to remove
  /// Whether `next` asks for what this is already, in a daemon that starts anew: clients may wait in its queue
  /// meanwhile.
  bool serves(const config::server_options& next) const;
  void take_over(config::server_options next) { options_ = std::move(next); }
  void remove_file() const noexcept; ///< also from a signal handler
  const config::server_options& options() const { return options_; }

private:
  listening_socket(config::server_options options, unique_fd fd, unique_fd folder, const struct stat& file);
  config::server_options options_;
  unique_fd fd_;
  unique_fd folder_;    ///< of the socket file; empty: none, or moved from
  struct stat file_ {}; ///< the socket file
};

/// Creates the socket of an fcgi program (lifecycle 8). What is no socket, and the socket of another daemon that lives,
/// stays where it is. The error is `Could not create FastCGI socket URL: REASON`.
config::result<unique_fd> open_fcgi_socket(const config::fcgi_socket& socket);

enum class syslog_facility { user = 1, authpriv = 10 };
/// Sends one message `text` to the system log (severity info). False: it did not take it.
bool log_syslog(const std::string& ident, const std::string& text, syslog_facility from = syslog_facility::user);

} // namespace troupe::platform
