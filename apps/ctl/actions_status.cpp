// status and pid: how processes are, as text or, under --json, as JSON. Must not change a process.
// Source: docs/contract/supervisorctl.md, 6.2 and 6.3.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/json.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/processes.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace troupe::ctl {

using protocols::rpc_fault;
using protocols::rpc_value;
using words = std::vector<std::string>;

namespace {

/// The rows as `status` shows them.
std::string table(const std::vector<const process_row*>& rows) {
  std::size_t longest = 30;
  for (auto row : rows)
    longest = std::max(longest, code_points(printable(row->shown())));
  std::string text;
  for (auto row : rows) {
    append_padded(text, printable(row->shown()), longest + 3);
    append_padded(text, row->statename, 10);
    (text += row->description) += '\n';
  }
  return text;
}

std::string json_of(const std::vector<const process_row*>& rows) {
  rpc_value::array all;
  for (auto row : rows)
    all.push_back(row->all);
  return to_json(all) + "\n";
}

} // namespace

void do_status(session& s, const std::string& arguments) {
  auto given = split_words(arguments);
  if (take_flag(given, "--json")) {
    auto json = std::exchange(s.chosen().json, true);
    std::string rest;
    for (const auto& word : given)
      rest += word + " ";
    do_status(s, rest);
    s.chosen().json = json;
    return;
  }
  if (!s.check_daemon())
    return s.fail(exit_status::status_unknown);
  auto rows = all_processes(s);
  auto [found, unknown] = select(rows, given);
  for (const auto& line : unknown)
    s.complain(line), s.fail(exit_status::status_unknown);
  for (const auto& word : has_all(given) ? words() : given)
    if (select(rows, {word}).found.empty())
      suggest(s, word);
  s.outside().out(s.chosen().json ? json_of(found) : printable(table(found)));
  if (std::any_of(found.begin(), found.end(), [](auto row) { return protocols::is_stopped(row->state); }))
    s.fail(exit_status::status_not_running);
}

void do_pid(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto given = split_words(arguments);
  if (given.empty()) {
    auto pid = s.demand("supervisor.getPID");
    return s.out(pid.integer() ? std::to_string(*pid.integer()) : "");
  }
  if (has_all(given)) {
    for (const auto& row : all_processes(s))
      s.out(std::to_string(row.pid));
    return;
  }
  auto tell_pid = [&](std::int64_t pid) {
    s.out(std::to_string(pid));
    if (!pid)
      s.fail(exit_status::not_running);
  };
  for (const auto& word : expanded(s, given)) {
    if (!split_name(word).process) {
      auto rows = all_processes(s);
      auto members = select(rows, {word}).found;
      for (auto row : members)
        tell_pid(row->pid);
      if (members.empty())
        s.out("No such process " + word), s.fail(exit_status::generic);
      continue;
    }
    auto response = s.call("supervisor.getProcessInfo", {word});
    if (auto fault = std::get_if<rpc_fault>(&response)) {
      if (fault->code != fault_code::bad_name)
        throw to_trouble(*fault);
      s.out("No such process " + word);
      s.fail(exit_status::generic);
      suggest(s, word);
      continue;
    }
    tell_pid(to_row(std::get<rpc_value>(response)).pid);
  }
}

} // namespace troupe::ctl
