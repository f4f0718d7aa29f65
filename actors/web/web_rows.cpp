// See web_rows.hpp.
#include "actors/web/web_rows.hpp"

#include "actors/core/control.hpp"
#include "actors/io/program_facts.hpp"
#include "actors/rpc/program_rows.hpp"
#include "actors/rpc/seen_status.hpp"
#include "actors/web/web_verbs.hpp"
#include "platform/daemon.hpp"
#include "protocols/access_words.hpp"
#include "protocols/descriptions.hpp"
#include "troupe_version.hpp"

#include <unistd.h>

namespace troupe::actors {

namespace {

/// Milliseconds are enough for a page.
double seconds(std::int64_t microseconds) { return static_cast<double>(microseconds / 1000) / 1000; }

/// What a start or restart waits for, and since what: keys of docs/contract/programs.md, 15.4.
void write_waiting(protocols::json_writer& out, const process_status& p) {
  if (auto waiting = waiting_of(p); !waiting.empty())
    out.member("waiting", waiting);
  if (p.backoff > 0)
    out.member("tries", p.backoff);
  if (auto at = next_start_of(p))
    out.member("next_start", *at);
  if (p.is_outdated)
    out.member("config", config_of(p));
}

/// Of a process that is looked at; of the others there are no such keys.
void write_checks(protocols::json_writer& out, const process_status& p) {
  const auto& options = *p.who->options;
  static const config::stop_options usual_stops;
  static const config::hook_options no_hooks;
  bool has_phases =
    options.ready().form || options.health().form || options.stops() != usual_stops || options.hooks() != no_hooks;
  if (!has_phases)
    return;
  static const check_status nothing_known;
  const auto& known = p.check ? *p.check : nothing_known;
  out.name("phase");
  if (auto phase = phase_of(p); phase.empty())
    out.null();
  else
    out.value(phase);
  out.member("ready", p.state == process_state::running);
  out.member("health", to_string(known.health));
  out.member("health_detail", known.detail);
  out.member("status_text", known.status);
}

/// Of a process that is disabled, or is started as it was; of the others there are no such keys.
void write_enabling(protocols::json_writer& out, const process_status& p) {
  const auto& options = *p.who->options;
  if (!p.disabled && !options.starts_as_last())
    return;
  out.member("disabled", p.disabled);
  out.member("wanted", is_wanted(p));
}

/// Of a process that depends on others; of the others there is no such key.
void write_unmet(protocols::json_writer& out, const board_view& view, const process_status& p,
                 const program_graph& programs) {
  auto node = programs.node_of(p.who->id);
  if (!node || programs.graph.items_of(*node).empty())
    return;
  out.name("unmet");
  out.begin_array();
  for (const auto& item : unmet_items(programs, *node, facts_by(programs, view.board())))
    out.value(item);
  out.end_array();
}

} // namespace

bool is_unhealthy(const process_status& p) {
  return p.state == process_state::running && p.check && p.check->health == health_state::unhealthy;
}
std::string last_end_text(const process_status& process) {
  return process.last_end ? wait_status_text(*process.last_end) : std::string();
}

namespace {

std::string about_state(const process_status& p, std::int64_t now) {
  if (is_unhealthy(p))
    return "unhealthy: " + p.check->detail;
  if (p.state == process_state::running || (p.state == process_state::starting && p.waiting_for.empty()))
    return {};
  auto text = protocols::describe(p.state, p.who->options->name, p.pid, p.spawnerr, p.laststart / 1'000'000,
                                  p.laststop / 1'000'000, now, p.waiting_for);
  auto end = last_end_text(p);
  return p.state == process_state::exited && !end.empty() ? end + " · " + text : text;
}

} // namespace

std::string about(const process_status& p, std::int64_t now) {
  auto text = about_state(p, now);
  return !p.disabled ? text : text.empty() ? "disabled" : "disabled · " + text;
}

void write_row(protocols::json_writer& out, const board_view& view, const process_status& process,
               const process_usage* usage, const program_graph* programs) {
  seen_status seen(view, process);
  const auto& p = seen.get();
  auto held = view.over(*p.who);
  const auto& name = p.who->options->name;
  auto whole = [](std::int64_t microseconds) { return microseconds / 1'000'000; };
  out.begin_object();
  out.member("id", view.shown_id(*p.who));
  out.member("name", full_name(p.who->group, name));
  out.member("group", p.who->group);
  out.member("process", name);
  out.member("state", protocols::to_string(p.state));
  out.member("statecode", static_cast<int>(p.state));
  out.name("actions");
  out.begin_array();
  for (const auto& verb : web_verbs)
    if (verb.allowed(p.state) && verb.offered(held) && verb.what != (p.disabled ? web_verb::disable : web_verb::enable))
      out.value(verb.name);
  out.end_array();
  if (view.judges()) {
    out.name("may");
    out.begin_array();
    for (const auto& word : protocols::words_of(held))
      out.value(word);
    out.end_array();
  }
  out.member("pid", p.pid);
  out.member("start", seconds(p.laststart));
  out.member("stop", seconds(p.laststop));
  out.member("description", protocols::describe(p.state, name, p.pid, p.spawnerr, whole(p.laststart), whole(p.laststop),
                                                static_cast<std::int64_t>(now_in_seconds()), p.waiting_for));
  if (p.why != start_reason::none)
    out.member("reason", to_string(p.why));
  write_waiting(out, p);
  write_checks(out, p);
  write_enabling(out, p);
  if (programs)
    write_unmet(out, view, p, *programs);
  out.member("spawnerr", p.spawnerr);
  out.member("exitstatus", p.exitstatus.value_or(0));
  out.member("last_end", last_end_text(p));
  out.member("died", seconds(p.died));
  out.member("restarts", p.spawns > 0 ? p.spawns - 1 : 0);
  if (protocols::has(held.rights, config::right::config))
    out.member("command", p.who->options->command);
  else
    out.member("command", "");
  out.member("stdout", !p.who->stdout_path.empty());
  out.member("stderr", !p.who->stderr_path.empty());
  if (usage) {
    out.member("cpu", usage->cpu_percent);
    out.member("memory", usage->resident_bytes);
    out.member("processes", usage->processes);
  }
  out.end_object();
}

namespace {

void write_worker(protocols::json_writer& out, const worker_facts& worker) {
  out.member("worker", worker.pid);
  out.member("crashes", static_cast<std::int64_t>(worker.crashes));
  if (!worker.last)
    return;
  out.name("last_crash");
  out.begin_object();
  out.member("at", worker.last->at);
  out.member("end", worker.last->end);
  out.end_object();
}

} // namespace

void write_daemon(protocols::json_writer& out, const daemon_identity& who, daemon_state state, const board_view& view) {
  out.begin_object();
  out.member("identifier", who.identifier);
  out.member("host", who.machine);
  out.member("version", version);
  out.member("state", protocols::to_string(state));
  out.member("pid", static_cast<int>(platform::daemon_pid()));
  if (who.worker)
    write_worker(out, *who.worker);
  if (view.judges())
    out.member("rules", static_cast<std::int64_t>(view.epoch()));
  out.end_object();
}

} // namespace troupe::actors
