// See reaper_actor.hpp: how children are made. A spawn blocks the thread that makes it until the child has exec'd, some
// 0.3 ms, or for as long as its user or a file system likes: so it has a crew of its own, and whoever asked is told by
// message. Must not signal or wait for anybody (reaper_actor.cpp does).
#include "actors/reaper_actor.hpp"

#include "actors/core/stop_ladder.hpp"
#include "config/text.hpp"
#include "platform/left_processes.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>

namespace troupe::actors {

using config::log_level;

namespace {

// Others must not wait for a spawn longer than a tenth of a second: the thread that is at one for this long is left
// behind.
constexpr std::chrono::milliseconds patience{75};
constexpr std::chrono::milliseconds between_spawn_looks{25};
// What has not even come to its fork by then (a path on a dead mount) is given up.
constexpr std::chrono::seconds most_preparing{5};

std::string hangs(const config::process_options& options) {
  const char* what = options.around().env_files.empty() ? "its directory" : "its directory, an env file";
  return "spawning " + config::quoted(options.name) + " hangs: its command, " + what + " or a log cannot be reached";
}

/// Runs on a thread of the crew. A refused allocation is a failed spawn, not the end of that thread.
std::variant<std::monostate, spawned_child, std::string> make_process(spawn_flight& flight, spawn_means& means) {
  const auto& cell = *flight.cell;
  auto go_on = [&](bool last) { return last ? flight.decision.go() : !flight.decision.given_up(); };
  try {
    int listening = -1;
    if (cell.options->socket) {
      auto socket = means.sockets.take(cell.id, *cell.options, [&] { return !flight.decision.given_up(); });
      if (!socket)
        return socket.error().what;
      if (*socket < 0) // given up
        return std::string();
      listening = *socket;
    }
    auto made =
      spawn_child(flight.cell, means.settings, listening, go_on, {&flight.own_pid, flight.life, flight.spawn_id});
    if (auto* text = std::get_if<std::string>(&made))
      return std::move(*text);
    return std::get<spawned_child>(std::move(made));
  } catch (const std::exception& e) {
    return "could not prepare " + config::quoted(cell.options->name) + ": " + e.what();
  }
}

platform::spawn_outcome make_helper(spawn_flight& flight, const spawn_means& means) {
  platform::spawn_outcome made;
  made.error = ETIMEDOUT;
  try {
    if (flight.helper->prepare && !flight.decision.given_up())
      if (int error = flight.helper->prepare(*flight.helper)) {
        made.error = error;
        return made;
      }
    if (flight.helper_slot)
      means.settings.keeper->note_spawn(*flight.helper_slot);
    if (flight.decision.go())
      made = flight.helper_slot
               ? platform::spawn_sibling(flight.helper->plan, means.settings.keeper->pid_of(*flight.helper_slot))
               : platform::spawn(flight.helper->plan, &flight.own_pid);
  } catch (const std::bad_alloc&) {
    made.error = ENOMEM;
  }
  return made;
}

} // namespace

/// The message that says it is done may be lost (no memory): watch_launches looks as well.
void reaper_state::begin(launch what) {
  record->launches.push_back(std::move(what));
  if (!watching) {
    watching = true;
    self->remind(std::chrono::steady_clock::now() + patience, watch_spawns{}); // most are done long before
  }
  if (!post(record->launches.back(), false))
    record->launches.pop_back();
}

/// False: nobody can make it, and whoever asked was told. `taken`: out of the queue it was in.
bool reaper_state::post(launch& l, bool taken) {
  auto job = [flight = l.flight, taken, me = reaper_actor{self}, means = use->means] {
    if (!taken && flight->taken.exchange(true))
      return;
    flight->begun = std::chrono::steady_clock::now();
    if (flight->cell)
      flight->process = make_process(*flight, *means);
    else
      flight->helper_outcome = make_helper(*flight, *means);
    flight->done = true;
    try {
      means->tell([&] { caf::anon_send(me, spawn_done{flight}); });
    } catch (const std::bad_alloc&) {
    }
  };
  int error = EAGAIN;
  std::string why = "too many spawns hang";
  try {
    if (use->spawning_crews.post(l.flight->user(), std::move(job)))
      return true;
  } catch (const std::system_error& e) {
    error = e.code().value();
    why = "no thread for a spawn: " + config::errno_name(error);
  } catch (const std::bad_alloc&) {
    error = ENOMEM;
    why = "no thread for a spawn: ENOMEM";
  }
  tell_failure(l, why, error);
  return false;
}

void reaper_state::spawn(const spawn_request& request) {
  if (record->resting)
    return record->postponed.push_back(request);
  const auto& stage = request.cell->record.stage;
  if (stage && stage->prepared) // it has had its turn
    return launch_spawn(request);
  if (has_to_wait(*request.cell)) {
    record->waiting.push_back(request);
    return self->send(request.owner, spawn_waits{});
  }
  if (has_turn(request))
    begin_spawn(request);
}

/// It is its turn.
void reaper_state::begin_spawn(const spawn_request& request) {
  if (request.cell->options->hooks().prestart.command.empty())
    return launch_spawn(request);
  self->send(request.owner, turn_given{});
}

/// Whose tree is to be found when it ends.
void reaper_state::take_orphans(const process_cell& of) {
  if (of.options->stops().reach == config::kill_reach::cgroup && told_of_cgroups.insert(of.id).second)
    use->log.write(log_level::warn,
                   "killmode=cgroup of " + of.options->name + ": supervisord makes no cgroups yet; tree is used");
  if (std::exchange(takes_orphans, true))
    return;
  if (use->keeper)
    return use->keeper->keep_orphans();
  if (int error = platform::become_subreaper(true))
    use->log.write(log_level::warn, "orphans of programs go to init: " + config::errno_name(error));
}

void reaper_state::launch_spawn(const spawn_request& request) {
  if (marks_spawns(*request.cell->options))
    take_orphans(*request.cell);
  auto flight = std::make_shared<spawn_flight>();
  flight->cell = request.cell;
  flight->spawn_id = request.cell->record.stage ? request.cell->record.stage->spawn_id : 0;
  if (auto* keeper = use->keeper) {
    if (request.cell->slot == no_slot)
      return self->send(request.owner, child_not_spawned{"the keeper has no room for more programs"});
    flight->life = keeper->begin(request.cell->slot, request.cell->options.get());
    flight->registered_pid = &keeper->pid_of(request.cell->slot);
  }
  begin({std::move(flight), {request.cell, request.owner, {}}, {}});
}

void reaper_state::tell_failure(launch& l, const std::string& text, int error) {
  if (l.flight->cell)
    self->send(l.whose.owner, child_not_spawned{text});
  else
    l.spawned(-1, error);
}

void reaper_state::keep_child(int pid, const child& whose) {
  record->children[pid] = whose;
  if (!whose.cell)
    return;
  record->pids[whose.cell->id] = pid;
  if (whose.cell->options->socket)
    use->means->sockets.keep(whose.cell->id, pid);
  if (use->keeper && use->means->sockets.changed())
    use->keep_image();
}

/// Its user has stopped it, or its exec hangs: it can be signalled all the same.
void reaper_state::tell_early(launch& l) {
  int pid = l.flight->pid();
  if (l.told || pid == 0)
    return;
  l.told = true;
  keep_child(pid, l.whose);
  tell_spawned(l, pid);
}

void reaper_state::tell_spawned(launch& l, int pid) {
  if (l.flight->cell)
    self->send(l.whose.owner, child_spawned{pid});
  else
    l.spawned(pid, 0);
}

void reaper_state::finish_spawn(const std::shared_ptr<spawn_flight>& flight) {
  auto found =
    std::find_if(record->launches.begin(), record->launches.end(), [&](auto& l) { return l.flight == flight; });
  if (found == record->launches.end()) // found before, or given up
    return;
  auto* made = std::get_if<spawned_child>(&flight->process);
  const auto& outcome = made ? made->outcome : flight->helper_outcome;
  if (outcome.pid <= 0 || (flight->cell && !made)) {
    tell_failure(*found, made || !flight->cell ? std::string() : std::get<std::string>(flight->process), outcome.error);
    if (flight->helper_slot)
      use->keeper->give_back(*flight->helper_slot);
    record->launches.erase(found);
    return;
  }
  if (made && outcome.failed != platform::spawn_step::none && use->log.wants(log_level::debug))
    use->log.write(log_level::debug, flight->cell->options->name + " (pid " + std::to_string(outcome.pid) +
                                       ") ended before it could run: " + config::errno_name(outcome.error));
  keep_child(outcome.pid, found->whose); // known before anything else may fail
  auto notes = made ? made->streams.notes : nullptr;
  if (made)
    flight->cell->notes = notes;
  if (!found->told)
    tell_spawned(*found, outcome.pid);
  if (notes && found->whose.owner)
    self->send(found->whose.owner, look_at_notes{});
  auto l = std::move(*found);
  record->launches.erase(found);
  try {
    if (made)
      use->io.attach(std::move(made->streams));
  } catch (const std::exception& e) {
    use->log.write(log_level::critical, "the output of " + flight->cell->options->name + " is lost: " + e.what());
  }
  if (l.ended.pid == outcome.pid) {
    report_exit(l.ended);
    if (use->keeper)
      let_go_of(flight->cell ? flight->cell->slot : *flight->helper_slot, flight->life, !flight->cell);
  }
  if (use->keeper)
    look_at_keeper();
}

/// What a user's spawns wait for, other users' do not: the crew of all is for those that nobody has seen hang.
void reaper_state::set_apart(std::chrono::steady_clock::time_point now) {
  bool more = false;
  for (const auto& l : record->launches)
    if (l.flight->begun.load() <= now - patience && !l.flight->done)
      more = use->spawning_crews.set_apart(l.flight->user()) || more;
  if (!more)
    return;
  for (auto next = record->launches.begin(); next != record->launches.end();) {
    auto at = next++;
    if (use->spawning_crews.is_apart(at->flight->user()) && !at->flight->taken.exchange(true) && !post(*at, true))
      record->launches.erase(at);
  }
}

void reaper_state::watch_launches() {
  watching = false;
  if (!record->resting) {
    for (const auto& request : std::exchange(record->postponed, {}))
      spawn(request);
    for (const auto& told : std::exchange(record->lost_helpers, {}))
      told(unknown_end);
    give_turns();
  }
  auto now = std::chrono::steady_clock::now();
  set_apart(now);
  use->spawning_crews.relieve(patience);
  for (auto next = record->launches.begin(); next != record->launches.end();) {
    auto& l = *next++;
    auto since = std::min(l.flight->begun.load(), now);
    if (l.flight->begun.load() > now) { // in a queue
      if (!use->spawning_crews.exhausted(l.flight->user()))
        continue;
      since = l.flight->asked;
    }
    if (l.flight->done) {
      finish_spawn(std::shared_ptr(l.flight));
    } else if (now - since >= patience && l.flight->pid() != 0) {
      tell_early(l);
    } else if (now - since >= most_preparing && l.flight->decision.give_up()) {
      tell_failure(l, l.flight->cell ? hangs(*l.flight->cell->options) : std::string(), ETIMEDOUT);
      record->launches.erase(std::prev(next));
    }
  }
  if (record->launches.empty())
    return;
  watching = true;
  self->remind(std::chrono::steady_clock::now() + between_spawn_looks, watch_spawns{});
}

/// False: no spawn of it is under way. One that is may have been told of already; it has its owner all the same.
bool reaper_state::hand_launch_to(const process_cell_ptr& cell, const process_actor& owner) {
  if (hand_waiting_to(cell, owner) || hand_turn_to(cell, owner))
    return true;
  for (auto& request : record->postponed)
    if (request.cell == cell) {
      request.owner = owner;
      return true;
    }
  auto found =
    std::find_if(record->launches.begin(), record->launches.end(), [&](auto& l) { return l.flight->cell == cell; });
  if (found == record->launches.end())
    return false;
  found->whose.owner = owner;
  return true;
}

void reaper_state::spawn_helper(const helper_request& request) {
  auto flight = std::make_shared<spawn_flight>();
  flight->helper = request.child;
  if (auto* keeper = use->keeper) {
    flight->helper_slot = keeper->take_helper();
    if (!flight->helper_slot)
      return request.spawned(-1, EAGAIN);
    flight->life = keeper->begin(*flight->helper_slot, nullptr);
    flight->registered_pid = &keeper->pid_of(*flight->helper_slot);
  }
  begin({std::move(flight), {nullptr, {}, request.exited}, request.spawned});
}

helper_doors doors_to_reaper(services& use) {
  helper_doors doors;
  doors.spawn = [&use](auto child, auto spawned, auto exited) {
    auto answer = std::make_shared<reply_promise<std::pair<int, int>>>(
      [spawned = std::move(spawned)](std::pair<int, int> made) { spawned(made.first, made.second); },
      std::pair{-1, EAGAIN}); // also where the reaper dies with the request
    caf::anon_send(use.reaper.get(), helper_request{std::move(child),
                                                    [answer](int pid, int error) {
                                                      (*answer)({pid, error});
                                                    },
                                                    std::move(exited)});
  };
  doors.signal = [&use](int pid, int signo) { caf::anon_send(use.reaper.get(), helper_signal{pid, signo}); };
  return doors;
}

/// True: that is a child of a spawn that is not done yet; its exit is reported after that. Until then nothing more is
/// sent to its number.
bool reaper_state::note_early_exit(const platform::child_end& ended) {
  auto pid = ended.pid;
  auto found =
    std::find_if(record->launches.begin(), record->launches.end(), [&](auto& l) { return l.flight->pid() == pid; });
  if (found == record->launches.end())
    return false;
  found->ended = ended;
  if (found->told) {
    if (found->whose.cell)
      record->pids.erase(found->whose.cell->id);
    if (auto known = record->children.extract(pid))
      found->whose = std::move(known.mapped()); // it may have another owner by now
  }
  return true;
}

} // namespace troupe::actors
