// One daemon, one conversation: runs a line of the command language and keeps the exit status.
// Must not know single actions (actions.hpp) or sockets (context.hpp). Source: docs/contract/supervisorctl.md,
// sections 2.2, 3.2, 5 and 7.
#pragma once

#include "apps/ctl/answer_sheet.hpp"
#include "apps/ctl/color.hpp"
#include "apps/ctl/context.hpp"
#include "protocols/xmlrpc.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

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
  timed_out = 124, ///< `wait`, and whatever lasts longer than --timeout
};

/// What ends an action early; thrown by session::call and demand, shown by session::run.
struct trouble {
  enum class kind { other, refused, no_socket, unauthorized, denied };
  kind why = kind::other;
  std::string type; ///< as in `failure`
  std::string text;
  std::string hint = {};
  std::string advice = {}; ///< as in `failure`
  bool unreached = false;  ///< no connection came about
  bool ask = true;         ///< a login may help
};
trouble to_trouble(const protocols::rpc_fault& fault);
std::string quoted_fault(const protocols::rpc_fault& fault); ///< <Fault 10: 'BAD_NAME: x'>

struct settings {
  server daemon;
  bool interactive = false; ///< questions may be asked
  bool shell = false;       ///< more than one line will be run
  bool json = false;
  bool updates_processes = false; ///< update compares process by process
  color_choice color = color_choice::automatic;
  bool quiet = false;                  ///< nothing on stdout where all goes well
  bool errors_to_stderr = false;       ///< lines that tell of failures; with `quiet`, too
  std::optional<double> seconds;       ///< for each line that is run
  std::string configuration;           ///< the file that was read; empty: none
  std::vector<std::string> words = {}; ///< of the command line, blanks and all; none in the shell
  std::string source;                  ///< where the URL comes from, as in `the server URL is ...`; empty: unknown
};

class session {
public:
  session(context& outside, settings chosen) : outside_(outside), settings_(std::move(chosen)) {}

  /// Runs one line; the exit status of it alone.
  int run(std::string_view line);
  /// `exit`, `quit` or `EOF` was run.
  bool ended() const { return ended_; }

  // -- for actions -----------------------------------------------------------------------------------

  // Under --json only `document` and `print_json` reach stdout.
  void out(std::string_view line); ///< a line of output, fit for a terminal
  /// Bytes of a log and a line feed, as they are.
  void out_log(std::string_view bytes) { print(std::string(bytes) + "\n"); }
  /// Text of whole lines that is fit for where it goes.
  void print(std::string_view text);
  void document(const protocols::rpc_value& value); ///< all that the action has to say
  void print_json(std::string_view lines);          ///< some of it
  /// What became of one process: its line, or its place in the document.
  void result(const step_result& result);
  /// The same in a shape of its own, where there is a document.
  void result(protocols::rpc_value value) { sheet_.add(std::move(value)); }
  /// A line that tells of a failure: stdout, or stderr where that is asked for.
  void wrong(std::string_view line);
  /// The same, but for whoever calls the action wrongly.
  void wrong_use(std::string_view line, std::string_view help);
  /// The same, on stderr in any case.
  void tell_apart(std::string_view line);
  void complain(std::string_view line) { wrong(line); } ///< one that stands for all of the action
  /// What may help, on stderr: scripts read stdout. Once per line that is run.
  void hint(const std::string& text);
  /// The same for somebody at a terminal only.
  void advise(const std::string& text);
  /// Then it is worth looking for something to say.
  bool may_advise() { return outside_.terminal().err || settings_.json; }
  bool has_color() { return ctl::has_color(settings_.color, outside_.terminal()); }
  void hint_where(); ///< which daemon was meant, and by whom
  void fail(exit_status with) { status_ = with; }
  exit_status status() const { return status_; }
  void end() { ended_ = true; }

  /// The daemon's answer. Throws trouble.
  protocols::rpc_response call(std::string_view method, const protocols::rpc_value::array& params = {});
  /// The same method for several parameters at once; the answers are told in order.
  void call_each(std::string_view method, const std::vector<protocols::rpc_value::array>& params,
                 const std::function<void(std::size_t which, const protocols::rpc_response&)>& tell);
  /// The same where every fault is trouble.
  protocols::rpc_value demand(std::string_view method, const protocols::rpc_value::array& params = {});
  /// The same for a result that is an array, whose items are told as they arrive; how many there were at last.
  std::size_t demand_items(std::string_view method, const protocols::rpc_item_reader::on_item& tell);
  /// True where the daemon is there and speaks our API; else it has been said and the status set.
  bool check_daemon();
  bool may_roll() const { return may_roll_; } ///< as that daemon has said

  const settings& chosen() const { return settings_; }
  settings& chosen() { return settings_; }
  context& outside() { return outside_; }
  std::string url() const; ///< as messages show it

private:
  bool run_once(std::string_view line); ///< false: asked for a login, to be run again
  bool report(const trouble& why);      ///< the same
  bool log_in();
  void tell_overdue();
  void tell_wrong(std::string_view line);
  void refuse(std::string_view kind, std::string_view line); ///< a line, and the kind of the error in a document
  void finish_document(std::string_view action_name);

  context& outside_;
  settings settings_;
  exit_status status_ = exit_status::success;
  answer_sheet sheet_;
  std::vector<std::string> hinted_;
  bool ended_ = false;
  bool may_roll_ = false;
};

/// The line split by 2.2: `?x` is `help x`; no action where it does not start like one.
struct parsed_line {
  std::string action;
  std::string arguments;
};
parsed_line parse_line(std::string_view stripped);

} // namespace troupe::ctl
