// Owns the actor system, the I/O threads and all actors, from start to shutdown. Must not parse, open sockets or read
// signals (apps/daemon does). CAF and Asio stay out of this header.
#pragma once

#include "actors/configuration_reader.hpp"
#include "actors/core/carried.hpp"
#include "actors/core/cells.hpp"
#include "actors/core/daemon_fsm.hpp"
#include "actors/core/death_book.hpp"
#include "actors/http/http_server.hpp"
#include "actors/io/found_events.hpp"
#include "actors/io/helper_child.hpp"
#include "actors/io/spawner.hpp"
#include "actors/rpc/audit_trail.hpp"
#include "actors/rpc/rpc_methods.hpp"
#include "protocols/events.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors {

class enablement_book;
class history_keeper;
class status_board;

struct runtime_settings {
  std::vector<group_cell_ptr> groups; ///< in activation order
  std::vector<http_listener> listeners;
  std::vector<std::string> rpc_namespaces; ///< of the [rpcinterface:x]
  bool shows_troupe = false;               ///< one of them is that of the methods `troupe.*`
  std::vector<std::shared_ptr<rpc_extension>> rpc_extensions;
  std::shared_ptr<access_book> access;           ///< null: access control is off
  std::shared_ptr<protocols::token_book> tokens; ///< as their file has them; null: there is none
  std::shared_ptr<audit_trail> audit;            ///< null: nothing is recorded
  std::shared_ptr<history_keeper> history;       ///< null: none is kept
  std::int64_t main_log_backups = 0;
  std::string childlogdir;
  std::string identifier;
  bool updates_processes = false; ///< updatemode=process
  /// Reads the configuration again, on a thread of its own.
  configuration_reader::loader load;
  spawn_settings spawning;
  std::shared_ptr<enablement_book> remembered; ///< who is disabled, and wanted; goes on through restarts; null: nobody
  std::shared_ptr<death_book> deaths;          ///< goes on through restarts; null: no reports are written
  bool strip_ansi = false;
  std::string syslog_ident;
  std::shared_ptr<std::int64_t> event_serial; ///< of the next event; goes on through restarts
  /// Of the daemon before this one, another binary: its groups are the ones that run, instead of `groups`.
  std::optional<carried_runtime> goes_on_with;
  int ending = 0; ///< with `goes_on_with`: the signal by which that one was ending
  /// Likewise, of a worker that died: what listeners were being sent through.
  std::map<std::pair<std::string, std::size_t>, outbox_ends> outboxes;
  /// Where there is a keeper: what it holds for the worker after us; called on the actors' thread.
  std::function<void(carried_runtime)> keep_image;
  std::function<bool(const carried_change&)> keep_change; ///< false: it wants an image
  /// Likewise: it is gone; no more children are made until somebody has taken its place. Any thread, must not block.
  std::function<void()> keeper_gone;
  /// Of a worker that follows too many dead ones: processes and nothing else; no clients, extensions or events.
  bool only_processes = false;
  std::optional<worker_facts> worker; ///< of a keeper; nothing: there is none
  std::vector<open_act> acts;         ///< for the audit trail: what its clients wait for
  /// Hands over to another binary; any thread, must not block. Empty: nobody can here.
  std::function<void(upgrade_request, control_answer_to)> upgrade;
  /// Tells the service manager that started us; any thread, must not block. Empty: there is none.
  std::function<void(const std::string& datagram)> notify;
  std::chrono::microseconds watchdog{0}; ///< it wants to hear that we work as often as that; 0: it does not
  /// Called once, from an actor's thread, when everything has stopped. Must not block.
  std::function<void(daemon_end, int status)> finished; ///< with which exit status, if it is one
  /// Called for every event, in order, from an actor's thread. May be empty.
  std::function<void(const protocols::event&)> observer;
};

class runtime {
public:
  /// Starts threads: signals, SIGCHLD too, are blocked and the daemon is forked by now.
  runtime(platform::main_log& log, runtime_settings settings);
  ~runtime(); ///< ends every actor and thread; children that still run are left alone
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;

  void boot();            ///< publish SUPERVISOR_STATE_CHANGE_RUNNING, start what starts by itself
  void close();           ///< answers clients what they still wait for, then closes every connection
  void signal(int signo); ///< a signal arrived (TERM, INT, QUIT, HUP, USR2); SIGCHLD it sees by itself
  const status_board& board() const;

  // -- for whoever hands all of this to another binary -------------------------------------------------
  /// Brings everything to rest; nothing begins any more until go_on(). The clients that cannot be taken along are told
  /// that what they asked for goes on; whoever asked for the upgrade is returned. The error: who did not come to rest
  /// within `at_most`; then all goes on.
  config::result<held_client> rest(std::chrono::milliseconds at_most);
  void go_on();            ///< after a rest that nothing came of
  carried_runtime carry(); ///< while it rests; or else as it is at some moment
  helper_doors helpers();  ///< children for a while

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace troupe::actors
