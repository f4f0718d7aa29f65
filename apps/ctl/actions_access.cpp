// whoami and can: who one is to the daemon, and what one may do. Must not decide anything: the daemon does.
// Source: docs/contract/access.md, 4. What the daemon is taken to answer:
//   access.whoami() -> {user, how, from, server: strings, roles: array, rights: {RIGHT: array of names, or "all"}}
//   access.can(right, name) -> boolean; fault 10 for a name one does not see
//   access.explain(user, right, name) -> the same for another user; fault 403 for whoever is not admin, and fault 10
//   with
//     the user's name where there is no such user
// `name` is `group:process`, and empty for a right over the daemon. Groups and `all` are parted here: a line for each
// process one sees. A daemon without access control has none of these: fault 1.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/processes.hpp"
#include "config/access_rights.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace troupe::ctl {

namespace {

using protocols::rpc_fault;
using protocols::rpc_response;
using protocols::rpc_value;
using words = std::vector<std::string>;

bool has_no_such_method(const rpc_response& response) {
  auto fault = std::get_if<rpc_fault>(&response);
  return fault && fault->code == fault_code::unknown_method;
}

std::string text_of(const rpc_value& who, std::string_view key) {
  auto value = who.member(key);
  return value && value->string() ? *value->string() : std::string();
}

/// `a, b`; a text as it is.
std::string listed(const rpc_value* value) {
  if (value && value->string())
    return *value->string();
  std::string text;
  if (value && value->items())
    for (const auto& item : *value->items())
      if (item.string())
        (text += text.empty() ? "" : ", ") += *item.string();
  return text;
}

void tell_who(session& s, const rpc_value& who) {
  s.out(text_of(who, "user") + " (" + text_of(who, "how") + ") from " + text_of(who, "from"));
  auto roles = listed(who.member("roles"));
  s.out("roles: " + (roles.empty() ? "none" : roles));
  auto rights = who.member("rights");
  if (!rights || !rights->members())
    return;
  constexpr std::size_t width_of_right = 9;
  for (const auto& [right, over] : *rights->members())
    if (auto names = listed(&over); !names.empty())
      s.out(padded(right, width_of_right) + " " + names);
}

} // namespace

void do_whoami(session& s, const std::string& arguments) {
  if (!without_arguments(s, "whoami", arguments))
    return;
  bool as_json = s.chosen().json;
  auto response = s.call("access.whoami");
  if (has_no_such_method(response)) { // nobody is anybody then
    if (!as_json)
      return s.out(access_is_off);
    s.outside().err(std::string(access_is_off) + "\n");
    return s.document(rpc_value());
  }
  if (auto fault = std::get_if<rpc_fault>(&response))
    throw to_trouble(*fault);
  const auto& who = std::get<rpc_value>(response);
  if (as_json)
    s.document(who);
  else
    tell_who(s, who);
}

// -- can -----------------------------------------------------------------------------------------------

namespace {

struct question {
  std::optional<std::string> user; ///< whose rights; nothing: one's own
  std::string right;
  words names; ///< none: a right over the daemon
};

/// Whether it is held over programs; nothing: there is no such right. Which methods an extension has, the daemon knows.
std::optional<bool> is_over_programs(std::string_view right) {
  if (right.starts_with("signal:") && right.size() > std::string_view("signal:").size())
    return true;
  if (right.find('.') != right.npos)
    return false;
  auto known = config::right_named(right);
  return known ? std::optional(config::row_of(*known).over == config::right_scope::program) : std::nullopt;
}

/// The error is for usage_error.
config::result<question> parse_question(words given) {
  question asked;
  constexpr std::string_view as = "--as";
  if (!given.empty() && (given[0] == as || given[0].starts_with("--as="))) {
    bool apart = given[0] == as;
    if (apart && given.size() < 2)
      return config::fault("--as requires an argument");
    asked.user = apart ? given[1] : given[0].substr(as.size() + 1);
    given.erase(given.begin(), given.begin() + (apart ? 2 : 1));
  }
  if (given.empty())
    return config::fault("can requires a right");
  asked.right = given.front();
  asked.names.assign(given.begin() + 1, given.end());
  auto over_programs = is_over_programs(asked.right);
  if (!over_programs)
    return config::fault("no such right '" + asked.right + "'");
  if (*over_programs && asked.names.empty())
    return config::fault("can " + asked.right + " requires a process name");
  if (!*over_programs && !asked.names.empty())
    return config::fault(asked.right + " is a right over the daemon, it takes no process name");
  return asked;
}

/// The names the words of a command mean, each of one process; what means nothing is told. A name that is written out
/// is the daemon's to know.
words processes_meant(session& s, const words& given) {
  auto is_one = [](const std::string& word) { return !is_pattern(word) && split_name(word).process; };
  bool all = has_all(given);
  if (!all && std::all_of(given.begin(), given.end(), is_one))
    return given;
  auto rows = all_processes(s);
  words meant;
  for (const auto& word : all ? words{"all"} : given) {
    if (!all && is_one(word)) {
      meant.push_back(word);
      continue;
    }
    auto [found, unknown] = select(rows, {word});
    for (auto row : found)
      meant.push_back(row->group + ":" + row->name);
    for (const auto& line : unknown)
      s.wrong(line), s.fail(exit_status::generic);
  }
  return meant;
}

/// Whether the answer is that there is no such user, not that there is no such process.
bool misses_user(const rpc_response& response, const question& asked) {
  auto fault = std::get_if<rpc_fault>(&response);
  return asked.user && fault && fault->code == fault_code::bad_name && fault->text == "BAD_NAME: " + *asked.user;
}

/// Without access control everybody may do everything.
void tell_off(session& s, const question& asked) {
  s.result(rpc_value::structure{{"name", asked.right}, {"may", true}});
  s.out(access_is_off);
}

void tell_answer(session& s, const std::string& shown, const rpc_response& response, bool of_daemon) {
  rpc_value::structure row;
  if (of_daemon)
    row.emplace_back("name", shown);
  else
    append_names(row, shown);
  if (auto fault = std::get_if<rpc_fault>(&response)) {
    if (fault->code != fault_code::bad_name)
      throw to_trouble(*fault);
    s.wrong(shown + ": ERROR (no such process)");
    s.fail(exit_status::generic);
    return suggest(s, shown);
  }
  auto yes = std::get<rpc_value>(response).boolean();
  bool may = yes && *yes;
  row.emplace_back("may", may);
  s.result(std::move(row));
  s.out(shown + (may ? ": yes" : ": no"));
  if (!may)
    s.fail(exit_status::insufficient_privileges);
}

} // namespace

void do_can(session& s, const std::string& arguments) {
  auto given = split_words(arguments);
  takes_json(s, given);
  auto asked = parse_question(std::move(given));
  if (!asked)
    return usage_error(s, "can", asked.error().what, exit_status::invalid_arguments);
  bool of_daemon = asked->names.empty();
  auto names = of_daemon ? words{""} : processes_meant(s, asked->names);
  std::vector<rpc_value::array> all;
  for (const auto& name : names) {
    rpc_value::array parameters = {asked->right, name};
    if (asked->user)
      parameters.insert(parameters.begin(), *asked->user);
    all.push_back(std::move(parameters));
  }
  bool over = false; // nothing is left to be said
  s.call_each(asked->user ? "access.explain" : "access.can", all, [&](std::size_t which, const rpc_response& response) {
    if (over)
      return;
    over = has_no_such_method(response) || misses_user(response, *asked);
    if (has_no_such_method(response))
      return tell_off(s, *asked);
    if (over)
      return s.wrong("ERROR: no such user: " + *asked->user), s.fail(exit_status::generic);
    auto name = split_name(names[which]);
    tell_answer(s, of_daemon ? asked->right : shown_name(name.group, name.process.value_or("*")), response, of_daemon);
  });
}

} // namespace troupe::ctl
