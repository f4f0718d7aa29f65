// disable and enable: who is started only by name from now on, and who as ever. Must not decide what that means, nor
// read a time: the daemon does. Source: docs/contract/programs.md, 11. What the daemon is taken to answer:
//   troupe.disable(names, until, now), troupe.enable(names, now) -> array of {name, group, status, description}: of
//   each process what was done, in a word; with now a second one, where there was something to be done
#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/process_verbs.hpp"
#include "apps/ctl/processes.hpp"

#include <map>
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

struct enabling_request {
  words names;
  std::string until;
  bool now = false;
  bool json = false;
};

/// The error is for usage_error. Any other word with -- is a name.
config::result<enabling_request> parse_enabling(const std::string& arguments, bool with_until) {
  constexpr std::string_view flag = "--until";
  enabling_request found;
  auto given = split_words(arguments);
  found.now = take_flag(given, "--now");
  found.json = take_flag(given, "--json");
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto& word = given[i];
    if (with_until && word == flag) {
      if (i + 1 == given.size())
        return config::fault("--until requires a time");
      found.until = given[++i];
    } else if (with_until && word.starts_with(std::string(flag) + '=')) {
      found.until = word.substr(flag.size() + 1);
      if (found.until.empty())
        return config::fault("--until requires a time");
    } else {
      found.names.push_back(word);
    }
  }
  return found;
}

/// Of one process, what the daemon says of it.
void tell_row(session& s, const verb& second, const rpc_value& result) {
  auto row = to_row(result);
  auto status = result.member("status");
  auto code = status && status->integer() ? *status->integer() : 0;
  if (code == fault_code::success)
    return s.out(row.shown() + ": " + row.description);
  tell(s, second, row.shown(), code, row.description);
}

/// In the order in which they were meant.
void tell_rows(session& s, const verb& second, const rpc_value::array& results,
               const std::vector<const process_row*>& meant) {
  std::map<std::string, std::vector<const rpc_value*>> by_name;
  for (const auto& result : results)
    by_name[to_row(result).shown()].push_back(&result);
  for (const auto* process : meant)
    for (const auto* result : by_name[process->shown()])
      tell_row(s, second, *result);
}

void tell_refusal(session& s, const verb& second, const rpc_fault& fault,
                  const std::vector<const process_row*>& meant) {
  if (fault.code == fault_code::unknown_method) {
    s.complain("ERROR: this needs Troupe's supervisord");
    return s.fail(exit_status::unimplemented);
  }
  constexpr std::string_view bad_time = "FAILED: bad time ";
  if (fault.code == fault_code::failed && fault.text.starts_with(bad_time)) {
    s.wrong("ERROR: " + fault.text.substr(std::string_view("FAILED: ").size()));
    return s.fail(exit_status::generic);
  }
  if (fault.code != fault_code::not_permitted)
    throw to_trouble(fault);
  for (const auto* process : meant)
    tell(s, second, process->shown(), fault.code, fault.text);
}

/// `second`: what --now does.
void change_enabling(session& s, std::string_view action_name, const verb& second, const std::string& arguments) {
  bool disables = action_name == "disable";
  auto wanted = parse_enabling(arguments, disables);
  if (!wanted)
    return usage_error(s, action_name, wanted.error().what);
  if (wanted->names.empty())
    return usage_error(s, action_name, std::string(action_name) + " requires a process name");
  if (!s.check_daemon())
    return;
  bool as_json = s.chosen().json = wanted->json || s.chosen().json;
  auto rows = all_processes(s);
  auto [meant, unknown] = select(rows, wanted->names);
  for (const auto& line : unknown) {
    s.wrong(line);
    s.fail(exit_status::generic);
    suggest(s, line.substr(0, line.find(": ERROR")));
  }
  std::set<const process_row*> seen; // each once
  std::erase_if(meant, [&](const auto* process) { return !seen.insert(process).second; });
  rpc_value::array names;
  for (const auto* process : meant)
    names.emplace_back(process->group + ":" + process->name);
  if (names.empty() && !unknown.empty())
    return as_json ? s.document(rpc_value::array()) : void();
  rpc_value::array parameters{rpc_value{std::move(names)}};
  if (disables)
    parameters.emplace_back(wanted->until);
  parameters.emplace_back(wanted->now);
  auto response = s.call(disables ? "troupe.disable" : "troupe.enable", parameters);
  if (const auto* fault = std::get_if<rpc_fault>(&response))
    return tell_refusal(s, second, *fault, meant);
  const auto& answer = std::get<rpc_value>(response);
  if (as_json)
    return s.document(answer);
  if (answer.items())
    tell_rows(s, second, *answer.items(), meant);
}

} // namespace

void do_disable(session& s, const std::string& arguments) { change_enabling(s, "disable", stop_verb(), arguments); }

void do_enable(session& s, const std::string& arguments) { change_enabling(s, "enable", start_verb(), arguments); }

} // namespace troupe::ctl
