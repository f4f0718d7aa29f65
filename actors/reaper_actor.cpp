// See reaper_actor.hpp. A spawn blocks its worker until the child has exec'd, some 0.3 ms.
#include "actors/reaper_actor.hpp"

#include "config/text.hpp"

#include <cerrno>
#include <csignal>
#include <sys/wait.h>

namespace troupe::actors {

using config::log_level;

/// A refused allocation is a failed spawn, not the end of the one actor that knows every pid.
std::variant<spawned_child, std::string> reaper_state::try_spawn(const process_cell& cell) {
  try {
    if (!cell.options->socket)
      return spawn_child(cell, use->spawning);
    auto socket = use->sockets.take(cell.id, *cell.options);
    return socket ? spawn_child(cell, use->spawning, *socket) : socket.error().what;
  } catch (const std::exception& e) {
    return "could not prepare " + config::quoted(cell.options->name) + ": " + e.what();
  }
}

void reaper_state::spawn(const spawn_request& request) {
  auto result = try_spawn(*request.cell);
  if (auto* text = std::get_if<std::string>(&result)) {
    self->send(request.owner, child_not_spawned{*text});
    return;
  }
  auto& made = std::get<spawned_child>(result);
  auto pid = made.outcome.pid;
  if (made.outcome.failed != platform::spawn_step::none && use->log.wants(log_level::debug))
    use->log.write(log_level::debug, request.cell->options->name + " (pid " + std::to_string(pid) +
                                       ") ended before it could run: " + config::errno_name(made.outcome.error));
  children[pid] = {request.cell, request.owner};
  pids[request.cell->id] = pid;
  if (request.cell->options->socket)
    use->sockets.keep(request.cell->id, pid);
  use->io.attach(std::move(made.streams));
  self->send(request.owner, child_spawned{pid});
}

void reaper_state::adopt(const adopt_request& request) {
  if (auto running = pids.find(request.cell->id); running != pids.end()) {
    children[running->second].owner = request.owner;
    self->send(request.owner, child_spawned{running->second});
  } else if (auto ended = unhandled.find(request.cell->id); ended != unhandled.end()) {
    self->send(request.owner, child_spawned{ended->second.pid});
    self->send(request.owner, child_exited{ended->second.pid, ended->second.wait_status});
  } else {
    self->send(request.owner, child_not_spawned{"the spawn was lost"});
  }
}

void reaper_state::signal(const signal_request& request) {
  auto running = pids.find(request.process);
  int error = ESRCH;
  if (running != pids.end() && running->second == request.pid)
    error = ::kill(request.to_group ? -request.pid : request.pid, request.signo) == 0 ? 0 : errno;
  if (error == 0 && request.stopping) {
    dying.push_back(request.pid);
    return;
  }
  if (auto asker = caf::actor_cast<process_actor>(self->current_sender()))
    self->send(asker, signal_answered{request.pid, error, request.signo, request.stopping});
}

void reaper_state::forget_exit(exit_handled handled) {
  auto found = unhandled.find(handled.process);
  if (found != unhandled.end() && found->second.pid == handled.pid)
    unhandled.erase(found);
}

void reaper_state::leave(const process_cell_ptr& cell) {
  if (auto running = pids.find(cell->id); running != pids.end())
    children[running->second].owner = nullptr;
  else if (auto ended = unhandled.extract(cell->id))
    end_left(*cell, ended.mapped().pid, ended.mapped().wait_status);
}

/// What the process would have said and done, were it still there.
void reaper_state::end_left(const process_cell& cell, int pid, int wait_status) {
  use->log.write(log_level::warn,
                 "exited: " + cell.options->name + " (" + wait_status_text(wait_status) + "; not expected)");
  use->sockets.give_back(cell.id, pid);
}

/// Those that were told to end, in the order they were told: the kernel finds a child by its pid at once, while "any
/// child" makes it look at all that still live.
void reaper_state::reap_dying() {
  while (!dying.empty()) {
    int status = 0;
    auto pid = dying.front();
    if (children.contains(pid)) {
      if (::waitpid(pid, &status, WNOHANG) != pid)
        return;
      report_exit(pid, status);
    }
    dying.pop_front();
  }
}

void reaper_state::reap() {
  reap_dying();
  for (;;) {
    int status = 0;
    auto pid = ::waitpid(-1, &status, WNOHANG);
    if (pid > 0) {
      report_exit(pid, status);
      continue;
    }
    if (pid < 0 && errno == EINTR)
      continue;
    if (pid < 0 && errno != ECHILD)
      use->log.write(log_level::critical,
                     "waitpid error " + std::to_string(errno) + "; a process may not be cleaned up properly");
    return;
  }
}

void reaper_state::spawn_helper(const helper_request& request) {
  platform::spawn_outcome made;
  try {
    made = platform::spawn(request.child->plan);
  } catch (const std::bad_alloc&) {
    made.error = ENOMEM;
  }
  if (made.pid > 0)
    helpers[made.pid] = request.exited;
  request.spawned(made.pid, made.error);
}

void reaper_state::signal_helper(helper_signal what) {
  if (helpers.contains(what.pid))
    ::kill(-what.pid, what.signo);
}

void reaper_state::report_exit(int pid, int wait_status) {
  if (auto helper = helpers.extract(pid))
    return helper.mapped()(wait_status);
  auto found = children.find(pid);
  if (found == children.end()) {
    use->log.write(log_level::info,
                   "reaped unknown pid " + std::to_string(pid) + " (" + wait_status_text(wait_status) + ")");
    return;
  }
  auto cell = std::move(found->second.cell);
  auto owner = std::move(found->second.owner);
  children.erase(found);
  pids.erase(cell->id);
  use->io.finish(cell->id); // its last words are in the log before anybody hears of the exit
  if (!owner)
    return end_left(*cell, pid, wait_status);
  unhandled[cell->id] = {pid, wait_status};
  self->send(owner, child_exited{pid, wait_status});
}

reaper_actor::behavior_type run_reaper(reaper_actor::stateful_pointer<reaper_state> self, services* use) {
  guard(self, use->log, "reaper");
  auto& st = self->state;
  st.self = self;
  st.use = use;
  return {
    [&st](const spawn_request& m) { st.spawn(m); },   [&st](const adopt_request& m) { st.adopt(m); },
    [&st](exit_handled m) { st.forget_exit(m); },     [&st](const child_left& m) { st.leave(m.cell); },
    [&st](const signal_request& m) { st.signal(m); }, [&st](const helper_request& m) { st.spawn_helper(m); },
    [&st](helper_signal m) { st.signal_helper(m); },  [&st](reap_children) { st.reap(); },
  };
}

} // namespace troupe::actors
