// What counts as a change on reload: one field at a time, and one option of a file at a time, for every option there
// is. Reloads of whole files are in tests/config/load_test.cpp. Source: docs/contract/configuration.md, section 9.
#include "config/diff.hpp"
#include "config/load.hpp"
#include "config/schema.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(diff_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

constexpr bool changed = true;
constexpr bool same = false;

group_options_ptr group_of(const std::string& name, std::vector<process_options> processes = {}) {
  auto group = std::make_shared<group_options>();
  group->name = name;
  for (auto& p : processes)
    group->processes.push_back(std::make_shared<const process_options>(std::move(p)));
  return group;
}

bool differs(const group_options_ptr& active, const group_options_ptr& loaded) {
  auto diff = compare({active}, {loaded});
  BOOST_TEST(diff.added.empty());
  BOOST_TEST(diff.removed.empty());
  return !diff.changed.empty();
}

std::shared_ptr<const fcgi_socket> socket_at(const std::string& path, int mode = 0700) {
  fcgi_socket socket;
  socket.path = path;
  socket.mode = mode;
  socket.owner_uid = mode;
  socket.backlog = mode;
  return std::make_shared<const fcgi_socket>(socket);
}

template <class Options>
struct row {
  const char* what;
  void (*edit)(Options&);
  bool expected;
  friend std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.what; }
};

using P = process_options;
// clang-format off
const row<P> of_a_process[] = {
  {"nothing", [](P&) {}, same},
  {"name", [](P& p) { p.name = "q"; }, changed},
  {"uid", [](P& p) { p.uid = 0; }, changed},
  {"command", [](P& p) { p.command = "d"; }, changed},
  {"directory", [](P& p) { p.directory = "/"; }, changed},
  {"umask", [](P& p) { p.umask = 022; }, changed},
  {"priority", [](P& p) { p.priority = 1; }, changed},
  {"autostart", [](P& p) { p.autostart = false; }, changed},
  {"autorestart", [](P& p) { p.restart = autorestart::always; }, changed},
  {"startsecs", [](P& p) { p.startsecs = 2; }, changed},
  {"startretries", [](P& p) { p.startretries = 2; }, changed},
  {"stopsignal", [](P& p) { p.stopsignal = 9; }, changed},
  {"stopwaitsecs", [](P& p) { p.stopwaitsecs = 9; }, changed},
  {"stopasgroup", [](P& p) { p.stopasgroup = true; }, changed},
  {"killasgroup", [](P& p) { p.killasgroup = true; }, changed},
  {"exitcodes",
   [](P& p) {
     p.exitcodes = {0, 1};
   },
   changed},
  {"redirect_stderr", [](P& p) { p.redirect_stderr = true; }, changed},
  {"environment: another value",
   [](P& p) {
     p.env = {{"A", "1"}, {"B", "3"}};
   },
   changed},
  {"environment: one less",
   [](P& p) {
     p.env = {{"A", "1"}};
   },
   changed},
  {"environment: another order",
   [](P& p) {
     p.env = {{"B", "2"}, {"A", "1"}};
   },
   same},
  {"serverurl", [](P& p) { p.serverurl = ""; }, changed},
  {"section", [](P& p) { p.section = "program:other"; }, same},
  {"stdout: another file", [](P& p) { p.out.logfile.path = "/y"; }, changed},
  {"stdout: file to AUTO", [](P& p) { p.out.logfile = {}; }, same}, // K16
  {"stdout: file to none",
   [](P& p) {
     p.out.logfile = {log_target::kind::none, {}};
   },
   changed},
  {"stderr: AUTO to file",
   [](P& p) {
     p.err.logfile = {log_target::kind::file, "/x"};
   },
   changed},
  {"stdout_logfile_maxbytes", [](P& p) { p.out.logfile_maxbytes = 1; }, changed},
  {"stderr_logfile_maxbytes", [](P& p) { p.err.logfile_maxbytes = 1; }, changed},
  {"stdout_logfile_backups", [](P& p) { p.out.logfile_backups = 1; }, changed},
  {"stderr_logfile_backups", [](P& p) { p.err.logfile_backups = 1; }, changed},
  {"stdout_capture_maxbytes", [](P& p) { p.out.capture_maxbytes = 1; }, changed},
  {"stderr_capture_maxbytes", [](P& p) { p.err.capture_maxbytes = 1; }, changed},
  {"stdout_events_enabled", [](P& p) { p.out.events_enabled = true; }, changed},
  {"stderr_events_enabled", [](P& p) { p.err.events_enabled = true; }, changed},
  {"stdout_syslog", [](P& p) { p.out.syslog = true; }, changed},
  {"stderr_syslog", [](P& p) { p.err.syslog = true; }, changed},
  {"deathlines", [](P& p) { p.deathlines = 20; }, changed},
  {"socket: another path", [](P& p) { p.socket = socket_at("/t"); }, changed},            // in a [group:x], N5
  {"socket: owner, mode, backlog", [](P& p) { p.socket = socket_at("/s", 0777); }, same}, // K15
  {"socket: none", [](P& p) { p.socket = nullptr; }, changed},
};
// clang-format on

using G = group_options;
const row<G> of_a_group[] = {
  {"nothing", [](G&) {}, same},
  {"kind", [](G& g) { g.kind = group_kind::fcgi; }, changed},
  {"priority", [](G& g) { g.priority = 1; }, changed},
  {"one process less", [](G& g) { g.processes.pop_back(); }, changed},
  {"processes in another order", [](G& g) { std::swap(g.processes[0], g.processes[1]); }, changed},
  {"buffer_size", [](G& g) { g.buffer_size = 1; }, changed},
  {"detail", [](G& g) { g.detail = true; }, changed},
  {"events", [](G& g) { g.events = {"EVENT"}; }, changed},
  {"result_handler", [](G& g) { g.result_handler = "x"; }, changed},
  {"socket, without a process", [](G& g) { g.socket = socket_at("/s"); }, changed},
};

process_options sample() {
  process_options p;
  p.name = "p";
  p.command = "c";
  p.section = "program:p";
  p.env = {{"A", "1"}, {"B", "2"}};
  p.out.logfile = {log_target::kind::file, "/x"};
  p.socket = socket_at("/s");
  return p;
}

/// An option that is added to a section, and the groups that `update` then sees as changed.
struct written {
  std::string_view section;
  std::string_view line;
  std::string_view expected;
};

const written every_option[] = {
  {"unix_http_server", "file=/tmp/other", ""},
  {"unix_http_server", "chmod=0777", ""},
  {"unix_http_server", "chown=nobody", ""},
  {"unix_http_server", "username=u\npassword=p", ""},
  {"unix_http_server", "password=p\nusername=u", ""},
  {"inet_http_server", "port=8", ""},
  {"inet_http_server", "username=u\npassword=p", ""},
  {"inet_http_server", "password=p\nusername=u", ""},
  {"inet_http_server", "allowed_hosts=h", ""},
  {"supervisord", "minfds=1", ""},
  {"supervisord", "minprocs=1", ""},
  {"supervisord", "directory=/", ""},
  {"supervisord", "user=nobody", ""},
  {"supervisord", "umask=077", ""},
  {"supervisord", "logfile=/tmp/l", ""},
  {"supervisord", "logfile_maxbytes=1", ""},
  {"supervisord", "logfile_backups=1", ""},
  {"supervisord", "logfile_compress=gzip", ""},
  {"supervisord", "logfile_mode=0600", ""},
  {"supervisord", "logfile_owner=nobody", ""},
  {"supervisord", "logformat=json", ""},
  {"supervisord", "loglevel=debug", ""},
  {"supervisord", "pidfile=/tmp/p", ""},
  {"supervisord", "identifier=i", ""},
  {"supervisord", "nodaemon=true", ""},
  {"supervisord", "silent=true", ""},
  {"supervisord", "childlogdir=/", ""},
  {"supervisord", "nocleanup=true", ""},
  {"supervisord", "strip_ansi=true", ""},
  {"supervisord", "deathlines=5", ""},
  {"supervisord", "upgradetimeout=5s", ""},
  {"supervisord", "survive=true", ""},
  {"supervisord", "survivelimit=3/10s", ""},
  {"supervisord", "leftovers=ignore", ""},
  {"supervisord", "startconcurrency=4", ""},
  {"supervisord", "restartbudget=5/10s", ""},
  {"supervisord", "notifydir=/tmp", ""},
  {"supervisord", "updatemode=process", ""},
  {"supervisord", "statefile=/tmp/x", ""},
  {"supervisord", "environment=NEW=1", "e f g p"}, // everybody gets it
  {"rpcinterface", "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface", ""},
  {"rpcinterface", "command=/bin/other", ""},
  {"rpcinterface", "timeout=3", ""},
  {"supervisorctl", "serverurl=unix:///s", ""},
  {"supervisorctl", "username=u", ""},
  {"supervisorctl", "password=p", ""},
  {"supervisorctl", "prompt=p", ""},
  {"supervisorctl", "history_file=/h", ""},
  {"supervisorctl", "password_file=/h", ""},
  {"supervisorctl", "token_file=/h", ""},
  {"program", "priority=1", "p"},
  {"program", "autostart=false", "p"},
  {"program", "autorestart=true", "p"},
  {"program", "startsecs=9", "p"},
  {"program", "startretries=9", "p"},
  {"program", "stopsignal=INT", "p"},
  {"program", "stopwaitsecs=9", "p"},
  {"program", "stopasgroup=true", "p"},
  {"program", "killasgroup=true", "p"},
  {"program", "exitcodes=9", "p"},
  {"program", "redirect_stderr=true", "p"},
  {"program", "numprocs=2\nprocess_name=p%(process_num)d", "p"},
  {"program", "numprocs_start=7\nprocess_name=p%(process_num)d", "p"},
  {"program", "stdout_capture_maxbytes=9", "p"},
  {"program", "stdout_events_enabled=true", "p"},
  {"program", "stderr_capture_maxbytes=9", "p"},
  {"program", "stderr_events_enabled=true", "p"},
  {"program", "serverurl=http://h:1", "p"},
  {"program", "user=nobody", "p"},
  {"program", "umask=077", "p"},
  {"program", "process_name=q", "p"},
  {"program", "environment=A=1", "p"},
  {"program", "directory=/tmp", "p"},
  {"program", "stdout_logfile=/tmp/o", "p"},
  {"program", "stdout_logfile_backups=9", "p"},
  {"program", "stdout_logfile_maxbytes=9", "p"},
  {"program", "stdout_syslog=true", "p"},
  {"program", "stderr_logfile=/tmp/e", "p"},
  {"program", "stderr_logfile_backups=9", "p"},
  {"program", "stderr_logfile_maxbytes=9", "p"},
  {"program", "stderr_syslog=true", "p"},
  {"program", "stdout_logfile_compress=gzip", "p"},
  {"program", "stdout_logfile_mode=0600", "p"},
  {"program", "stdout_logfile_owner=nobody", "p"},
  {"program", "stdout_timestamp=rfc3339", "p"},
  {"program", "stdout_prefix=x", "p"},
  {"program", "stdout_logformat=json", "p"},
  {"program", "stderr_logfile_compress=gzip", "p"},
  {"program", "stderr_logfile_mode=0600", "p"},
  {"program", "stderr_logfile_owner=nobody", "p"},
  {"program", "stderr_timestamp=rfc3339", "p"},
  {"program", "stderr_prefix=x", "p"},
  {"program", "stderr_logformat=json", "p"},
  {"program", "deathlines=5", "p"},
  {"program", "template=t", "p"},
  {"program", "restartpause=3", "p"},
  {"program", "backoff=fixed", "p"},
  {"program", "backoffmin=2", "p"},
  {"program", "backofffactor=3", "p"},
  {"program", "backoffmax=5", "p"},
  {"program", "backoffjitter=0.1", "p"},
  {"program", "backoffreset=5", "p"},
  {"program", "restartdelay=5", "p"},
  {"program", "restartlimit=5/60s", "p"},
  {"program", "restartlimitaction=wait", "p"},
  {"program", "successexitcodes=3", "p"},
  {"program", "norestartexitcodes=3", "p"},
  {"program", "startdelay=5", "p"},
  {"program", "startstagger=5", "p"},
  {"program", "depends_on=m", "p"},
  {"program", "depends_mode=soft", "p"},
  {"program", "depends_failure=fail", "p"},
  {"program", "depends_timeout=60", "p"},
  {"program", "depends_lost=stop", "p"},
  {"program", "ready=tcp:5432", "p"},
  {"program", "readytimeout=5", "p"},
  {"program", "readyinterval=5", "p"},
  {"program", "health=notify", "p"},
  {"program", "healthinterval=5", "p"},
  {"program", "healthtimeout=5", "p"},
  {"program", "healthretries=5", "p"},
  {"program", "healthstartperiod=5", "p"},
  {"program", "healthaction=signal:HUP", "p"},
  {"program", "stopcommand=/bin/x", "p"},
  {"program", "stopcommandtimeout=5", "p"},
  {"program", "killmode=tree", "p"},
  {"program", "sweeptime=5", "p"},
  {"program", "prestart=/bin/x", "p"},
  {"program", "prestarttimeout=5", "p"},
  {"program", "prestartfailure=ignore", "p"},
  {"program", "poststart=/bin/x", "p"},
  {"program", "poststarttimeout=5", "p"},
  {"program", "poststartfailure=abort", "p"},
  {"program", "prestop=/bin/x", "p"},
  {"program", "prestoptimeout=5", "p"},
  {"program", "poststop=/bin/x", "p"},
  {"program", "poststoptimeout=5", "p"},
  {"program", "poststopfailure=abort", "p"},
  {"program", "type=oneshot", "p"},
  {"program", "essential=true", "p"},
  {"program", "essential_on=fatal", "p"},
  {"program", "essential_exitcode=3", "p"},
  {"program", "envfile=a.env", "p"},
  {"program", "setenv_user=true", "p"},
  {"program", "cleanenv=true", "p"},
  {"program", "group=root", "p"},
  {"program", "supplementarygroups=root", "p"},
  {"program", "directory_create=true", "p"},
  {"program", "directory_mode=0700", "p"},
  {"program", "restartmode=rolling", "p"},
  {"program", "rollingbatch=2", "p"},
  {"program", "rollingpause=2", "p"},
  {"program", "rollingwait=healthy", "p"},
  {"program", "rollingmaxfail=2", "p"},
  {"program", "rollingtimeout=2", "p"},
  {"program", "reloadsignal=USR1", "p"},
  {"program", "reloadcommand=/bin/true", "p"},
  {"program", "reloadtimeout=2", "p"},
  {"program", "command=/bin/other", "p"},
  {"group", "programs=m", "g"}, // without n
  {"group", "priority=1", "g"},
  {"group", "depends_on=p", "g"}, // its processes get it
  {"group", "stopmode=ordered", "g"},
  {"group", "onfailure=stopgroup", "g"},
  {"group", "restartmode=rolling", "g"},
  {"group", "rollingbatch=2", "g"},
  {"group", "rollingpause=2", "g"},
  {"group", "rollingwait=healthy", "g"},
  {"group", "rollingmaxfail=2", "g"},
  {"group", "rollingtimeout=2", "g"},
  {"eventlistener", "priority=1", "e"},
  {"eventlistener", "buffer_size=9", "e"},
  {"eventlistener", "result_handler=supervisor_stdout:event_handler", "e"},
  {"eventlistener", "events=TICK_60", "e"},
  {"eventlistener", "detail=true", "e"},
  {"fcgi-program", "priority=1", "f"},
  {"fcgi-program", "socket_backlog=9", ""}, // K15
  {"fcgi-program", "socket_owner=nobody", ""},
  {"fcgi-program", "socket_mode=0777", ""},
  {"fcgi-program", "socket=unix:///tmp/other", "f"},
  {"include", "files=more/*.conf", ""},
  {"unix_http_server", "max_roles=viewer", ""},
  {"unix_http_server", "anonymous=viewer", ""},
  {"unix_http_server", "trusted_proxies=unix", ""},
  {"unix_http_server", "peer_auth=false", ""},
  {"inet_http_server", "max_roles=viewer", ""},
  {"inet_http_server", "anonymous=viewer", ""},
  {"inet_http_server", "trusted_proxies=loopback", ""},
  {"inet_http_server", "tls_cert=/c/cert\ntls_key=/c/key", ""},
  {"inet_http_server", "tls_key=/c/key\ntls_cert=/c/cert", ""},
  {"inet_http_server", "tls_client_ca=/c/ca\ntls_cert=/c/cert\ntls_key=/c/key", ""},
  {"inet_http_server", "tls_client=none\ntls_cert=/c/cert\ntls_key=/c/key", ""},
  {"inet_http_server", "tls_min=1.3\ntls_cert=/c/cert\ntls_key=/c/key", ""},
  {"program", "labels=front", ""},
  {"access", "token_file=/tmp/t", ""},
  {"access", "token_ttl=1h", ""},
  {"access", "token_ttl_max=10d", ""},
  {"access", "session_idle=1m", ""},
  {"access", "session_max=1h", ""},
  {"access", "session_bind=none", ""},
  {"role", "verbs=start", ""},
  {"role", "programs=p", ""},
  {"role", "networks=unix", ""},
  {"user", "password=secret", ""},
  {"user", "password_file=/c/password", ""},
  {"user", "unixuser=root", ""},
  {"user", "unixgroup=root", ""},
  {"user", "tls_cn=u.example", ""},
  {"user", "tls_fingerprint=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", ""},
  {"user", "roles=r", ""},
  {"supervisorctl", "tls_cacert=/c/ca", ""},
  {"supervisorctl", "tls_cert=/c/cert", ""},
  {"supervisorctl", "tls_key=/c/key", ""},
  {"audit", "file=syslog", ""},
  {"audit", "format=text", ""},
  {"audit", "maxbytes=1", ""},
  {"audit", "backups=1", ""},
  {"audit", "reads=true", ""},
  {"audit", "required=true", ""},
  {"audit", "chain=true", ""},
  {"audit", "key_file=/tmp/k", ""},
  {"audit", "events=true", ""},
  {"history", "file=/tmp/h", ""},
  {"history", "maxbytes=1MB", ""},
  {"history", "maxage=1d", ""},
  {"history", "sync=full", ""},
  {"history", "keep=state", ""},
};

/// A file with every kind of section; `line` comes into `section`, in place of what stands there of the same option.
std::string file_with(std::string_view section, std::string_view line) {
  const std::pair<std::string_view, std::vector<std::string_view>> sections[] = {
    {"unix_http_server", {"file=/tmp/s"}},
    {"inet_http_server", {"port=7"}},
    {"supervisord", {}},
    {"rpcinterface:x", {"command=/bin/x"}},
    {"supervisorctl", {}},
    {"template:t", {"startretries=8"}},
    {"program:p", {"command=/bin/x"}},
    {"program:m", {"command=/bin/x"}},
    {"program:n", {"command=/bin/x"}},
    {"group:g", {"programs=m,n"}},
    {"eventlistener:e", {"command=/bin/x", "events=TICK_5"}},
    {"fcgi-program:f", {"command=/bin/x", "socket=unix:///tmp/f"}},
    {"include", {"files=*.conf"}},
    {"access", {}},
    {"role:r", {"verbs=status", "programs=*"}},
    {"user:somebody", {}},
    {"audit", {"file=/tmp/a"}},
    {"history", {"file=/tmp/x"}},
  };
  auto key_of = [](std::string_view text) { return text.substr(0, text.find('=')); };
  bool is_written = section.empty();
  std::string text;
  for (const auto& [name, lines] : sections) {
    text += '[' + std::string(name) + "]\n";
    bool here = !is_written && name.substr(0, name.find(':')) == section;
    for (auto own : lines)
      if (!here || key_of(own) != key_of(line))
        text += std::string(own) + '\n';
    if (here)
      text += std::string(line) + '\n';
    is_written = is_written || here;
  }
  return text;
}

configuration loaded(const std::string& text) {
  fake_machine machine;
  machine.files["/c/a"] = text;
  machine.files["/c/password"] = "secret\n";
  auto cfg = load(machine.make(), {"a", {}});
  BOOST_REQUIRE_MESSAGE(cfg, text << '\n' << (cfg ? "" : cfg.error().what));
  return *std::move(cfg);
}

std::string words(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names)
    out += (out.empty() ? "" : " ") + name;
  return out;
}

} // namespace

BOOST_DATA_TEST_CASE(process_fields, data::make(of_a_process), r) {
  auto edited = sample();
  r.edit(edited);
  BOOST_TEST(differs(group_of("g", {sample()}), group_of("g", {edited})) == r.expected);
}

BOOST_DATA_TEST_CASE(group_fields, data::make(of_a_group), r) {
  auto second = sample();
  second.name = "q";
  auto active = group_of("g", {sample(), second});
  auto edited = std::make_shared<group_options>(*active);
  r.edit(*edited);
  BOOST_TEST(differs(active, edited) == r.expected);
}

BOOST_AUTO_TEST_CASE(every_option_of_the_table_changes_what_it_should) {
  auto before = loaded(file_with({}, {}));
  for (const auto& row : schema()) {
    auto about = [&](const written& w) {
      return w.section == row.section && w.line.substr(0, w.line.find('=')) == row.key;
    };
    auto found = std::find_if(std::begin(every_option), std::end(every_option), about);
    BOOST_REQUIRE_MESSAGE(found != std::end(every_option),
                          "say here what changes with " << row.section << '.' << row.key);
    auto after = loaded(file_with(found->section, found->line));
    auto diff = compare(before.groups, after.groups);
    std::sort(diff.changed.begin(), diff.changed.end());
    BOOST_TEST(words(diff.changed) == found->expected, found->section << ": " << found->line);
    BOOST_TEST(words(diff.added) ==
               (row.section == "group" && row.key == "programs" ? "n" : "")); // who leaves a group stands alone
    BOOST_TEST(words(diff.removed) == "");
  }
}

BOOST_AUTO_TEST_CASE(lists_and_their_order) {
  auto before = {group_of("z"), group_of("a", {sample()}), group_of("m"), group_of("c", {sample()})};
  auto after = {group_of("y"), group_of("c"), group_of("m"), group_of("b"), group_of("a")};
  auto diff = compare(before, after);
  BOOST_TEST(words(diff.added) == "y b");   // loaded order
  BOOST_TEST(words(diff.changed) == "c a"); // likewise
  BOOST_TEST(words(diff.removed) == "z");
  BOOST_TEST(words(compare(before, {}).removed) == "z a m c"); // order of activation
  BOOST_TEST(words(compare({}, after).added) == "y c m b a");
}

BOOST_AUTO_TEST_SUITE_END()
