// supervisord: command line, start-up in the order of the specification, and the loop that turns signals into
// messages. Must not decide about processes (actors/ does). Source: docs/contract/configuration.md, 6 to 8.
#include "actors/extensions/extensions.hpp"
#include "actors/extensions/plugins.hpp"
#include "actors/io/fcgi_sockets.hpp"
#include "actors/io/spawner.hpp"
#include "actors/runtime.hpp"
#include "config/command_line.hpp"
#include "config/load.hpp"
#include "config/text.hpp"
#include "platform/backup_compressor.hpp"
#include "platform/daemon.hpp"
#include "platform/log_path.hpp"
#include "platform/main_log.hpp"
#include "platform/memory.hpp"
#include "platform/spawn.hpp"
#include "protocols/log_lines.hpp"
#include "troupe_version.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <list>
#include <memory>
#include <new>
#include <utility>

namespace troupe {

namespace {

using config::log_level;

constexpr int handled_signals[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR2};
constexpr int wake_up = SIGURG; ///< from an actor to main: look at `ended`; ignored by default, so harmless if forged

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Exit status after what was asked for went to stdout: a full disk or a reader that is gone is a failure.
int printed() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? 0 : 1; }

/// What lives as long as the process, through restarts.
struct daemon {
  std::string program; ///< argv[0]
  config::host on = config::host::real();
  config::command_line line;
  bool first_start = true;
  std::shared_ptr<std::int64_t> event_serial = std::make_shared<std::int64_t>(0);
  std::shared_ptr<platform::identities> users = std::make_shared<platform::identities>();

  std::string file;                                     ///< that was read last
  std::list<platform::listening_socket> kept;           ///< from the start before this one: clients wait there
  std::optional<platform::main_log::settings> last_log; ///< of the start before this one

  [[nodiscard]] int fail(const config::error& why) const;
  [[nodiscard]] int fail_restart(const config::error& why, platform::main_log* log) const;
  config::result<config::configuration> load();
  config::result<config::configuration> load_again();
  int test();
  int run();
};

/// One start: what is opened for it is closed at its end.
class session {
public:
  session(daemon& of, config::configuration configuration) : daemon_(of), cfg_(std::move(configuration)) {}
  ~session() {
    compressor_.stop(); // before the log it speaks to
    clean_up();
  }
  config::result<void> open();
  platform::main_log* log() { return log_.get(); }
  actors::daemon_end serve();

private:
  void note(log_level level, std::string text) { cfg_.notices.push_back({level, std::move(text)}); }
  config::result<void> take_privileges();
  config::result<void> open_log();
  config::result<void> open_servers();
  config::result<void> open_server(const config::server_options& options);
  config::result<void> make_extensions();
  void write_pidfile();
  void clean_up(); ///< what this start left in the file system
  static session* opening;
  [[noreturn]] static void end_opening();
  void hand_over(actors::runtime_settings& settings);

  daemon& daemon_;
  config::configuration cfg_;
  platform::backup_compressor compressor_;
  std::unique_ptr<platform::main_log> log_;
  std::vector<actors::group_cell_ptr> cells_;
  std::list<platform::listening_socket> servers_;
  std::vector<std::shared_ptr<actors::rpc_extension>> extensions_;
  std::optional<platform::pid_file> pid_file_; ///< written
};

config::result<void> session::take_privileges() {
  const auto& options = cfg_.supervisord;
  std::vector<std::string> limits;
  if (daemon_.first_start) { // before the privileges that it may take (N10); told about afterwards
    auto raised = platform::raise_limits(options.minfds, options.minprocs);
    if (!raised)
      return raised.error();
    limits = *std::move(raised);
  }
  if (options.uid) {
    auto dropped = platform::drop_privileges(*options.uid);
    if (!dropped)
      return dropped.error();
    note(log_level::info, *std::move(dropped));
  } else if (::getuid() == 0) {
    note(
      log_level::critical,
      "Supervisor is running as root.  Privileges were not dropped because no user is specified in the config file.  "
      "If you intend to run as root, you can set user=root in the config file to avoid this message.");
  }
  for (auto& text : limits)
    note(log_level::info, std::move(text));
  daemon_.on.uid = ::getuid();
  return {};
}

config::result<void> session::open_log() {
  const auto& options = cfg_.supervisord;
  bool copy = options.nodaemon && !options.silent;
  platform::main_log::settings settings{
    options.logfile,           options.logfile_maxbytes, options.logfile_backups, options.loglevel, copy,
    base_name(daemon_.program)};
  settings.files = options.log_files;
  settings.compressor = &compressor_;
  if (options.json_log)
    settings.render = [](protocols::wall_time when, log_level level, std::string_view text) {
      return protocols::json_record(when, level, text, ::getpid());
    };
  auto log = std::make_unique<platform::main_log>(settings);
  if (int error = log->open(); error != 0) {
    auto why = error == ELOOP || error == EMLINK ? platform::refusal_of(options.logfile) : "";
    return config::fault("could not open log file " + options.logfile + ": " + std::strerror(error) +
                         (why.empty() ? "" : ": " + why));
  }
  log_ = std::move(log);
  settings.compressor = nullptr; // it ends with this start
  daemon_.last_log = std::move(settings);
  for (auto level : {log_level::critical, log_level::warn, log_level::info})
    for (const auto& notice : cfg_.notices)
      if (notice.level == level)
        log_->write(level, notice.text);
  return {};
}

/// Interfaces that are not built in: once, however many servers show them.
config::result<void> session::make_extensions() {
  auto env = actors::extension_environment(daemon_.on.env, cfg_.server_url, cfg_.supervisord.env);
  for (const auto& interface : cfg_.rpcinterfaces)
    if (!actors::is_built_in(interface)) {
      auto made = actors::make_extension(interface, env, *log_);
      if (!made)
        return made.error();
      extensions_.push_back(*std::move(made));
    }
  return {};
}

/// A socket that the start before this one has kept, or a new one.
config::result<void> session::open_server(const config::server_options& options) {
  auto& kept = daemon_.kept;
  auto found = std::find_if(kept.begin(), kept.end(), [&](const auto& old) { return old.serves(options); });
  if (found != kept.end()) {
    servers_.splice(servers_.end(), kept, found);
    servers_.back().take_over(options);
    return {};
  }
  auto server = platform::listening_socket::open(options);
  if (!server)
    return server.error();
  servers_.push_back(*std::move(server));
  return {};
}

config::result<void> session::open_servers() {
  const auto& wanted = cfg_.servers; // what is not wanted any more goes first: it may be in the way of others
  daemon_.kept.remove_if([&](const auto& old) {
    return std::none_of(wanted.begin(), wanted.end(), [&](const auto& next) { return old.serves(next); });
  });
  for (const auto& options : wanted) {
    if (auto opened = open_server(options); !opened)
      return opened;
    if (servers_.size() == 1)
      if (auto made = make_extensions(); !made)
        return made;
    for (const auto& interface : cfg_.rpcinterfaces) {
      if (actors::is_built_in(interface) && !interface.options.empty()) {
        log_->write(log_level::warn, "[rpcinterface:" + interface.name + "] takes no option " +
                                       config::quoted(interface.options.front().first));
        return config::fault("Could not make " + interface.name + " rpc interface");
      }
      log_->write(log_level::info, "RPC interface " + config::quoted(interface.name) + " initialized");
    }
    if (!options.username)
      log_->write(log_level::critical,
                  "Server " + config::quoted(options.section) + " running without any HTTP authentication checking");
  }
  return {};
}

/// What runs needs to know of the configuration.
void session::hand_over(actors::runtime_settings& settings) {
  const auto& options = cfg_.supervisord;
  settings.groups = std::move(cells_);
  for (auto& server : servers_)
    settings.listeners.push_back({server.duplicate(), server.options()});
  for (const auto& interface : cfg_.rpcinterfaces)
    if (actors::is_built_in(interface))
      settings.rpc_namespaces.push_back(interface.name);
  settings.rpc_extensions = std::move(extensions_);
  settings.main_log_backups = options.logfile_backups;
  settings.childlogdir = options.childlogdir;
  settings.identifier = options.identifier;
  // Copies: a reading that hangs is left behind, and the daemon goes on, or starts anew, without it.
  settings.load = [on = daemon_.on, users = daemon_.users,
                   request = config::load_request{daemon_.file, daemon_.line.options}]()
    -> config::result<std::shared_ptr<const config::configuration>> {
    auto loaded = config::load(on, request);
    if (!loaded)
      return loaded.error();
    actors::learn_users(loaded->groups, *users);
    return std::make_shared<const config::configuration>(*std::move(loaded));
  };
  settings.spawning = {daemon_.on.env, cfg_.server_url, daemon_.on.uid, &compressor_, daemon_.users};
  settings.strip_ansi = options.strip_ansi;
  settings.syslog_ident = base_name(daemon_.program);
  settings.event_serial = daemon_.event_serial;
}

config::result<void> session::open() {
  if (auto done = take_privileges(); !done)
    return done;
  if (auto done = open_log(); !done)
    return done;
  const auto& options = cfg_.supervisord;
  actors::learn_users(cfg_.groups, *daemon_.users);
  actors::fcgi_sockets sockets{*log_};
  for (const auto& group : cfg_.groups) {
    if (auto probed = sockets.probe(*group); !probed)
      return probed;
    if (auto handler = actors::result_handler_of(*group); !handler)
      return handler.error();
  }
  if (auto opened = open_servers(); !opened)
    return opened;
  // Not before the servers' addresses are ours: a mistaken second start must not take the first one's logs away.
  if (!options.nocleanup)
    for (const auto& text : platform::remove_auto_logs(options.childlogdir, options.identifier))
      log_->write(log_level::warn, text);
  auto cells = actors::make_cells(cfg_.groups, options.childlogdir, options.identifier);
  if (!cells)
    return cells.error();
  cells_ = *std::move(cells);
  return {};
}

void session::write_pidfile() {
  auto written = platform::pid_file::write(cfg_.supervisord.pidfile);
  if (written)
    pid_file_ = *std::move(written);
  else
    log_->write(log_level::critical,
                "could not write pidfile " + cfg_.supervisord.pidfile + ": " + written.error().what);
  if (pid_file_)
    log_->write(log_level::info, "supervisord started with pid " + std::to_string(::getpid()));
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
  ::_exit(opening->daemon_.fail(config::fault(why)));
}

/// Out of memory or not: what the daemon is told reaches it.
void send_on(actors::runtime& runtime, int signo) {
  for (;;)
    try {
      return runtime.signal(signo);
    } catch (const std::bad_alloc&) {
      ::poll(nullptr, 0, 100);
    }
}

actors::daemon_end session::serve() {
  sigset_t waited;
  sigemptyset(&waited);
  for (int signo : handled_signals)
    sigaddset(&waited, signo);
  sigaddset(&waited, wake_up);
  ::pthread_sigmask(SIG_BLOCK, &waited, nullptr); // before the first thread: all inherit it
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD); // read elsewhere, from a descriptor
  ::pthread_sigmask(SIG_BLOCK, &child_ended, nullptr);

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
  compressor_.start([&log = *log_](log_level level, const std::string& text) { log.write(level, text); });
  write_pidfile();

  std::atomic<int> ended{-1};
  auto main_thread = ::pthread_self();
  actors::runtime_settings settings;
  hand_over(settings);
  settings.finished = [&ended, main_thread](actors::daemon_end how) {
    ended = static_cast<int>(how);
    ::pthread_kill(main_thread, wake_up);
  };
  opening = this;
  auto otherwise = std::set_terminate(end_opening);
  auto runtime = std::make_unique<actors::runtime>(*log_, std::move(settings));
  runtime->boot();
  std::set_terminate(otherwise);
  behind.ready(); // the sockets listen, the pid file is there
  while (ended < 0) {
    int signo = 0;
    if (::sigwait(&waited, &signo) == 0 && signo != wake_up)
      send_on(*runtime, signo);
  }
  auto how = static_cast<actors::daemon_end>(ended.load());
  if (how == actors::daemon_end::exit)
    for (auto& server : servers_)
      server.stop_listening(); // clients are refused from now on
  runtime->close();
  if (how != actors::daemon_end::exit)
    daemon_.kept = std::move(servers_);
#ifndef TROUPE_SANITIZED
  if (how == actors::daemon_end::exit) { // all is stopped and written: taking the stage apart would only take time
    compressor_.stop();
    clean_up();
    std::fflush(nullptr);
    ::_exit(0);
  }
#endif
  return how;
}

void session::clean_up() {
  servers_.clear(); // removes the socket files
  if (auto written = std::exchange(pid_file_, std::nullopt))
    written->remove();
}

/// Upstream's first and last lines; between them what helps to mend a configuration.
int daemon::fail(const config::error& why) const {
  std::fprintf(stderr, "Error: %s\n", why.what.c_str());
  if (!why.at.file.empty() && why.at.line > 0)
    std::fprintf(stderr, "(%s:%d) For all faults of the file at once, use %s --test -c %s\n", why.at.file.c_str(),
                 why.at.line, program.c_str(), file.c_str());
  std::fprintf(stderr, "For help, use %s -h\n", program.c_str());
  return 2;
}

/// In the background nobody reads stderr: the log of this start says it, or, where that is not open, the last one's.
int daemon::fail_restart(const config::error& why, platform::main_log* log) const {
  std::optional<platform::main_log> last;
  if (!log && last_log) {
    last.emplace(*last_log);
    if (last->open() == 0)
      log = &*last;
  }
  auto place =
    why.at.file.empty() || why.at.line == 0 ? "" : " (" + why.at.file + ':' + std::to_string(why.at.line) + ')';
  if (log)
    log->write(log_level::critical, "could not start again: " + why.what + place);
  return fail(why);
}

config::result<config::configuration> daemon::load() {
  config::load_request request{"", line.options};
  if (line.file) {
    request.file = *line.file;
  } else {
    if (::getuid() == 0 && first_start)
      std::fprintf(stderr, "Supervisord is running as root and it is searching for its configuration file in default "
                           "locations (including its current working directory); you probably want to specify a \"-c\" "
                           "argument specifying an absolute path to a configuration file for improved security.\n");
    auto found = config::find_configuration(on);
    if (!found)
      return found.error();
    request.file = *found;
  }
  file = request.file;
  return config::load(on, request);
}

/// Whether a program's command could be run now. A path of ours is no path of its user; only what is sure is a fault.
config::program_verdict check_start(const config::process_options& options) {
  auto words = platform::split_command(options.command);
  if (!words.error.empty())
    return {"can't parse command: " + words.error, {}};
  if (words.argv.empty())
    return {"command is empty", {}};
  return {{}, actors::check_command(options).error};
}

std::list<platform::listening_socket>* left_at_once = nullptr; ///< whose files a signal handler removes

/// Nothing runs while this reads, and nothing is left behind: a file system that hangs must not keep the daemon from
/// ending when it is told to.
config::result<config::configuration> daemon::load_again() {
  left_at_once = &kept;
  sigset_t ends;
  sigemptyset(&ends);
  for (int signo : {SIGTERM, SIGINT, SIGQUIT}) {
    sigaddset(&ends, signo);
    std::signal(signo, [](int) {
      for (const auto& server : *left_at_once)
        server.remove_file();
      ::_exit(0);
    });
  }
  ::pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
  auto loaded = load();
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  for (int signo : {SIGTERM, SIGINT, SIGQUIT})
    std::signal(signo, SIG_DFL);
  return loaded;
}

int daemon::test() {
  config::load_request request{line.file.value_or(""), line.options};
  if (!line.file) {
    auto found = config::find_configuration(on);
    if (!found)
      return fail(found.error());
    request.file = *found;
  }
  auto found = config::check(on, request, check_start);
  for (const auto& fault : found.faults) {
    auto number = fault.at.line > 0 ? ':' + std::to_string(fault.at.line) : "";
    std::fprintf(stderr, "%s%s: %s\n", fault.at.file.c_str(), number.c_str(), fault.what.c_str());
  }
  for (const auto& notice : found.notices)
    if (notice.level >= log_level::warn)
      std::fprintf(stderr, "warning: %s\n", notice.text.c_str());
  if (!found.faults.empty())
    return 2;
  std::printf("%s: the configuration is valid\n", request.file.c_str());
  return printed();
}

int daemon::run() {
  for (bool again = false;; again = true) {
    auto cfg = again ? load_again() : load();
    if (!cfg)
      return again ? fail_restart(cfg.error(), nullptr) : fail(cfg.error());
    session current{*this, *std::move(cfg)};
    if (auto opened = current.open(); !opened)
      return again ? fail_restart(opened.error(), current.log()) : fail(opened.error());
    if (current.serve() == actors::daemon_end::exit)
      return 0;
  }
}

} // namespace

} // namespace troupe

int main(int argc, char** argv) {
  for (int fd = 0; fd < 3; ++fd) // what is opened later must not take the place of a missing stdin, stdout or stderr
    if (::fcntl(fd, F_GETFD) < 0)
      (void)!::open("/dev/null", O_RDWR);
  troupe::platform::default_signals();
  std::signal(SIGPIPE, SIG_IGN); // whoever reads the first records may be gone, and a limit on files may be in force
  std::signal(SIGXFSZ, SIG_IGN);
  ::alarm(0); // a timer set by whoever started us would end us
  troupe::platform::reserve_little_memory();
  troupe::daemon d{.program = argv[0]};
  auto line = troupe::config::parse_command_line({argv + 1, argv + argc}, d.on);
  if (!line)
    return d.fail(line.error());
  d.line = *std::move(line);
  switch (d.line.what) {
  case troupe::config::command_line::action::help:
    std::fputs(troupe::config::usage(d.program).c_str(), stdout);
    return troupe::printed();
  case troupe::config::command_line::action::version:
    std::printf("%s\n", troupe::version);
    return troupe::printed();
  case troupe::config::command_line::action::test:
    return d.test();
  case troupe::config::command_line::action::run:
    break;
  }
  return d.run();
}
