// avail, reread, update, add, remove: what is configured against what is in service.
// Must not compare configurations (the daemon does). Source: docs/contract/supervisorctl.md, 6.8.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/hints.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/processes.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace troupe::ctl {

namespace {

using protocols::rpc_fault;
using protocols::rpc_response;
using protocols::rpc_value;
using names = std::vector<std::string>;

void complain(session& s, const std::string& what) {
  s.complain(what);
  s.fail(exit_status::generic);
}

/// What became of a group in a step.
void tell_done(session& s, std::string action, const std::string& group, const std::string& what) {
  s.result({std::move(action), group, fault_code::success, true, group + ": " + what, true});
}
void tell_failed(session& s, std::string action, const std::string& group, std::int64_t code, const std::string& line) {
  s.result({std::move(action), group, code, false, line, true});
  s.fail(exit_status::generic);
}

/// True, and said so: the answer is that one may not do this to that group.
bool denied(session& s, std::string action, const std::string& group, const rpc_response& response) {
  auto fault = std::get_if<rpc_fault>(&response);
  if (!fault || fault->code != fault_code::not_permitted)
    return false;
  tell_failed(s, std::move(action), group, fault->code, "ERROR: not permitted: " + group);
  s.fail(exit_status::insufficient_privileges);
  return true;
}

/// What reloadConfig found; each in the daemon's order.
struct config_changes {
  names added, changed, removed;
};

names to_names(const rpc_value& value) {
  names all;
  if (value.items())
    for (const auto& item : *value.items())
      if (item.string())
        all.push_back(*item.string());
  return all;
}

config_changes to_changes(const rpc_value& value) { // [[added, changed, removed]]
  auto outer = value.items();
  auto inner = outer && !outer->empty() ? outer->front().items() : nullptr;
  if (!inner || inner->size() < 3)
    return {};
  return {to_names((*inner)[0]), to_names((*inner)[1]), to_names((*inner)[2])};
}

/// Reads the configuration again; nothing: it was refused, and that has been said.
std::optional<config_changes> reload(session& s, const std::string& shutting_down) {
  auto response = s.call("supervisor.reloadConfig");
  auto fault = std::get_if<rpc_fault>(&response);
  if (!fault)
    return to_changes(std::get<rpc_value>(response));
  if (fault->code != fault_code::shutdown_state && fault->code != fault_code::cant_reread)
    throw to_trouble(*fault);
  complain(s, "ERROR: " + (fault->code == fault_code::cant_reread ? fault->text : shutting_down));
  if (fault->code == fault_code::cant_reread)
    s.advise(hint_for_configuration(s.chosen().configuration));
  return std::nullopt;
}

rpc_value to_value(const names& all) { return rpc_value::array(all.begin(), all.end()); }

std::string avail_row(const rpc_value& program) {
  auto text = [&](std::string_view key) {
    auto value = program.member(key);
    return value && value->string() ? *value->string() : std::string();
  };
  auto number = [&](std::string_view key) {
    auto value = program.member(key);
    return value && value->integer() ? std::to_string(*value->integer()) : std::string();
  };
  auto yes = [&](std::string_view key) {
    auto value = program.member(key);
    return value && ((value->boolean() && *value->boolean()) || (value->integer() && *value->integer()));
  };
  return padded(shown_name(text("group"), text("name")), 32) + " " + padded(yes("inuse") ? "in use" : "avail", 9) +
         " " + padded(yes("autostart") ? "auto" : "manual", 9) + " " + number("group_prio") + ":" +
         number("process_prio") + "\n";
}

} // namespace

void do_avail(session& s, const std::string& arguments) {
  if (!without_arguments(s, "avail", arguments))
    return;
  auto response = s.call("supervisor.getAllConfigInfo");
  if (auto fault = std::get_if<rpc_fault>(&response)) {
    if (fault->code != fault_code::shutdown_state)
      throw to_trouble(*fault);
    return complain(s, "ERROR: supervisor shutting down");
  }
  const auto& programs = std::get<rpc_value>(response);
  if (s.chosen().json)
    return s.document(programs);
  std::string text;
  if (programs.items())
    for (const auto& program : *programs.items())
      text += avail_row(program);
  s.print(text);
}

void do_reread(session& s, const std::string& arguments) {
  if (!without_arguments(s, "reread", arguments))
    return;
  auto found = reload(s, "supervisor shutting down");
  if (!found)
    return;
  if (s.chosen().json)
    return s.document(rpc_value::structure{
      {"added", to_value(found->added)}, {"changed", to_value(found->changed)}, {"removed", to_value(found->removed)}});
  std::map<std::string, std::string_view> lines;
  for (const auto& name : found->added)
    lines[name] = "available";
  for (const auto& name : found->changed)
    lines[name] = "changed";
  for (const auto& name : found->removed)
    lines[name] = "disappeared";
  for (const auto& [name, what] : lines)
    s.out(name + ": " + std::string(what));
  if (lines.empty())
    s.out("No config updates to processes");
}

// -- update --------------------------------------------------------------------------------------------

namespace {

enum class stopping { done, failed, denied };

/// Stops all of a group. `denied`: that has been said.
stopping stop_group(session& s, const std::string& group) {
  auto response = s.call("supervisor.stopProcessGroup", {group});
  if (denied(s, "stop", group, response))
    return stopping::denied;
  if (auto fault = std::get_if<rpc_fault>(&response))
    throw to_trouble(*fault);
  const auto& results = std::get<rpc_value>(response);
  tell_done(s, "stop", group, "stopped");
  auto failed = [](const rpc_value& result) {
    auto status = result.member("status");
    return status && status->integer() && *status->integer() == fault_code::failed;
  };
  bool all_done = !results.items() || std::none_of(results.items()->begin(), results.items()->end(), failed);
  return all_done ? stopping::done : stopping::failed;
}

/// False: something in it still runs, or it may not be removed, and that has been said.
bool remove_group(session& s, const std::string& group) {
  auto response = s.call("supervisor.removeProcessGroup", {group});
  auto fault = std::get_if<rpc_fault>(&response);
  if (!fault)
    return true;
  if (denied(s, "remove", group, response))
    return false;
  if (fault->code != fault_code::still_running)
    throw to_trouble(*fault);
  tell_failed(s, "remove", group, fault->code, "ERROR: process/group still running: " + group);
  return false;
}

/// Puts a group into service and says it was that: added or updated.
void add_group(session& s, const std::string& group, const std::string& what, const std::string& action) {
  auto response = s.call("supervisor.addProcessGroup", {group});
  if (denied(s, action, group, response))
    return;
  if (auto fault = std::get_if<rpc_fault>(&response))
    throw to_trouble(*fault);
  tell_done(s, action, group, what + " process group");
}

/// The words that are groups; the others are told of, once each.
std::set<std::string> known_groups(session& s, const names& words, const names& added) {
  std::set<std::string> groups(added.begin(), added.end());
  for (const auto& row : all_processes(s))
    groups.insert(row.group);
  std::set<std::string> seen;
  for (const auto& word : words)
    if (seen.insert(word).second && !groups.contains(word))
      tell_failed(s, "update", word, fault_code::bad_name, "ERROR: no such group: " + word);
  return seen;
}

} // namespace

void do_update(session& s, const std::string& arguments) {
  auto words = split_words(arguments);
  takes_json(s, words);
  auto mode = take_value(words, "--mode");
  if (mode && *mode != "process" && *mode != "group")
    return usage_error(s, "update", "update --mode takes group or process", exit_status::invalid_arguments);
  if (mode ? *mode == "process" : s.chosen().updates_processes)
    return update_processes(s, std::move(words));
  auto found = reload(s, "already shutting down");
  if (!found)
    return;
  std::set<std::string> only;
  if (!words.empty() && !has_all(words))
    only = known_groups(s, words, found->added);
  auto wanted = [&](const std::string& group) { return only.empty() || only.contains(group); };

  for (const auto& group : found->removed) {
    if (!wanted(group))
      continue;
    auto stopped = stop_group(s, group);
    if (stopped == stopping::failed)
      tell_failed(s, "remove", group, fault_code::failed, group + ": has problems; not removing");
    else if (stopped == stopping::done && remove_group(s, group))
      tell_done(s, "remove", group, "removed process group");
  }
  for (const auto& group : found->changed) {
    if (!wanted(group))
      continue;
    if (stop_group(s, group) != stopping::denied && remove_group(s, group))
      add_group(s, group, "updated", "update");
  }
  for (const auto& group : found->added) {
    if (wanted(group))
      add_group(s, group, "added", "add");
  }
}

// -- add, remove ---------------------------------------------------------------------------------------

void do_add(session& s, const std::string& arguments) {
  auto words = split_words(arguments);
  takes_json(s, words);
  for (const auto& word : words) {
    auto response = s.call("supervisor.addProcessGroup", {word});
    auto fault = std::get_if<rpc_fault>(&response);
    if (!fault)
      tell_done(s, "add", word, "added process group");
    else if (fault->code == fault_code::already_added)
      s.result({"add", word, fault->code, true, "ERROR: process group already active", true});
    else if (fault->code == fault_code::bad_name)
      tell_failed(s, "add", word, fault->code, "ERROR: no such process/group: " + word);
    else if (fault->code == fault_code::shutdown_state)
      tell_failed(s, "add", word, fault->code, "ERROR: shutting down");
    else if (!denied(s, "add", word, response))
      throw to_trouble(*fault);
  }
}

void do_remove(session& s, const std::string& arguments) {
  auto words = split_words(arguments);
  takes_json(s, words);
  for (const auto& word : words) {
    auto response = s.call("supervisor.removeProcessGroup", {word});
    auto fault = std::get_if<rpc_fault>(&response);
    if (!fault)
      tell_done(s, "remove", word, "removed process group");
    else if (fault->code == fault_code::still_running)
      tell_failed(s, "remove", word, fault->code, "ERROR: process/group still running: " + word);
    else if (fault->code == fault_code::bad_name)
      tell_failed(s, "remove", word, fault->code, "ERROR: no such process/group: " + word);
    else if (!denied(s, "remove", word, response))
      throw to_trouble(*fault);
  }
}

} // namespace troupe::ctl
