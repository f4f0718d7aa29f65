// See check_setters.hpp.
#include "config/check_setters.hpp"

#include "config/choices.hpp"
#include "config/command_words.hpp"
#include "config/line_expression.hpp"
#include "config/network.hpp"
#include "config/restart_setters.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

namespace troupe::config::setters {

namespace {

using S = std::string_view;
using kind = check_form::kind;

// -- what stands behind the colon of a form ------------------------------------------------------------

/// nullopt: it is in `form` now; empty: it is no such form; else why it is refused.
using refusal = std::optional<std::string>;

std::optional<int> number_from(int least, int most, S text) {
  int number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool plain = !text.empty() && text.front() >= '0' && text.front() <= '9' && end == text.data() + text.size();
  return plain && problem == std::errc{} && number >= least && number <= most ? std::optional(number) : std::nullopt;
}

std::optional<int> port_in(S text) { return number_from(1, 65535, text); }

bool is_visible(S text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c >= '\0' && c <= ' ') || c == '\x7f'; });
}

struct endpoint {
  S host;                ///< without brackets
  std::optional<S> port; ///< as written, if it is
};

/// HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT.
std::optional<endpoint> endpoint_in(S text) {
  bool in_brackets = text.starts_with('[');
  auto end = in_brackets ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == text.npos)
    return {};
  auto host = in_brackets ? text.substr(1, end - 1) : text.substr(0, end);
  auto rest = text.substr(in_brackets ? end + 1 : end);
  bool fine = in_brackets ? host.find(':') != host.npos && ip_address(host.substr(0, host.find('%')))
                          : !host.empty() && host.find_first_of("[]/?#@\\") == host.npos;
  if (!fine || !is_visible(host) || (!rest.empty() && rest.front() != ':'))
    return {};
  return endpoint{host, rest.empty() ? std::nullopt : std::optional(rest.substr(1))};
}

refusal take_nothing(S, check_form&) { return {}; }

refusal take_descriptor(S text, check_form& form) {
  constexpr int least = 3, most = 255;
  auto number = number_from(least, most, text);
  if (!number)
    return "";
  form.number = *number;
  return {};
}

refusal take_tcp(S text, check_form& form) {
  auto port = port_in(text);
  S host = "127.0.0.1";
  if (auto both = endpoint_in(text); !port && both && both->port) {
    host = both->host;
    port = port_in(*both->port);
  }
  if (!port)
    return "";
  form.host = host;
  form.number = *port;
  return {};
}

refusal take_path(S text, check_form& form) {
  if (text.empty())
    return "";
  form.text = text;
  return {};
}

/// //HOST[:PORT][/PATH], without a fragment: that is no business of the server.
refusal take_http(S text, check_form& form) {
  constexpr S slashes = "//";
  if (!text.starts_with(slashes))
    return "";
  text.remove_prefix(slashes.size());
  auto slash = std::min(text.find('/'), text.size());
  auto path = text.substr(slash);
  auto server = endpoint_in(text.substr(0, slash));
  constexpr S usual = "80";
  auto port = server ? port_in(server->port.value_or(usual)) : std::nullopt;
  if (!port || !is_visible(path) || path.find('#') != path.npos)
    return "";
  form.host = server->host;
  form.number = *port;
  form.text = path.empty() ? S("/") : path;
  return {};
}

refusal take_command(S text, check_form& form) {
  auto words = split_command(text);
  if (words.problem)
    return words.problem;
  if (words.argv.empty())
    return "command is empty";
  form.text = text;
  return {};
}

refusal take_expression(S text, check_form& form) {
  if (text.empty())
    return "";
  if (auto fault = fault_of_expression(text); !fault.empty())
    return fault;
  form.text = text;
  return {};
}

// -- the forms -----------------------------------------------------------------------------------------

struct form_row {
  S word; ///< up to the colon, if there is one
  kind what;
  bool of_ready, of_health;
  S shown; ///< in messages; a word alone is nothing else in the form; empty: an alias
  refusal (*take)(S text, check_form& form);
};

// clang-format off
constexpr form_row forms[] = {
  {"startsecs",       kind::none,        true,  false, "startsecs",        take_nothing},
  {"none",            kind::none,        false, true,  "",                 take_nothing}, // of a template's
  {"notify",          kind::notify,      true,  true,  "notify",           take_nothing},
  {"notify-watchdog", kind::notify,      false, true,  "",                 take_nothing},
  {"fd",              kind::fd,          true,  false, "fd:N",             take_descriptor},
  {"tcp",             kind::tcp,         true,  true,  "tcp:HOST:PORT",    take_tcp},
  {"unix",            kind::unix_socket, true,  true,  "unix:PATH",        take_path},
  {"http",            kind::http,        true,  true,  "http://HOST/PATH", take_http},
  {"exec",            kind::exec,        true,  true,  "exec:COMMAND",     take_command},
  {"logline",         kind::logline,     true,  false, "logline:REGEX",    take_expression},
};
// clang-format on

/// For everybody who sees the process: what stands behind may hold a password.
std::string shown_of(kind what, S text) {
  if (what == kind::http)
    return std::string(text.substr(0, text.find('?')));
  if (what != kind::exec)
    return std::string(text);
  auto begin = text.find(':') + 1;
  auto words = split_command(text.substr(begin)).argv;
  bool is_program = !words.empty() && words.front().find('=') == words.front().npos;
  return std::string(text.substr(0, begin)) + (is_program ? words.front() : "");
}

result<check_form> form_of(bool form_row::*where, S key, S text) {
  auto colon = std::min(text.find(':'), text.size());
  bool is_word = colon == text.size();
  auto word = lower(text.substr(0, colon));
  for (const auto& row : forms) {
    if (!(row.*where) || row.word != word || is_word != (row.take == take_nothing))
      continue;
    if (row.what == kind::none)
      return check_form{};
    check_form form;
    form.what = row.what;
    form.shown = is_word ? shared_text("notify") : shared_text(shown_of(row.what, text)); // the alias is no other form
    auto refused = row.take(is_word ? S() : text.substr(colon + 1), form);
    if (!refused)
      return form;
    if (!refused->empty())
      return invalid(key, text, *refused);
  }
  std::vector<S> allowed;
  for (const auto& row : forms)
    if (row.*where && !row.shown.empty())
      allowed.push_back(row.shown);
  return invalid(key, text, allowed_are(allowed));
}

} // namespace

result<check_form> ready_form(S key, S text) { return form_of(&form_row::of_ready, key, text); }

result<check_form> health_form(S key, S text) { return form_of(&form_row::of_health, key, text); }

// -- times and numbers ---------------------------------------------------------------------------------

result<std::chrono::milliseconds> probe_interval(S key, S text) {
  constexpr std::chrono::milliseconds least{100};
  auto time = milliseconds_of(key, text);
  if (time && *time < least)
    return invalid(key, text, "allowed is a time of 0.1 or more");
  return time;
}

result<std::chrono::milliseconds> probe_timeout(S key, S text) {
  auto time = milliseconds_of(key, text);
  if (time && time->count() == 0)
    return invalid(key, text, "allowed is a time above 0");
  return time;
}

result<std::int64_t> health_retries(S key, S text) {
  constexpr std::int64_t most = 1000;
  auto number = integer(text);
  if (number && (*number < 1 || *number > most))
    return invalid(key, text, "allowed is a number from 1 to " + std::to_string(most));
  return number;
}

result<void> set_health_action(const option_target& target, S text, const host&) {
  using action = health_options::action;
  constexpr std::pair<S, action> words[] = {
    {"restart", action::restart}, {"signal", action::signal}, {"event", action::event}, {"none", action::none}};
  auto colon = std::min(text.find(':'), text.size());
  auto word = lower(text.substr(0, colon));
  const auto* found = std::find_if(std::begin(words), std::end(words), [&](auto& w) { return w.first == word; });
  bool is_signal = found != std::end(words) && found->second == action::signal;
  auto signo = is_signal && colon < text.size() ? signal_number(text.substr(colon + 1)) : result<int>(0);
  if (found == std::end(words) || is_signal != (colon < text.size()) || !signo)
    return invalid(target.key, text, "allowed are restart, signal:NAME, event and none");
  auto& health = target.process->ask().health;
  health.then = found->second;
  health.signo = *signo;
  return {};
}

} // namespace troupe::config::setters
