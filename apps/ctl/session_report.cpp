// See session.hpp: how trouble is told, as lines and in the document of --json. Must not talk to the daemon, but for a
// login that it asks for.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/hints.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/session.hpp"

#include <string>
#include <string_view>

namespace troupe::ctl {

void session::tell_overdue() {
  auto seconds = std::to_string(settings_.seconds.value_or(0));
  seconds.erase(seconds.find_last_not_of('0') + 1);
  refuse("timeout", "ERROR: not done after " + seconds.substr(0, seconds.size() - (seconds.ends_with('.') ? 1 : 0)) +
                      " s; what has begun goes on in the daemon: supervisorctl status");
  fail(exit_status::timed_out);
}

namespace {

/// For programs, who would rather not read a text.
std::string_view kind_of(const trouble& why) {
  if (why.type == "xmlrpc.client.Fault")
    return "fault";
  if (why.type == "PermissionError")
    return "permission";
  if (why.type == "socket.gaierror" || why.type == "ValueError")
    return "address";
  return why.unreached ? "unreachable" : "protocol";
}

} // namespace

void session::finish_document(std::string_view action_name) {
  if (!settings_.json)
    return;
  const auto* found = find_action(action_name);
  using output_kind = action::json_output;
  auto output = found ? found->json : output_kind::none;
  if (action_name.empty() && !found && status_ == exit_status::success) // an empty line
    return;
  auto shape = output == output_kind::results ? answer_sheet::shape::results
               : output == output_kind::lines ? answer_sheet::shape::lines
                                              : answer_sheet::shape::document;
  if (auto left = sheet_.rest(shape, static_cast<int>(status_)))
    document(*left);
}

bool session::report(const trouble& why) {
  switch (why.why) {
  case trouble::kind::refused:
    refuse("refused", url() + " refused connection");
    hint_where();
    advise(hint_for_refusal(url()));
    return true;
  case trouble::kind::no_socket:
    refuse("no_socket", url() + " no such file");
    hint_where();
    advise(std::string(hint_for_no_socket));
    return true;
  case trouble::kind::unauthorized:
    refuse("unauthorized", "Server requires authentication");
    if (!settings_.interactive)
      advise(std::string(hint_for_login));
    return !settings_.interactive || !why.ask || !log_in();
  case trouble::kind::denied:
    refuse("denied", "ERROR: not permitted");
    fail(exit_status::insufficient_privileges);
    return true;
  case trouble::kind::other:
    refuse(kind_of(why), "error: <class '" + why.type + "'>, " + why.text);
    if (!why.advice.empty() && may_advise())
      advise(why.advice);
    else if (!why.hint.empty())
      hint(why.hint);
    else if (why.unreached)
      hint_where();
    return true;
  }
  return true;
}

bool session::log_in() {
  auto username = outside_.ask("Username:", true);
  if (!username)
    return false;
  auto password = outside_.ask("Password:", false);
  if (!password)
    return false;
  out("");
  settings_.daemon.username = *username;
  settings_.daemon.password = *password;
  settings_.daemon.token.reset();
  return true;
}

} // namespace troupe::ctl
