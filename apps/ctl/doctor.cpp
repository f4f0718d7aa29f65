// See doctor.hpp.
#include "apps/ctl/doctor.hpp"

#include "apps/ctl/first_configuration.hpp"
#include "apps/ctl/shown_text.hpp"

#include <algorithm>

namespace troupe::ctl {

namespace {

using level = finding::level;
using findings = std::vector<finding>;

constexpr int full = 95; ///< per cent

std::string test_of(const doctor_facts& seen) { return "supervisord --test -c " + for_a_shell(seen.file); }
std::string start_of(const doctor_facts& seen) {
  return seen.file.empty() ? "supervisorctl init" : "supervisord -c " + for_a_shell(seen.file);
}

void about_configuration(const doctor_facts& seen, findings& to) {
  if (seen.file.empty())
    return to.push_back({level::fail, "configuration", "there is no configuration file", "supervisorctl init"});
  std::string others;
  for (const auto& file : seen.other_files)
    (others += others.empty() ? "" : ", ") += file;
  if (others.empty())
    to.push_back({level::ok, "configuration", seen.file, ""});
  else
    to.push_back({level::ok, "configuration", seen.file + " (also there, and not used: " + others + ")", ""});
}

void about_loading(const doctor_facts& seen, findings& to) {
  if (seen.file.empty())
    return;
  for (const auto& fault : seen.faults)
    to.push_back({level::fail, "loads", fault, test_of(seen)});
  for (const auto& warning : seen.warnings)
    to.push_back({level::warn, "loads", warning, test_of(seen)});
  if (seen.faults.empty() && seen.warnings.empty())
    to.push_back({level::ok, "loads", "the configuration is valid", ""});
}

void about_daemon(const doctor_facts& seen, findings& to) {
  auto pid = std::to_string(seen.pid);
  if (seen.pidfile.empty())
    return;
  if (seen.pid == 0)
    return to.push_back({seen.reached == url_state::good ? level::warn : level::fail, "daemon",
                         seen.pidfile + " holds no pid: no daemon with this configuration runs", start_of(seen)});
  if (!seen.is_alive)
    return to.push_back({level::fail, "daemon",
                         "there is no process " + pid + ", which " + seen.pidfile + " names: the daemon has died",
                         start_of(seen)});
  bool is_one = seen.pid_name.empty() || seen.pid_name.starts_with("supervisord") ||
                seen.pid_name.starts_with("troupe") || seen.pid_name.starts_with("python");
  if (!is_one)
    return to.push_back(
      {level::fail, "daemon",
       seen.pidfile + " names " + pid + ", which is " + seen.pid_name + ", no daemon: the file is left over",
       start_of(seen)});
  to.push_back(
    {level::ok, "daemon", "runs as " + pid + (seen.running_since.empty() ? "" : " since " + seen.running_since), ""});
}

finding found_at(const doctor_facts& seen) {
  const auto& url = seen.url;
  const auto& detail = seen.reached_detail;
  switch (seen.reached) {
  case url_state::missing:
    return {level::fail, "url", url + ": there is no such socket: no daemon has made it", start_of(seen)};
  case url_state::refused:
    return {level::fail, "url", url + ": nobody listens: the daemon ended, or never got there", start_of(seen)};
  case url_state::closed:
    return {level::fail, "url", url + ": not for you: " + detail, "sudo supervisorctl status"};
  case url_state::unauthorized:
    return {level::fail, "url", url + ": who you are is not believed: name or password are missing, or wrong",
            "supervisorctl -u NAME --password-file FILE status"};
  case url_state::stranger:
    return {level::fail, "url", url + ": something else answers: " + detail, "supervisorctl -s URL status"};
  case url_state::other_api:
    return {level::fail, "url", url + ": a daemon with another API: " + detail, "supervisorctl -s URL status"};
  case url_state::unusable:
    return {level::fail, "url", url + ": " + detail, "supervisorctl -s URL status"};
  case url_state::good:
    break;
  }
  return {level::ok, "url", url + " answers", ""};
}

void about_version(const doctor_facts& seen, findings& to) {
  if (seen.version.empty())
    return;
  if (seen.version == seen.own_version)
    return to.push_back({level::ok, "version", seen.version, ""});
  to.push_back({level::warn, "version", "the daemon is " + seen.version + ", supervisorctl " + seen.own_version,
                seen.version.find("troupe") == seen.version.npos ? "supervisord --version" : "supervisorctl upgrade"});
}

void about_safety(const doctor_facts& seen, findings& to) {
  for (const auto& one : seen.writables)
    to.push_back({level::fail, "safety", one.what + ": " + one.path + " can be written by " + one.who,
                  "chmod go-w " + for_a_shell(one.path)});
  for (const auto& door : seen.doors) {
    if (!door.asks)
      to.push_back({door.loopback ? level::warn : level::fail, "safety",
                    door.where + " asks for no password: " +
                      (door.loopback ? "every user of this machine" : "whoever reaches it") + " may do everything",
                    "set username and password in its section"});
    else if (!door.loopback)
      to.push_back({level::warn, "safety", door.where + " is reached from other machines",
                    "set port=127.0.0.1:PORT, unless that is meant"});
  }
  if (seen.is_known && seen.writables.empty() && seen.doors.empty())
    to.push_back({level::ok, "safety", "nothing that others could write, no TCP port", ""});
}

void about_logs(const doctor_facts& seen, findings& to) {
  auto before = to.size();
  for (const auto& folder : seen.folders)
    if (!folder.exists)
      to.push_back({level::fail, "logs", folder.path + " is not there", "mkdir -p " + for_a_shell(folder.path)});
    else if (!folder.can_write)
      to.push_back({level::fail, "logs", folder.path + " cannot be written", "ls -ld " + for_a_shell(folder.path)});
    else if (folder.used > full)
      to.push_back({level::warn, "logs",
                    "the disk of " + folder.path + " is " + std::to_string(folder.used) + " % full",
                    "df -h " + for_a_shell(folder.path)});
  if (to.size() == before && !seen.folders.empty())
    to.push_back({level::ok, "logs", std::to_string(seen.folders.size()) + " folders, with room", ""});
}

void about_programs(const doctor_facts& seen, findings& to) {
  for (const auto& twin : seen.twins)
    to.push_back({level::warn, "programs",
                  twin.program + " also runs as " + std::to_string(twin.pid) +
                    ", which is none of the daemon's: left over, or started by hand",
                  "ps -o pid,ppid,user,lstart,args -p " + std::to_string(twin.pid)});
  if (seen.most_fds > 0 && seen.minfds > seen.most_fds)
    to.push_back({level::fail, "limits",
                  "minfds=" + std::to_string(seen.minfds) + " is more than the limit of " +
                    std::to_string(seen.most_fds) + " open files",
                  "ulimit -Hn " + std::to_string(seen.minfds)});
  else if (seen.most_fds > 0)
    to.push_back(
      {level::ok, "limits", std::to_string(seen.most_fds) + " open files, minfds=" + std::to_string(seen.minfds), ""});
  if (!seen.manager.empty() && seen.slowest_seconds >= seen.manager_seconds)
    to.push_back({level::warn, "stop",
                  seen.slowest + " may take " + std::to_string(seen.slowest_seconds) + " s to stop, and " +
                    seen.manager + " kills after " + std::to_string(seen.manager_seconds) + " s",
                  "give it more time, or set a shorter stopwaitsecs"});
}

void about_changes(const doctor_facts& seen, findings& to) {
  if (!seen.pending)
    return;
  if (seen.pending->empty())
    return to.push_back({level::ok, "changes", "all of the configuration is in force", ""});
  to.push_back({level::warn, "changes", "not applied yet: " + *seen.pending, "supervisorctl plan"});
}

} // namespace

std::vector<finding> findings_of(const doctor_facts& seen) {
  findings all;
  about_configuration(seen, all);
  about_loading(seen, all);
  about_daemon(seen, all);
  all.push_back(found_at(seen));
  about_version(seen, all);
  about_safety(seen, all);
  about_logs(seen, all);
  about_programs(seen, all);
  about_changes(seen, all);
  for (const auto& what : seen.unseen)
    all.push_back({level::ok, "unseen", what, ""});
  return all;
}

int status_of(const std::vector<finding>& found) {
  auto worst = level::ok;
  for (const auto& f : found)
    worst = std::max(worst, f.is);
  return static_cast<int>(worst);
}

std::string line_of(const finding& f) {
  auto word = f.is == level::ok ? "ok    " : f.is == level::warn ? "warn  " : "FAIL  ";
  auto line = word + f.about + ": " + displayable(f.text);
  return f.next.empty() ? line : line + "; next: " + displayable(f.next);
}

} // namespace troupe::ctl
