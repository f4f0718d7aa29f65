// See web_desk.hpp: /metrics. The four node_supervisord_* series are those of Prometheus' node_exporter, so that its
// dashboards and alerts go on working without it. Facts are read where they are owned: the status board, the counters
// of each process, the table of methods. Source: docs/web.md, "Metrics".
#include "actors/web/web_desk.hpp"

#include "actors/rpc/audit_trail.hpp"
#include "protocols/metrics.hpp"
#include "troupe_version.hpp"

namespace troupe::actors {

using protocols::metrics_writer;
using metric = metrics_writer::kind;

namespace {

/// As node_exporter sees it.
bool is_up(process_state s) { return protocols::is_signallable(s); }

/// Of those that are looked at; where nobody is, there are no such families.
void write_checks(metrics_writer& out, const std::vector<process_status_ptr>& processes) {
  auto family = [&](const char* name, const char* help, auto is_looked_at, auto is_well) {
    if (std::none_of(processes.begin(), processes.end(), [&](auto& p) { return is_looked_at(*p->who->options); }))
      return;
    out.family(name, metric::gauge, help);
    for (const auto& p : processes)
      if (is_looked_at(*p->who->options))
        out.sample({{"group", p->who->group}, {"name", p->who->options->name}}, std::int64_t{is_well(*p)});
  };
  family(
    "supervisord_process_ready", "Whether the process is known to be ready",
    [](const config::process_options& o) { return bool(o.ready().form); },
    [](const process_status& p) { return p.state == process_state::running; });
  family(
    "supervisord_process_healthy", "Whether the process runs and is not known to be unhealthy",
    [](const config::process_options& o) { return bool(o.health().form); },
    [](const process_status& p) {
      return p.state == process_state::running && p.check && p.check->health != health_state::unhealthy;
    });
}

void write_processes(metrics_writer& out, const std::vector<process_status_ptr>& processes) {
  auto each = [&](auto value) {
    for (const auto& p : processes)
      value(*p, metrics_writer::labels{{"group", p->who->group}, {"name", p->who->options->name}});
  };
  out.family("node_supervisord_exit_status", metric::gauge, "Process Exit Status");
  each([&](auto& p, auto labels) { out.sample(labels, std::int64_t{p.exitstatus.value_or(0)}); });
  out.family("node_supervisord_start_time_seconds", metric::gauge, "Process start time");
  each([&](auto& p, auto labels) {
    if (is_up(p.state))
      out.sample(labels, static_cast<double>(p.laststart / 1000) / 1000);
  });
  out.family("node_supervisord_state", metric::gauge, "Process State");
  each([&](auto& p, auto labels) { out.sample(labels, static_cast<std::int64_t>(p.state)); });
  out.family("node_supervisord_up", metric::gauge, "Process Up");
  each([&](auto& p, auto labels) { out.sample(labels, std::int64_t{is_up(p.state)}); });
  out.family("supervisord_process_restarts", metric::counter, "Successful starts of the process after its first");
  each([&](auto& p, auto labels) { out.sample(labels, p.spawns > 0 ? p.spawns - 1 : 0); });
  out.family("supervisord_process_failed_starts", metric::gauge, "Starts of the process that have failed in a row");
  each([&](auto& p, auto labels) { out.sample(labels, p.backoff); });
  write_checks(out, processes);
  if (std::any_of(processes.begin(), processes.end(), [](auto& p) { return p->disabled; })) {
    out.family("supervisord_process_disabled", metric::gauge,
               "Whether only a start by its own name starts the process");
    each([&](auto& p, auto labels) { out.sample(labels, std::int64_t{p.disabled}); });
  }
  out.family("supervisord_process_waiting", metric::gauge, "Whether a start of the process waits for its turn");
  each([&](auto& p, auto labels) {
    out.sample(labels, std::int64_t{p.state == process_state::starting && p.pid == 0 && !p.waiting_for.empty()});
  });
  out.family("supervisord_process_log_bytes", metric::counter, "Bytes the process wrote to its stdout and stderr");
  for (const auto& p : processes) {
    out.sample({{"group", p->who->group}, {"name", p->who->options->name}, {"channel", "stdout"}},
               p->who->counters().stdout_bytes.load(std::memory_order_relaxed));
    out.sample({{"group", p->who->group}, {"name", p->who->options->name}, {"channel", "stderr"}},
               p->who->counters().stderr_bytes.load(std::memory_order_relaxed));
  }
}

/// Only what there has been: who asks for nothing that holds a restart has no such family.
void write_held(metrics_writer& out, const status_board& board) {
  bool any = false;
  for (std::size_t i = 0; i < held_kinds; ++i) {
    auto what = static_cast<held_by>(i);
    auto count = board.restarts_held(what);
    if (count == 0)
      continue;
    if (!std::exchange(any, true))
      out.family("supervisord_restarts_held", metric::counter,
                 "Restarts that nobody asked for and that had to wait, by what they waited for");
    out.sample({{"why", to_string(what)}}, count);
  }
}

} // namespace

std::string metrics_text(web_context& context, const board_view& view) {
  std::string text;
  metrics_writer out{text};
  auto processes = view.all();
  std::erase_if(processes,
                [&](auto& p) { return view.may(config::right::metrics, *p->who) != protocols::verdict::allow; });
  write_processes(out, processes);
  if (!protocols::has(view.held().everywhere().rights, config::right::metrics)) {
    out.end();
    return text;
  }
  out.family("supervisord_rpc_calls", metric::counter, "Calls of each method, over XML-RPC and the HTTP API");
  for (const auto& [method, count] : context.methods.calls())
    out.sample({{"method", method}}, count);
  write_held(out, view.board());
  out.family("supervisord_event_queue_depth", metric::gauge, "Events that wait for an event listener");
  out.sample({}, context.doors.queued_events ? context.doors.queued_events() : std::int64_t{0});
  out.family("supervisord_http_connections", metric::gauge, "Open connections of clients");
  out.sample({}, static_cast<std::uint64_t>(context.doors.connections()));
  out.family("supervisord_web_pages", metric::gauge, "Pages and scripts that follow the status");
  out.sample({}, static_cast<std::uint64_t>(context.readers()));
  auto certificates =
    context.doors.certificates ? context.doors.certificates() : decltype(context.doors.certificates()){};
  if (!certificates.empty())
    out.family("supervisord_tls_cert_expiry_seconds", metric::gauge, "Time until the certificate of the server ends");
  for (const auto& [server, left] : certificates)
    out.sample({{"server", server}}, left);
  if (context.audit && context.audit->has_file()) {
    out.family("supervisord_audit_lost", metric::counter, "Records that could not be written to the audit trail");
    out.sample({}, context.audit->lost());
  }
  if (context.who.worker) {
    out.family("supervisord_crashes", metric::counter, "Deaths of the daemon's worker that were survived");
    out.sample({}, std::uint64_t{context.who.worker->crashes});
  }
  out.family("supervisord_info", metric::gauge, "The daemon");
  out.sample({{"identifier", context.who.identifier}, {"version", version}}, std::int64_t{1});
  out.end();
  return text;
}

} // namespace troupe::actors
