// doctor: each finding from facts, staged one by one; init: what it writes, and for which words. Cases:
// docs/contract/packaging.md, 6.5 (K9, K10).
#include "apps/ctl/doctor.hpp"
#include "apps/ctl/first_configuration.hpp"
#include "apps/ctl/names.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <ostream>

BOOST_AUTO_TEST_SUITE(ctl_doctor_test)

using namespace troupe::ctl;
namespace data = boost::unit_test::data;

namespace {

doctor_facts all_is_well() {
  doctor_facts f;
  f.file = "/etc/s.conf";
  f.is_known = true;
  f.pidfile = "/run/s.pid";
  f.pid = 42;
  f.is_alive = true;
  f.pid_name = "supervisord";
  f.running_since = "2026-11-28 12:00:00";
  f.url = "unix:///run/s.sock";
  f.version = f.own_version = "4.3.0";
  f.folders = {{"/var/log", true, true, 50}};
  f.minfds = 1024;
  f.most_fds = 4096;
  f.pending = "";
  return f;
}

struct finding_row {
  const char* when;
  std::function<void(doctor_facts&)> change;
  const char* line; ///< that is among the others
  int status;
};
std::ostream& operator<<(std::ostream& out, const finding_row& r) { return out << r.when; }

// clang-format off
const finding_row table[] = {
  {"all is well", [](auto&) {}, "ok    url: unix:///run/s.sock answers", 0},
  {"which file", [](auto& f) { f.other_files = {"/etc/b.conf", "/c.conf"}; },
   "ok    configuration: /etc/s.conf (also there, and not used: /etc/b.conf, /c.conf)", 0},
  {"no file", [](auto& f) { f.file = f.pidfile = ""; },
   "FAIL  configuration: there is no configuration file; next: supervisorctl init", 2},
  {"a fault", [](auto& f) { f.faults = {"/etc/s.conf:3: bad"}; },
   "FAIL  loads: /etc/s.conf:3: bad; next: supervisord --test -c /etc/s.conf", 2},
  {"an include without a file", [](auto& f) { f.warnings = {"No file matches via include \"/x/*\""}; },
   "warn  loads: No file matches via include \"/x/*\"; next: supervisord --test -c /etc/s.conf", 1},
  {"no pid", [](auto& f) { f.pid = 0; f.is_alive = false; f.reached = url_state::missing; },
   "FAIL  daemon: /run/s.pid holds no pid: no daemon with this configuration runs; next: supervisord -c /etc/s.conf", 2},
  {"dead", [](auto& f) { f.is_alive = false; },
   "FAIL  daemon: there is no process 42, which /run/s.pid names: the daemon has died; next: supervisord -c /etc/s.conf", 2},
  {"a pid of somebody else", [](auto& f) { f.pid_name = "cron"; },
   "FAIL  daemon: /run/s.pid names 42, which is cron, no daemon: the file is left over; next: supervisord -c /etc/s.conf", 2},
  {"since when", [](auto&) {}, "ok    daemon: runs as 42 since 2026-11-28 12:00:00", 0},
  {"no socket", [](auto& f) { f.reached = url_state::missing; },
   "FAIL  url: unix:///run/s.sock: there is no such socket: no daemon has made it; next: supervisord -c /etc/s.conf", 2},
  {"stale", [](auto& f) { f.reached = url_state::refused; },
   "FAIL  url: unix:///run/s.sock: nobody listens: the daemon ended, or never got there; next: supervisord -c /etc/s.conf", 2},
  {"closed", [](auto& f) { f.reached = url_state::closed; f.reached_detail = "it belongs to root"; },
   "FAIL  url: unix:///run/s.sock: not for you: it belongs to root; next: sudo supervisorctl status", 2},
  {"401", [](auto& f) { f.reached = url_state::unauthorized; },
   "FAIL  url: unix:///run/s.sock: who you are is not believed: name or password are missing, or wrong; next: supervisorctl -u NAME --password-file FILE status", 2},
  {"another program", [](auto& f) { f.reached = url_state::stranger; f.reached_detail = "404"; },
   "FAIL  url: unix:///run/s.sock: something else answers: 404; next: supervisorctl -s URL status", 2},
  {"another API", [](auto& f) { f.reached = url_state::other_api; f.reached_detail = "2.0"; },
   "FAIL  url: unix:///run/s.sock: a daemon with another API: 2.0; next: supervisorctl -s URL status", 2},
  {"versions", [](auto& f) { f.version = "4.2.5"; },
   "warn  version: the daemon is 4.2.5, supervisorctl 4.3.0; next: supervisord --version", 1},
  {"versions of ours", [](auto& f) { f.version = "4.3.0+troupe.9"; },
   "warn  version: the daemon is 4.3.0+troupe.9, supervisorctl 4.3.0; next: supervisorctl upgrade", 1},
  {"writable", [](auto& f) { f.writables = {{"the command of web", "/srv/it's", "everybody"}}; },
   "FAIL  safety: the command of web: /srv/it's can be written by everybody; next: chmod go-w '/srv/it'\\''s'", 2},
  {"an open door", [](auto& f) { f.doors = {{"[inet_http_server]", false, false}}; },
   "FAIL  safety: [inet_http_server] asks for no password: whoever reaches it may do everything; next: set username and password in its section", 2},
  {"loopback without a password", [](auto& f) { f.doors = {{"[inet_http_server]", false, true}}; },
   "warn  safety: [inet_http_server] asks for no password: every user of this machine may do everything; next: set username and password in its section", 1},
  {"other machines", [](auto& f) { f.doors = {{"[inet_http_server]", true, false}}; },
   "warn  safety: [inet_http_server] is reached from other machines; next: set port=127.0.0.1:PORT, unless that is meant", 1},
  {"no log folder", [](auto& f) { f.folders = {{"/var/log/x", false, false, 0}}; },
   "FAIL  logs: /var/log/x is not there; next: mkdir -p /var/log/x", 2},
  {"a closed log folder", [](auto& f) { f.folders = {{"/var/log/x", true, false, 0}}; },
   "FAIL  logs: /var/log/x cannot be written; next: ls -ld /var/log/x", 2},
  {"95 %", [](auto& f) { f.folders = {{"/var/log", true, true, 95}}; }, "ok    logs: 1 folders, with room", 0},
  {"96 %", [](auto& f) { f.folders = {{"/var/log", true, true, 96}}; },
   "warn  logs: the disk of /var/log is 96 % full; next: df -h /var/log", 1},
  {"twins", [](auto& f) { f.twins = {{"web", 77}}; },
   "warn  programs: web also runs as 77, which is none of the daemon's: left over, or started by hand; next: ps -o pid,ppid,user,lstart,args -p 77", 1},
  {"minfds", [](auto& f) { f.minfds = 5000; },
   "FAIL  limits: minfds=5000 is more than the limit of 4096 open files; next: ulimit -Hn 5000", 2},
  {"stop times", [](auto& f) { f.slowest = "db"; f.slowest_seconds = 120; f.manager = "systemd (s.service)"; f.manager_seconds = 90; },
   "warn  stop: db may take 120 s to stop, and systemd (s.service) kills after 90 s; next: give it more time, or set a shorter stopwaitsecs", 1},
  {"not applied", [](auto& f) { f.pending = "1 added"; },
   "warn  changes: not applied yet: 1 added; next: supervisorctl plan", 1},
  {"unseen", [](auto& f) { f.unseen = {"the rest"}; }, "ok    unseen: the rest", 0},
  {"hostile words", [](auto& f) { f.pid_name = "\x1b[2J\xe2\x80\xae"; },
   "FAIL  daemon: /run/s.pid names 42, which is \\x1b[2J\\u202e, no daemon: the file is left over; next: supervisord -c /etc/s.conf", 2},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(findings, data::make(table), r) {
  auto facts = all_is_well();
  r.change(facts);
  auto found = findings_of(facts);
  std::string all;
  bool there = false;
  for (const auto& f : found) {
    all += line_of(f) + "\n";
    there = there || line_of(f) == r.line;
  }
  BOOST_TEST(there, all);
  BOOST_TEST(status_of(found) == r.status);
}

// -- init ----------------------------------------------------------------------------------------------

namespace {

struct init_row {
  const char* words;
  const char* folder; ///< or what is wrong
  first_programs programs = {};
};
std::ostream& operator<<(std::ostream& out, const init_row& r) { return out << r.words; }
const init_row init_table[] = {
  {"", "."},
  {"dir", "dir"},
  {"dir --program web=/bin/sleep 5 --program=b=/bin/c", "dir", {{"web", "/bin/sleep 5"}, {"b", "/bin/c"}}},
  {"a b", "init takes one folder"},
  {"--force", "no such option --force"},
  {"--program", "--program takes NAME=COMMAND"},
  {"--program web", "--program takes NAME=COMMAND"},
  {"--program web=", "--program web= lacks a command"},
  {"--program =x", "--program takes NAME=COMMAND"},
  {"--program a]b=x", "--program takes NAME=COMMAND"},
  {"--program a=x --program a=y", "the program a is there twice"},
  {"--program a=x ;y", "a blank and a semicolon would begin a comment in the file: put the command of a into a script"},
};

} // namespace

BOOST_DATA_TEST_CASE(words_of_init, data::make(init_table), r) {
  auto wanted = to_init_request(split_words(r.words));
  BOOST_TEST((wanted ? wanted->folder : wanted.error().what) == r.folder);
  if (wanted)
    BOOST_TEST((wanted->programs == r.programs));
}

BOOST_AUTO_TEST_CASE(a_first_configuration) {
  auto text = first_configuration({{"web", "/bin/x 100%"}}, false);
  BOOST_TEST(text.find("\n[program:web]\ncommand=/bin/x 100%%\n") != text.npos);
  BOOST_TEST(text.find("user=") == text.npos);
  BOOST_TEST(first_configuration({}, true).find("\nuser=root ") != text.npos);
  BOOST_TEST(trouble_with_folder("/srv") == "");
  BOOST_TEST(trouble_with_folder(std::string(92, 'x')) != "");
  BOOST_TEST(trouble_with_folder("/a%b") != "");
  BOOST_TEST(for_a_shell("/a b'c") == "'/a b'\\''c'");
}

BOOST_AUTO_TEST_SUITE_END()
