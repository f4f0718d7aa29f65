// start, stop, restart, signal, clear: what changes processes. One table of outcomes for each verb says what a fault of
// the daemon means to it. Must not ask how processes are (actions_status.cpp does). Source:
// docs/contract/supervisorctl.md, 6.4 and 6.7.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/process_verbs.hpp"
#include "apps/ctl/processes.hpp"
#include "apps/ctl/progress.hpp"
#include "apps/ctl/rolling.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace troupe::ctl {

namespace {

using protocols::rpc_fault;
using protocols::rpc_response;
using protocols::rpc_value;
using words = std::vector<std::string>;

/// What a `restart` does in place of a call that is denied.
class detour {
public:
  virtual ~detour() = default;
  virtual bool is_settled(const std::string& word) const = 0; ///< nothing more is to be asked for it
  virtual bool take(const std::string& word) = 0;             ///< false: that is denied, too
};

const std::string every_process = "*:*";

/// What an array of results is the answer to, or a fault, which is trouble unless it is a denial.
void ask_all(session& s, const verb& v, const rpc_value::array& extra, detour* way) {
  if (way && way->is_settled(every_process))
    return;
  auto response = s.call(v.all, extra);
  auto fault = std::get_if<rpc_fault>(&response);
  if (!fault)
    return tell_all(s, v, std::get<rpc_value>(response));
  if (!is_denied(response))
    throw to_trouble(*fault);
  if (!way || !way->take(every_process))
    tell(s, v, "all", fault->code, fault->text);
}

/// `extra`: what follows the name in each call (the signal).
void ask_each(session& s, const verb& v, const words& given, const rpc_value::array& extra = {},
              detour* way = nullptr) {
  auto parameters = [&](std::string_view name) {
    rpc_value::array all = {name};
    all.insert(all.end(), extra.begin(), extra.end());
    return all;
  };
  if (has_all(given))
    return ask_all(s, v, extra, way);
  auto settled = [&](const std::string& word) { return way && way->is_settled(word); };
  auto rows = std::any_of(given.begin(), given.end(), is_pattern) ? all_processes(s) : std::vector<process_row>();
  for (std::size_t i = 0; i < given.size(); ++i) {
    auto name = split_name(given[i]);
    if (!name.process) {
      auto word = name.group + ":*";
      if (settled(word))
        continue;
      auto response = s.call(v.group, parameters(name.group));
      if (!way || !is_denied(response) || !way->take(word))
        tell_group(s, v, name.group, response);
      continue;
    }
    words names = {given[i]};
    if (is_pattern(given[i])) { // what patterns in a row match goes out together, as a group does
      names = matching(rows, given[i]);
      for (; i + 1 < given.size() && is_pattern(given[i + 1]); ++i)
        for (auto& more : matching(rows, given[i + 1]))
          names.push_back(std::move(more));
    }
    std::erase_if(names, settled);
    std::vector<rpc_value::array> all;
    for (const auto& one : names)
      all.push_back(parameters(one));
    s.call_each(v.one, all, [&](std::size_t which, const rpc_response& response) {
      if (!way || !is_denied(response) || !way->take(names[which]))
        tell_one(s, v, split_name(names[which]), response);
    });
  }
}

/// For who has `restart` without `start` and `stop`: the daemon does both as one act.
class whole_restart : public detour {
public:
  explicit whole_restart(session& s) : s_(s) {}

  bool is_settled(const std::string& word) const override { return settled_.contains(word); }

  /// The daemon is taken to answer as startProcess does, or as startProcessGroup for `g:*` and `*:*`: the outcome of
  /// the start, where what did not run is no fault. A daemon without access control has no such method.
  bool take(const std::string& word) override {
    settled_.insert(word);
    auto response = s_.call("access.restartProcess", {word, true});
    auto fault = std::get_if<rpc_fault>(&response);
    if (fault && (fault->code == fault_code::not_permitted || fault->code == fault_code::unknown_method))
      return false;
    auto name = split_name(word);
    if (!name.process && fault)
      tell_group(s_, start_verb(), name.group, response);
    else if (name.process && fault)
      tell_one(s_, start_verb(), name, response);
    else
      tell_results(name, std::get<rpc_value>(response));
    return true;
  }

  void start_next() { stops_ = false; }

private:
  void tell_results(const name_form& name, const rpc_value& results) {
    if (name.process)
      return tell_both(shown_name(name.group, *name.process), fault_code::success, {});
    if (!results.items())
      return;
    for (const auto& result : *results.items()) {
      auto row = to_row(result);
      auto status = result.member("status");
      tell_both(row.shown(), status && status->integer() ? *status->integer() : 0, row.description);
    }
  }
  void tell_both(const std::string& name, std::int64_t code, const std::string& text) {
    if (stops_)
      tell(s_, stop_verb(), name, fault_code::success, {});
    tell(s_, start_verb(), name, code, text);
  }

  session& s_;
  std::set<std::string> settled_;
  bool stops_ = true; ///< it is the stop that was denied
};

/// The daemon clears no groups: their members, one by one. Of those some of which may be cleared, these are.
void clear_group(session& s, const std::string& word) {
  auto rows = all_processes(s);
  auto [members, unknown] = select(rows, {word});
  bool all_denied = !members.empty();
  for (auto row : members) {
    auto response = s.call(clear_verb().one, {row->group + ":" + row->name});
    if (is_denied(response))
      continue;
    all_denied = false;
    tell_one(s, clear_verb(), {row->group, row->name}, response);
  }
  if (all_denied)
    tell(s, clear_verb(), split_name(word).group, fault_code::not_permitted, {});
  for (const auto& line : unknown)
    tell_unknown(s, clear_verb(), line);
}

std::string needs_a_name(const verb& v) { return std::string(v.name) + " requires a process name"; }

} // namespace

void do_start(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto given = split_words(arguments);
  takes_json(s, given);
  if (given.empty())
    return usage_error(s, "start", needs_a_name(start_verb()), exit_status::invalid_arguments);
  if (take_flag(given, "--no-deps"))
    return start_alone(s, given);
  with_progress(s, "starting", given, [&] { ask_each(s, start_verb(), given); });
}

void do_stop(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto given = split_words(arguments);
  takes_json(s, given);
  if (given.empty())
    return usage_error(s, "stop", needs_a_name(stop_verb()));
  if (take_flag(given, "--with-dependents"))
    return stop_with_dependents(s, given, false);
  with_progress(s, "stopping", given, [&] { ask_each(s, stop_verb(), given); });
}

void do_restart(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto given = split_words(arguments);
  takes_json(s, given);
  if (given.empty())
    return usage_error(s, "restart", "restart requires a process name");
  if (take_flag(given, "--with-dependents"))
    return stop_with_dependents(s, given, true);
  if (std::find(given.begin(), given.end(), "--rolling") != given.end())
    return restart_rolling(s, std::move(given));
  if (given = restart_as_configured(s, std::move(given)); given.empty())
    return;
  whole_restart way(s);
  with_progress(s, "stopping", given, [&] { ask_each(s, stop_verb(), given, {}, &way); });
  way.start_next();
  with_progress(s, "starting", given, [&] { ask_each(s, start_verb(), given, {}, &way); });
}

void do_signal(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto given = split_words(arguments);
  takes_json(s, given);
  if (given.size() < 2)
    return usage_error(s, "signal", "signal requires a signal name and a process name");
  rpc_value signal = given.front();
  given.erase(given.begin());
  ask_each(s, signal_verb(), given, {signal});
}

void do_clear(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto given = split_words(arguments);
  takes_json(s, given);
  if (given.empty())
    return usage_error(s, "clear", needs_a_name(clear_verb()));
  if (has_all(given))
    return ask_each(s, clear_verb(), given);
  for (const auto& word : expanded(s, given))
    if (split_name(word).process)
      ask_each(s, clear_verb(), {word});
    else
      clear_group(s, word);
}

} // namespace troupe::ctl
