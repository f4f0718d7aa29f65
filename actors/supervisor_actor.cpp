// See supervisor_actor.hpp.
#include "actors/supervisor_actor.hpp"

#include "actors/event_listener_actor.hpp"
#include "actors/extensions/plugins.hpp"
#include "actors/io/steadfast.hpp"
#include "actors/kept_alive.hpp"
#include "config/diff.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace troupe::actors {

using config::log_level;
using protocols::fault;
using protocols::make_fault;

namespace {

constexpr std::chrono::seconds boot_patience{1};

/// What a group says once its members have been asked. A group that dies before is no group without members.
process_answer answer_of_group(const std::shared_ptr<gathering>& all, std::size_t rank, const std::string& name) {
  return gathering::add(all, rank, name, name);
}

} // namespace

// -- groups ----------------------------------------------------------------------------------------

/// Before the start.
void supervisor_state::fill() {
  record->filled = true;
  std::vector<config::group_options_ptr> loaded;
  for (auto& cell : std::exchange(record->set.cells, {})) {
    loaded.push_back(cell->options);
    add_group(cell);
  }
  use->board.set_loaded(std::make_shared<const std::vector<config::group_options_ptr>>(std::move(loaded)));
}

void supervisor_state::start() {
  if (record->start_asked && !record->table.started)
    apply(group_event::started{static_cast<bool>(record->set.running)});
}

/// The supervisor before this one has failed: what was under way may be lost with it.
void supervisor_state::take_over() {
  for (auto& [id, group] : record->groups) {
    self->monitor(group.actor); // one that died in between is reported at once
    self->send(group.actor, supervisor_replaced{supervisor_actor{self}});
  }
  refresh_all();
  apply(group_event::rebuilt{});
}

void supervisor_state::add_group(group_cell_ptr cell) {
  const auto& options = *cell->options;
  group_view view{options.name, options.priority, {}, options.kind == config::group_kind::eventlistener};
  for (const auto& process : cell->processes)
    view.members.push_back({process->options->name, process->record.state, process->id});
  use->board.add_group(*cell);
  auto id = actors::add_group(record->table, std::move(view));
  record->groups[id].cell = cell;
  spawn_group(id);
  auto handler = result_handler_of(options); // looked at before anything was added
  if (!handler)
    use->log.write(log_level::critical, handler.error().what);
  if (use->pools)
    use->pools->add(*cell, handler ? *std::move(handler) : nullptr); // so that it receives its own ADDED event
  use->events.publish(protocols::process_group_event(protocols::event_type::process_group_added, options.name));
}

void supervisor_state::spawn_group(std::uint64_t id) {
  auto& group = record->groups.at(id);
  group.actor = self->spawn<caf::monitored>(run_group, use, group.cell, group.processes, supervisor_actor{self});
}

group_actor supervisor_state::actor_of(std::uint64_t group) const { return record->groups.at(group).actor; }

bool supervisor_state::is_being_spawned(std::uint64_t process) const {
  auto status = use->board.find(process);
  return status && status->state == protocols::process_state::starting && status->pid == 0;
}

/// The group whose turn it is has asked for its spawns: which of them are not answered yet?
void supervisor_state::note_evaluated() {
  group_event::evaluated answer;
  const auto& table = record->table;
  if (table.doors_shut && table.next_to_evaluate > 0)
    for (const auto& member : table.groups[table.next_to_evaluate - 1].members)
      if (is_being_spawned(member.process))
        answer.being_spawned.push_back(member.process);
  apply(answer);
}

/// The board is ahead of the reports on their way here: what was started a moment ago must not be left behind.
void supervisor_state::refresh_all() {
  for (auto& group : record->table.groups)
    for (auto& member : group.members)
      if (auto status = use->board.find(member.process))
        member.state = status->state;
}

/// Not one that has died since: it is asked again.
void supervisor_state::note_told() {
  const auto& to_stop = record->table.to_stop;
  auto who = caf::actor_cast<caf::actor_addr>(self->current_sender());
  if (!to_stop.empty() && actor_of(to_stop.front()).address() == who)
    apply(group_event::told{to_stop.front()});
}

void supervisor_state::on_down(const caf::down_msg& down) {
  auto found = std::find_if(record->groups.begin(), record->groups.end(),
                            [&](auto& g) { return g.second.actor.address() == down.source; });
  if (found == record->groups.end())
    return;
  auto id = found->first;
  say_rebuilt(use->log, "the actor of group " + found->second.cell->options->name);
  spawn_group(id);
  refresh_all();
  apply(group_event::died{id});
}

void supervisor_state::on_exit(const caf::error& reason) {
  for (auto& [id, group] : record->groups) {
    self->demonitor(group.actor.address());
    self->send_exit(group.actor, reason);
  }
  reader.close();
  self->quit(reason);
}

void supervisor_state::take_signals() {
  while (auto signo = record->signals.pop()) {
    if (!record->table.daemon.stopping)
      refresh_all();
    apply(group_event::of_the_daemon{daemon_event::signal{*signo}});
  }
}

// -- what clients ask for ------------------------------------------------------------------------

void supervisor_state::control(const control_call& call) {
  switch (admit(record->table)) {
  case admission::hold_back:
    return record->held.push_back(call);
  case admission::refuse:
    return (*call.answer)(make_fault(fault::shutdown_state));
  case admission::carry_out:
    break;
  }
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
    return end_daemon(call);
  }
}

void supervisor_state::end_daemon(const control_call& call) {
  record->end_asked = call.answer;
  refresh_all();
  if (call.request.what == control_request::kind::shutdown)
    apply(group_event::of_the_daemon{daemon_event::shutdown_requested{}});
  else
    apply(group_event::of_the_daemon{daemon_event::restart_requested{}});
}

void supervisor_state::control_processes(const control_call& call) {
  const auto& request = call.request;
  if (request.of == control_request::scope::all)
    return control_many(call, request_order(record->table));
  const auto* group = record->table.find(request.group);
  if (!group)
    return (*call.answer)(make_fault(fault::bad_name, request.name));
  if (request.of == control_request::scope::group)
    return control_many(call, {group->id});
  const auto& members = group->members;
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
  self->send(actor_of(group->id),
             group_request{request.task, static_cast<std::size_t>(member - members.begin()), request.name,
                           std::make_shared<reply_promise<process_outcome>>(deliver, lost), nullptr});
}

void supervisor_state::control_many(const control_call& call, const std::vector<std::uint64_t>& which) {
  auto all = std::make_shared<gathering>(call.answer);
  auto task = call.request.task;
  task.one_of_many = true;
  for (std::size_t rank = 0; rank < which.size(); ++rank) {
    const auto& group = record->groups.at(which[rank]);
    self->send(group.actor,
               group_request{task, {}, {}, answer_of_group(all, rank, group.cell->options->name), all, rank});
  }
}

void supervisor_state::add_loaded_group(const control_call& call) {
  const auto& who = call.request.name;
  auto loaded = use->board.loaded();
  auto found = std::find_if(loaded->begin(), loaded->end(), [&](auto& group) { return group->name == who; });
  if (found == loaded->end()) // even where it is still active
    return (*call.answer)(make_fault(fault::bad_name, who));
  if (record->table.find(who))
    return (*call.answer)(make_fault(fault::already_added, who));
  if (auto probed = use->means->sockets.probe(**found); !probed)
    return (*call.answer)(make_fault(fault::failed, probed.error().what));
  if (auto handler = result_handler_of(**found); !handler)
    return (*call.answer)(make_fault(fault::failed, handler.error().what));
  auto made = make_cells({*found}, record->set.childlogdir, record->set.identifier, record->kept);
  if (!made)
    return (*call.answer)(make_fault(fault::failed, made.error().what));
  add_group(made->front());
  (*call.answer)(std::monostate{});
  apply(group_event::added{});
}

void supervisor_state::ask_to_remove(const control_call& call) {
  const auto* group = record->table.find(call.request.name);
  if (!group)
    return (*call.answer)(make_fault(fault::bad_name, call.request.name));
  record->removal = call;
  apply(group_event::removal_asked{group->id});
}

void supervisor_state::finish_removal(const group_asked& asked) {
  if (record->table.removing != asked.group)
    return;
  const auto& results = std::get<process_results>(asked.answers);
  auto count = [&results](fault of) {
    return static_cast<std::size_t>(
      std::count_if(results.begin(), results.end(), [of](auto& r) { return r.status == static_cast<int>(of); }));
  };
  apply(group_event::removal_answered{count(fault::success), count(fault::still_running)});
}

// -- the configuration ---------------------------------------------------------------------------

void supervisor_state::read_configuration(const control_call& call) {
  reader.ask(call.answer);
  begin_reading();
}

void supervisor_state::begin_reading() {
  if (auto begun = reader.begin())
    self->remind(std::chrono::steady_clock::now() + record->set.load_limit, reading_overdue{*begun});
}

void supervisor_state::note_loaded(const configuration_loaded& loaded) {
  auto answers = reader.end();
  if (!answers.empty()) {
    auto answer = compare_loaded(loaded.what);
    for (const auto& to : answers)
      (*to)(answer);
  }
  begin_reading();
}

/// What is loaded takes the place of what was loaded before; errors leave that alone.
control_answer supervisor_state::compare_loaded(const configuration_reader::outcome& what) {
  if (admit(record->table) == admission::refuse)
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
  for (const auto& group : record->table.groups)
    active.push_back(record->groups.at(group.id).cell->options);
  return config::compare(active, configuration.groups);
}

// -- effects -------------------------------------------------------------------------------------

void supervisor_state::apply(const group_happening& happened) {
  for (const auto& e : step(record->table, happened, std::chrono::steady_clock::now()))
    std::visit([this](const auto& what) { carry_out(what); }, e);
}

void supervisor_state::carry_out(const group_effect::evaluate& e) { self->send(actor_of(e.group), evaluate_group{}); }

void supervisor_state::carry_out(const group_effect::remind_of_start&) {
  self->remind(std::chrono::steady_clock::now() + boot_patience, boot_overdue{});
}

void supervisor_state::carry_out(const group_effect::let_clients_in&) { record->set.running(); }

void supervisor_state::carry_out(const group_effect::stop& e) { self->send(actor_of(e.group), stop_group{}); }

void supervisor_state::carry_out(const group_effect::ask_members& e) {
  auto collected = std::make_shared<reply_promise<control_answer>>(
    [me = supervisor_actor{self}, id = e.group](control_answer answers) {
      caf::anon_send(me, group_asked{id, std::move(answers)});
    },
    control_answer{process_results{}});
  auto all = std::make_shared<gathering>(collected);
  const auto& group = record->groups.at(e.group);
  self->send(group.actor,
             group_request{{.what = verb::retire}, {}, {}, answer_of_group(all, 0, group.cell->options->name), all});
}

void supervisor_state::carry_out(const group_effect::keep& e) { self->send(actor_of(e.group), keep_group{}); }

void supervisor_state::carry_out(const group_effect::drop& e) {
  auto group = std::move(record->groups.extract(e.group.id).mapped());
  keep_logs(record->kept, *group.cell);
  self->demonitor(group.actor.address());
  self->send_exit(group.actor, caf::exit_reason::user_shutdown);
  use->board.remove_group(e.group.name);
  if (use->pools)
    use->pools->remove(e.group.name); // so that it does not see its own removal
  use->events.publish(protocols::process_group_event(protocols::event_type::process_group_removed, e.group.name));
}

void supervisor_state::carry_out(const group_effect::end_removal& e) {
  if (auto asked = std::exchange(record->removal, std::nullopt)) {
    if (!e.refused)
      (*asked->answer)(std::monostate{});
    else
      (*asked->answer)(*e.refused == fault::shutdown_state ? make_fault(fault::shutdown_state)
                                                           : make_fault(*e.refused, asked->request.name));
  }
  for (const auto& call : std::exchange(record->held, {}))
    control(call);
}

void supervisor_state::carry_out(const group_effect::publish& e) {
  if (e.not_to)
    use->events.close_pool(record->table.find(*e.not_to)->name);
  use->events.publish(protocols::supervisor_state_event(e.type));
}

/// Whoever asked for it is answered once everybody sees it, and before anything stops.
void supervisor_state::carry_out(const daemon_effect::set_state& e) {
  use->board.set_daemon(e.to);
  if (auto asker = std::exchange(record->end_asked, nullptr))
    (*asker)(std::monostate{});
}

void supervisor_state::carry_out(const daemon_effect::arm_timer& e) { self->remind(e.at, supervisor_timer{}); }

void supervisor_state::carry_out(const daemon_effect::reopen_logs&) {
  use->log.reopen();
  use->io.reopen_logs();
}

void supervisor_state::carry_out(const daemon_effect::log& e) { use->log.write(e.level, e.text); }

void supervisor_state::carry_out(const daemon_effect::finish& e) { record->set.finished(e.how); }

supervisor_actor::behavior_type run_supervisor(hosted_pointer<supervisor_actor, supervisor_state> self, services* use,
                                               std::shared_ptr<supervisor_record> record) {
  auto& st = self->state;
  st.self = self;
  st.use = use;
  st.record = std::move(record);
  st.reader.open(st.record->set.load, [me = supervisor_actor{self}](configuration_reader::outcome what) {
    caf::anon_send(me, configuration_loaded{std::move(what)});
  });
  if (st.record->filled)
    st.take_over();
  else
    st.fill();
  st.start();
  st.take_signals();
  steadfast on{use->log, "the supervisor"};
  return {
    on([&st](boot) { st.start(); }),
    on([&st](signal_arrived) { st.take_signals(); }),
    on([&st](look_for_reaper) {
      for (const auto& [id, group] : st.record->groups)
        st.self->send(group.actor, look_for_reaper{});
    }),
    on([&st](const group_changed& m) {
      st.apply(group_event::changed{m.process, m.state, st.record->table.doors_shut && st.is_being_spawned(m.process)});
    }),
    on([&st](group_evaluated) { st.note_evaluated(); }),
    on([&st](group_told) { st.note_told(); }),
    on([&st](const control_call& m) { st.control(m); }),
    on([&st](const configuration_loaded& m) { st.note_loaded(m); }),
    on([&st](const group_asked& m) { st.finish_removal(m); }),
    on([&st](supervisor_timer) { st.apply(group_event::of_the_daemon{daemon_event::timer_fired{}}); }),
    on([&st](boot_overdue) { st.apply(group_event::start_overdue{}); }),
    on([&st](reading_overdue m) { st.reader.give_up(m.reading); }),
  };
}

} // namespace troupe::actors
