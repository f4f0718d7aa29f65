// See daemon.hpp.
#include "apps/daemon/daemon.hpp"

#include "apps/daemon/session.hpp"
#include "platform/notify_socket.hpp"
#include "platform/overdue_exec.hpp"
#include "platform/sealed_file.hpp"
#include "platform/spawn.hpp"
#include "protocols/access_pattern.hpp"
#include "protocols/notify_text.hpp"
#include "troupe_version.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <span>
#include <stdexcept>
#include <utility>

#include <unistd.h>

namespace troupe {

using config::log_level;

namespace {

/// Whether a program's command could be run now. A path of ours is no path of its user; only what is sure is a fault.
config::program_verdict check_start(const config::process_options& options) {
  auto words = platform::split_command(options.command);
  if (!words.error.empty())
    return {"can't parse command: " + words.error, {}};
  if (words.argv.empty())
    return {"command is empty", {}};
  return {{}, actors::check_command(options).error};
}

/// Whether a role's pattern stands for any program or group there is.
bool stands_for_something(const std::string& text, const config::configuration& of) {
  protocols::access_pattern pattern{text};
  auto fits = [&](std::string_view group, std::string_view process, std::string_view section) {
    auto labels = of.access->labels.find(section);
    return pattern.fits({group, process, section}, labels == of.access->labels.end()
                                                     ? std::span<const std::string>{}
                                                     : std::span<const std::string>{labels->second});
  };
  return std::any_of(of.groups.begin(), of.groups.end(), [&](const auto& group) {
    const auto& processes = group->processes;
    return std::any_of(processes.begin(), processes.end(),
                       [&](const auto& p) { return fits(group->name, p->name, p->section); }) ||
           (processes.empty() && fits(group->name, "", ""));
  });
}

std::optional<config::certificate_facts> facts_of_certificate(const config::tls_options& of) {
  return platform::certificate_facts_of(of.cert);
}

/// Whether the server could be opened now.
config::result<void> check_certificate(const config::server_options& of) {
  auto read = platform::tls_context::load(of.section, *of.tls);
  return read ? config::result<void>() : read.error();
}

std::list<platform::listening_socket>* left_at_once = nullptr; ///< whose files a signal handler removes

} // namespace

int printed() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? 0 : 1; }

/// Upstream's first and last lines; between them what helps to mend a configuration.
int daemon::fail(const config::error& why) const {
  std::fprintf(stderr, "Error: %s\n", why.what.c_str());
  if (!why.at.file.empty() && why.at.line > 0)
    std::fprintf(stderr, "(%s:%d) For all faults of the file at once, use %s --test -c %s\n", why.at.file.c_str(),
                 why.at.line, program.c_str(), file.c_str());
  std::fprintf(stderr, "For help, use %s -h\n", program.c_str());
  return 2;
}

int daemon::fail_start(const config::error& why, int number) const {
  notify(protocols::notify_failure(why.what, number));
  return fail(why);
}

/// In the background nobody reads stderr: the log of this start says it, or, where that is not open, the last one's.
int daemon::fail_restart(const config::error& why, int number, platform::main_log* log) const {
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
  return fail_start(why, number);
}

void daemon::notify(const std::string& datagram) const {
  if (manager.empty())
    return;
  if (keeper)
    keeper->notify(datagram);
  else
    platform::notify_manager(manager, datagram);
}

std::chrono::microseconds daemon::watchdog() const {
  auto number = [this](std::string_view name) {
    std::int64_t value = 0;
    for (const auto& [key, text] : on.env)
      if (key == name)
        (void)std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  auto whose = number("WATCHDOG_PID");
  bool ours = !manager.empty() && (whose == 0 || whose == platform::daemon_pid());
  return std::chrono::microseconds{ours ? std::max<std::int64_t>(number("WATCHDOG_USEC"), 0) : 0};
}

config::environment daemon::environment_of_children() const {
  auto env = on.env;
  std::erase_if(env, [](const auto& variable) { return protocols::is_for_the_daemon_alone(variable.first); });
  return env;
}

config::result<config::configuration> daemon::load() {
  config::load_request request{
    "", line.options, {true, line.strict, stands_for_something, facts_of_certificate, std::time(nullptr)}};
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
  config::load_request request{
    line.file.value_or(""),
    line.options,
    {line.strict, line.strict, stands_for_something, facts_of_certificate, std::time(nullptr)}};
  if (!line.file) {
    auto found = config::find_configuration(on);
    if (!found)
      return fail(found.error());
    request.file = *found;
  }
  auto found = config::check(on, request, check_start, check_certificate);
  for (const auto& fault : found.faults) {
    auto number = fault.at.line > 0 ? ':' + std::to_string(fault.at.line) : "";
    std::fprintf(stderr, "%s%s: %s\n", fault.at.file.c_str(), number.c_str(), fault.what.c_str());
  }
  for (const auto& notice : found.notices)
    if (notice.level >= log_level::warn)
      std::fprintf(stderr, "warning: %s\n", notice.text.c_str());
  for (const auto& weak : found.weaknesses)
    std::fprintf(stderr, "%s:%d: %s\n", weak.at.file.c_str(), weak.at.line, weak.text.c_str());
  if (!found.faults.empty() || !found.weaknesses.empty())
    return 2;
  std::printf("%s: the configuration is valid\n", request.file.c_str());
  return printed();
}

int daemon::run() { return run({}); }

int daemon::run(std::optional<handover> from) {
  for (bool again = false;; again = true) {
    auto before = std::exchange(from, {});
    auto cfg = before  ? config::result<config::configuration>(std::move(before->configuration))
               : again ? load_again()
                       : load();
    if (!cfg)
      return again ? fail_restart(cfg.error(), 0, nullptr) : fail_start(cfg.error(), 0);
    session current{*this, *std::move(cfg)};
    auto opened = before ? current.open_again(*before) : current.open();
    if (!opened && before) // whoever was before goes on
      throw std::runtime_error(opened.error().what);
    if (!opened)
      return again ? fail_restart(opened.error(), current.refused(), current.log())
                   : fail_start(opened.error(), current.refused());
    if (current.serve() == actors::daemon_end::exit)
      return current.status();
    only_processes = false; // everything starts anew
  }
}

namespace {

/// Its bytes, in which there may be secrets, do not live on.
config::result<handover> parcel_in(int file) {
  auto bytes = bytes_of(file);
  if (!bytes)
    return bytes.error();
  return read_parcel(*bytes);
}

} // namespace

/// Until it has got as far as threads, whatever goes wrong here costs nothing: the other binary goes on.
int daemon::go_on(const succession& from) {
  std::string why;
  std::vector<int> descriptors;
  try {
    auto before = parcel_in(from.parcel);
    if (before) {
      if (from.refused.empty())
        go_back_unless_ready(from, before->configuration.supervisord.upgradetimeout, arguments);
      descriptors = before->descriptors();
      on = config::host::real(before->directory);
      file = before->file;
      binary = from.refused.empty() ? before->binary : before->own_binary;
      if (!from.refused.empty())
        platform::set_process_name(program.substr(program.rfind('/') + 1));
      first_start = false;
      succeeds = from;
      if (before->seat)
        take_seat(*before->seat, before->keeper_gone != 0);
      if (before->keeper_gone != 0) // an end that was under way goes on
        before->ending = keeper->book().ending();
      return run(*std::move(before));
    }
    why = before.error().what;
  } catch (const std::exception& e) {
    why = e.what();
  }
  platform::execute_no_more(); // not twice
  int error =
    from.refused.empty() ? succeed_by({from.parcel, from.old_binary, why}, descriptors, nullptr, arguments) : 0;
  notify(protocols::notify_failure("cannot go on as " + std::string(version) + ": " + why, 0));
  std::fprintf(stderr, "Error: cannot go on as %s: %s%s%s\n", version, why.c_str(), error ? "; and not go back: " : "",
               error ? std::strerror(error) : "");
  return 70;
}

} // namespace troupe
