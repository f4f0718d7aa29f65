// See process_actor.hpp.
#include "actors/process_actor.hpp"

#include "actors/core/life_end.hpp"
#include "actors/core/process_requests.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

namespace troupe::actors {

namespace {

// So long a request may keep everybody else waiting.
constexpr std::chrono::milliseconds longest_look{250};
constexpr std::chrono::milliseconds short_look{5}; ///< while others' looks hang: there may be many more

bool is_stop(const process_task& task) { return task.what == verb::stop || task.what == verb::kill; }

std::int64_t wall_now() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace

void process_state_of_actor::apply(const process_event& happened, const std::optional<platform::child_usage>& used,
                                   const std::optional<time_point>& at) {
  auto before = cell->record.state;
  bool was_ending = is_ending(cell->record);
  life_before life{cell->record.pid, cell->record.laststart};
  moment now{self->home_system().clock().now(), wall_now(), use->board.daemon(),
             cell->options->policy ? hash_of_name(cell->group.view(), cell->options->name.view()) : 0};
  if (at && *at < now.now) { // while there was nobody to hear of it
    now.wall -= std::chrono::duration_cast<std::chrono::microseconds>(now.now - *at).count();
    now.now = *at;
  }
  auto [after, effects] =
    step(*cell->options, cell->record, happened, now); // a copy: a throw must leave the record whole
  auto ended = case_of(happened, effects, now);
  if (ended)
    after.died = now.wall;
  note_wish(after.wished);
  cell->record = std::move(after);
  if (use->keeper) {
    if (std::holds_alternative<event::exited>(happened))
      cell->handled_life = use->keeper->life_of(cell->slot);
    use->keeper->note(*cell, noted_step{happened, now});
  }
  use->board.publish(cell);
  about_end = ended ? ended->id : 0;
  std::uint32_t done = 0;
  for (const auto& e : effects) {
    begin_effect(++done);
    std::visit([this](const auto& what) { carry_out(what); }, e);
    end_effect();
  }
  about_end = 0;
  if (untold && !spawn_under_way())
    use->deaths->report(std::move(*std::exchange(untold, nullptr)));
  if (ended) { // last, elsewhere, and when there is a child again: reports take the time of nobody's restart
    ended->known.used = used;
    if (ended->id != 0)
      promise_detail(*ended);
    if (spawn_under_way())
      untold = std::make_unique<death_case>(*std::move(ended));
    else
      use->deaths->report(*std::move(ended));
  }
  if (use->deaths && cell->record.state == process_state::running && before != process_state::running)
    use->deaths->ran_well(*cell, cell->record.laststart);
  if (use->history) // what has to be done is on its way
    tell_changes(*use->history, *cell, effects, life, now.wall);
  tell_change_from(before, was_ending);
  withdraw_spawn_that_waits();
  if (open && !open->waiters.empty())
    settle();
  if (open && !spawn_under_way())
    for (const auto& asked : std::exchange(open->early_signals, {}))
      request(asked);
  if (open && open->waiters.empty() && open->signals.empty() && open->early_signals.empty() && !open->reporting &&
      (!open->looking || open->looking->given()))
    open = nullptr;
  if (auto pull_in = std::exchange(look_due, std::nullopt))
    look_at_dependencies(*pull_in);
}

/// To whoever has to do with it.
void process_state_of_actor::tell_change_from(process_state before, bool was_ending) {
  if (cell->record.state == before) {
    if (is_ending(cell->record) != was_ending)
      tell_state();
    return;
  }
  bool is_at_it = cell->options->oneshot() && cell->record.state == process_state::running; // until its end
  bool was_at_it = before == process_state::starting || (cell->options->oneshot() && before == process_state::running);
  if (was_at_it && !is_at_it && use->means->settings.starts.concurrency > 0)
    self->send(use->reaper.get(), start_over{cell->id});
  if (cell->options->listener && cell->record.state == process_state::running)
    use->events.set_running(cell->id, true); // after `success:` is logged (V158)
  self->send(group,
             process_changed{cell->id, cell->record.state, before == process_state::running, is_ending(cell->record)});
  start_late();
}

/// What the step was the end of, if nobody had asked for it and somebody is to write about it.
std::optional<death_case> process_state_of_actor::case_of(const process_event& happened,
                                                          const std::vector<process_effect>& effects,
                                                          const moment& at) const {
  static std::atomic<std::uint64_t> last_number{0};
  auto lines = use->deaths ? use->deaths->lines_of(*cell->options) : 0;
  if (lines == 0)
    return {};
  auto known = end_of_life(*cell->options, cell->record, happened, effects, at);
  if (!known)
    return {};
  auto number = use->events.wants_details() ? ++last_number : 0;
  auto marks = known->wait_status ? cell->life().now() : nullptr;
  return death_case{number, cell, std::move(marks), *std::move(known), lines};
}

/// The event waits for the report so long, and then goes without.
void process_state_of_actor::promise_detail(const death_case& of) {
  constexpr std::chrono::milliseconds patience_with_report{200};
  self->remind(std::chrono::steady_clock::now() + patience_with_report,
               detail_due{of.id, protocols::death_detail(of.known, false)});
}

process_state_of_actor::open_requests& process_state_of_actor::opened() {
  if (!open)
    open = std::make_unique<open_requests>();
  return *open;
}

bool process_state_of_actor::is_unspawned() const {
  return cell->record.state == process_state::starting && cell->record.pid == 0;
}

bool process_state_of_actor::spawn_under_way() const { return is_unspawned() && cell->record.waiting_for.empty(); }

// -- requests ------------------------------------------------------------------------------------

void process_state_of_actor::request(const process_request& asked) {
  if (asked.task.goes_on && asked.task.what != verb::signal) { // it has been carried out
    opened().waiters.push_back({asked.task, asked.shown, asked.answer, true});
    return settle();
  }
  auto cannot_run = [this]() -> std::optional<protocols::rpc_fault> {
    auto found = look_at_command();
    if (found.error.empty())
      return {};
    return protocols::make_fault(found.missing ? protocols::fault::no_file : protocols::fault::not_executable,
                                 found.error);
  };
  if (asked.task.for_others && !is_wanted_for_others(asked.task.because))
    return (*asked.answer)(process_outcome{.absent = true});
  auto refused = asked.task.for_others
                   ? refusal(asked.task, cell->record, use->board.daemon(), asked.shown)
                   : refusal(asked.task, cell->record, use->board.daemon(), asked.shown, cannot_run);
  if (refused && !refused->ok())
    note_refused_start(asked.task, refused->text);
  if (asked.task.what == verb::retire)
    retired = refused && refused->ok();
  if (is_stop(asked.task) && cell->record.state == process_state::exited)
    apply(event::stop_requested{
      .for_group = asked.task.for_group,
      .passing = asked.task.passing}); // refused or passed over, and yet it must not start a moment later
  if (refused)
    (*asked.answer)(*std::move(refused));
  else
    carry_out_request(asked);
}

/// What check_command finds, or nothing where its paths hang: then the spawn will tell.
platform::resolved process_state_of_actor::look_at_command() {
  if (auto words = words_of_command(*cell->options); !words.error.empty())
    return {{}, words.error, false};
  auto& looking = opened().looking;
  if (looking && !looking->given())
    return {};
  looking = std::make_shared<late_answer<platform::resolved>>();
  auto job = [answer = looking, options = cell->options] { answer->give(check_command(*options)); };
  try {
    if (use->checking_crew.post(std::move(job)))
      if (auto found = looking->wait(use->checking_crew.hanging() > 0 ? short_look : longest_look))
        return *std::move(found);
    use->checking_crew.relieve(longest_look);
  } catch (const std::system_error&) { // no thread can be made
    looking = nullptr;
  }
  return {};
}

void process_state_of_actor::carry_out_request(const process_request& asked) {
  if (asked.task.what != verb::disable && asked.task.what != verb::enable)
    retired = false;
  if (asked.task.what == verb::signal) {
    if (spawn_under_way())
      return opened().early_signals.push_back(asked);
    if (cell->record.pid == 0)
      return (*asked.answer)(process_outcome::of(protocols::make_fault(
        protocols::fault::failed, "attempted to send " + cell->options->name + " sig " +
                                    config::signal_name(*asked.task.signo) + " but it wasn't running")));
    opened().signals.push_back(asked.answer);
    return apply(event::signal_requested{*asked.task.signo});
  }
  opened().waiters.push_back({asked.task, asked.shown, asked.answer});
  if (asked.task.what == verb::hup) {
    const auto& last = cell->record.reload;
    opened().waiters.back().task.round = (last ? last->round : 0) + 1;
    return apply(event::reload_requested{});
  }
  if (asked.task.what == verb::disable || asked.task.what == verb::enable)
    change_enabling(asked.task);
  else if (asked.task.what == verb::start)
    apply(event::start_requested{reason_of(asked.task), asked.task.alone});
  else if (asked.task.what == verb::kill)
    apply(event::kill_requested{});
  else
    apply(event::stop_requested{asked.task.for_group, asked.task.rolls, asked.task.passing, asked.task.reason});
}

/// Answers those whose request is decided by now.
void process_state_of_actor::settle() {
  const auto& r = cell->record;
  std::erase_if(open->waiters, [&](waiting& w) {
    auto outcome = verdict(w.task, r, way_up_of(*cell->options), w.shown);
    if (!outcome) {
      w.deferred = w.deferred || is_stop(w.task) || r.pid != 0;
      return false;
    }
    outcome->deferred = w.deferred;
    (*w.answer)(*std::move(outcome));
    return true;
  });
  if (!open->reporting)
    report_stop();
}

/// 3.2: said while a client waits, at once and then every two seconds.
void process_state_of_actor::report_stop() {
  if (!open)
    return;
  const auto& all = open->waiters;
  bool waited_for = std::any_of(all.begin(), all.end(), [](auto& w) { return is_stop(w.task); });
  open->reporting = waited_for && cell->record.state == process_state::stopping;
  if (!open->reporting)
    return;
  use->log.write(config::log_level::info, "waiting for " + cell->options->name + " to stop");
  self->remind(std::chrono::steady_clock::now() + std::chrono::seconds{2}, stop_report_due{});
}

void process_state_of_actor::note_signal(const signal_answered& answered) {
  bool failed = answered.error != 0 && answered.error != ESRCH;
  process_outcome outcome;
  if (failed)
    outcome = process_outcome::of(protocols::make_fault(
      protocols::fault::failed, "unknown problem " + std::string(answered.stopping ? "killing " : "sending sig ") +
                                  cell->options->name + " (" + std::to_string(answered.pid) + "):[Errno " +
                                  std::to_string(answered.error) + "] " + std::strerror(answered.error)));
  if (!answered.stopping && open && !open->signals.empty()) {
    auto first = std::move(open->signals.front());
    open->signals.pop_front();
    (*first)(outcome);
  }
  if (answered.stopping && failed && open)
    for (auto& w : open->waiters)
      if (is_stop(w.task))
        (*w.answer)(outcome);
  if (answered.error != 0 && cell->record.pid == answered.pid)
    apply(event::kill_failed{answered.error, answered.signo, answered.stopping});
}

void process_state_of_actor::take_turn(const process_event& happened) {
  apply(happened);
  self->send(group, turn_taken{cell->id});
}

void process_state_of_actor::evaluate() {
  if (retired) {
    held_start = true;
    return self->send(group, turn_taken{cell->id});
  }
  take_turn(event::evaluate{});
  first_spawn = spawn_under_way();
}

void process_state_of_actor::ring(std::uint64_t epoch) {
  if (epoch != timer_epoch)
    return;
  if (retired)
    held_start = true; // stopped, so there is nothing else that a timer could be for
  else
    apply(event::timer_fired{});
}

/// Its group is not removed: what would have started meanwhile does so now.
void process_state_of_actor::keep() {
  retired = false;
  if (!std::exchange(held_start, false))
    return;
  apply(event::evaluate{});
  apply(event::timer_fired{});
}

/// For those who may have missed it, or wait for an answer that changes no state.
void process_state_of_actor::tell_state() {
  self->send(group, process_changed{cell->id, cell->record.state, false, is_ending(cell->record)});
}

/// Asked to: the daemon ends, or the group is removed. The child may live on.
void process_state_of_actor::on_exit(const caf::error& reason) {
  if (cell->record.pid != 0)
    self->send(use->reaper.get(), child_left{cell});
  self->quit(reason);
}

std::span<const handler_row<process_state_of_actor>> process_state_of_actor::handlers() {
  using self_state = process_state_of_actor;
  return handler_table<process_actor, self_state>(
    [](self_state& st, evaluate_process) { st.evaluate(); },
    [](self_state& st, stop_process m) {
      if (m.final)
        st.take_turn(event::daemon_stop_requested{});
      else
        st.take_turn(event::stop_requested{});
    },
    [](self_state& st, const group_replaced& m) {
      st.group = m.group;
      st.look_for_another_reaper();
      st.tell_state();
    },
    [](self_state& st, const process_redefined& m) { st.redefine(m.cell); },
    [](self_state& st, keep_process) { st.keep(); },
    [](self_state& st, look_for_reaper) { st.look_for_another_reaper(); },
    [](self_state& st, const dependency_changed& m) { st.look_at_dependencies(m.pull_in, m); },
    [](self_state& st, child_spawned m) { st.end_spawn(event::spawned{m.pid}); },
    [](self_state& st, const child_not_spawned& m) {
      st.end_spawn(event::spawn_failed{m.text});
      st.use->means->sockets.give_back(st.cell->id, 0);
    },
    [](self_state& st, const spawn_waits& m) { st.let_spawn_wait(m.for_what); },
    [](self_state& st, spawn_begins) { st.apply(event::spawn_begun{}); },
    [](self_state& st, spawn_withdrawn) { st.end_spawn(event::spawn_withdrawn{}); },
    [](self_state& st, turn_given) { st.prepare(); },
    [](self_state& st, const command_answered& m) {
      if (m.of_reload)
        st.apply(event::reload_ended{m.number, m.ok, m.text});
      else
        st.apply(event::command_ended{m.number, m.ok, m.text});
    },
    [](self_state& st, const sweep_answered& m) {
      st.apply(event::swept{m.number, m.left, m.names});
    },
    [](self_state& st, look_at_notes) { st.watch_notes(); },
    [](self_state& st, const probe_answered& m) {
      if (st.cell->record.pid == m.pid)
        st.apply(event::probed{m.number, m.ok, m.detail});
    },
    [](self_state& st, child_exited m) {
      if (st.cell->record.pid == m.pid) {
        st.take_notes(); // what it has said before its end
        st.apply(event::exited{m.wait_status}, m.used, m.at);
        st.drop_notes();
      }
      st.use->means->sockets.give_back(st.cell->id, m.pid);
      st.self->send(st.use->reaper.get(), exit_handled{st.cell->id, m.pid});
    },
    [](self_state& st, const process_request& m) { st.request(m); },
    [](self_state& st, const signal_answered& m) { st.note_signal(m); },
    [](self_state& st, process_timer m) { st.ring(m.epoch); },
    [](self_state& st, const detail_due& m) { st.use->events.detail(m.about, m.keys); },
    [](self_state& st, stop_report_due) { st.report_stop(); });
}

void run_process(hosted_pointer<process_actor, process_state_of_actor> self, services* use, process_cell_ptr cell,
                 group_actor group, bool rebuilt) {
  auto& st = self->state;
  st.self = self;
  st.use = use;
  st.cell = std::move(cell);
  st.group = std::move(group);
  st.reaper_known = use->reaper.generation();
  if (!rebuilt)
    return;
  if (st.cell->options->listener)
    use->events.set_running(st.cell->id, st.cell->record.state == process_state::running);
  st.catch_up(st.tell_the_untold());
  if (st.cell->notes)
    st.watch_notes();
  st.tell_state(); // the dead one may have died before it said so
}

} // namespace troupe::actors
