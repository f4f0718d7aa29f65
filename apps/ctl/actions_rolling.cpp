// hup and rollout, and what restart does with --rolling. Must not decide who is restarted when. Source:
// docs/contract/programs.md, 7. What the daemon is taken to answer:
//   troupe.hupProcess(name, wait), as signalProcess
//   troupe.restartRolling(names, flags) -> id, 0: nothing of it is restarted like that; troupe.abortRollout(id)
//   troupe.getRollout(id, since) -> {id, names, state, steps: array of {name, what, status, text}, next, not_restarted,
//   complaint, under_way}; id 0: the last one; `since` steps are known: it waits for more, for some seconds
#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/process_verbs.hpp"
#include "apps/ctl/processes.hpp"
#include "apps/ctl/rolling.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::ctl {

using protocols::rpc_fault;
using protocols::rpc_response;
using protocols::rpc_value;
using words = std::vector<std::string>;

namespace {

constexpr std::string_view of_failures = "FAILED: ";

/// True: that is all there is to say of this daemon.
std::string without_prefix(const std::string& text) {
  return text.starts_with(of_failures) ? text.substr(of_failures.size()) : text;
}

std::string text_in(const rpc_value& of, std::string_view member) {
  const auto* found = of.member(member);
  return found && found->string() ? *found->string() : std::string();
}

std::int64_t number_in(const rpc_value& of, std::string_view member) {
  const auto* found = of.member(member);
  return found && found->integer() ? *found->integer() : 0;
}

const rpc_value::array& array_in(const rpc_value& of, std::string_view member) {
  static const rpc_value::array none;
  const auto* found = of.member(member);
  return found && found->items() ? *found->items() : none;
}

/// Nothing: it has been told, or is no number.
std::optional<std::int64_t> to_id(std::string_view word) {
  std::int64_t id = 0;
  auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), id);
  bool whole = problem == std::errc() && end == word.data() + word.size();
  return whole && id > 0 ? std::optional(id) : std::nullopt;
}

// -- a rolling restart ---------------------------------------------------------------------------

void complain_of(session& s, const std::string& what) {
  s.complain("ERROR: " + what);
  s.fail(exit_status::generic);
}

/// A refusal of the daemon's. True: there was one.
bool is_refused(session& s, const rpc_response& response) {
  const auto* fault = std::get_if<rpc_fault>(&response);
  if (!fault)
    return false;
  if (is_another_daemon(s, response))
    return true;
  if (fault->code == fault_code::shutdown_state) {
    complain_of(s, "supervisor shutting down");
    return true;
  }
  if (fault->code != fault_code::failed)
    throw to_trouble(*fault);
  complain_of(s, without_prefix(fault->text));
  return true;
}

void tell_steps(session& s, const rpc_value& rollout) {
  for (const auto& step : array_in(rollout, "steps")) {
    const auto& v = text_in(step, "what") == "stopped" ? stop_verb() : start_verb();
    tell(s, v, text_in(step, "name"), number_in(step, "status"), without_prefix(text_in(step, "text")));
  }
}

void tell_end(session& s, const rpc_value& rollout) {
  auto text = text_in(rollout, "complaint");
  if (text.empty())
    return;
  const auto& left = array_in(rollout, "not_restarted");
  for (std::size_t i = 0; i < left.size(); ++i)
    text += (i == 0 ? ", not restarted: " : " ") + (left[i].string() ? *left[i].string() : std::string());
  complain_of(s, text);
}

/// Another binary has taken over while we were waiting.
bool is_passed_on(const rpc_response& response) {
  const auto* fault = std::get_if<rpc_fault>(&response);
  return fault && fault->code == fault_code::failed && fault->text.ends_with("; the request goes on");
}

/// All of it, where only its last steps have been told.
rpc_value first_page(session& s, std::int64_t id, const rpc_value& rollout) {
  auto response = array_in(rollout, "names").empty() ? s.call("troupe.getRollout", {id}) : rpc_response(rollout);
  const auto* whole = std::get_if<rpc_value>(&response);
  return whole ? *whole : rollout;
}

/// Until it is over. The daemon goes on without us. `first`: what it has answered already.
void watch(session& s, std::int64_t id, bool as_json, std::optional<rpc_response> first = {}) {
  rpc_value::array question = {id};
  for (;;) {
    auto response = first ? *std::exchange(first, std::nullopt) : s.call("troupe.getRollout", question);
    if (is_passed_on(response))
      continue;
    if (is_refused(s, response))
      return;
    const auto& rollout = std::get<rpc_value>(response);
    if (!as_json)
      tell_steps(s, rollout);
    question = {id, number_in(rollout, "next")};
    if (text_in(rollout, "state") == "running")
      continue;
    if (!as_json)
      return tell_end(s, rollout);
    if (!text_in(rollout, "complaint").empty())
      s.fail(exit_status::generic);
    return s.document(first_page(s, id, rollout));
  }
}

/// The value of `--flag VALUE` or `--flag=VALUE`, which goes out of the words.
std::optional<std::string> take_option(words& given, std::string_view flag) {
  for (auto word = given.begin(); word != given.end(); ++word) {
    bool is_whole = word->starts_with(flag) && word->size() > flag.size() && (*word)[flag.size()] == '=';
    if (*word != flag && !is_whole)
      continue;
    if (is_whole) {
      auto value = word->substr(flag.size() + 1);
      given.erase(word);
      return value;
    }
    auto next = std::next(word);
    auto value = next == given.end() ? std::string() : *next;
    given.erase(word, next == given.end() ? next : std::next(next));
    return value;
  }
  return {};
}

} // namespace

rpc_value::structure take_rolling_flags(words& given) {
  constexpr std::pair<std::string_view, const char*> options[] = {{"--batch", "batch"},
                                                                  {"--pause", "pause"},
                                                                  {"--wait", "wait"},
                                                                  {"--max-fail", "max_fail"},
                                                                  {"--timeout", "timeout"}};
  rpc_value::structure flags;
  for (const auto& [flag, name] : options)
    if (auto value = take_option(given, flag))
      flags.emplace_back(name, *value);
  if (take_flag(given, "--all"))
    flags.emplace_back("all", true);
  return flags;
}

namespace {

/// What the words mean, for the daemon: groups as such, since who is disabled starts only where he is named by himself.
rpc_value::array names_for(const std::vector<process_row>& rows, const words& given) {
  rpc_value::array names;
  for (const auto& word : given) {
    auto name = split_name(word);
    auto found = select(rows, {word}).found;
    if (found.empty())
      continue;
    if (word == "all")
      names.emplace_back("*:*");
    else if (!name.process)
      names.emplace_back(name.group + ":*");
    else
      for (const auto* row : found)
        names.emplace_back(row->group + ":" + row->name);
  }
  return names;
}

/// What means no process is told.
rpc_value::array members_meant(session& s, const std::vector<process_row>& rows, const words& given) {
  for (const auto& line : select(rows, given).unknown)
    s.wrong(line), s.fail(exit_status::generic);
  return names_for(rows, given);
}

} // namespace

void restart_rolling(session& s, words given) {
  take_flag(given, "--rolling");
  bool as_json = takes_json(s, given);
  auto flags = take_rolling_flags(given);
  if (given.empty())
    return usage_error(s, "restart", "restart requires a process name");
  auto rows = all_processes(s);
  auto names = members_meant(s, rows, given);
  if (names.empty())
    return;
  auto response = s.call("troupe.restartRolling", {std::move(names), std::move(flags)});
  if (is_refused(s, response))
    return;
  const auto* id = std::get<rpc_value>(response).integer();
  if (id && *id != 0)
    watch(s, *id, as_json);
}

words restart_as_configured(session& s, words given) {
  if (!s.may_roll())
    return given;
  auto rows = all_processes(s);
  auto names = names_for(rows, given); // what means none is told by who restarts it
  auto response = s.call("troupe.restartRolling", {std::move(names), rpc_value::structure{{"configured", true}}});
  if (const auto* fault = std::get_if<rpc_fault>(&response);
      fault && (fault->code == fault_code::unknown_method || fault->code == fault_code::not_permitted))
    return given; // as ever, and refused as ever
  if (is_refused(s, response))
    return {};
  const auto* id = std::get<rpc_value>(response).integer();
  if (!id || *id == 0)
    return given;
  auto first = s.call("troupe.getRollout", {*id});
  std::set<std::string> rolling;
  if (const auto* known = std::get_if<rpc_value>(&first))
    for (const auto& name : array_in(*known, "names"))
      if (name.string())
        rolling.insert(*name.string());
  words others;
  for (const auto& word : given) {
    auto of_word = select(rows, {word});
    bool any =
      std::any_of(of_word.found.begin(), of_word.found.end(), [&](auto* r) { return rolling.contains(r->shown()); });
    if (!any) {
      others.push_back(word);
      continue;
    }
    for (const auto* row : of_word.found)
      if (!rolling.contains(row->shown()))
        others.push_back(row->group + ":" + row->name);
  }
  watch(s, *id, false);
  return others;
}

void do_rollout(session& s, const std::string& arguments) {
  auto given = split_words(arguments);
  bool as_json = takes_json(s, given);
  bool aborts = !given.empty() && given.front() == "abort";
  if (aborts)
    given.erase(given.begin());
  if (given.size() > 1 || (aborts && given.empty()))
    return usage_error(s, "rollout", aborts ? "rollout abort requires an id" : "rollout accepts one id");
  auto id = given.empty() ? std::int64_t{0} : to_id(given.front()).value_or(-1);
  if (id < 0)
    return complain_of(s, "no such rolling restart: " + given.front());
  auto response = aborts ? s.call("troupe.abortRollout", {id}) : s.call("troupe.getRollout", {id});
  if (const auto* fault = std::get_if<rpc_fault>(&response); fault && fault->code == fault_code::bad_name)
    return complain_of(s, "no such rolling restart: " + given.front());
  if (is_refused(s, response))
    return;
  if (aborts)
    return s.out(given.front() + ": aborted");
  const auto& rollout = std::get<rpc_value>(response);
  auto found = number_in(rollout, "id");
  if (found == 0)
    return as_json ? s.document(rollout) : s.out("No rolling restarts");
  const auto& under_way = array_in(rollout, "under_way");
  if (id == 0 && under_way.size() > 1 && !as_json) {
    std::string ids;
    for (const auto& one : under_way)
      ids += " " + std::to_string(one.integer() ? *one.integer() : 0);
    s.hint("under way are" + ids);
  }
  watch(s, found, as_json, std::move(response));
}

// -- its files again -----------------------------------------------------------------------------

void do_hup(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto given = split_words(arguments);
  bool as_json = takes_json(s, given);
  if (given.empty())
    return usage_error(s, "hup", "hup requires a process name");
  auto rows = all_processes(s);
  words names;
  for (const auto& word : has_all(given) ? words{"all"} : given) {
    auto [found, unknown] = select(rows, {word});
    for (const auto& line : unknown) {
      s.complain(line), s.fail(exit_status::generic);
      suggest(s, word);
    }
    bool is_of_many = word == "all" || !split_name(word).process; // as of a stop, those that run
    for (const auto* row : found)
      if (!is_of_many || row->state == protocols::process_state::running)
        names.push_back(row->group + ":" + row->name);
  }
  to_each(s, hup_verb(), hup_verb().one, names, as_json);
}

} // namespace troupe::ctl
