// The one table of what the web UI and the HTTP API can do with processes: names, words, and in which states each makes
// sense. Buttons, questions, the API and the `actions` of a process in JSON follow from it.
// Must not do anything (web_actions.cpp does) or know markup. Source: docs/web.md.
#pragma once

#include "protocols/access.hpp"
#include "protocols/process_state.hpp"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

namespace troupe::actors {

enum class web_verb : std::uint8_t { start, restart, stop, clear, signal, kill, hup, rolling, disable, enable };

struct web_verb_row {
  web_verb what;
  std::string_view name; ///< in the API and in JSON
  const char* button;    ///< the action of its button's URL, and its class
  const char* label;     ///< on the button
  const char* question;  ///< before the names of those concerned
  const char* done;      ///< "Process N <done>"
  const char* method;    ///< of RPC, for one process or group; empty: it is done in several steps
  const char* method_for_all;
  bool (*allowed)(protocols::process_state);
  config::right needs; ///< over the process

  bool offered(const protocols::mask& held) const {
    if (what == web_verb::hup)
      return protocols::decide_signal(held, SIGHUP) == protocols::verdict::allow;
    return protocols::has(held.rights, needs) || (needs == config::right::signal && held.signals != 0);
  }
};

inline constexpr web_verb_row web_verbs[] = {
  {web_verb::start, "start", "start", "Start", "Start", "started", "startProcess", "startAllProcesses",
   [](protocols::process_state s) { return protocols::is_stopped(s) && s != protocols::process_state::unknown; },
   config::right::start},
  {web_verb::restart, "restart", "restart", "Restart", "Restart", "restarted", "", "",
   [](protocols::process_state s) { return s == protocols::process_state::running; }, config::right::restart},
  {web_verb::stop, "stop", "stop", "Stop", "Stop", "stopped", "stopProcess", "stopAllProcesses", protocols::is_running,
   config::right::stop},
  {web_verb::clear, "clear", "clearlog", "Clear log", "Clear the logs of", "cleared", "", "",
   [](protocols::process_state) { return true; }, config::right::clear},
  {web_verb::signal, "signal", "signal", "Send", "Signal", "signalled", "signalProcess", "signalAllProcesses",
   protocols::is_signallable, config::right::signal},
  {web_verb::kill, "kill", "kill", "Kill", "Kill", "killed", "troupe.killProcess", "",
   [](protocols::process_state s) { return protocols::is_running(s) || s == protocols::process_state::stopping; },
   config::right::stop},
  {web_verb::hup, "hup", "hup", "Reload", "Reload", "reloaded", "troupe.hupProcess", "",
   [](protocols::process_state s) { return s == protocols::process_state::running; }, config::right::signal},
  {web_verb::rolling, "rolling", "rolling", "Rolling restart", "Restart one after the other", "being restarted in turn",
   "", "", [](protocols::process_state) { return false; }, config::right::restart}, // of several, never of one
  {web_verb::disable, "disable", "disable", "Disable", "Disable", "disabled", "troupe.disable", "",
   [](protocols::process_state) { return true; }, config::right::admin},
  {web_verb::enable, "enable", "enable", "Enable", "Enable", "enabled", "troupe.enable", "",
   [](protocols::process_state) { return true; }, config::right::admin},
};

/// Those of every day. A signal wants to know which, and the others are in menus only.
inline constexpr auto button_verbs = std::span(web_verbs).first<static_cast<std::size_t>(web_verb::signal)>();

constexpr const web_verb_row& row_of(web_verb what) { return web_verbs[static_cast<std::size_t>(what)]; }

static_assert(std::size(web_verbs) == static_cast<std::size_t>(web_verb::enable) + 1);
static_assert(std::all_of(std::begin(web_verbs), std::end(web_verbs),
                          [](auto& row) { return &row == &row_of(row.what); }),
              "a row stands at the place of its enumerator");

/// Not for every day: it is in menus, and has no button in a table.
constexpr bool is_rare(web_verb what) {
  return what == web_verb::kill || what == web_verb::hup || what == web_verb::disable || what == web_verb::enable;
}

/// By its name in the API; null: there is none.
constexpr const web_verb_row* verb_named(std::string_view name) {
  auto found = std::find_if(std::begin(web_verbs), std::end(web_verbs), [&](auto& row) { return row.name == name; });
  return found == std::end(web_verbs) ? nullptr : found;
}

} // namespace troupe::actors
