// `passwd`: a password becomes a line for [user:x]. It is an affair of this terminal: no daemon is asked, and nothing
// is written. Source: docs/contract/access.md, 4.
#include "apps/ctl/actions.hpp"
#include "platform/password.hpp"

namespace troupe::ctl {

namespace {

/// What is wrong with a new password; empty: nothing.
std::string fault_of(const std::string& text) {
  if (text.empty())
    return "the password is empty";
  if (text.size() > platform::longest_password)
    return "a password has at most " + std::to_string(platform::longest_password) + " bytes";
  if (text.find('\0') != text.npos)
    return "a password cannot hold a NUL byte";
  return {};
}

/// As it is written in a configuration.
std::string with_doubled_percents(const std::string& text) {
  std::string out;
  for (char c : text)
    out.append(c == '%' ? 2 : 1, c);
  return out;
}

} // namespace

void do_passwd(session& s, const std::string& arguments) {
  if (!without_arguments(s, "passwd", arguments))
    return;
  auto refuse = [&](const std::string& why) {
    s.chosen().json ? s.wrong("Error: " + why) : s.outside().err("Error: " + why + "\n"); // stdout is what is kept
    s.fail(exit_status::generic);
  };
  auto line = s.outside().read_secret("Password: ");
  if (!line)
    return refuse("no password was given");
  if (auto why = fault_of(line->text); !why.empty())
    return refuse(why);
  if (line->typed) {
    auto again = s.outside().read_secret("Again: ");
    if (!again || again->text != line->text)
      return refuse("the two are not the same");
  }
  auto hash = platform::hashed_password(line->text);
  if (!hash)
    return refuse("libcrypt of this system makes no yescrypt hash");
  if (s.chosen().json)
    return s.document(protocols::rpc_value::structure{{"password", *hash}});
  s.out("password=" + with_doubled_percents(*hash));
}

} // namespace troupe::ctl
