// plan, apply, scale, and update process by process. Must not compare configurations, nor stop or start anything (the
// daemon does). Source: docs/contract/programs.md, 6; the JSON it reads:
//   troupe.plan(groups) -> {id, summary, processes: array of {name, group, action, reasons}}
//   troupe.apply(groups, {plan, watch: true}) -> {update: id}; troupe.getUpdate(id, since) -> {state, steps, next,
//   complaint}: `since` steps are known, it waits for more, for some seconds
//   troupe.apply(groups, {plan}), troupe.scale(program, n), troupe.resetScale(program)
//     -> {from, to, steps: array of {name, what, and of a failure status and description}}
#include "apps/ctl/actions.hpp"
#include "apps/ctl/hints.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/process_verbs.hpp"
#include "apps/ctl/processes.hpp"
#include "apps/ctl/rolling.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

namespace troupe::ctl {

using protocols::rpc_fault;
using protocols::rpc_response;
using protocols::rpc_value;
using words = std::vector<std::string>;

namespace {

std::string text_member(const rpc_value& of, std::string_view member) {
  const auto* found = of.member(member);
  return found && found->string() ? *found->string() : std::string();
}

std::int64_t number_member(const rpc_value& of, std::string_view member) {
  const auto* found = of.member(member);
  return found && found->integer() ? *found->integer() : 0;
}

rpc_value groups_value(const words& given) {
  return has_all(given) ? rpc_value::array() : rpc_value::array(given.begin(), given.end());
}

/// --mode, which counts for one call.
struct update_flags {
  rpc_value::structure all;
  bool good = true; ///< else that has been said
};
update_flags take_mode(session& s, std::string_view verb, words& given) {
  update_flags flags;
  if (auto mode = take_value(given, "--mode"); mode && *mode != "process" && *mode != "group") {
    flags.good = false;
    usage_error(s, verb, std::string(verb) + " --mode takes group or process", exit_status::invalid_arguments);
  } else if (mode) {
    flags.all.emplace_back("mode", *mode);
  }
  return flags;
}

const std::string shutting_down = "supervisor shutting down";

std::string without_failed(const std::string& text) {
  std::string_view failed = "FAILED: ";
  return text.starts_with(failed) ? text.substr(failed.size()) : text;
}

/// Of an update, or a scale. One that has waited when another binary took over is asked for again: nothing of it has
/// been done.
rpc_response call_for_update(session& s, std::string_view method, const rpc_value::array& params) {
  constexpr int most_times = 100;
  auto response = s.call(method, params);
  for (int i = 0; i < most_times; ++i) {
    const auto* fault = std::get_if<rpc_fault>(&response);
    if (!fault || fault->code != fault_code::failed || !fault->text.ends_with("; the update has not begun"))
      break;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    response = s.call(method, params);
  }
  return response;
}

/// The answer; nothing: it was refused, and that has been said.
std::optional<rpc_value> understood(session& s, rpc_response response) {
  if (is_another_daemon(s, response))
    return {};
  const auto* fault = std::get_if<rpc_fault>(&response);
  if (!fault)
    return std::get<rpc_value>(std::move(response));
  auto text = without_failed(fault->text);
  if (fault->code == fault_code::shutdown_state)
    text = shutting_down;
  else if (fault->code == fault_code::bad_name)
    text = "no such group: " + fault->text.substr(fault->text.find(": ") + 2);
  else if (fault->code == fault_code::not_permitted) // what was asked for stands behind it
    text =
      "not permitted" + (fault->text.find(": ") == fault->text.npos ? "" : fault->text.substr(fault->text.find(": ")));
  else if (fault->code != fault_code::cant_reread && fault->code != fault_code::failed)
    throw to_trouble(*fault);
  s.complain("ERROR: " + text);
  if (fault->code == fault_code::cant_reread)
    s.advise(hint_for_configuration(s.chosen().configuration));
  s.fail(fault->code == fault_code::not_permitted ? exit_status::insufficient_privileges : exit_status::generic);
  return {};
}

std::optional<rpc_value> ask(session& s, std::string_view method, const rpc_value::array& params) {
  return understood(s, s.call(method, params));
}

std::string verb_of(const std::string& done) {
  for (const auto& [past, present] : {std::pair{"stopped", "stop"},
                                      {"started", "start"},
                                      {"added", "add"},
                                      {"removed", "remove"},
                                      {"updated", "update"}})
    if (done == past)
      return present;
  return done;
}

/// What an update has done, line by line. `only_ends`: how many there are is all that was asked for.
void tell_steps(session& s, const rpc_value& answer, bool only_ends) {
  const auto* steps = answer.member("steps");
  if (!steps || !steps->items())
    return;
  for (const auto& step : *steps->items()) {
    auto what = text_member(step, "what");
    auto name = text_member(step, "name");
    if (what == "failed") {
      tell(s, start_verb(), name, number_member(step, "status"), text_member(step, "description"));
      s.fail(exit_status::generic);
    } else if (!only_ends || what == "stopped" || what == "started") {
      auto first = what.substr(0, what.find(' ')); // `removed process group`
      s.result({verb_of(first), name, fault_code::success, true, name + ": " + what, first != what});
    }
  }
}

/// The steps as they are; the exit status is that of the lines.
void tell_json(session& s, const rpc_value& answer) {
  s.document(answer);
  const auto* steps = answer.member("steps");
  if (!steps || !steps->items())
    return;
  const auto& all = *steps->items();
  if (std::any_of(all.begin(), all.end(), [](auto& step) { return text_member(step, "what") == "failed"; }))
    s.fail(exit_status::generic);
}

/// Another binary has taken over while we were waiting: its answer is still to come.
bool is_passed_on(const rpc_response& response) {
  const auto* fault = std::get_if<rpc_fault>(&response);
  return fault && fault->code == fault_code::failed && fault->text.ends_with("; the request goes on");
}

/// Until it is over; the daemon goes on without us.
void watch_update(session& s, std::int64_t id) {
  std::int64_t known = 0;
  for (;;) {
    auto response = s.call("troupe.getUpdate", {id, known});
    if (is_passed_on(response))
      continue;
    const auto* fault = std::get_if<rpc_fault>(&response);
    bool is_gone = fault && fault->code == fault_code::bad_name;
    bool is_told = fault && fault->code == fault_code::failed; // what of it goes on
    if (fault && !is_gone && !is_told && fault->code != fault_code::shutdown_state)
      throw to_trouble(*fault);
    if (fault) {
      s.complain(is_gone   ? "ERROR: the update was cut off: another supervisord has taken over"
                 : is_told ? "ERROR: " + without_failed(fault->text)
                           : "ERROR: " + shutting_down);
      return s.fail(exit_status::generic);
    }
    const auto& told = std::get<rpc_value>(response);
    tell_steps(s, told, false);
    known = number_member(told, "next");
    if (text_member(told, "state") == "running")
      continue;
    if (auto complaint = text_member(told, "complaint"); !complaint.empty()) {
      s.complain("ERROR: " + (complaint == "SHUTDOWN_STATE" ? shutting_down : without_failed(complaint)));
      s.fail(exit_status::generic);
    }
    return;
  }
}

/// troupe.apply, told as it happens; of a daemon that does not know how, at its end.
void apply_and_tell(session& s, const rpc_value::array& groups, rpc_value::structure flags) {
  auto watched = flags;
  watched.emplace_back("watch", true);
  auto response = call_for_update(s, "troupe.apply", {groups, watched});
  const auto* fault = std::get_if<rpc_fault>(&response);
  bool is_older = fault && fault->code == fault_code::incorrect_parameters;
  if (is_older)
    response = call_for_update(s, "troupe.apply", {groups, std::move(flags)});
  auto answer = understood(s, std::move(response));
  if (!answer)
    return;
  if (answer->member("update"))
    watch_update(s, number_member(*answer, "update"));
  else
    tell_steps(s, *answer, false);
}

std::string plan_line(const rpc_value& row, std::size_t width) {
  auto line = padded(shown_name(text_member(row, "group"), text_member(row, "name")), width + 3);
  std::string reasons;
  if (const auto* all = row.member("reasons"); all && all->items())
    for (const auto& reason : *all->items())
      reasons += (reasons.empty() ? "" : ", ") + (reason.string() ? *reason.string() : "");
  auto action = text_member(row, "action");
  constexpr std::size_t action_width = 10;
  return line + (reasons.empty() ? action : padded(action, action_width) + reasons);
}

} // namespace

void do_plan(session& s, const std::string& arguments) {
  auto given = split_words(arguments);
  bool as_json = takes_json(s, given);
  bool all = take_flag(given, "--all");
  bool check = take_flag(given, "--check");
  auto flags = take_mode(s, "plan", given);
  if (!flags.good)
    return;
  auto answer = ask(s, "troupe.plan", {groups_value(given), rpc_value(std::move(flags.all))});
  if (!answer)
    return;
  if (check && !text_member(*answer, "summary").empty())
    s.fail(exit_status::generic);
  if (as_json)
    return s.document(*answer);
  words lines;
  std::size_t width = 30;
  std::vector<const rpc_value*> rows;
  if (const auto* processes = answer->member("processes"); processes && processes->items())
    for (const auto& row : *processes->items())
      if (all || text_member(row, "action") != "keep") {
        rows.push_back(&row);
        width = std::max(width, code_points(shown_name(text_member(row, "group"), text_member(row, "name"))));
      }
  for (const auto* row : rows)
    s.out(plan_line(*row, width));
  auto summary = text_member(*answer, "summary");
  s.out(summary.empty() ? "No config updates to processes" : summary);
}

void update_processes(session& s, std::vector<std::string> given) {
  rpc_value::structure flags{{"mode", "process"}};
  if (take_flag(given, "--rolling"))
    flags.emplace_back("rolling", take_rolling_flags(given));
  apply_and_tell(s, *groups_value(given).items(), std::move(flags));
}

void do_apply(session& s, const std::string& arguments) {
  auto given = split_words(arguments);
  bool as_json = takes_json(s, given);
  auto plan = take_value(given, "--plan");
  auto flags = take_mode(s, "apply", given);
  if (!flags.good)
    return;
  if (plan)
    flags.all.emplace_back("plan", *plan);
  if (take_flag(given, "--rolling"))
    flags.all.emplace_back("rolling", take_rolling_flags(given));
  if (!as_json)
    return apply_and_tell(s, *groups_value(given).items(), std::move(flags.all));
  auto answer =
    understood(s, call_for_update(s, "troupe.apply", {groups_value(given), rpc_value(std::move(flags.all))}));
  if (answer)
    tell_json(s, *answer);
}

void do_scale(session& s, const std::string& arguments) {
  auto given = split_words(arguments);
  bool as_json = takes_json(s, given);
  bool reset = take_flag(given, "--reset");
  if (given.size() != (reset ? 1U : 2U))
    return usage_error(s, "scale", "scale requires a program and a number, or --reset", exit_status::invalid_arguments);
  const auto& program = given.front();
  auto refuse = [&](const std::string& why) {
    s.wrong(program + ": ERROR (" + why + ")");
    s.fail(exit_status::generic);
  };
  std::int64_t count = 0;
  if (!reset) {
    const auto& text = given[1];
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    constexpr std::int64_t most = 10'000;
    if (error != std::errc{} || end != text.data() + text.size() || count < 0 || count > most)
      return refuse("bad number of processes");
  }
  auto response =
    reset ? call_for_update(s, "troupe.resetScale", {program}) : call_for_update(s, "troupe.scale", {program, count});
  if (is_another_daemon(s, response))
    return;
  if (const auto* fault = std::get_if<rpc_fault>(&response)) {
    std::string_view failed = "FAILED: ";
    if (fault->code == fault_code::bad_name)
      return refuse("no such program");
    if (fault->code == fault_code::failed && fault->text.starts_with(failed))
      return refuse(fault->text.substr(failed.size()));
    if (fault->code == fault_code::not_permitted) {
      refuse("not permitted");
      return s.fail(exit_status::insufficient_privileges);
    }
    if (fault->code != fault_code::cant_reread)
      throw to_trouble(*fault);
    s.complain("ERROR: " + fault->text);
    return s.fail(exit_status::generic);
  }
  const auto& answer = std::get<rpc_value>(response);
  if (as_json)
    return tell_json(s, answer);
  s.out(program + ": scaled from " + std::to_string(number_member(answer, "from")) + " to " +
        std::to_string(number_member(answer, "to")));
  tell_steps(s, answer, true);
}

} // namespace troupe::ctl
