// See history_notes.hpp.
#include "actors/io/history_notes.hpp"

#include "actors/core/control.hpp"
#include "platform/daemon.hpp"
#include "protocols/history_record.hpp"

#include <utility>

#include <unistd.h>

namespace troupe::actors {

using config::history_kind;
using protocols::rpc_value;

namespace {

constexpr std::string_view terminated = "terminated by ";

/// `exit status 3`, `killed by SIGKILL`.
std::string end_text(const process_record& of) {
  auto text = of.last_end ? wait_status_text(*of.last_end) : std::string();
  return text.starts_with(terminated) ? "killed by " + text.substr(terminated.size()) : text;
}

void tell_change(history_keeper& to, const process_cell& after, const effect::emit& change, const life_before& before,
                 std::int64_t now) {
  using enum process_state;
  const auto& record = after.record;
  bool restarts_later = change.from == exited; // its end has been told
  bool over =
    before.pid != 0 && !restarts_later && (change.to == exited || change.to == stopped || change.to == backoff);
  protocols::state_change state{
    change.from, change.to, change.pid != 0 ? change.pid : over ? before.pid : record.pid, change.tries, {}, {}, {}};
  if (over) {
    state.exit = end_text(record);
    state.ran = now > before.start ? std::optional(now - before.start) : std::nullopt;
  } else if (change.to == backoff || change.to == fatal) {
    state.reason = record.spawnerr;
  }
  auto name = full_name(after.group, after.options->name);
  to.tell(history_kind::state, name, protocols::history_json(state));
  bool unasked = (change.to == backoff && !restarts_later) || (change.to == exited && !change.expected);
  if (unasked && to.keeps(history_kind::death))
    to.tell(history_kind::death, name,
            protocols::history_json(
              protocols::unasked_end{over ? state.exit : state.reason, state.pid, state.ran, change.to, change.tries}));
}

/// Without memory for a record it is not told.
template <class Tell>
void contained(Tell tell) noexcept {
  try {
    tell();
  } catch (...) {
  }
}

rpc_value names(const std::vector<std::string>& of) {
  rpc_value::array list;
  for (const auto& name : of)
    list.emplace_back(name);
  return list;
}

} // namespace

void tell_changes(history_keeper& to, const process_cell& after, const std::vector<process_effect>& effects,
                  const life_before& before, std::int64_t now) noexcept {
  contained([&] {
    if (!to.keeps(history_kind::state) && !to.keeps(history_kind::death))
      return;
    for (const auto& each : effects)
      if (const auto* change = std::get_if<effect::emit>(&each))
        tell_change(to, after, *change, before, now);
  });
}

void tell_start(history_keeper& to, std::string_view version, const std::string& file, std::size_t groups) noexcept {
  contained([&] {
    to.tell(history_kind::daemon, {},
            protocols::history_json(
              "start", {{"version", version}, {"pid", static_cast<std::int64_t>(platform::daemon_pid())}}));
    to.tell(history_kind::config, {},
            protocols::history_json("start", {{"file", file}, {"groups", static_cast<std::int64_t>(groups)}}));
  });
}

void tell_stop(history_keeper& to, std::string_view reason) noexcept {
  contained([&] { to.tell(history_kind::daemon, {}, protocols::history_json("stop", {{"reason", reason}})); });
}

void tell_upgrade(history_keeper& to, std::string_view from, std::string_view version, std::int64_t ms) noexcept {
  contained([&] {
    to.tell(history_kind::daemon, {},
            protocols::history_json("upgrade", {{"from", from}, {"version", version}, {"ms", ms}}));
  });
}

void tell_crash(history_keeper& to, const std::string& how, std::int64_t ms) noexcept {
  contained([&] {
    to.tell(history_kind::daemon, {}, protocols::history_json("crash", {{"reason", how}, {"ms", ms}}));
  });
}

void tell_reread(history_keeper& to, const config::reload_diff& difference) noexcept {
  contained([&] {
    protocols::history_facts facts;
    for (const auto& [word, of] :
         {std::pair{"added", &difference.added}, {"changed", &difference.changed}, {"removed", &difference.removed}})
      if (!of->empty())
        facts.emplace_back(word, names(*of));
    to.tell(history_kind::config, {}, protocols::history_json("reread", facts));
  });
}

void tell_group(history_keeper& to, std::string_view event, const std::string& group) noexcept {
  contained([&] { to.tell(history_kind::config, {}, protocols::history_json("update", {{event, names({group})}})); });
}

} // namespace troupe::actors
