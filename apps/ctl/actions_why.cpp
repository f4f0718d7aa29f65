// why: why processes are in their states, and how they ended. Must not decide anything: the daemon writes the text.
// Source: docs/contract/deaths.md, 3. What the daemon is taken to answer:
//   troupe.why(name) -> a line and, with a report, lines below it
//   troupe.getDeaths(name) -> array of reports, newest first
#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/processes.hpp"

#include <string>
#include <utility>
#include <vector>

namespace troupe::ctl {

using protocols::rpc_fault;
using protocols::rpc_response;
using protocols::rpc_value;
using words = std::vector<std::string>;

namespace {

/// The names the words mean, each of one process; what means none is told. A name that is written out is the daemon's
/// to know.
words processes_meant(session& s, const words& given) {
  words meant;
  for (const auto& word : has_all(given) ? words{"all"} : expanded(s, given)) {
    if (word != "all" && split_name(word).process) {
      meant.push_back(word);
      continue;
    }
    auto rows = all_processes(s);
    auto [found, unknown] = select(rows, {word});
    for (auto row : found)
      meant.push_back(row->group + ":" + row->name);
    for (const auto& line : unknown)
      s.complain(line), s.fail(exit_status::generic);
  }
  return meant;
}

void tell_fault(session& s, const std::string& word, const rpc_fault& fault) {
  auto name = split_name(word);
  auto shown = shown_name(name.group, name.process.value_or("*"));
  if (fault.code == fault_code::not_permitted) {
    s.complain(shown + ": ERROR (not permitted)");
    return s.fail(exit_status::insufficient_privileges);
  }
  if (fault.code != fault_code::bad_name)
    throw to_trouble(fault);
  s.complain(shown + ": ERROR (no such process)");
  s.fail(exit_status::generic);
  suggest(s, word);
}

/// The whole text of one process; of several, its first line.
void tell_why(session& s, const rpc_value& answer, bool whole) {
  auto text = answer.string() ? *answer.string() : std::string();
  s.out(whole ? text : text.substr(0, text.find('\n')));
}

} // namespace

void do_why(session& s, const std::string& arguments) {
  auto given = split_words(arguments);
  bool as_json = takes_json(s, given);
  if (given.empty())
    return usage_error(s, "why", "why requires a process name");
  auto names = processes_meant(s, given);
  std::vector<rpc_value::array> each;
  for (const auto& name : names)
    each.push_back({name});
  rpc_value::array deaths;
  bool over = false; // nothing is left to be said
  s.call_each(as_json ? "troupe.getDeaths" : "troupe.why", each, [&](std::size_t which, const rpc_response& response) {
    over = over || is_another_daemon(s, response);
    if (over)
      return;
    if (auto fault = std::get_if<rpc_fault>(&response))
      return tell_fault(s, names[which], *fault);
    const auto& answer = std::get<rpc_value>(response);
    if (!as_json)
      return tell_why(s, answer, names.size() == 1);
    if (auto reports = answer.items())
      deaths.insert(deaths.end(), reports->begin(), reports->end());
  });
  if (as_json && !over)
    s.document(deaths);
}

} // namespace troupe::ctl
