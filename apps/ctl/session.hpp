// One daemon, one conversation: runs a line of the command language and keeps the exit status.
// Must not know single actions (actions.hpp) or sockets (world.hpp). Source: the supervisorctl specification,
// sections 2.2, 3.2, 5 and 7.
#pragma once

#include "apps/ctl/world.hpp"
#include "protocols/xmlrpc.hpp"

#include <string>
#include <string_view>

namespace troupe::ctl {

/// Exit statuses, named as those of LSB init scripts.
enum class exit_status {
  success = 0,
  generic = 1,
  invalid_arguments = 2,
  unimplemented = 3,
  insufficient_privileges = 4,
  not_installed = 5,
  not_running = 7,
  status_not_running = 3,
  status_unknown = 4,
  timed_out = 124, ///< `wait` only
};

/// What ends an action early; thrown by session::call and demand, shown by session::run.
struct trouble {
  enum class kind { other, refused, no_socket, unauthorized };
  kind why = kind::other;
  std::string type; ///< as in `failure`
  std::string text;
};
trouble to_trouble(const protocols::rpc_fault& fault);
std::string quoted_fault(const protocols::rpc_fault& fault); ///< <Fault 10: 'BAD_NAME: x'>

struct settings {
  server daemon;
  bool interactive = false; ///< questions may be asked
  bool shell = false;       ///< more than one line will be run
  bool json = false;
};

class session {
public:
  session(world& outside, settings chosen) : outside_(outside), settings_(std::move(chosen)) {}

  /// Runs one line; the exit status of it alone.
  int run(std::string_view line);
  /// `exit`, `quit` or `EOF` was run.
  bool ended() const { return ended_; }

  // -- for actions -----------------------------------------------------------------------------------

  void out(std::string_view line) { outside_.out(std::string(line) + "\n"); } ///< a line of output
  /// A line that tells of a failure: stdout, but stderr beside JSON.
  void complain(std::string_view line);
  void fail(exit_status with) { status_ = with; }
  exit_status status() const { return status_; }
  void end() { ended_ = true; }

  /// The daemon's answer. Throws trouble.
  protocols::rpc_response call(std::string_view method, const protocols::rpc_value::array& params = {});
  /// The same where every fault is trouble.
  protocols::rpc_value demand(std::string_view method, const protocols::rpc_value::array& params = {});
  /// True where the daemon is there and speaks our API; else it has been said and the status set.
  bool check_daemon();

  const settings& chosen() const { return settings_; }
  settings& chosen() { return settings_; }
  world& outside() { return outside_; }
  const std::string& url() const { return settings_.daemon.url; }

private:
  bool run_once(std::string_view line); ///< false: asked for a login, to be run again
  bool report(const trouble& why);      ///< the same
  bool log_in();

  world& outside_;
  settings settings_;
  exit_status status_ = exit_status::success;
  bool ended_ = false;
};

/// The line split by 2.2: `?x` is `help x`; no action where it does not start like one.
struct parsed_line {
  std::string action;
  std::string arguments;
};
parsed_line parse_line(std::string_view stripped);

} // namespace troupe::ctl
