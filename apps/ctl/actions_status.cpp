// status and pid: how processes are, as text or, under --json, as JSON. Must not change a process.
// Source: docs/contract/supervisorctl.md, 6.2 and 6.3.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/processes.hpp"
#include "apps/ctl/status.hpp"

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

namespace troupe::ctl {

using protocols::rpc_fault;
using protocols::rpc_value;
using words = std::vector<std::string>;

namespace {

/// `-v`: what was known of the process beside what Supervisor's daemon tells.
void add_facts(rpc_value& to, const process_facts* facts) {
  auto* members = std::get_if<rpc_value::structure>(&to.is);
  if (!members || !facts)
    return;
  members->emplace_back("cpu", facts->cpu ? rpc_value(*facts->cpu) : rpc_value());
  members->emplace_back("memory", facts->memory ? rpc_value(*facts->memory) : rpc_value());
  members->emplace_back("restarts", facts->restarts ? rpc_value(*facts->restarts) : rpc_value());
  members->emplace_back("last_end", facts->last_end);
}

rpc_value document_of(const shown_rows& rows, const facts_book& facts) {
  rpc_value::array all;
  for (auto row : rows) {
    all.push_back(row->all);
    add_facts(all.back(), facts_of(facts, *row));
  }
  return all;
}

/// The rows and what is wrong with the words.
void show_status(session& s, const status_request& wanted) {
  if (!s.check_daemon())
    return s.fail(exit_status::status_unknown);
  auto rows = all_processes(s);
  auto facts = wanted.needs_facts() ? known_facts(s) : facts_book();
  auto [found, unknown] = select(rows, wanted.names);
  for (const auto& line : unknown)
    s.complain(line), s.fail(exit_status::status_unknown);
  for (const auto& word : has_all(wanted.names) ? words() : wanted.names)
    if (select(rows, {word}).found.empty())
      suggest(s, word);
  auto shown = arranged(found, wanted, facts);
  if (s.chosen().json)
    s.document(document_of(shown, facts));
  else
    s.print(status_table(shown, look_of(s, wanted), facts));
  judge_status(s, wanted, found, shown);
}

} // namespace

status_look look_of(session& s, const status_request& wanted) {
  bool is_new = wanted.details || wanted.watch;
  return {s.has_color(), s.outside().terminal().out, wanted.details, is_new, std::time(nullptr)};
}

void judge_status(session& s, const status_request& wanted, const shown_rows& found, const shown_rows& shown) {
  using protocols::process_state;
  bool bad = wanted.strict
               ? std::any_of(found.begin(), found.end(), [](auto row) { return row->state != process_state::running; })
               : std::any_of(shown.begin(), shown.end(), [](auto row) { return protocols::is_stopped(row->state); });
  if (bad)
    s.fail(exit_status::status_not_running);
}

void do_status(session& s, const std::string& arguments) {
  auto given = split_words(arguments);
  takes_json(s, given);
  auto wanted = to_status_request(std::move(given));
  if (!wanted)
    return usage_error(s, "status", wanted.error().what, exit_status::invalid_arguments);
  if (wanted->watch && !s.chosen().json)
    watch_status(s, *wanted);
  else
    show_status(s, *wanted);
}

void do_pid(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto given = split_words(arguments);
  takes_json(s, given);
  if (given.empty()) {
    auto pid = s.demand("supervisor.getPID");
    if (s.chosen().json)
      s.document(rpc_value::structure{{"pid", pid}});
    return s.out(pid.integer() ? std::to_string(*pid.integer()) : "");
  }
  auto tell_row = [&](const process_row& row) {
    rpc_value::structure facts;
    append_names(facts, row.shown());
    facts.emplace_back("pid", row.pid);
    s.result(std::move(facts));
    s.out(std::to_string(row.pid));
  };
  if (has_all(given)) {
    for (const auto& row : all_processes(s))
      tell_row(row);
    return;
  }
  auto tell_pid = [&](const process_row& row) {
    tell_row(row);
    if (!row.pid)
      s.fail(exit_status::not_running);
  };
  for (const auto& word : expanded(s, given)) {
    if (!split_name(word).process) {
      auto rows = all_processes(s);
      auto members = select(rows, {word}).found;
      for (auto row : members)
        tell_pid(*row);
      if (members.empty())
        s.wrong("No such process " + word), s.fail(exit_status::generic);
      continue;
    }
    auto response = s.call("supervisor.getProcessInfo", {word});
    if (auto fault = std::get_if<rpc_fault>(&response)) {
      if (fault->code != fault_code::bad_name)
        throw to_trouble(*fault);
      s.wrong("No such process " + word);
      s.fail(exit_status::generic);
      suggest(s, word);
      continue;
    }
    tell_pid(to_row(std::get<rpc_value>(response)));
  }
}

} // namespace troupe::ctl
