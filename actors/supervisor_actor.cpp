// See supervisor_actor.hpp.
#include "actors/supervisor_actor.hpp"

#include "actors/event_listener_actor.hpp"
#include "actors/plugins.hpp"
#include "actors/steadfast.hpp"
#include "config/diff.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace troupe::actors {

using config::log_level;

namespace {

constexpr std::chrono::seconds boot_patience{1};
constexpr int most_deaths = 3; ///< of a group's actor that is told to stop, before the next one's turn

/// What a group says once its members have been asked. A group that dies before is no group without members.
process_answer answer_of_group(const std::shared_ptr<gathering>& all, std::size_t rank, const std::string& name) {
  return gathering::add(all, rank, name, name);
}

} // namespace

void supervisor_state::add_group(group_cell_ptr cell) {
  auto index = cells.size();
  group_view view{
    cell->options->name, cell->options->priority, {}, cell->options->kind == config::group_kind::eventlistener};
  for (std::size_t i = 0; i < cell->processes.size(); ++i) {
    view.members.push_back({cell->processes[i]->options->name, cell->processes[i]->record.state});
    positions[cell->processes[i]->id] = {index, i};
  }
  views.push_back(std::move(view));
  use->board.add_group(*cell);
  cells.push_back(std::move(cell));
  processes.push_back(std::make_shared<std::vector<process_actor>>());
  groups->emplace_back();
  spawn_group(index);
  auto judge = judge_of(*cells[index]->options); // looked at before anything was added
  if (!judge)
    use->log.write(log_level::critical, judge.error().what);
  if (use->pools)
    use->pools->add(*cells[index], judge ? *std::move(judge) : nullptr); // so that it receives its own ADDED event
  publish(protocols::process_group_event(protocols::event_type::process_group_added, cells[index]->options->name));
}

void supervisor_state::spawn_group(std::size_t index) {
  (*groups)[index] =
    self->spawn<caf::monitored>(run_group, use, cells[index], processes[index], supervisor_actor{self});
}

void supervisor_state::start() {
  publish(protocols::supervisor_state_event(protocols::event_type::supervisor_state_change_running));
  if (set.running)
    self->remind(std::chrono::steady_clock::now() + boot_patience, boot_overdue{});
  evaluate_next();
  let_clients_in();
}

void supervisor_state::evaluate_next() {
  evaluating = next_to_evaluate < groups->size();
  if (evaluating)
    self->send((*groups)[next_to_evaluate++], evaluate_group{});
}

// -- the boot: the first answer that a client gets shows programs that were started ------------------------------

bool supervisor_state::is_being_spawned(std::uint64_t process) const {
  auto status = use->board.find(process);
  return status && status->state == protocols::process_state::starting && status->pid == 0;
}

/// The group has asked for its spawns: which of them are not answered yet?
void supervisor_state::await_spawns() {
  if (!set.running || next_to_evaluate == 0)
    return;
  ++progress;
  for (const auto& process : cells[next_to_evaluate - 1]->processes)
    if (is_being_spawned(process->id))
      being_spawned.insert(process->id);
}

void supervisor_state::let_clients_in() {
  if (set.running && !evaluating && being_spawned.empty())
    std::exchange(set.running, nullptr)();
}

/// A spawn that hangs (a dead file system) must not keep the doors shut.
void supervisor_state::hurry_boot() {
  if (!set.running)
    return;
  if (std::exchange(progress_seen, progress) == progress)
    return std::exchange(set.running, nullptr)();
  self->remind(std::chrono::steady_clock::now() + boot_patience, boot_overdue{});
}

// -- the daemon's stop: signals leave in order, group by group, while nobody waits for an exit ---------------------

void supervisor_state::tell_next() {
  deaths = 0;
  if (!to_stop.empty())
    self->send((*groups)[to_stop.front()], stop_group{});
}

void supervisor_state::note_told() {
  if (to_stop.empty() ||
      (*groups)[to_stop.front()].address() != caf::actor_cast<caf::actor_addr>(self->current_sender()))
    return;
  to_stop.pop_front();
  tell_next();
}

void supervisor_state::note(const group_changed& change) {
  auto found = positions.find(change.process);
  if (found == positions.end())
    return;
  views[found->second.group].members[found->second.member].state = change.state;
  apply(daemon_event::group_changed{found->second.group, found->second.member});
  if (!set.running)
    return;
  ++progress;
  if (!is_being_spawned(change.process))
    being_spawned.erase(change.process);
  let_clients_in();
}

void supervisor_state::on_down(const caf::down_msg& down) {
  for (std::size_t i = 0; i < groups->size(); ++i)
    if ((*groups)[i].address() == down.source) {
      use->log.write(log_level::critical,
                     "the actor of group " + views[i].name + " died and is rebuilt from its record");
      spawn_group(i);
      if (evaluating && i + 1 == next_to_evaluate) // it died in its turn, and what it was asked for went with it
        self->send((*groups)[i], evaluate_group{});
      if (!to_stop.empty() && to_stop.front() == i) {
        if (++deaths < most_deaths) {
          self->send((*groups)[i], stop_group{});
        } else { // the next one's turn; the daemon's stop comes back to this one
          to_stop.pop_front();
          tell_next();
        }
      }
      refresh_view(i); // reports may have died with it
      for (std::size_t m = 0; m < views[i].members.size(); ++m)
        apply(daemon_event::group_changed{i, m});
    }
}

void supervisor_state::end_all(const caf::error& reason) {
  for (auto& group : *groups) {
    self->demonitor(group.address());
    self->send_exit(group, reason);
  }
  reader.close();
  self->quit(reason);
}

void supervisor_state::publish(protocols::event event) { use->events.publish(std::move(event)); }

/// The board is ahead of the reports on their way here: what was started a moment ago must not be left behind.
void supervisor_state::refresh_views() {
  for (std::size_t g = 0; g < cells.size(); ++g)
    refresh_view(g);
}

void supervisor_state::refresh_view(std::size_t group) {
  for (std::size_t m = 0; m < cells[group]->processes.size(); ++m)
    if (auto status = use->board.find(cells[group]->processes[m]->id))
      views[group].members[m].state = status->state;
}

// -- what clients ask for ------------------------------------------------------------------------

using protocols::fault;
using protocols::make_fault;

void supervisor_state::control(const control_call& call) {
  if (removing)
    return held.push_back(call);
  auto& answer = *call.answer;
  if (use->board.daemon() != mood::running)
    return answer(make_fault(fault::shutdown_state));
  switch (call.request.what) {
  case control_request::kind::processes:
    return control_processes(call);
  case control_request::kind::add_group:
    return add_loaded_group(call);
  case control_request::kind::remove_group:
    return ask_to_remove(call);
  case control_request::kind::reload:
    return read_configuration(call);
  case control_request::kind::shutdown:
  case control_request::kind::restart:
    end_asked = call.answer;
    refresh_views();
    if (call.request.what == control_request::kind::shutdown)
      return apply(daemon_event::shutdown_requested{});
    return apply(daemon_event::restart_requested{});
  }
}

std::optional<std::size_t> supervisor_state::find_group(std::string_view wanted) const {
  for (std::size_t i = 0; i < views.size(); ++i)
    if (views[i].name == wanted)
      return i;
  return {};
}

void supervisor_state::control_processes(const control_call& call) {
  const auto& request = call.request;
  if (request.of == control_request::scope::all) {
    std::vector<std::int64_t> priorities;
    for (const auto& view : views)
      priorities.push_back(view.priority);
    return control_many(call, request_order(priorities));
  }
  auto group = find_group(request.group);
  if (!group)
    return (*call.answer)(make_fault(fault::bad_name, request.name));
  if (request.of == control_request::scope::group)
    return control_many(call, {*group});
  const auto& members = views[*group].members;
  auto member = std::find_if(members.begin(), members.end(), [&](auto& m) { return m.name == request.process; });
  if (member == members.end())
    return (*call.answer)(make_fault(fault::bad_name, request.name));
  auto deliver = [answer = call.answer](const process_outcome& outcome) {
    if (outcome.ok())
      (*answer)(std::monostate{});
    else
      (*answer)(protocols::rpc_fault{outcome.status, outcome.text});
  };
  auto lost = process_outcome::of(make_fault(fault::failed, request.name));
  self->send((*groups)[*group],
             group_request{request.task, static_cast<std::size_t>(member - members.begin()), request.name,
                           std::make_shared<one_answer<process_outcome>>(deliver, lost), nullptr});
}

void supervisor_state::control_many(const control_call& call, const std::vector<std::size_t>& which) {
  auto all = std::make_shared<gathering>(call.answer);
  auto task = call.request.task;
  task.one_of_many = true;
  for (std::size_t rank = 0; rank < which.size(); ++rank)
    self->send((*groups)[which[rank]],
               group_request{task, {}, {}, answer_of_group(all, rank, views[which[rank]].name), all, rank});
}

void supervisor_state::add_loaded_group(const control_call& call) {
  const auto& who = call.request.name;
  auto loaded = use->board.loaded();
  auto found = std::find_if(loaded->begin(), loaded->end(), [&](auto& group) { return group->name == who; });
  if (found == loaded->end()) // even where it is still active
    return (*call.answer)(make_fault(fault::bad_name, who));
  if (find_group(who))
    return (*call.answer)(make_fault(fault::already_added, who));
  if (auto probed = use->means->sockets.probe(**found); !probed)
    return (*call.answer)(make_fault(fault::failed, probed.error().what));
  if (auto judge = judge_of(**found); !judge)
    return (*call.answer)(make_fault(fault::failed, judge.error().what));
  auto made = make_cells({*found}, set.childlogdir, set.identifier, kept);
  if (!made)
    return (*call.answer)(make_fault(fault::failed, made.error().what));
  add_group(made->front());
  (*call.answer)(std::monostate{});
  if (!evaluating)
    evaluate_next();
}

/// Two steps: a start that is on its way to a member must not be overtaken by the removal.
void supervisor_state::ask_to_remove(const control_call& call) {
  const auto& who = call.request.name;
  auto index = find_group(who);
  if (!index)
    return (*call.answer)(make_fault(fault::bad_name, who));
  removing = who;
  auto me = caf::actor_cast<caf::actor>(self);
  auto collected = std::make_shared<one_answer<control_answer>>(
    [me, answer = call.answer](control_answer answers) {
      caf::anon_send(caf::actor_cast<supervisor_actor>(me), group_asked{std::move(answers), answer});
    },
    control_answer{process_results{}});
  auto all = std::make_shared<gathering>(collected);
  self->send((*groups)[*index], group_request{{.what = verb::retire}, {}, {}, answer_of_group(all, 0, who), all});
}

void supervisor_state::finish_removal(const group_asked& asked) {
  auto who = *std::exchange(removing, std::nullopt);
  auto index = *find_group(who);
  const auto& results = std::get<process_results>(asked.answers);
  auto count = [&results](fault of) {
    return std::count_if(results.begin(), results.end(), [of](auto& r) { return r.status == static_cast<int>(of); });
  };
  bool stopped = static_cast<std::size_t>(count(fault::success)) == cells[index]->processes.size();
  if (use->board.daemon() != mood::running) {
    (*asked.answer)(make_fault(fault::shutdown_state));
  } else if (!stopped) { // an answer that is missing is no yes: its actor died
    (*asked.answer)(make_fault(count(fault::still_running) > 0 ? fault::still_running : fault::failed, who));
    self->send((*groups)[index], keep_group{});
  } else {
    remove_group(index);
    (*asked.answer)(std::monostate{});
  }
  auto calls = std::exchange(held, {});
  for (const auto& call : calls)
    control(call);
}

void supervisor_state::remove_group(std::size_t index) {
  auto who = views[index].name;
  auto group = (*groups)[index];
  keep_logs(kept, *cells[index]);
  self->demonitor(group.address());
  self->send_exit(group, caf::exit_reason::user_shutdown);
  auto drop = [index](auto& from) { from.erase(from.begin() + static_cast<std::ptrdiff_t>(index)); };
  drop(*groups);
  drop(views);
  drop(cells);
  drop(processes);
  positions.clear();
  for (std::size_t g = 0; g < cells.size(); ++g)
    for (std::size_t m = 0; m < cells[g]->processes.size(); ++m)
      positions[cells[g]->processes[m]->id] = {g, m};
  use->board.remove_group(who);
  if (use->pools)
    use->pools->remove(who); // so that it does not see its own removal
  publish(protocols::process_group_event(protocols::event_type::process_group_removed, who));
  if (index >= next_to_evaluate)
    return;
  --next_to_evaluate;
  if (evaluating && index == next_to_evaluate)
    evaluate_next(); // it will not answer any more
}

void supervisor_state::read_configuration(const control_call& call) {
  reader.ask(call.answer);
  if (auto begun = reader.begin())
    self->remind(std::chrono::steady_clock::now() + set.load_limit, reading_overdue{*begun});
}

void supervisor_state::note_loaded(const configuration_loaded& loaded) {
  auto answers = reader.end();
  if (!answers.empty()) {
    auto answer = compare_loaded(loaded.what);
    for (const auto& to : answers)
      (*to)(answer);
  }
  if (auto begun = reader.begin())
    self->remind(std::chrono::steady_clock::now() + set.load_limit, reading_overdue{*begun});
}

/// What is loaded takes the place of what was loaded before; errors leave that alone.
control_answer
supervisor_state::compare_loaded(const config::result<std::shared_ptr<const config::configuration>>& what) {
  if (use->board.daemon() != mood::running)
    return make_fault(fault::shutdown_state);
  if (!what) {
    const auto& [at, sentence] = what.error();
    auto place = at.file.empty() || at.line == 0 ? "" : at.file + ':' + std::to_string(at.line) + ": ";
    return make_fault(fault::cant_reread, place + sentence);
  }
  const auto& configuration = **what;
  for (const auto& notice : configuration.notices)
    if (notice.level >= log_level::warn)
      use->log.write(notice.level, notice.text);
  use->board.set_loaded(std::make_shared<const std::vector<config::group_options_ptr>>(configuration.groups));
  std::vector<config::group_options_ptr> active;
  for (const auto& cell : cells)
    active.push_back(cell->options);
  return config::compare(active, configuration.groups);
}

void supervisor_state::apply(const daemon_happening& happened) {
  auto [after, effects] = step(record, happened, views, self->home_system().clock().now());
  record = std::move(after);
  for (const auto& e : effects)
    std::visit([this](const auto& what) { carry_out(what); }, e);
}

/// Whoever asked for it is answered once everybody sees it, and before anything stops.
void supervisor_state::carry_out(const daemon_effect::set_mood& e) {
  use->board.set_daemon(e.to);
  if (auto asker = std::exchange(end_asked, nullptr))
    (*asker)(std::monostate{});
}

void supervisor_state::carry_out(const daemon_effect::publish& e) {
  if (e.not_to)
    use->events.close_pool(views[*e.not_to].name);
  publish(protocols::supervisor_state_event(e.type));
}

void supervisor_state::carry_out(const daemon_effect::stop_group& e) {
  to_stop.push_back(e.group);
  if (to_stop.size() == 1)
    tell_next();
}

void supervisor_state::carry_out(const daemon_effect::arm_timer& e) { self->remind(e.at, supervisor_timer{}); }

void supervisor_state::carry_out(const daemon_effect::reopen_logs&) {
  use->log.reopen();
  use->io.reopen_logs();
}

void supervisor_state::carry_out(const daemon_effect::log& e) { use->log.write(e.level, e.text); }

void supervisor_state::carry_out(const daemon_effect::finish& e) { set.finished(e.how); }

supervisor_actor::behavior_type run_supervisor(hosted_pointer<supervisor_actor, supervisor_state> self, services* use,
                                               supervisor_settings settings, group_handles groups) {
  guard(self, use->log, "supervisor");
  auto& st = self->state;
  st.self = self;
  st.use = use;
  st.set = std::move(settings);
  st.groups = std::move(groups);
  st.reader.open(st.set.load, [me = supervisor_actor{self}](configuration_reader::outcome what) {
    caf::anon_send(me, configuration_loaded{std::move(what)});
  });
  self->set_down_handler([&st](const caf::down_msg& m) { st.on_down(m); });
  self->set_exit_handler([&st](caf::exit_msg& m) { st.end_all(m.reason); });
  std::vector<config::group_options_ptr> loaded;
  for (auto& cell : st.set.cells) {
    loaded.push_back(cell->options);
    st.add_group(cell);
  }
  st.set.cells.clear();
  use->board.set_loaded(std::make_shared<const std::vector<config::group_options_ptr>>(std::move(loaded)));
  steadfast on{use->log, "the supervisor"};
  return {
    on([&st](boot) { st.start(); }),
    on([&st](signal_arrived m) {
      if (!st.record.stopping)
        st.refresh_views();
      st.apply(daemon_event::signal{m.signo});
    }),
    on([&st](const group_changed& m) { st.note(m); }),
    on([&st](group_evaluated) {
      st.await_spawns();
      st.evaluate_next();
      st.let_clients_in();
    }),
    on([&st](group_told) { st.note_told(); }),
    on([&st](const control_call& m) { st.control(m); }),
    on([&st](const configuration_loaded& m) { st.note_loaded(m); }),
    on([&st](const group_asked& m) { st.finish_removal(m); }),
    on([&st](supervisor_timer) { st.apply(daemon_event::timer_fired{}); }),
    on([&st](boot_overdue) { st.hurry_boot(); }),
    on([&st](reading_overdue m) { st.reader.give_up(m.reading); }),
  };
}

} // namespace troupe::actors
