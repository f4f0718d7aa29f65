// See process_actor.hpp: whether the process is ready or healthy, looked at: probes are begun, and what the child says
// of itself beside its output is read. Must not decide what it comes to (core/process_checks.cpp does). Source:
// docs/contract/programs.md, 3 and 4. Cases: tests/readiness_test.py.
#include "actors/process_actor.hpp"

#include "config/text.hpp"
#include "platform/notify_inbox.hpp"
#include "protocols/events.hpp"
#include "protocols/notify_message.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

#include <unistd.h>

namespace troupe::actors {

using config::check_form;
using config::log_level;
using namespace std::chrono_literals;

namespace {

constexpr int most_datagrams = 16;   // of one turn
constexpr auto reading_pause = 10ms; // a child that talks all the time has that much of us
constexpr std::size_t most_detail = 256;

} // namespace

process_state_of_actor::open_checks& process_state_of_actor::opened_checks() {
  if (!checks)
    checks = std::make_unique<open_checks>();
  return *checks;
}

// -- probes --------------------------------------------------------------------------------------

void process_state_of_actor::carry_out(const effect::probe& e) {
  const auto& options = *cell->options;
  const auto& ready = options.ready();
  probe_order order{.form = e.of_health ? options.health().form : ready.form,
                    .who = cell,
                    .pid = cell->record.pid,
                    .timeout = e.of_health ? options.health().timeout : std::max(ready.interval, 1000ms),
                    .name = e.of_health ? "health" : "ready"};
  auto answer = [me = self->address(), pid = order.pid, number = e.number](const probe_result& result) {
    if (auto whom = caf::actor_cast<caf::strong_actor_ptr>(me))
      caf::anon_send(caf::actor_cast<process_actor>(whom),
                     probe_answered{pid, number, result.ok, result.detail.substr(0, most_detail)});
  };
  opened_checks().probing = use->probes->begin(order, std::move(answer));
}

void process_state_of_actor::carry_out(const effect::end_probe&) {
  if (checks)
    checks->probing = nullptr;
}

void process_state_of_actor::carry_out(const effect::tell&) { tell_state(); }

void process_state_of_actor::carry_out(const effect::emit_health& e) {
  use->events.publish(
    protocols::process_health_event(e.healthy, cell->options->name, cell->group, e.pid, e.failures, e.text),
    being_told);
}

// -- what the child says -------------------------------------------------------------------------

/// There may be another child than before, or something new of the same.
void process_state_of_actor::watch_notes() {
  const auto& notes = cell->notes;
  if (notes && (!checks || checks->notes != notes)) {
    auto& all = opened_checks();
    all.ready.reset();
    all.notify.reset();
    all.notes = notes;
    auto look = [me = self->address()] {
      if (auto whom = caf::actor_cast<caf::strong_actor_ptr>(me))
        caf::anon_send(caf::actor_cast<process_actor>(whom), look_at_notes{});
    };
    auto& io = self->host().io();
    if (notes->ready)
      all.ready = std::make_unique<descriptor_watch>(io, notes->ready.get(), look, reading_pause);
    if (notes->notify.socket)
      all.notify = std::make_unique<descriptor_watch>(io, notes->notify.socket.get(), look, reading_pause);
    notes->tell(look);
  }
  take_notes();
}

/// They go with the child that had them; there is no other one yet.
void process_state_of_actor::drop_notes() {
  checks = nullptr;
  cell->notes = nullptr;
}

void process_state_of_actor::take_notes() {
  if (!cell->notes || cell->record.pid == 0)
    return;
  auto notes = cell->notes;
  if (notes->has_line())
    apply(event::said_ready{});
  if (notes->ready)
    take_ready_note();
  if (notes->notify.socket)
    take_datagrams();
}

/// A newline, or its end; what else comes through it is of no interest.
void process_state_of_actor::take_ready_note() {
  char bytes[256];
  for (int i = 0; i < most_datagrams; ++i) {
    auto n = ::read(cell->notes->ready.get(), bytes, sizeof bytes);
    if (n < 0)
      return;
    bool is_line = std::find(bytes, bytes + n, '\n') != bytes + n;
    if (n > 0 && !is_line)
      continue;
    if (checks)
      checks->ready = nullptr;
    cell->notes->ready.reset(); // it is not looked at again
    return apply(event::said_ready{.failed = n == 0});
  }
}

/// Several at once are one.
void process_state_of_actor::take_datagrams() {
  auto pid = cell->record.pid;
  auto uid = static_cast<uid_t>(cell->options->uid.value_or(use->means->settings.uid));
  protocols::notify_message all;
  bool any = false;
  for (int i = 0; i < most_datagrams; ++i) {
    auto datagram = platform::receive_notify(cell->notes->notify.socket.get());
    if (!datagram)
      break;
    if (!platform::is_of_child(datagram->pid, datagram->uid, pid, uid))
      warn_of_message("from pid " + std::to_string(datagram->pid) + " is not its own");
    else if (datagram->too_long)
      warn_of_message("is too long");
    else {
      protocols::merge(all, protocols::parse_notify(datagram->text));
      any = true;
    }
  }
  if (any)
    apply(event::notified{std::move(all)});
}

/// Once a minute: whoever knows the name of the socket may send as many as he likes.
void process_state_of_actor::warn_of_message(const std::string& what) {
  auto now = std::chrono::steady_clock::now();
  auto& warned = opened_checks().warned_at;
  if (warned && now - *warned < 1min)
    return;
  warned = now;
  use->log.write(log_level::warn, "notify message for " + config::quoted(cell->options->name) + " " + what);
}

} // namespace troupe::actors
