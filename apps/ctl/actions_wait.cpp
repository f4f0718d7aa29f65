// wait: looks at processes again and again until all are in a state, or the time is up. Must not change a process.
// Source: docs/supervisorctl.md.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/processes.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace troupe::ctl {

using words = std::vector<std::string>;

namespace {

constexpr std::chrono::milliseconds between_looks{50};

struct wait_request {
  words names;
  std::string state = "RUNNING";
  std::optional<double> seconds;
};

/// The error is for usage_error.
config::result<wait_request> parse_wait(const words& given) {
  wait_request request;
  for (std::size_t i = 0; i < given.size(); ++i) {
    auto equals = given[i].find('=');
    auto option = given[i].substr(0, equals);
    if (option != "--state" && option != "--timeout") {
      request.names.push_back(given[i]);
      continue;
    }
    if (equals == std::string::npos && i + 1 == given.size())
      return config::fault(option + " requires an argument");
    auto value = equals == std::string::npos ? given[++i] : given[i].substr(equals + 1);
    if (option == "--state") {
      for (auto& c : value)
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      if (std::none_of(std::begin(protocols::process_states), std::end(protocols::process_states),
                       [&](auto state) { return to_string(state) == value; }))
        return config::fault("no such state '" + value + "'");
      request.state = value;
    } else if (request.seconds = to_seconds(value); !request.seconds) {
      return config::fault("bad timeout '" + value + "'");
    }
  }
  if (request.names.empty())
    return config::fault("wait requires a process name");
  return request;
}

void tell_state(session& s, const process_row& row, bool is_reached, const std::string& line) {
  protocols::rpc_value::structure facts;
  append_names(facts, row.shown());
  facts.emplace_back("ok", is_reached);
  facts.emplace_back("state", row.statename);
  facts.emplace_back("text", line);
  s.result(std::move(facts));
  if (s.chosen().json)
    return;
  if (is_reached)
    s.out(line);
  else
    s.wrong(line);
}

/// Says whose state has come (once: `told`) and, where it is too late, whose has not. True: all is said.
bool tell_states(session& s, const wait_request& request, const std::vector<const process_row*>& found, bool late,
                 words& told) {
  bool all_said = true;
  for (auto row : found) {
    auto name = row->shown();
    if (std::find(told.begin(), told.end(), name) != told.end())
      continue;
    if (row->statename == request.state)
      tell_state(s, *row, true, name + ": " + row->statename), told.push_back(name);
    else if (late)
      tell_state(s, *row, false, name + ": ERROR (still " + row->statename + ")"), s.fail(exit_status::timed_out);
    else
      all_said = false;
  }
  return all_said;
}

} // namespace

void do_wait(session& s, const std::string& arguments) {
  auto given = split_words(arguments);
  takes_json(s, given);
  auto request = parse_wait(given);
  if (!request)
    return usage_error(s, "wait", request.error().what, exit_status::invalid_arguments);
  if (!s.check_daemon())
    return;
  auto begun = s.outside().now();
  for (words told;; s.outside().pause(between_looks)) {
    auto rows = all_processes(s);
    auto [found, unknown] = select(rows, request->names);
    for (const auto& line : unknown)
      s.wrong(line), s.fail(exit_status::generic);
    if (!unknown.empty()) {
      for (const auto& word : request->names)
        if (select(rows, {word}).found.empty())
          suggest(s, word);
      return;
    }
    bool late = request->seconds && s.outside().now() - begun >= std::chrono::duration<double>(*request->seconds);
    if (tell_states(s, *request, found, late, told))
      return;
  }
}

} // namespace troupe::ctl
