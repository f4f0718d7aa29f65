// See session.hpp: another binary follows this one, or this one follows another: what main does of it. Whether it can
// be done has been found out by then (upgrade.cpp). Must not judge a binary, nor know what a parcel is made of. Source:
// docs/contract/survival.md, 6.2 and 6.5. Cases: tests/upgrade_test.py.
#include "actors/extensions/extensions.hpp"
#include "actors/io/history_notes.hpp"
#include "actors/rpc/audited_act.hpp"
#include "apps/daemon/audit_open.hpp"
#include "apps/daemon/history_open.hpp"
#include "apps/daemon/session.hpp"
#include "config/text.hpp"
#include "platform/fault_point.hpp"
#include "platform/overdue_exec.hpp"
#include "platform/sealed_file.hpp"
#include "protocols/http_text.hpp"
#include "protocols/notify_text.hpp"
#include "protocols/xmlrpc.hpp"
#include "troupe_version.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <future>
#include <memory>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe {

using config::log_level;
using protocols::rpc_value;

namespace {

constexpr std::chrono::milliseconds time_for_state{500};

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

/// All of it, unless the client does not take it within a second.
void send_all(int fd, std::string_view bytes) {
  auto until = std::chrono::steady_clock::now() + std::chrono::seconds{1};
  while (!bytes.empty() && std::chrono::steady_clock::now() < until) {
    auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd room{fd, POLLOUT, 0};
      (void)::poll(&room, 1, 100);
    } else if (errno != EINTR) {
      return;
    }
  }
}

} // namespace

// -- this one goes -------------------------------------------------------------------------------

handover session::description() const {
  handover all;
  all.version = version;
  all.directory = daemon_.on.directory;
  all.file = daemon_.file;
  all.own_binary = daemon_.binary;
  all.configuration = cfg_;
  if (access_)
    all.configuration.access = access_->now()->options;
  for (const auto& server : servers_)
    all.servers.push_back({server.options().section, server.fd(), server.folder(),
                           static_cast<std::uint64_t>(server.file().st_dev),
                           static_cast<std::uint64_t>(server.file().st_ino)});
  if (pid_file_) {
    const auto& written = pid_file_->written();
    all.pid_file = {static_cast<std::uint64_t>(written.st_dev), static_cast<std::uint64_t>(written.st_ino),
                    written.st_mtim.tv_sec, written.st_mtim.tv_nsec};
  }
  return all;
}

handover session::parcel(actors::runtime& runtime) {
  auto all = description();
  all.runtime = runtime.carry();
  if (daemon_.keeper) {
    const auto& seat = daemon_.keeper->seat();
    const auto* room = daemon_.keeper->room();
    all.seat = carried_seat{.memory = seat.memory.fd(),
                            .link = seat.link.get(),
                            .bell = seat.bell.get(),
                            .nudge = seat.nudge.get(),
                            .ledger = daemon_.keeper->book().fd(),
                            .stash = room ? room->fd() : -1};
  }
  return all;
}

/// What is told from here on is the next one's; a disk that does not take it now loses it.
void session::write_history() {
  if (!history_)
    return;
  auto written = std::make_shared<std::promise<void>>();
  auto done = written->get_future();
  if (history_->ask([written](auto&, auto&) { written->set_value(); }))
    done.wait_for(std::chrono::milliseconds{500});
}

/// Returns where nothing came of it; then everything goes on.
void session::upgrade(actors::runtime& runtime, upgrade_desk& desk) {
  auto wanted = desk.next();
  if (!wanted)
    return;
  if (runtime.board().daemon() != protocols::daemon_state::running)
    return desk.failed(*wanted, "supervisord is stopping");
  log_->write(log_level::info, "upgrading to " + wanted->binary + " (" + wanted->version + ")");
  auto begun = now_ns();
  daemon_.notify(protocols::notify_reloading(std::chrono::microseconds{begun / 1000}));
  auto failed = [&](const std::string& why) {
    daemon_.notify(protocols::notify_ready({}));
    desk.failed(*wanted, why);
  };
  auto most_resting = cfg_.supervisord.upgradetimeout / 5;
  auto asker = runtime.rest(most_resting);
  if (!asker)
    return failed(asker.error().what + " did not come to rest within " + seconds_text(most_resting));
  platform::fault_point("upgrade.rested");
  write_history();
  write_state(time_for_state);
  std::string why;
  try {
    auto all = parcel(runtime);
    all.binary = wanted->binary;
    all.begun = begun;
    all.asker = asker->fd.get();
    all.asker_version = asker->version;
    if (audit_)
      all.acts = audit_->hand_over();
    auto bytes = parcel_of(all);
    auto file = platform::sealed_file(bytes);
    auto own = platform::open_own_binary();
    platform::fault_point("upgrade.packed");
    auto kept = file ? bytes_of(file.get()) : config::fault(config::errno_name(errno));
    if (!kept || *kept != bytes || !read_parcel(*kept))
      why = "the parcel could not be kept: " + (kept ? "it reads otherwise" : kept.error().what);
    else if (!own)
      why = "the way back could not be kept open: " + config::errno_name(errno);
    else
      why = wanted->binary + ": " +
            config::errno_name(
              succeed_by({file.get(), own.get(), {}}, all.descriptors(), wanted->binary.c_str(), daemon_.arguments));
  } catch (const std::exception& e) {
    why = e.what();
  }
  runtime.go_on();
  if (audit_)
    audit_->go_on();
  failed(why);
}

// -- this one comes ------------------------------------------------------------------------------

config::result<void> session::take_servers(const handover& before) {
  for (const auto& options : cfg_.servers) {
    auto found = std::find_if(before.servers.begin(), before.servers.end(),
                              [&](const auto& server) { return server.section == options.section; });
    if (found == before.servers.end())
      continue;
    struct stat file {};
    file.st_dev = static_cast<dev_t>(found->device);
    file.st_ino = static_cast<ino_t>(found->inode);
    servers_.push_back(platform::listening_socket::of_before(options, platform::unique_fd{found->fd},
                                                             platform::unique_fd{found->folder}, file));
    if (auto read = read_certificate(options); !read)
      return read;
  }
  return {};
}

config::result<void> session::open_again(handover& before) {
  daemon_.on.uid = ::getuid();
  if (auto done = open_log(); !done)
    return done;
  auto audit = open_audit(cfg_, *log_, daemon_.program.substr(daemon_.program.rfind('/') + 1));
  if (!audit)
    return audit.error();
  audit_ = *std::move(audit);
  std::vector<config::group_options_ptr> groups;
  for (const auto& group : before.runtime.groups)
    groups.push_back(group.options);
  if (!daemon_.only_processes) {
    auto history = open_history(cfg_, *log_, false);
    if (!history)
      return history.error();
    history_ = *std::move(history);
  }
  audit_ = trail_for(history_, std::move(audit_), *log_);
  actors::learn_users(groups, *daemon_.users);
  if (auto taken = take_servers(before); !taken)
    return taken;
  if (!servers_.empty() && !daemon_.only_processes)
    if (auto made = make_extensions(); !made)
      return made;
  if (auto read = read_tokens(); !read)
    return read;
  if (before.pid_file) {
    struct stat written {};
    written.st_mode = S_IFREG;
    written.st_dev = static_cast<dev_t>(before.pid_file->device);
    written.st_ino = static_cast<ino_t>(before.pid_file->inode);
    written.st_mtim.tv_sec = before.pid_file->seconds;
    written.st_mtim.tv_nsec = before.pid_file->nanoseconds;
    pid_file_ = platform::pid_file::of_before(cfg_.supervisord.pidfile, written);
  }
  *daemon_.event_serial = before.runtime.event_serial;
  before_ = std::move(before);
  platform::fault_point("upgrade.opened");
  platform::execute_no_more();
  platform::keep_none_over_exec(); // from here on there is no way back that would need them
  return {};
}

/// In the audit trail: the end of the upgrade itself, and what the others who waited have been told.
void session::end_acts(const actors::status_board& board, const actors::control_answer& came) {
  for (auto& act : before_->acts) {
    bool is_upgrade = act.record.call == actors::upgrade_method;
    std::make_shared<actors::audited_act>(audit_, std::move(act), board)->end(is_upgrade ? came : actors::goes_on());
  }
}

/// In the log, and to whoever asked.
void session::tell_upgraded(const actors::status_board& board) {
  const auto& before = *before_;
  const auto& refused = daemon_.succeeds->refused;
  auto ms = (now_ns() - before.begun) / 1'000'000;
  actors::control_answer came;
  std::string body;
  if (refused.empty()) {
    log_->write(log_level::info, "upgraded " + before.version + " to " + version + " in " + std::to_string(ms) +
                                   " ms; " + config::counted(before_running_, "process") + " kept");
    if (history_)
      actors::tell_upgrade(*history_, before.version, version, ms);
    protocols::rpc_writer writer{body};
    writer.begin_response();
    writer.value(rpc_value{rpc_value::structure{{"from", rpc_value{before.version}},
                                                {"to", rpc_value{std::string(version)}},
                                                {"ms", rpc_value{ms}},
                                                {"pid", rpc_value{std::int64_t{platform::daemon_pid()}}},
                                                {"processes", rpc_value{static_cast<std::int64_t>(before_running_)}},
                                                {"clients", rpc_value{static_cast<std::int64_t>(before_clients_)}}}});
    writer.end_response();
  } else {
    auto why = "not upgraded: " + why_gone_back(before.binary, refused) + "; " + version + " goes on";
    log_->write(log_level::error, why);
    auto fault = protocols::make_fault(protocols::fault::failed, why);
    protocols::append_fault(body, fault.code, fault.text);
    came = std::move(fault);
  }
  if (audit_)
    end_acts(board, came);
  if (before.asker >= 0) {
    platform::unique_fd asker{before.asker};
    std::string response;
    protocols::begin_head(response, before.asker_version, 200, protocols::http_date(std::time(nullptr)));
    response +=
      "Content-Type: text/xml\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n";
    send_all(asker.get(), response + body);
  }
  forget_before();
}

void session::forget_before() {
  if (const auto& from = daemon_.succeeds) {
    ::close(from->parcel);
    ::close(from->old_binary);
  }
  daemon_.succeeds.reset();
  before_.reset();
}

} // namespace troupe
