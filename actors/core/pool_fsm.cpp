// See pool_fsm.hpp. One overload per event, small verbs below them; the texts are those of docs/contract/lifecycle.md,
// 7.2 to 7.4.
#include "actors/core/pool_fsm.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace troupe::actors {

namespace {

using config::log_level;
using protocols::handler_verdict;
using protocols::listener_state;
namespace heard = protocols::heard;

/// Listeners that say a result and die, again and again, while whoever decides on it hangs, make no pile of events:
/// beyond so many, one goes back to the buffer without its verdict.
constexpr std::size_t most_leftovers = 16;

struct machine {
  pool& p;
  std::vector<pool_action>& effects;

  // -- events ------------------------------------------------------------------------------------

  void operator()(const pool_event::published& e) {
    pooled_event accepted{e.what, e.serial, p.next_serial, p.detail ? e.what->about : 0};
    p.next_serial = next_serial(p.next_serial);
    make_room(accepted.what->body.size());
    p.bytes += accepted.what->body.size();
    p.buffer.push_back(std::move(accepted));
    dispatch();
  }

  void operator()(pool_event::spawned e) {
    auto& m = p.members[e.member];
    m.talk = {}; // it may run already: a child that is slow to get to its exec is told of early
    m.lost = false;
    take_back(m); // the end of its last child went unnoticed
    dispatch();
  }

  void operator()(const pool_event::said& e) {
    auto& m = p.members[e.member];
    protocols::bound_result_handler handler;
    if (p.handler && m.held)
      handler = [&](std::string_view result) { return p.handler(*m.held, result); };
    if (e.batch != 0)
      m.heard = e.batch;
    for (auto& token : protocols::hear(m.talk, e.bytes, handler, p.handled_elsewhere && m.held))
      std::visit([&](auto& t) { note(m, t); }, token);
    dispatch();
  }

  void operator()(pool_event::handled e) {
    auto asked = [&](auto& of) { return of.question == e.question; };
    auto member = std::find_if(p.members.begin(), p.members.end(), asked);
    auto left = std::find_if(p.leftovers.begin(), p.leftovers.end(), asked);
    if (member != p.members.end()) {
      member->question.reset();
      for (auto& token : protocols::conclude(member->talk, e.verdict))
        std::visit([&](auto& t) { note(*member, t); }, token);
    } else if (left != p.leftovers.end()) {
      auto [question, name, event] = std::move(*left);
      p.leftovers.erase(left);
      say_verdict(name, e.verdict);
      if (e.verdict != handler_verdict::accept)
        put_back(std::move(event));
    }
    dispatch();
  }

  void operator()(pool_event::running e) {
    p.members[e.member].running = e.now;
    dispatch();
  }

  void operator()(pool_event::ended e) {
    auto& m = p.members[e.member];
    m.running = false;
    m.talk = {}; // what is left behind for the next child is as at its spawn
    take_back(m);
    dispatch();
  }

  void operator()(pool_event::answered e) {
    if (!p.offered)
      return;
    auto [event, member] = *std::exchange(p.offered, std::nullopt);
    auto& m = p.members[member];
    auto serial = event.serial;
    if (e.taken) {
      protocols::begin_event(m.talk);
      m.held = std::move(event);
      if (p.verbose)
        debug("event " + std::to_string(serial) + " sent to listener " + m.name);
      return dispatch_next();
    }
    if (p.verbose)
      debug("epipe occurred while sending event " + std::to_string(serial) + " to listener " + m.name +
            ", listener state unchanged");
    if (auto next = find_ready(member + 1))
      offer(std::move(event), *next);
    else
      put_back(std::move(event));
  }

  void operator()(const pool_event::detailed& e) {
    for (auto& waiting : p.buffer) {
      if (waiting.waits_for != e.about)
        continue;
      waiting.waits_for = 0;
      auto whole = std::make_shared<protocols::event>(*waiting.what);
      whole->body += e.text;
      p.bytes += e.text.size();
      waiting.what = std::move(whole);
    }
    dispatch();
  }

  void operator()(pool_event::closing) { p.closed = true; }

  // -- what a listener said ----------------------------------------------------------------------

  void note(const pool_member& m, const heard::changed& t) {
    if (p.verbose)
      debug(m.name + ": " + std::string(to_string(t.from)) + " -> " + std::string(to_string(t.to)));
    if (t.to == listener_state::unknown)
      warn(m.name + ": has entered the UNKNOWN state and will no longer receive events, this usually indicates the "
                    "process violated the eventlistener protocol");
  }

  void note(pool_member& m, heard::processed) {
    m.held.reset();
    say_verdict(m.name, handler_verdict::accept);
  }

  void note(const pool_member& m, heard::rejected) { say_verdict(m.name, handler_verdict::reject); }

  void note(const pool_member& m, heard::failed) { say_verdict(m.name, handler_verdict::error); }

  void note(pool_member& m, heard::result& t) {
    m.question = p.next_question++;
    effects.emplace_back(pool_effect::handler{*m.question, *m.held, std::move(t.text)});
  }

  void note(const pool_member& m, const heard::bad_line& t) {
    warn(m.name + ": bad result line: '" + config::decoded(t.line) + "'");
  }

  void note(pool_member& m, heard::returned) { take_back(m); }

  // -- verbs -------------------------------------------------------------------------------------

  /// Only where somebody is ready: an event that merely waits is not touched.
  void dispatch() {
    if (p.closed || p.offered || p.buffer.empty() || p.buffer.front().waits_for != 0)
      return;
    if (auto ready = find_ready(0))
      offer_front(*ready);
  }

  /// After a send: as dispatch(), but an event nobody is ready for was taken up and is put back.
  void dispatch_next() {
    if (p.closed || p.buffer.empty() || p.buffer.front().waits_for != 0)
      return;
    if (auto ready = find_ready(0))
      return offer_front(*ready);
    if (p.verbose)
      say_rebuffering(p.buffer.front().serial, p.buffer.size() - 1);
  }

  void offer_front(std::size_t member) {
    auto event = take_front();
    if (p.buffer.empty())
      p.overflowing = false;
    offer(std::move(event), member);
  }

  void offer(pooled_event event, std::size_t member) {
    p.offered = pool::offer{event, member};
    effects.emplace_back(pool_effect::send{member, std::move(event)});
  }

  /// In table order, the first one wins: no round-robin.
  std::optional<std::size_t> find_ready(std::size_t from) const {
    for (auto i = from; i < p.members.size(); ++i)
      if (p.members[i].running && p.members[i].talk.state == listener_state::ready)
        return i;
    return {};
  }

  /// Of a listener that has gone; or whose result was not accepted. A result that it left behind still counts.
  void take_back(pool_member& m) {
    auto event = std::exchange(m.held, std::nullopt);
    auto question = std::exchange(m.question, std::nullopt);
    if (event && question && p.leftovers.size() < most_leftovers)
      p.leftovers.push_back({*question, m.name, *std::move(event)});
    else if (event)
      put_back(*std::move(event));
  }

  void put_back(pooled_event event) {
    if (p.verbose)
      say_rebuffering(event.serial, p.buffer.size());
    make_room(event.what->body.size());
    p.bytes += event.what->body.size();
    p.buffer.push_front(std::move(event));
  }

  pooled_event take_front() {
    auto event = std::move(p.buffer.front());
    p.buffer.pop_front();
    p.bytes -= event.what->body.size();
    return event;
  }

  /// For one more, of so many bytes.
  void make_room(std::size_t bytes) {
    while (!p.buffer.empty() && (p.buffer.size() >= p.buffer_size || p.bytes + bytes > p.buffer_bytes)) {
      p.overflowing = true;
      effects.emplace_back(pool_effect::log{log_level::error, "pool " + p.name +
                                                                " event buffer overflowed, discarding event " +
                                                                std::to_string(p.buffer.front().serial)});
      take_front();
    }
  }

  void say_verdict(const std::string& member, handler_verdict verdict) {
    if (verdict == handler_verdict::reject)
      warn(member + ": event was rejected");
    else if (verdict == handler_verdict::error)
      warn(member + ": event caused an error");
    else if (p.verbose)
      debug(member + ": event was processed");
  }

  void say_rebuffering(std::int64_t serial, std::size_t size) {
    debug("rebuffering event " + std::to_string(serial) + " for pool " + p.name + " (buf size=" + std::to_string(size) +
          ", max=" + std::to_string(p.buffer_size) + ")");
  }

  void debug(std::string text) { effects.emplace_back(pool_effect::log{log_level::debug, std::move(text)}); }
  void warn(std::string text) { effects.emplace_back(pool_effect::log{log_level::warn, std::move(text)}); }
};

} // namespace

std::int64_t next_serial(std::int64_t serial) {
  return serial == std::numeric_limits<std::int64_t>::max() ? 0 : serial + 1;
}

std::vector<pool_action> step(pool& p, const pool_happening& happened) {
  std::vector<pool_action> effects;
  std::visit(machine{p, effects}, happened);
  return effects;
}

} // namespace troupe::actors
