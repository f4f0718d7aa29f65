// See reaper_actor.hpp: who is signalled and waited for, and who hears of it. How children are made: reaper_spawns.cpp.
#include "actors/reaper_actor.hpp"

#include "actors/io/steadfast.hpp"
#include "config/text.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>

namespace troupe::actors {

using config::log_level;

namespace {

child_exited exit_of(const platform::child_end& ended) { return {ended.pid, ended.wait_status, ended.used, ended.at}; }

} // namespace

void reaper_state::adopt(const adopt_request& request) {
  bool under_way = hand_launch_to(request.cell, request.owner);
  if (auto running = record->pids.find(request.cell->id); running != record->pids.end()) {
    record->children[running->second] = {request.cell, request.owner, {}};
    self->send(request.owner, child_spawned{running->second});
  } else if (auto ended = record->unhandled.find(request.cell->id); !under_way && ended != record->unhandled.end()) {
    self->send(request.owner, child_spawned{ended->second.pid});
    self->send(request.owner, exit_of(ended->second));
  } else if (!under_way && record->meant.erase(request.cell->id) > 0) {
    spawn({request.cell, request.owner});
  } else if (!under_way) { // else it is told when that is done
    self->send(request.owner, child_not_spawned{"the spawn was lost"});
  }
}

void reaper_state::signal(const signal_request& request) {
  auto running = record->pids.find(request.process);
  int error = ESRCH;
  if (running != record->pids.end() && running->second == request.pid && !may_be_anothers(request.pid))
    error = ::kill(request.to_group ? -request.pid : request.pid, request.signo) == 0 ? 0 : errno;
  if (error == 0 && request.stopping) {
    if (use->keeper)
      use->keeper->note_stop(slot_of(request.pid));
    else
      record->dying.push_back(request.pid);
    return;
  }
  if (auto asker = caf::actor_cast<process_actor>(self->current_sender()))
    self->send(asker, signal_answered{request.pid, error, request.signo, request.stopping});
}

void reaper_state::forget_exit(exit_handled handled) {
  auto found = record->unhandled.find(handled.process);
  if (found != record->unhandled.end() && found->second.pid == handled.pid)
    record->unhandled.erase(found);
}

void reaper_state::leave(const process_cell_ptr& cell) {
  hand_launch_to(cell, {});
  end_turn(cell->id);
  if (auto running = record->pids.find(cell->id); running != record->pids.end())
    record->children[running->second].owner = nullptr;
  else if (auto ended = record->unhandled.extract(cell->id))
    end_left(*cell, ended.mapped().pid, ended.mapped().wait_status);
}

/// Whoever asks for something later has this one; a child that is being made has the options it was asked for with.
void reaper_state::replace_cell(const process_cell_ptr& cell) {
  auto put = [&](process_cell_ptr& known) {
    if (known && known->id == cell->id)
      known = cell;
  };
  if (auto running = record->pids.find(cell->id); running != record->pids.end())
    put(record->children[running->second].cell);
  if (auto in_line = record->in_line.find(cell->id); in_line != record->in_line.end())
    put(in_line->second.cell);
  for (auto& request : record->waiting)
    put(request.cell);
  for (auto& request : record->postponed)
    put(request.cell);
  for (auto& begun : record->launches)
    put(begun.whose.cell);
}

/// What the process would have said and done, were it still there.
void reaper_state::end_left(const process_cell& cell, int pid, int wait_status) {
  use->log.write(log_level::warn,
                 "exited: " + cell.options->name + " (" + wait_status_text(wait_status) + "; not expected)");
  use->means->sockets.give_back(cell.id, pid);
}

/// Those that were told to end, in the order they were told: the kernel finds a child by its pid at once, while "any
/// child" makes it look at all that still live.
void reaper_state::reap_dying() {
  while (!record->dying.empty()) {
    auto pid = record->dying.front();
    if (record->children.contains(pid)) {
      auto ended = platform::take_child_end(pid);
      if (ended.pid != pid)
        return;
      report_exit(ended);
    }
    record->dying.pop_front();
  }
}

void reaper_state::reap() {
  if (use->keeper)
    return reap_register();
  reap_dying();
  for (;;) {
    auto ended = platform::take_child_end(-1);
    if (ended.pid > 0) {
      report_exit(ended);
    } else if (ended.pid == 0 || errno != EINTR) {
      if (ended.pid < 0 && errno != ECHILD)
        use->log.write(log_level::critical,
                       "waitpid error " + std::to_string(errno) + "; a process may not be cleaned up properly");
      return;
    }
  }
}

void reaper_state::signal_helper(helper_signal what) {
  auto found = record->children.find(what.pid);
  if (found != record->children.end() && !found->second.cell)
    ::kill(-what.pid, what.signo);
}

/// False: its spawn is not done yet, and ends with this.
bool reaper_state::report_exit(const platform::child_end& ended) {
  if (!record->launches.empty() && note_early_exit(ended))
    return false;
  auto pid = ended.pid;
  auto wait_status = ended.wait_status;
  auto found = record->children.find(pid);
  if (found == record->children.end()) {
    use->log.write(takes_orphans ? log_level::debug : log_level::info, // then there may be any number
                   "reaped unknown pid " + std::to_string(pid) + " (" + wait_status_text(wait_status) + ")");
    return true;
  }
  auto [cell, owner, exited, to_be_adopted] = found->second;
  if (owner || to_be_adopted)
    record->unhandled[cell->id] = ended; // from here on it cannot get lost
  record->children.erase(found);
  if (!cell) {
    exited(wait_status);
    return true;
  }
  record->pids.erase(cell->id);
  use->io.finish(cell->id); // its last words are in the log before anybody hears of the exit
  if (owner)
    self->send(owner, exit_of(ended));
  else if (!to_be_adopted) // else it will ask
    end_left(*cell, pid, wait_status);
  return true;
}

/// The reaper before this one has failed: what it may not have got to is done again.
void reaper_state::take_over() {
  for (auto next = record->launches.begin(); next != record->launches.end();) {
    auto at = next++;
    if (!at->flight->taken.exchange(true) && !post(*at, true))
      record->launches.erase(at);
  }
  watch_launches();
  watch_strangers();
  take_up_leftovers();
  reap();
}

reaper_actor::behavior_type run_reaper(hosted_pointer<reaper_actor, reaper_state> self, services* use,
                                       std::shared_ptr<reaper_record> record) {
  auto& st = self->state;
  st.self = self;
  st.use = use;
  st.record = std::move(record);
  st.begin_turns();
  auto ended = [&st] {
    st.self->send<caf::message_priority::high>(reaper_actor{st.self}, reap_children{});
    if (st.use->log.wants(log_level::debug))
      st.use->log.write(log_level::debug, "received SIGCHLD indicating a child quit");
  };
  if (use->keeper)
    st.watch_keeper(ended);
  else
    st.exits.emplace(self->host().io(), ended);
  st.take_over();
  steadfast on{use->log, "the reaper"};
  return {
    on([&st](const spawn_request& m) { st.spawn(m); }),
    on([&st](const adopt_request& m) { st.adopt(m); }),
    on([&st](exit_handled m) { st.forget_exit(m); }),
    on([&st](const child_left& m) { st.leave(m.cell); }),
    on([&st](withdraw_spawn m) { st.withdraw(m); }),
    on([&st](look_at_leftovers) { st.look_at_all_leftovers(); }),
    on([&st](look_at_turns) { st.give_turns(); }),
    on([&st](start_over m) { st.end_turn(m.process); }),
    on([&st](const cell_replaced& m) { st.replace_cell(m.cell); }),
    on([&st](const signal_request& m) { st.signal(m); }),
    on([&st](const helper_request& m) { st.spawn_helper(m); }),
    on([&st](helper_signal m) { st.signal_helper(m); }),
    on([&st](const spawn_done& m) { st.finish_spawn(m.flight); }),
    on([&st](watch_spawns) { st.watch_launches(); }),
    on([&st](reap_children) { st.reap(); }),
    on([&st](look_at_keeper_again) { st.look_at_keeper_now(); }),
  };
}

} // namespace troupe::actors
