// supervisord as a process: its command line, which configuration it reads, and one session after the other until it is
// told to end. Must not decide about processes (actors/ does), nor open what a session needs (session.hpp does).
// Source: docs/contract/configuration.md, 6 to 8.
#pragma once

#include "actors/core/death_book.hpp"
#include "actors/io/enablement_book.hpp"
#include "actors/io/found_events.hpp"
#include "actors/io/keeper_desk.hpp"
#include "actors/io/spawner.hpp"
#include "apps/daemon/handover.hpp"
#include "config/command_line.hpp"
#include "config/load.hpp"
#include "platform/daemon.hpp"
#include "platform/main_log.hpp"
#include "platform/notify_socket.hpp"

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

extern char** environ;

namespace troupe {

/// Exit status after what was asked for went to stdout: a full disk or a reader that is gone is a failure.
int printed();

/// What lives as long as the process, through restarts.
struct daemon {
  std::string program; ///< argv[0]
  config::host on = config::host::real();
  config::command_line line;
  std::vector<std::string> arguments; ///< as we were started, for whoever follows
  std::string binary;                 ///< what we were started from: its path without links, as it was then
  bool first_start = true;
  std::shared_ptr<std::int64_t> event_serial = std::make_shared<std::int64_t>(0);
  std::shared_ptr<actors::death_book> deaths = std::make_shared<actors::death_book>();
  std::shared_ptr<actors::enablement_book> remembered = std::make_shared<actors::enablement_book>();
  std::shared_ptr<platform::identities> users = std::make_shared<platform::identities>();

  std::shared_ptr<actors::keeper_desk> keeper; ///< null: there is none; then its death is ours
  bool follows_a_dead_one = false;             ///< worker; until that has been said
  bool only_processes = false;                 ///< worker; too many have died: no clients, extensions, events, history
  std::optional<actors::found_events> events;  ///< worker; of the one that died, until they are taken up
  std::optional<succession> succeeds;          ///< another binary, whose parcel is still open

  /// Address of the one of services that started us; empty: there is none.
  std::string manager{platform::manager_address(environ)};
  std::string file;                                     ///< that was read last
  std::list<platform::listening_socket> kept;           ///< from the start before this one: clients wait there
  std::optional<platform::main_log::settings> last_log; ///< of the start before this one

  /// Says why on stderr; the exit status.
  [[nodiscard]] int fail(const config::error& why) const;
  /// Of a start: the manager is told, too. `number`: errno, or 0.
  [[nodiscard]] int fail_start(const config::error& why, int number) const;
  [[nodiscard]] int fail_restart(const config::error& why, int number, platform::main_log* log) const;
  /// To the manager, from the daemon's pid. Any thread; never blocks.
  void notify(const std::string& datagram) const;
  std::chrono::microseconds watchdog() const; ///< as often as that the manager wants to hear of us; 0: it does not
  config::environment environment_of_children() const; ///< ours, but for what is meant for us alone
  config::result<config::configuration> load();
  config::result<config::configuration> load_again();
  int test();
  int verify_audit();
  int run();
  /// As the binary that follows another one, in its process.
  int go_on(const succession& from);
  /// As the worker that follows one that died.
  int resume();
  /// The exit status, which the keeper is told, if there is one.
  int ends_with(int status) const;
  /// As a keeper's worker; `room`, `notes` null: new ones.
  void sit_down(platform::worker_seat seat, actors::ledger book, std::unique_ptr<actors::pump_room> room = nullptr,
                std::unique_ptr<actors::channel_notes> notes = nullptr);
  /// Of the worker before this one, another binary; `renewed`: that one is our keeper.
  void take_seat(const carried_seat& from, bool renewed);

private:
  int start_again(platform::worker_seat seat);
  void take_arguments(); ///< as ours
  int run(std::optional<handover> from);
};

} // namespace troupe
