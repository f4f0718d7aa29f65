// graph, and what start, stop and restart do with flags: dependencies shown, passed over and followed. Must not decide
// who depends on whom: the daemon says. Source: docs/contract/programs.md, 1.7. What the daemon is taken to answer:
//   troupe.graph() -> array of {name, group, statename, items: array of {item, condition, met, soft, state, members}}
//   troupe.startAlone(name, wait), as startProcess; troupe.stopTree(name, wait), as stopProcessGroup
#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/process_verbs.hpp"
#include "apps/ctl/processes.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace troupe::ctl {

using protocols::rpc_fault;
using protocols::rpc_response;
using protocols::rpc_value;
using words = std::vector<std::string>;

namespace {

std::string text_of(const rpc_value& of, std::string_view member) {
  const auto* found = of.member(member);
  return found && found->string() ? *found->string() : std::string();
}

bool is_set(const rpc_value& of, std::string_view member) {
  const auto* found = of.member(member);
  return found && found->boolean() && *found->boolean();
}

const rpc_value::array& items_of(const rpc_value& of, std::string_view member) {
  static const rpc_value::array none;
  const auto* found = of.member(member);
  return found && found->items() ? *found->items() : none;
}

std::string name_of(const rpc_value& row) { return shown_name(text_of(row, "group"), text_of(row, "name")); }

/// Each process that somebody who looks for `names` wants to see; all of them: those that have items.
struct wanted_rows {
  std::vector<const process_row*> processes; ///< in the daemon's order
  bool all = false;
};

const rpc_value* row_of(const rpc_value::array& graph, const std::string& name) {
  auto found = std::find_if(graph.begin(), graph.end(), [&](auto& row) { return name_of(row) == name; });
  return found == graph.end() ? nullptr : &*found;
}

void tell_items(session& s, const rpc_value& row) {
  for (const auto& item : items_of(row, "items")) {
    const char* mark = is_set(item, "met") ? "+" : is_set(item, "soft") ? "~" : "-";
    s.out(std::string("  ") + mark + " " + text_of(item, "item") + "  " + text_of(item, "state"));
  }
}

void tell_graph(session& s, const rpc_value::array& graph, const wanted_rows& wanted) {
  for (const auto* process : wanted.processes) {
    const auto* row = row_of(graph, process->shown());
    if (!row && wanted.all)
      continue;
    s.out(process->shown() + "  " + process->statename);
    if (row)
      tell_items(s, *row);
  }
}

/// It waits for that process, among others.
bool names(const rpc_value& item, const std::string& process) {
  const auto& members = items_of(item, "members");
  return std::any_of(members.begin(), members.end(), [&](auto& m) { return m.string() && *m.string() == process; });
}

/// Who depends on each, directly, and by what item.
void tell_reverse(session& s, const rpc_value::array& graph, const wanted_rows& wanted) {
  for (const auto* process : wanted.processes) {
    std::vector<std::string> lines;
    for (const auto& row : graph)
      for (const auto& item : items_of(row, "items"))
        if (names(item, process->shown()))
          lines.push_back("  " + name_of(row) + "  " + text_of(item, "item"));
    if (lines.empty() && wanted.all)
      continue;
    s.out(process->shown() + "  " + process->statename);
    for (const auto& line : lines)
      s.out(line);
  }
}

std::string dot_text(const std::string& name) {
  std::string text = "\"";
  for (char c : name)
    text += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return text + "\"";
}

void tell_dot(session& s, const rpc_value::array& graph, const wanted_rows& wanted) {
  s.out("digraph programs {");
  for (const auto* process : wanted.processes)
    if (const auto* row = row_of(graph, process->shown()))
      for (const auto& item : items_of(*row, "items"))
        for (const auto& member : items_of(item, "members"))
          s.out("  " + dot_text(process->shown()) + " -> " + dot_text(member.string() ? *member.string() : "") +
                " [label=" + dot_text(text_of(item, "condition")) + "];");
  s.out("}");
}

/// The rows of those that depend on the processes that are wanted, with only those items that name them.
rpc_value::array dependents_of(const rpc_value::array& graph, const wanted_rows& wanted) {
  rpc_value::array found;
  for (const auto& row : graph) {
    rpc_value::array items;
    for (const auto& item : items_of(row, "items"))
      if (std::any_of(wanted.processes.begin(), wanted.processes.end(),
                      [&](auto* process) { return names(item, process->shown()); }))
        items.push_back(item);
    if (items.empty())
      continue;
    rpc_value::structure kept;
    for (const auto& [key, value] : *row.members())
      kept.emplace_back(key, key == "items" ? rpc_value(items) : value);
    found.emplace_back(std::move(kept));
  }
  return found;
}

/// The names of single processes that the words mean; what means none is told.
/// `of_all`: only those in whose state it makes sense.
words processes_meant(session& s, const words& given, bool (*sensible)(protocols::process_state) = nullptr,
                      bool of_all = false) {
  auto rows = all_processes(s);
  auto [found, unknown] = select(rows, given);
  for (const auto& line : unknown) {
    s.fail(exit_status::generic);
    s.wrong(line);
  }
  words names;
  for (const auto* row : found)
    if (!of_all || sensible(row->state))
      names.push_back(row->group + ":" + row->name);
  return names;
}

} // namespace

void to_each(session& s, const verb& v, std::string_view method, const words& names, bool as_json) {
  std::vector<rpc_value::array> each;
  for (const auto& name : names)
    each.push_back({name});
  rpc_value::array results;
  bool over = false;
  s.call_each(method, each, [&](std::size_t which, const rpc_response& response) {
    over = over || is_another_daemon(s, response);
    if (over)
      return;
    auto name = split_name(names[which]);
    const auto* fault = std::get_if<rpc_fault>(&response);
    constexpr std::string_view of_failures = "FAILED: ";
    if (!as_json && fault && !v.bare_failure && fault->text.starts_with(of_failures))
      return tell_one(s, v, name, rpc_fault{fault->code, fault->text.substr(of_failures.size())});
    if (!as_json)
      return tell_one(s, v, name, response);
    auto text = fault ? fault->text : std::string("OK");
    results.emplace_back(
      rpc_value::structure{{"name", shown_name(name.group, *name.process)},
                           {"status", fault ? fault->code : std::int64_t{fault_code::success}},
                           {"description", text.starts_with(of_failures) ? text.substr(of_failures.size()) : text}});
    if (auto status = fault ? status_of(v, fault->code) : std::nullopt)
      s.fail(*status);
  });
  if (as_json && !over)
    s.document(results);
}

bool is_another_daemon(session& s, const rpc_response& response) {
  auto fault = std::get_if<rpc_fault>(&response);
  if (!fault || fault->code != fault_code::unknown_method)
    return false;
  s.complain("ERROR: this needs Troupe's supervisord");
  s.fail(exit_status::unimplemented);
  return true;
}

void do_graph(session& s, const std::string& arguments) {
  auto given = split_words(arguments);
  bool as_json = takes_json(s, given);
  bool as_dot = take_flag(given, "--dot");
  bool reverse = take_flag(given, "--reverse");
  auto response = s.call("troupe.graph", {});
  if (is_another_daemon(s, response))
    return;
  if (auto fault = std::get_if<rpc_fault>(&response))
    throw to_trouble(*fault);
  const auto& answer = std::get<rpc_value>(response);
  auto graph = answer.items() ? *answer.items() : rpc_value::array();
  auto rows = all_processes(s);
  auto [found, unknown] = select(rows, given);
  for (const auto& line : unknown) {
    auto name = line.substr(0, line.find(": ERROR"));
    auto told = name + ": ERROR (no such process)";
    if (as_dot) // whoever reads that reads nothing else
      s.outside().err(printable(told) + "\n");
    else
      s.wrong(told);
    s.fail(exit_status::generic);
    suggest(s, name);
  }
  wanted_rows wanted{std::move(found), given.empty() || has_all(given)};
  if (reverse && (as_json || as_dot)) { // the same arrows, but those to the processes that are wanted
    graph = dependents_of(graph, wanted);
    wanted.processes = select(rows, {}).found;
  }
  if (as_json) {
    rpc_value::array shown;
    for (const auto* process : wanted.processes)
      if (const auto* row = row_of(graph, process->shown()))
        shown.push_back(*row);
    return s.document(shown);
  }
  if (as_dot)
    return tell_dot(s, graph, wanted);
  if (graph.empty() && wanted.all)
    return s.out("No dependencies");
  if (reverse)
    tell_reverse(s, graph, wanted);
  else
    tell_graph(s, graph, wanted);
}

void start_alone(session& s, const words& given) {
  to_each(s, start_verb(), "troupe.startAlone", processes_meant(s, given, protocols::is_stopped, has_all(given)));
}

void do_kill(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto given = split_words(arguments);
  bool as_json = takes_json(s, given);
  if (given.empty())
    return usage_error(s, "kill", "kill requires a process name");
  auto lives = [](protocols::process_state state) { return !protocols::is_stopped(state); };
  to_each(s, kill_verb(), kill_verb().one, processes_meant(s, given, lives, has_all(given)), as_json);
}

namespace {

/// For who has `restart` without `stop`: the daemon does both as one act. What it answers is the outcome of the starts,
/// the last to stop first. False: that is denied, too.
bool restart_tree(session& s, const std::string& name) {
  auto ran = all_processes(s);
  auto response = s.call("troupe.restartTree", {name, true});
  if (is_denied(response))
    return false;
  const auto* value = std::get_if<rpc_value>(&response);
  if (!value || !value->items()) {
    tell_one(s, start_verb(), split_name(name), response);
    return true;
  }
  for (auto result = value->items()->rbegin(); result != value->items()->rend(); ++result) {
    auto shown = to_row(*result).shown();
    auto before = std::find_if(ran.begin(), ran.end(), [&](auto& row) { return row.shown() == shown; });
    if (before != ran.end() && !protocols::is_stopped(before->state))
      tell(s, stop_verb(), shown, fault_code::success, {});
  }
  tell_all(s, start_verb(), *value);
  return true;
}

} // namespace

void stop_with_dependents(session& s, const words& given, bool again) {
  words to_start;
  for (const auto& name : processes_meant(s, given)) {
    auto response = s.call("troupe.stopTree", {name});
    if (is_another_daemon(s, response))
      return;
    if (again && is_denied(response) && restart_tree(s, name))
      continue;
    const auto* value = std::get_if<rpc_value>(&response);
    words stopped;
    for (const auto& result : value && value->items() ? *value->items() : rpc_value::array{}) {
      auto row = to_row(result);
      stopped.insert(stopped.begin(), row.group + ":" + row.name); // the other way round
    }
    if (!value)
      tell_one(s, stop_verb(), split_name(name), response);
    else if (stopped.empty() && !again)
      tell_one(s, stop_verb(), split_name(name), rpc_fault{fault_code::not_running, {}});
    else
      tell_all(s, stop_verb(), *value);
    if (value && std::find(stopped.begin(), stopped.end(), name) == stopped.end())
      stopped.insert(stopped.begin(), name);
    for (const auto& one : stopped)
      if (value && std::find(to_start.begin(), to_start.end(), one) == to_start.end())
        to_start.push_back(one);
  }
  if (!again)
    return;
  std::vector<rpc_value::array> each;
  for (const auto& name : to_start)
    each.push_back({name});
  s.call_each(start_verb().one, each, [&](std::size_t which, const rpc_response& response) {
    tell_one(s, start_verb(), split_name(to_start[which]), response);
  });
}

} // namespace troupe::ctl
