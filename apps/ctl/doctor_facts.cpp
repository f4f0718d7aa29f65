// See doctor_facts.hpp.
#include "apps/ctl/doctor_facts.hpp"

#include "apps/ctl/doctor_programs.hpp"
#include "apps/ctl/http_wire.hpp"
#include "apps/ctl/json_read.hpp"
#include "apps/ctl/sockets.hpp"
#include "config/load.hpp"
#include "config/path_trust.hpp"
#include "troupe_version.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <set>
#include <string>

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace troupe::ctl {

namespace {

using config::configuration;
using protocols::rpc_fault;
using protocols::rpc_value;

std::string folder_above(const std::string& path) {
  auto slash = path.rfind('/');
  return slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// -- configuration -------------------------------------------------------------------------------------

void look_for_files(doctor_facts& seen, const config::host& on) {
  auto base = folder_above(folder_above(on.executable));
  std::set<std::string> told = {on.real_path(seen.file).value_or(seen.file)};
  for (const auto& place : {base + "/etc/supervisord.conf", base + "/supervisord.conf", std::string("supervisord.conf"),
                            std::string("etc/supervisord.conf"), std::string("/etc/supervisord.conf"),
                            std::string("/etc/supervisor/supervisord.conf")}) {
    auto path = config::absolute(place, on);
    if (on.exists(path) && told.insert(on.real_path(path).value_or(path)).second)
      seen.other_files.push_back(path);
  }
}

std::optional<configuration> look_at_configuration(doctor_facts& seen, const config::host& on) {
  if (seen.file.empty())
    return std::nullopt;
  config::load_request request{.file = seen.file, .command_line = {}};
  auto found = config::check(on, request);
  for (const auto& fault : found.faults)
    seen.faults.push_back((fault.at.file.empty() ? seen.file : fault.at.file) +
                          (fault.at.line > 0 ? ":" + std::to_string(fault.at.line) : "") + ": " + fault.what);
  for (const auto& notice : found.notices)
    if (notice.level >= config::log_level::warn)
      seen.warnings.push_back(notice.text);
  auto loaded = config::load(on, request);
  return loaded ? std::optional(*std::move(loaded)) : std::nullopt;
}

// -- the address ---------------------------------------------------------------------------------------

/// Who owns the socket and who asks.
std::string rights_of_socket(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0)
    return "a folder on the way to it is closed to " + user_name(::geteuid());
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(file.st_mode & 07777));
  return "it belongs to " + user_name(file.st_uid) + ", group " + std::to_string(file.st_gid) + ", mode " + mode +
         ", and you are " + user_name(::geteuid());
}

void look_at_failed(doctor_facts& seen, const failure& why, const std::string& path) {
  seen.reached = why.number == ENOENT         ? url_state::missing
                 : why.number == ECONNREFUSED ? url_state::refused
                 : why.number == EACCES       ? url_state::closed
                                              : url_state::unusable;
  seen.reached_detail = seen.reached == url_state::closed ? rights_of_socket(path) : why.text;
}

/// Whoever does not answer is what somebody calls a doctor for: he does not wait long, unless he is told to.
class short_patience {
public:
  explicit short_patience(session& s) : outside_(s.chosen().seconds ? nullptr : &s.outside()) {
    if (outside_)
      outside_->limit_waits(outside_->now() + std::chrono::seconds{5});
  }
  ~short_patience() {
    if (outside_)
      outside_->limit_waits(std::nullopt);
  }
  short_patience(const short_patience&) = delete;
  short_patience& operator=(const short_patience&) = delete;

private:
  context* outside_; ///< null: it has a limit already
};

/// What the other end says of itself.
void look_at_answer(doctor_facts& seen, session& s) try {
  short_patience few_seconds(s);
  auto response = s.call("supervisor.getVersion");
  auto* api = std::get_if<rpc_value>(&response);
  if (!api || !api->string() || *api->string() != "3.0") {
    auto* fault = std::get_if<rpc_fault>(&response);
    seen.reached = url_state::other_api;
    seen.reached_detail = api && api->string() ? *api->string() : fault ? fault->text : "it tells no version";
    return;
  }
  seen.reached = url_state::good;
  auto version = s.demand("supervisor.getSupervisorVersion");
  seen.version = version.string() ? *version.string() : "";
} catch (const trouble& why) {
  seen.reached = why.why == trouble::kind::unauthorized ? url_state::unauthorized : url_state::stranger;
  seen.reached_detail = why.text;
} catch (const overdue&) {
  seen.reached = url_state::stranger;
  seen.reached_detail = "it takes the connection and does not answer";
}

void look_at_address(doctor_facts& seen, session& s) {
  seen.url = s.url();
  auto parsed = parse_server_url(s.chosen().daemon.url);
  if (auto why = std::get_if<failure>(&parsed))
    return look_at_failed(seen, *why, {});
  const auto& where = std::get<endpoint>(parsed);
  failure why;
  if (!connect_to(where, why))
    return look_at_failed(seen, why, where.path);
  look_at_answer(seen, s);
}

void look_at_changes(doctor_facts& seen, session& s) try {
  if (seen.reached != url_state::good)
    return;
  short_patience few_seconds(s);
  auto response = s.call("troupe.plan", {rpc_value::array{}, rpc_value::structure{}});
  if (auto answer = std::get_if<rpc_value>(&response))
    seen.pending = text_in(*answer, "summary");
  else
    seen.unseen.push_back("whether changes of the configuration wait: this daemon does not tell, or not you");
} catch (const trouble&) {
  seen.unseen.push_back("whether changes of the configuration wait: the daemon did not answer");
} catch (const overdue&) {
  seen.unseen.push_back("whether changes of the configuration wait: the daemon did not answer in time");
}

// -- who may write, where logs go ----------------------------------------------------------------------

void look_at_safety(doctor_facts& seen, const configuration& cfg, const config::host& on) {
  config::path_trust trust(on);
  trust.find_writers(seen.file, [&](auto& path, auto& who) {
    seen.writables.push_back({"the configuration", path, who});
  });
  bool as_root = !cfg.supervisord.uid || *cfg.supervisord.uid == 0;
  if (as_root && on.uid == 0)
    for (const auto& group : cfg.groups)
      for (const auto& process : group->processes)
        if (auto path = program_of(*process, on); !path.empty() && (!process->uid || *process->uid == 0))
          trust.find_writers(path, [&](auto& file, auto& who) {
            seen.writables.push_back({"the command of " + process->name.str(), file, who});
          });
  if (as_root && on.uid != 0 && seen.is_alive && seen.pid_user == 0)
    seen.unseen.push_back("whether others can write what root's daemon runs (sudo supervisorctl doctor)");
  for (const auto& server : cfg.servers) {
    if (server.is_unix) {
      struct stat file {};
      bool open = ::stat(server.file.c_str(), &file) == 0 && (file.st_mode & S_IWOTH) != 0;
      if (open && !server.username && !cfg.access)
        seen.writables.push_back({"the socket", server.file, "everybody"});
      continue;
    }
    bool asks = server.username || cfg.access || (server.tls && !server.tls->client_ca.empty());
    bool loopback = server.host.starts_with("127.") || server.host == "::1" || server.host == "localhost";
    seen.doors.push_back({"[" + server.section + "]", asks, loopback});
  }
}

void look_at_folders(doctor_facts& seen, const configuration& cfg) {
  std::set<std::string> folders;
  if (cfg.supervisord.logfile != "syslog")
    folders.insert(folder_above(cfg.supervisord.logfile));
  bool has_automatic = false;
  for (const auto& group : cfg.groups)
    for (const auto& process : group->processes)
      for (const auto* channel : {&process->out, &process->err}) {
        has_automatic = has_automatic || channel->logfile.to == config::log_target::kind::automatic;
        bool is_file = channel->logfile.to == config::log_target::kind::file;
        if (is_file && !channel->logfile.path.view().starts_with("/dev/"))
          folders.insert(folder_above(channel->logfile.path));
      }
  if (has_automatic)
    folders.insert(cfg.supervisord.childlogdir);
  bool same_user = ::geteuid() == 0 || !seen.is_alive || seen.pid_user == std::int64_t{::geteuid()};
  if (!same_user)
    seen.unseen.push_back("whether the daemon may write its logs: it runs as another user (sudo supervisorctl doctor)");
  for (const auto& path : folders) {
    doctor_facts::folder folder{.path = path};
    struct statvfs disk {};
    folder.exists = ::access(path.c_str(), F_OK) == 0 || errno == EACCES;
    folder.can_write = !same_user || ::access(path.c_str(), W_OK | X_OK) == 0;
    if (::statvfs(path.c_str(), &disk) == 0 && disk.f_blocks > 0)
      folder.used = static_cast<int>(100 - disk.f_bavail * 100 / disk.f_blocks);
    seen.folders.push_back(std::move(folder));
  }
}

} // namespace

doctor_facts look_around(session& s) {
  auto on = config::host::real();
  doctor_facts seen;
  seen.file = s.chosen().configuration;
  seen.own_version = version;
  look_for_files(seen, on);
  auto cfg = look_at_configuration(seen, on);
  if (cfg) {
    seen.is_known = true;
    seen.pidfile = cfg->supervisord.pidfile;
    look_at_daemon(seen);
  }
  look_at_address(seen, s);
  if (cfg) {
    look_at_safety(seen, *cfg, on);
    look_at_folders(seen, *cfg);
    look_at_programs(seen, *cfg);
  }
  look_at_changes(seen, s);
  return seen;
}

} // namespace troupe::ctl
