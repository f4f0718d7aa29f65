// See session.hpp: into the background, the actors up, then a loop that hands signals on to them until they report the
// end. Must not decide what a signal means (actors/ does).
#include "apps/daemon/session.hpp"

#include "actors/io/history_notes.hpp"
#include "platform/descriptors.hpp"
#include "platform/fault_point.hpp"
#include "platform/sealed_file.hpp"
#include "troupe_version.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

namespace troupe {

using config::log_level;

namespace {

constexpr std::chrono::seconds most_time_for_state{2};
constexpr int handled_signals[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR2};

} // namespace

void session::write_pidfile() {
  auto written = platform::pid_file::write(cfg_.supervisord.pidfile);
  if (written)
    pid_file_ = *std::move(written);
  else
    log_->write(log_level::critical,
                "could not write pidfile " + cfg_.supervisord.pidfile + ": " + written.error().what);
  if (pid_file_ && !before_)
    log_->write(log_level::info, "supervisord started with pid " + std::to_string(platform::daemon_pid()));
}

session* session::opening = nullptr;

/// No room for the threads. Half built, the runtime cannot be taken apart: this comes before anything is unwound.
void session::end_opening() {
  std::string why = "could not start";
  try {
    if (auto e = std::current_exception())
      std::rethrow_exception(e);
  } catch (const std::exception& e) {
    why += std::string(": ") + e.what();
  } catch (...) {
  }
  opening->log_->write(log_level::critical, why);
  opening->clean_up();
  ::_exit(opening->daemon_.ends_with(opening->daemon_.fail_start(config::fault(why), 0)));
}

namespace {

/// Out of memory or not: what the daemon is told reaches it.
void send_on(actors::runtime& runtime, int signo) {
  for (;;)
    try {
      return runtime.signal(signo);
    } catch (const std::bad_alloc&) {
      ::poll(nullptr, 0, 100);
    }
}

/// The keeper would still take clients. It knows on where their files are: whoever follows us, if we die now, removes
/// them.
void let_go_of_sockets(actors::keeper_desk* keeper, const std::list<platform::listening_socket>& servers) {
  if (!keeper || servers.empty())
    return;
  for (const auto& server : servers)
    keeper->release(server.options().section);
  keeper->sync();
}

/// The signals that serve() waits for; blocked before the first thread, so that all inherit it.
sigset_t block_signals() {
  sigset_t waited;
  sigemptyset(&waited);
  for (int signo : handled_signals)
    sigaddset(&waited, signo);
  sigaddset(&waited, wake_up);
  ::pthread_sigmask(SIG_BLOCK, &waited, nullptr);
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD); // read elsewhere, from a descriptor
  ::pthread_sigmask(SIG_BLOCK, &child_ended, nullptr);
  return waited;
}

} // namespace

platform::background session::go_behind() {
  const auto& options = cfg_.supervisord;
  platform::background behind;
  if (daemon_.first_start && !options.nodaemon) {
    log_->write(log_level::blather, "supervisord forked; parent exiting");
    behind = platform::daemonize(options.directory, options.umask,
                                 "supervisord ended while it was starting; its log may say why: " + options.logfile);
    for (const auto& record : behind.records)
      log_->write(record.level, record.text);
  }
  daemon_.first_start = false;
  part_from_keeper();
  config::seal_secrets();
  return behind;
}

/// The actors hold what they run: what an update replaces must not stay alive here.
void session::forget_groups() {
  std::vector<config::group_options_ptr>().swap(cfg_.groups);
  std::vector<config::notice>().swap(cfg_.notices);
  std::vector<config::weakness>().swap(cfg_.weaknesses);
}

/// For as many descriptors as the programs' pipes and logs take.
void session::make_room_for_programs() const {
  constexpr std::size_t for_itself = 128, for_a_process = 6;
  auto needed = for_itself;
  for (const auto& group : cells_)
    needed += for_a_process * group->processes.size();
  if (before_)
    for (const auto& group : before_->runtime.groups)
      needed += for_a_process * group.processes.size();
  platform::make_room_for(needed);
}

/// Until the actors say that it is over.
void session::hear_signals(const sigset_t& waited, const std::atomic<int>& ended, actors::runtime& runtime,
                           upgrade_desk& desk) {
  while (ended < 0) {
    int signo = next_signal(waited);
    if (signo == 0)
      desk.ask({}, std::make_shared<actors::reply_promise<actors::control_answer>>([](const auto&) {},
                                                                                   actors::control_answer{}));
    else if (signo > 0 && signo != wake_up)
      send_on(runtime, signo);
    else if (keeper_gone_.exchange(false))
      take_place_of_keeper(runtime);
    else
      upgrade(runtime, desk);
  }
  platform::fault_point("end.stopped");
}

/// Negative: it was interrupted.
int session::next_signal(const sigset_t& waited) {
  if (!daemon_.only_processes) {
    int signo = 0;
    return ::sigwait(&waited, &signo) == 0 ? signo : -1;
  }
  timespec most{std::chrono::seconds{calm_time}.count(), 0};
  int signo = ::sigtimedwait(&waited, nullptr, &most);
  return signo < 0 && errno == EAGAIN ? 0 : signo;
}

/// In the pid file, and with the keeper.
void session::take_place() {
  if (daemon_.keeper)
    hold_servers();
  if (before_ && before_->keeper_gone != 0)
    write_pidfile();
  if (before_) {
    before_running_ = running_in(before_->runtime);
    before_clients_ = before_->runtime.http.clients.size() + (before_->asker >= 0 ? 1 : 0);
  } else {
    write_pidfile();
  }
}

/// That everything is as it should be. Whoever sees to the keeper after an upgrade, until his end.
std::unique_ptr<keeper_renewal> session::tell_ready(actors::runtime& runtime) {
  bool upgraded = before_ && daemon_.succeeds && before_->keeper_gone == 0;
  if (before_ && before_->keeper_gone != 0)
    tell_renewed();
  else if (before_ && daemon_.succeeds)
    tell_upgraded(runtime.board());
  if (std::exchange(daemon_.follows_a_dead_one, false))
    tell_resumed();
  if (daemon_.keeper) {
    daemon_.keeper->hold(platform::held_key::binary, platform::open_own_binary().get());
    daemon_.keeper->ready();
  }
  return upgraded && daemon_.keeper ? renewal_of_keeper(runtime) : nullptr;
}

actors::daemon_end session::serve() {
  auto waited = block_signals();
  auto behind = go_behind();
  make_room_for_programs();
  compressor_.start([&log = *log_](log_level level, const std::string& text) { log.write(level, text); });
  take_place();
  keep_state();

  std::atomic<int> ended{-1};
  auto main_thread = ::pthread_self();
  actors::runtime_settings settings;
  hand_over(settings);
  settings.finished = [this, &ended, main_thread](actors::daemon_end how, int status) {
    status_ = status;
    ended = static_cast<int>(how);
    ::pthread_kill(main_thread, wake_up);
  };
  // An upgrade is asked for by clients, who are not let in before there is somebody to hear it.
  upgrade_desk* desk_of_clients = nullptr;
  settings.upgrade = [&desk_of_clients](actors::upgrade_request what, actors::control_answer_to answer) {
    desk_of_clients->ask(std::move(what), std::move(answer));
  };
  if (history_ && !before_)
    actors::tell_start(*history_, version, cfg_.file, cfg_.groups.size());
  opening = this;
  auto otherwise = std::set_terminate(end_opening);
  forget_groups();
  auto runtime = std::make_unique<actors::runtime>(*log_, std::move(settings));
  upgrade_desk desk{{*log_, daemon_.binary, [&] { return parcel_of(parcel(*runtime)); },
                     [&] { return runtime->helpers(); }, [main_thread] { ::pthread_kill(main_thread, wake_up); },
                     daemon_.on.env}};
  desk_of_clients = &desk;
  runtime->boot();
  std::set_terminate(otherwise);
  behind.ready(); // the sockets listen, the pid file is there
  auto renewal = tell_ready(*runtime);
  hear_signals(waited, ended, *runtime, desk);
  desk.close();
  renewal.reset();
  auto how = static_cast<actors::daemon_end>(ended.load());
  if (how == actors::daemon_end::exit) { // clients are refused from now on
    let_go_of_sockets(daemon_.keeper.get(), servers_);
    for (auto& server : servers_)
      server.stop_listening();
  }
  runtime->close();
  write_state(most_time_for_state);
  end_history(how == actors::daemon_end::exit ? "shutdown" : "restart");
  if (how != actors::daemon_end::exit)
    daemon_.kept = std::move(servers_);
#ifndef TROUPE_SANITIZED
  if (how == actors::daemon_end::exit) { // all is stopped and written: taking the rest apart would only take time
    compressor_.stop();
    clean_up();
    std::fflush(nullptr);
    ::_exit(daemon_.ends_with(status_));
  }
#endif
  return how;
}

/// What it holds is written, unless the disk makes us wait for it.
void session::end_history(const char* reason) {
  constexpr std::chrono::seconds patience{2};
  platform::fault_point("end.closed");
  auto history = std::exchange(history_, nullptr);
  if (!history)
    return;
  if (*reason != 0)
    actors::tell_stop(*history, reason);
  history->stop(*reason != 0 ? patience : patience.zero());
}

void session::clean_up() {
  servers_.clear(); // removes the socket files
  if (auto written = std::exchange(pid_file_, std::nullopt))
    written->remove();
}

} // namespace troupe
