// One start of supervisord, from the configuration that was read to the end of all its processes: what it opens, in the
// order of the specification (session_open.cpp), and its run (session_serve.cpp). SIGHUP ends one and begins the next.
// Must not read a configuration (daemon.cpp does), nor decide about processes (actors/ does).
#pragma once

#include "actors/io/state_writer.hpp"
#include "actors/runtime.hpp"
#include "apps/daemon/daemon.hpp"
#include "apps/daemon/keeper_renewal.hpp"
#include "apps/daemon/upgrade.hpp"
#include "platform/backup_compressor.hpp"
#include "platform/daemon.hpp"
#include "platform/leftovers.hpp"
#include "platform/pair.hpp"
#include "platform/tls_context.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// From an actor to main: look at what it should know; ignored by default, so harmless if forged.
constexpr int wake_up = SIGURG;
/// So long a worker that follows too many dead ones has programs only; then one with everything takes its place.
constexpr std::chrono::minutes calm_time{10};

/// One start: what is opened for it is closed at its end.
class session {
public:
  session(daemon& of, config::configuration configuration) : daemon_(of), cfg_(std::move(configuration)) {}
  ~session() {
    compressor_.stop(); // before the log they speak to
    end_history("");
    end_state();
    clean_up();
  }
  config::result<void> open();
  /// In place of open(): what another binary has opened. Its runtime is taken out of `before`.
  config::result<void> open_again(handover& before);
  platform::main_log* log() { return log_.get(); }
  int refused() const { return refused_; }
  int status() const { return status_; } ///< of the daemon that has ended
  actors::daemon_end serve();

private:
  void note(config::log_level level, std::string text) { cfg_.notices.push_back({level, std::move(text)}); }
  config::result<void> take_privileges();
  config::result<void> open_log();
  config::result<void> open_servers();
  config::result<void> read_certificate(const config::server_options& options);
  config::result<void> open_server(const config::server_options& options);
  config::result<void> make_extensions();
  config::result<void> read_tokens();
  platform::background go_behind(); ///< at the first start, unless the foreground is asked for
  void look_for_leftovers();
  bool has_left(const config::group_options& group) const;
  void tell_of_leftovers() const;
  config::result<void> prepare_pair();
  void part_from_keeper();
  void hold_servers();
  void release(const std::list<platform::listening_socket>& servers);
  void keep_image(actors::carried_runtime runtime);
  bool keep_change(const actors::carried_change& change) const;
  void tell_resumed();
  void tell_renewed();
  void take_place_of_keeper(actors::runtime& runtime);
  std::string trouble_with_place() const;
  std::string try_to_take_place(actors::runtime& runtime);
  std::unique_ptr<keeper_renewal> renewal_of_keeper(actors::runtime& runtime);
  platform::kept_descriptors held_with(const handover& all) const;
  void become_keeper(const handover& all, platform::pair_beginning pair); ///< returns by an exception
  int next_signal(const sigset_t& waited);                                ///< 0: calm_time is over
  void take_place();
  std::unique_ptr<keeper_renewal> tell_ready(actors::runtime& runtime);
  handover description() const; ///< of a parcel, but for what runs
  void write_pidfile();
  void clean_up(); ///< what this start left in the file system
  static session* opening;
  [[noreturn]] static void end_opening();
  void make_room_for_programs() const;
  config::result<void> take_servers(const handover& before);
  void hand_over(actors::runtime_settings& settings);
  void hear_signals(const sigset_t& waited, const std::atomic<int>& ended, actors::runtime& runtime,
                    upgrade_desk& desk);
  void upgrade(actors::runtime& runtime, upgrade_desk& desk);
  void write_history();
  handover parcel(actors::runtime& runtime);
  void tell_upgraded(const actors::status_board& board);
  void end_acts(const actors::status_board& board, const actors::control_answer& came);
  void forget_groups();
  void forget_before();
  void end_history(const char* reason);
  void recall_state();
  void scale_programs();
  void keep_state();
  void write_state(std::chrono::milliseconds patience);
  void end_state();

  daemon& daemon_;
  config::configuration cfg_;
  platform::backup_compressor compressor_;
  std::unique_ptr<platform::main_log> log_;
  std::vector<actors::group_cell_ptr> cells_;
  std::list<platform::listening_socket> servers_;
  std::map<std::string, platform::tls_context::pointer> certificates_; ///< by the server's section
  std::vector<std::shared_ptr<actors::rpc_extension>> extensions_;
  std::shared_ptr<actors::audit_trail> audit_;    ///< null: nothing is recorded
  std::shared_ptr<protocols::token_book> tokens_; ///< as their file has them; null: there is none
  int status_ = 0;
  int refused_ = 0;                              ///< errno of what open() has failed at; 0: none
  std::optional<platform::pid_file> pid_file_;   ///< written
  std::optional<platform::pair_beginning> pair_; ///< until it has become two processes
  std::optional<actors::ledger> book_;           ///< its worker's, until then
  std::vector<platform::leftover> leftovers_;    ///< of a daemon that died whole, until they are in the register
  std::uint64_t last_image_ = 0;                 ///< its number
  std::atomic<bool> keeper_gone_{false};         ///< and nobody has taken its place yet
  std::optional<handover> before_;               ///< of the binary before this one, without what has been taken up
  std::size_t before_running_ = 0;               ///< processes
  std::size_t before_clients_ = 0;
  std::shared_ptr<actors::access_book> access_;     ///< null: access control is off
  std::shared_ptr<actors::history_keeper> history_; ///< null: none is kept
  std::unique_ptr<actors::state_writer> state_;     ///< null: nothing is written
  bool state_is_new_ = false;                       ///< what is known may not be in the file
};

} // namespace troupe
