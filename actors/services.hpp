// What every actor may use from its own thread, handed to it when it is spawned.
// Must not hold anything that belongs to one actor.
#pragma once

#include "actors/core/access_book.hpp"
#include "actors/core/program_graph.hpp"
#include "actors/hosted_actor.hpp"
#include "actors/interfaces.hpp"
#include "actors/io/child_io.hpp"
#include "actors/io/command_desk.hpp"
#include "actors/io/current.hpp"
#include "actors/io/death_desk.hpp"
#include "actors/io/enablement_book.hpp"
#include "actors/io/event_bus.hpp"
#include "actors/io/fcgi_sockets.hpp"
#include "actors/io/history_notes.hpp"
#include "actors/io/keeper_desk.hpp"
#include "actors/io/probe_desk.hpp"
#include "actors/io/spawn_crews.hpp"
#include "actors/io/spawner.hpp"
#include "actors/io/status_board.hpp"
#include "actors/io/sweep_desk.hpp"
#include "actors/io/until_timer.hpp"
#include "actors/io/work_crew.hpp"
#include "platform/main_log.hpp"

#include <exception>
#include <mutex>
#include <string>

namespace troupe::actors {

/// What a thread needs that makes children; it may outlive the rest of us where something hangs.
class spawn_means {
public:
  spawn_means(spawn_settings s, platform::main_log& log) : settings(std::move(s)), sockets(log) {}
  /// Runs `f` unless close() came first.
  template <class Function>
  void tell(Function f) {
    std::lock_guard lock{mutex_};
    if (!closed_)
      f();
  }
  void close() { ///< nobody is there any more to be told
    std::lock_guard lock{mutex_};
    closed_ = true;
  }

  spawn_settings settings;
  fcgi_sockets sockets;

private:
  std::mutex mutex_;
  bool closed_ = false;
};

class event_listeners;

struct services {
  platform::main_log& log;
  status_board& board;
  child_io& io;
  std::shared_ptr<spawn_means> means;
  event_bus& events;
  current<reaper_actor> reaper;
  current<supervisor_actor> supervisor;
  current<program_graph_ptr> programs;      ///< who depends on whom; null: nobody
  spawn_crews spawning_crews;               ///< make children
  work_crew checking_crew;                  ///< looks at the file system for whoever cannot wait for it
  std::shared_ptr<probe_desk> probes;       ///< looks at readiness and health
  std::shared_ptr<sweep_desk> sweeps;       ///< looks for what children leave behind
  std::shared_ptr<command_desk> commands;   ///< runs hooks, and commands that stop a program
  keeper_desk* keeper = nullptr;            ///< null: there is no keeper, children are ours
  bool succeeds = false;                    ///< there was another binary before this one, which had come to rest
  std::function<void()> keep_image = [] {}; ///< what a worker after us starts from has changed
  /// Likewise, and no more than that; empty: nobody wants to know. False: the image is to be kept.
  std::function<bool(const carried_change&)> keep_change;
  std::function<void()> keeper_gone;           ///< somebody takes its place; empty: nobody can
  std::function<void(int)> signalled;          ///< by the keeper: a signal has come for the daemon
  death_desk* deaths = nullptr;                ///< writes reports of ends; null: nobody does
  event_listeners* pools = nullptr;            ///< where there are any
  std::shared_ptr<access_book> access;         ///< null: access control is off
  std::function<void()> reopen_audit;          ///< empty: there is no file of that kind
  std::shared_ptr<history_keeper> history;     ///< null: none is kept
  std::shared_ptr<enablement_book> remembered; ///< who is disabled, and wanted; null: nobody
  std::shared_ptr<until_timer> disabled_until; ///< likewise: of whom somebody is enabled by itself
};

/// What an actor's failed() tells: it ends, and whoever monitors it goes on from its record.
inline void log_failure(platform::main_log& log, const std::string& who, const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& x) {
    log.write(config::log_level::critical, who + " failed: " + x.what());
  } catch (...) {
    log.write(config::log_level::critical, who + " failed");
  }
}

} // namespace troupe::actors
