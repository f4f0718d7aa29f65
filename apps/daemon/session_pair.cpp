// See session.hpp: with `survive=true` the daemon is two processes, a keeper with its pid and a worker that is all the
// rest. How they part, what the keeper holds, and what a worker says that follows one that died. Must not know how a
// keeper works (platform/pair.hpp), nor what becomes of programs (actors/resume.hpp).
// Source: docs/contract/survival.md, 2.2 and 5.1. Cases: tests/survive_test.py.
#include "actors/io/fcgi_sockets.hpp"
#include "actors/io/history_notes.hpp"
#include "apps/daemon/session.hpp"
#include "config/text.hpp"
#include "platform/daemon.hpp"
#include "platform/sealed_file.hpp"
#include "platform/stranger.hpp"
#include "protocols/notify_text.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include <pthread.h>
#include <unistd.h>

extern char** environ;

namespace troupe {

using config::log_level;

namespace {

/// As installed, from bin/; empty: it is not there.
std::string keeper_program(const std::string& binary) {
  auto slash = binary.rfind('/');
  std::string path;
  if (slash != binary.npos)
    path = std::filesystem::path(binary.substr(0, slash) + "/../libexec/troupe/keeper").lexically_normal().string();
  return ::access(path.c_str(), X_OK) == 0 ? path : "";
}

std::string not_available(const std::string& why) {
  return "survive=true is not available here: " + why + "; a crash of supervisord will not be survived";
}

std::vector<char*> words_of(const std::vector<std::string>& arguments) {
  std::vector<char*> words;
  for (const auto& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  return words;
}

} // namespace

/// Before anybody is in the background: who has another daemon's register is told so on the terminal.
config::result<void> session::prepare_pair() {
  const auto& options = cfg_.supervisord;
  if (!options.survive || daemon_.keeper || !daemon_.first_start)
    return {};
  auto trouble = platform::trouble_with_pair();
  if (!trouble.empty()) {
    log_->write(log_level::warn, not_available(trouble));
    return {};
  }
  auto book = actors::ledger::make(); // without it a worker is none that another one can follow
  if (!book) {
    log_->write(log_level::warn, not_available("no memory for the ledger: " + config::errno_name(errno)));
    return {};
  }
  auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(options.survivelimit.time).count();
  auto register_path = options.pidfile + ".register";
  auto pair = platform::begin_pair(
    register_path, {static_cast<std::uint32_t>(options.survivelimit.count), static_cast<std::uint64_t>(microseconds)});
  if (pair.error == EBUSY)
    return config::fault("another supervisord uses " + options.pidfile + " and lives");
  if (pair.error != 0) {
    log_->write(log_level::warn, not_available(config::errno_name(pair.error)));
    return {};
  }
  if (!pair.ignored.empty())
    log_->write(log_level::warn, register_path + " " + pair.ignored + ": what it says is ignored");
  if (!pair.why_no_file.empty())
    log_->write(log_level::info, "the register of programs has no file: " + pair.why_no_file);
  if (options.stop_leftovers)
    platform::note_leftovers(*pair.memory, leftovers_);
  tell_of_leftovers();
  leftovers_.clear();
  pair_ = std::move(pair);
  book_ = std::move(book);
  return {};
}

/// The parent keeps the pid, and does not return. There is no thread yet.
void session::part_from_keeper() {
  if (!pair_)
    return;
  auto pair = *std::exchange(pair_, std::nullopt);
  auto program = keeper_program(daemon_.binary);
  if (program.empty())
    log_->write(log_level::info, "no keeper program beside " + daemon_.binary + ": supervisord's own image keeps");
  std::fflush(nullptr);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  auto keeper = ::getpid();
  auto worker = ::fork();
  if (worker > 0)
    ::_exit(
      platform::become_keeper(std::move(pair), worker, program, words_of(daemon_.arguments).data(), environ)); // never
  int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (worker < 0)
    return log_->write(log_level::warn, not_available(config::errno_name(error)));
  auto seat = platform::first_seat(std::move(pair));
  auto book = *std::exchange(book_, std::nullopt);
  *book.event_serial() = *daemon_.event_serial;
  seat.memory->header.keeper_pid = keeper; // it writes the same
  daemon_.sit_down(std::move(seat), std::move(book));
}

/// The keeper is gone, which took a kill of just that process: this one takes its place, and a worker of its own ours.
/// Whoever does not come to rest now may do so a little later, and everything would end else.
void session::take_place_of_keeper(actors::runtime& runtime) {
  constexpr int most_tries = 5;
  auto why = trouble_with_place();
  bool can_be = why.empty();
  for (int tries = 0; can_be && tries < most_tries; ++tries)
    why = try_to_take_place(runtime);
  log_->write(log_level::critical,
              "the process with supervisord's pid is gone, and " + why + "; the worker stops all programs");
  runtime.signal(SIGTERM);
}

/// Empty, or why nobody takes it.
std::string session::trouble_with_place() const {
  const auto& keeper = *daemon_.keeper;
  const auto& header = keeper.memory().header;
  auto now = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
  auto at = static_cast<std::uint64_t>(now.count());
  keeper.book().keepers_gone().add(at);
  auto verdict = platform::crash_policy(keeper.book().keepers_gone(), at, {header.limit_count, header.limit_us});
  if (verdict.end)
    return "that " + std::to_string(verdict.in_window) + " times within " +
           std::to_string(header.limit_us / 1'000'000) + " s";
  auto program = keeper_program(daemon_.binary);
  return program.empty() ? "there is no keeper program beside " + daemon_.binary
                         : platform::trouble_with_keeper(program, keeper.memory_file());
}

std::unique_ptr<keeper_renewal> session::renewal_of_keeper(actors::runtime& runtime) {
  auto renewal = std::make_unique<keeper_renewal>(keeper_renewal::settings{
    *log_, keeper_program(daemon_.binary), daemon_.keeper, [&runtime] { return runtime.helpers(); }, daemon_.on.env});
  renewal->begin();
  return renewal;
}

/// What the keeper that is gone has held, by our numbers.
platform::kept_descriptors session::held_with(const handover& all) const {
  auto kept = daemon_.keeper->held();
  kept.known.emplace_back(platform::held_key::main_log, log_->fd());
  std::unordered_map<std::uint64_t, std::uint32_t> slots;
  for (const auto& group : all.runtime.groups)
    for (const auto& process : group.processes)
      slots[process.id] = process.slot;
  for (const auto& child : all.runtime.children)
    if (auto found = slots.find(child.process); found != slots.end() && found->second < platform::most_slots)
      kept.children.push_back(
        {found->second, {child.in, child.out ? child.out->pipe : -1, child.err ? child.err->pipe : -1}});
  return kept;
}

/// Returns where it cannot be: why.
std::string session::try_to_take_place(actors::runtime& runtime) {
  auto most_resting = cfg_.supervisord.upgradetimeout / 5;
  auto asker = runtime.rest(most_resting);
  if (!asker)
    return asker.error().what + " did not come to rest within " + seconds_text(most_resting);
  std::string why;
  try {
    write_history();
    write_state(std::chrono::milliseconds{500});
    auto all = parcel(runtime);
    all.binary = daemon_.binary;
    all.keeper_gone = platform::daemon_pid();
    if (audit_)
      all.acts = audit_->hand_over();
    daemon_.keeper->book().keeper_gone() = all.keeper_gone; // whoever gets as far as to say so says it
    auto pair = platform::begin_again(daemon_.keeper->seat(), held_with(all));
    if (pair.error == 0)
      become_keeper(all, std::move(pair));
    why = "there can be no other: " + config::errno_name(pair.error);
  } catch (const std::exception& e) {
    why = e.what();
  }
  runtime.go_on();
  if (audit_)
    audit_->go_on();
  return why;
}

/// All threads rest, and end with the execution of the keeper's program.
void session::become_keeper(const handover& of_now, platform::pair_beginning pair) {
  auto all = of_now;
  all.seat->memory = pair.memory.fd();
  all.seat->link = pair.worker_end.get();
  all.seat->bell = pair.bell.get();
  all.seat->nudge = pair.nudge.get();
  auto file = platform::sealed_file(parcel_of(all));
  auto own = platform::open_own_binary();
  sigset_t everything;
  sigset_t before;
  sigfillset(&everything);
  ::pthread_sigmask(SIG_SETMASK, &everything, &before);
  auto worker = file && own ? ::fork() : -1;
  if (worker == 0) {
    ::setpgid(0, 0);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pair.keeper_end.reset(); // its end has to be seen
    succeed_by({file.get(), own.get(), {}}, all.descriptors(), nullptr, daemon_.arguments);
    ::_exit(127);
  }
  if (worker < 0) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw std::runtime_error("no worker can be made: " + config::errno_name(errno));
  }
  auto program = keeper_program(daemon_.binary);
  int error = platform::become_keeper(std::move(pair), worker, program, words_of(daemon_.arguments).data(), environ);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  throw std::runtime_error(program + ": " + config::errno_name(error));
}

/// As an upgrade ends, but that nobody has asked for it.
void session::tell_renewed() {
  log_->write(log_level::critical, "the process with supervisord's pid " + std::to_string(before_->keeper_gone) +
                                     " is gone; " + std::to_string(platform::daemon_pid()) + " is it now, " +
                                     config::counted(before_running_, "process") + " kept");
  daemon_.notify(protocols::notify_main_pid(platform::daemon_pid()));
  daemon_.keeper->book().keeper_gone() = 0;
  forget_before();
}

void session::hold_servers() {
  auto& keeper = *daemon_.keeper;
  keeper.set_ending(before_ ? before_->ending : 0);
  if (int log = log_->fd(); log >= 0)
    keeper.hold(platform::held_key::main_log, log); // for the keeper's own last words
  for (const auto& server : servers_) {
    const auto& section = server.options().section;
    if (server.fd() >= 0)
      keeper.hold(section, server.fd());
    if (server.folder() >= 0)
      keeper.hold(section + " folder", server.folder());
  }
}

/// A socket that the keeper holds would still take clients.
void session::release(const std::list<platform::listening_socket>& servers) {
  if (!daemon_.keeper || servers.empty())
    return;
  for (const auto& server : servers) {
    daemon_.keeper->release(server.options().section);
    daemon_.keeper->release(server.options().section + " folder");
  }
  daemon_.keeper->sync();
}

/// In it the numbers of servers are the keeper's keys.
void session::keep_image(actors::carried_runtime runtime) {
  auto image = description();
  image.arguments = daemon_.arguments;
  for (auto& server : image.servers) {
    server.fd = daemon_.keeper->key_of(server.section);
    server.folder = daemon_.keeper->key_of(server.section + " folder");
  }
  last_image_ = std::max(last_image_ + 1, platform::since_boot()); // none that a worker before us has had
  image.number = last_image_;
  image.runtime = std::move(runtime);
  for (auto& socket : image.runtime.sockets)
    socket.fd = daemon_.keeper->key_of(actors::fcgi_sockets::name_of(socket.section, socket.url));
  daemon_.keeper->hold_image(parcel_of(image), image.number);
  daemon_.keeper->release_old();
}

/// False: an image has to be made.
bool session::keep_change(const actors::carried_change& change) const {
  return daemon_.keeper->add_change(parcel_of(change));
}

/// 5.1, in the log and in the history.
void session::tell_resumed() {
  const auto& header = daemon_.keeper->memory().header;
  const auto& last = header.death[(header.deaths - 1) % platform::deaths_shown];
  auto now = static_cast<std::uint64_t>(
    std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
  auto shown = std::min(header.deaths, platform::deaths_shown);
  auto within = std::count_if(header.death, header.death + shown,
                              [&](const auto& death) { return last.at - death.at <= header.limit_us; });
  auto text = "supervisord's worker (pid " + std::to_string(last.pid) +
              ") ended: " + actors::wait_status_text(last.wait_status) + "; resumed after " +
              std::to_string((now - last.at) / 1000) + " ms, " + config::counted(before_running_, "process") + " kept";
  if (header.limit_count != 0)
    text += " (" + std::to_string(within) + " of " + std::to_string(header.limit_count) + " within " +
            std::to_string(header.limit_us / 1'000'000) + " s)";
  log_->write(log_level::critical, text);
  if (auto events = std::exchange(daemon_.events, {}); events && events->lost > 0)
    log_->write(log_level::warn, config::counted(events->lost, "event") +
                                   " that waited for listeners had no room in memory that outlives the worker: lost");
  if (daemon_.only_processes)
    log_->write(log_level::critical,
                "too many deaths of supervisord's worker: for " + std::to_string(calm_time.count()) +
                  " minutes there are only programs, no clients, extensions, events or history; kill -USR1 " +
                  std::to_string(platform::daemon_pid()) + " lets them come back at once");
  if (history_)
    actors::tell_crash(*history_, actors::wait_status_text(last.wait_status),
                       static_cast<std::int64_t>((now - last.at) / 1000));
  before_.reset();
}

} // namespace troupe
