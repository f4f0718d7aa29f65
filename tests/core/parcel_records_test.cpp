// Every options struct and record goes through a parcel and is the same again (docs/contract/survival.md, 6.3): a
// configuration with each option of the table set to something else than its default, by the comparisons of `update`.
#include "actors/core/carried_fields.hpp"
#include "config/load.hpp"
#include "config/schema.hpp"
#include "protocols/parcel.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(parcel_records_test)

using namespace troupe;
using namespace troupe::actors;

namespace {

template <class T>
std::string bytes_of(const T& value) {
  protocols::parcel_writer w;
  w(1, value);
  return std::string(w.records());
}

/// The same, taken apart and put together again; whatever it has lost shows in other bytes.
template <class T>
T carried(const T& value) {
  auto bytes = bytes_of(value);
  T read;
  protocols::parcel_reader r{bytes};
  r(1, read);
  BOOST_TEST(r.trouble() == "");
  BOOST_TEST((bytes_of(read) == bytes));
  return read;
}

config::host machine(const std::string& text) {
  auto on = config::host::real();
  on.exists = [](const std::string&) { return true; };
  on.is_file = on.exists;
  on.read_file = [text](const std::string&) { return text; };
  return on;
}

config::configuration loaded(const std::string& text) {
  auto cfg = config::load(machine(text), {"/etc/s.conf", {}});
  BOOST_REQUIRE_MESSAGE(cfg.has_value(), (cfg ? "" : cfg.error().what));
  return *std::move(cfg);
}

constexpr const char* other_than_usual = R"([supervisord]
logfile=/var/log/x.log
pidfile=/run/x.pid
childlogdir=/tmp
identifier=other
nocleanup=true
strip_ansi=true
loglevel=debug
logfile_maxbytes=1MB
logfile_backups=3
environment=A="1"
minfds=10
startconcurrency=6
restartbudget=9/3s
notifydir=/tmp
updatemode=process
statefile=/var/lib/x
[unix_http_server]
file=/run/x.sock
chmod=0770
username=u
password=p
[inet_http_server]
port=127.0.0.1:9001
username=v
password=w
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:p]
command=/bin/cat -x
process_name=%(program_name)s_%(process_num)02d
numprocs=2
priority=7
autostart=false
autorestart=true
startsecs=2
startretries=9
exitcodes=1,2,255,TERM
backoff=exponential
backoffmin=300ms
backofffactor=1.7
backoffmax=45
backoffjitter=0.15
backoffreset=31
restartdelay=1.5
restartlimit=7/90s
restartlimitaction=wait
successexitcodes=3,HUP
norestartexitcodes=64
startdelay=4
startstagger=250ms
depends_on=q:exited_ok/1, l?
depends_mode=soft
depends_failure=ignore
depends_timeout=70
depends_lost=restart
ready=tcp:[::1]:5432
readytimeout=61
readyinterval=1.5
health=http://h:81/x?y
healthinterval=11
healthtimeout=4
healthretries=5
healthstartperiod=6
healthaction=signal:USR2
stopsignal=USR1:3, INT, HUP:1.5
stopcommand=/bin/quit -q
stopcommandtimeout=21
sweeptime=3.5
prestart=/bin/a
prestarttimeout=22
prestartfailure=ignore
poststart=/bin/b
poststarttimeout=23
poststartfailure=abort
prestop=/bin/c
prestoptimeout=0
poststop=/bin/d
poststoptimeout=24
poststopfailure=abort
envfile=a.env, -/etc/b.env
setenv_user=true
cleanenv=true
group=0
supplementarygroups=0
directory_create=true
directory_mode=2750
essential=true
essential_on=unhealthy
essential_exitcode=0
restartmode=rolling
rollingbatch=35%
rollingpause=1.5
rollingwait=healthy
rollingmaxfail=2
rollingtimeout=45
reloadsignal=USR1
reloadcommand=/bin/e
reloadtimeout=25
stopwaitsecs=20
stopasgroup=true
killasgroup=true
directory=/tmp
umask=027
environment=B="2",C="%%"
serverurl=unix:///other.sock
stdout_logfile=/var/log/p.out
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=2
stdout_capture_maxbytes=1KB
stdout_events_enabled=true
stdout_syslog=true
stdout_timestamp=rfc3339
stdout_logfile_mode=0640
stderr_logfile=NONE
stderr_events_enabled=true
[program:q]
command=/bin/cat
redirect_stderr=true
autostart=last
killmode=tree
type=oneshot
[group:g]
programs=p
priority=3
depends_on=q:started
stopmode=ordered
onfailure=restartgroup
[eventlistener:l]
command=/bin/cat
events=TICK_5,PROCESS_STATE
buffer_size=55
[fcgi-program:f]
command=/bin/cat
socket=tcp://localhost:9002
socket_backlog=5
)";

} // namespace

BOOST_AUTO_TEST_CASE(a_configuration) {
  auto before = loaded(other_than_usual);
  auto after = carried(before);
  BOOST_TEST(after.file == "/etc/s.conf");
  BOOST_TEST(after.supervisord.identifier == "other");
  BOOST_TEST(after.supervisord.nocleanup);
  BOOST_TEST(after.supervisord.startconcurrency == 6);
  BOOST_TEST(after.supervisord.notifydir == "/tmp");
  BOOST_TEST(after.supervisord.updates_processes);
  BOOST_TEST(after.supervisord.statefile == "/var/lib/x");
  BOOST_TEST((after.supervisord.restartbudget == before.supervisord.restartbudget));
  BOOST_REQUIRE(after.servers.size() == 2u);
  BOOST_TEST(after.servers[1].chmod == 0770);
  BOOST_TEST(after.servers[0].password.view() == "w");
  BOOST_REQUIRE(after.groups.size() == before.groups.size());
  std::size_t compared = 0;
  for (std::size_t g = 0; g < before.groups.size(); ++g) {
    const auto& was = *before.groups[g];
    const auto& is = *after.groups[g];
    BOOST_TEST(is.name == was.name);
    BOOST_REQUIRE(is.processes.size() == was.processes.size());
    for (const auto& row : config::schema()) {
      if (row.same.of_group)
        BOOST_TEST(row.same.of_group(was, is), row.key);
      for (std::size_t p = 0; p < was.processes.size() && row.same.of_process; ++p, ++compared)
        BOOST_TEST(row.same.of_process(*was.processes[p], *is.processes[p]), row.key);
    }
  }
  BOOST_TEST(compared > 50u);
}

BOOST_AUTO_TEST_CASE(a_process) {
  process_record r;
  r.state = process_state::stopping;
  r.pid = 4711;
  r.started_once = true;
  r.started_at += std::chrono::nanoseconds{5};
  r.laststart = 1;
  r.laststop = 2;
  r.deadline = time_point{std::chrono::nanoseconds{7}};
  r.backoff = 3;
  r.killing = r.stop_pending = r.stop_is_final = r.administrative_stop = r.system_stop = true;
  r.exitstatus = -1;
  r.last_end = 9;
  r.spawnerr = "ENOENT";
  r.spawns = 12;
  r.why = start_reason::retry;
  r.waiting_for = "waiting for a start slot";
  r.running_since = time_point{std::chrono::nanoseconds{11}};
  r.hold = {.holds = true, .told = true, .overdue = true, .stuck = true, .passed = 5, .relies_on = 1ULL << 63};
  r.restart_pending = true;
  r.reload.make() = {reload_phase::reloading, 3, 4, true, true, r.deadline, r.deadline, "it failed"};
  r.disabled = true;
  r.disabled_until = 1LL << 40;
  r.wished = intent::unwanted;
  r.is_outdated = true;
  for (int at : {1, 5, 3'600'000, 86'400'000})
    r.restarts.make().recent.emplace_back(std::chrono::milliseconds{at});
  auto same = carried(r);
  BOOST_TEST((same.state == process_state::stopping));
  BOOST_TEST(same.pid == 4711);
  BOOST_TEST((same.deadline == r.deadline));
  BOOST_TEST((same.started_at == r.started_at));
  BOOST_TEST((same.killing && same.stop_pending && same.stop_is_final && same.administrative_stop && same.system_stop));
  BOOST_TEST(same.exitstatus.value() == -1);
  BOOST_TEST(same.last_end.value() == 9);
  BOOST_TEST(same.spawnerr == "ENOENT");
  BOOST_TEST(same.spawns == 12u);
  BOOST_TEST((same.why == start_reason::retry));
  BOOST_TEST(same.waiting_for == "waiting for a start slot");
  BOOST_TEST((same.running_since == r.running_since));
  BOOST_TEST((same.hold == r.hold));
  BOOST_TEST(same.restart_pending);
  BOOST_REQUIRE(same.reload);
  BOOST_TEST((same.reload->phase == reload_phase::reloading));
  BOOST_TEST(same.reload->round == 3u);
  BOOST_TEST(same.reload->command == 4u);
  BOOST_TEST((same.reload->again && same.reload->has_said));
  BOOST_TEST((same.reload->due == r.deadline && same.reload->limit == r.deadline));
  BOOST_TEST(same.reload->failure == "it failed");
  BOOST_TEST(same.disabled);
  BOOST_TEST(same.disabled_until == 1LL << 40);
  BOOST_TEST((same.wished == intent::unwanted));
  BOOST_TEST(same.is_outdated);
  BOOST_TEST((restarts_of(same).recent == restarts_of(r).recent));
}

BOOST_AUTO_TEST_CASE(all_that_runs) {
  carried_runtime all;
  carried_group group{3, std::make_shared<config::group_options>(), {{.id = 9, .stdout_bytes = 5}}};
  all.groups.push_back(group);
  all.loaded_is_active = {"g"};
  all.kept[{"g", "p", "stdout"}] = "/tmp/x";
  all.table.groups.push_back({"g", 5, {{"p", process_state::running, 9}}, true, 3});
  all.table.daemon.stop_queue = {2, 1};
  all.table.being_spawned = {9};
  all.table.to_stop = {3};
  all.table.removing = 3;
  all.exits.push_back({9, 10, 256});
  all.dying = {10};
  all.remembered = {{{"p", 7}}, {{"p", false}}, {{"w", 3}}, {{"w", 2}}, {{"j", 9}}, {{"new", "[1]"}}};
  all.children.push_back(
    {9, 10, 5, "input", carried_channel{6, {"head", "kept", true, "held", true, "captured", "u"}}, {}});
  carried_pool pool{"l", {{.name = "l0", .running = true}}, {}, 7, true, false};
  pool.members[0].held = pooled_event{std::make_shared<const protocols::event>(), 4, 5};
  pool.members[0].talk.pending = "RESU";
  pool.buffer.push_back(*pool.members[0].held);
  all.pools.push_back(pool);
  all.sockets.push_back({"fcgi-program:f", "tcp://x:1", 8, {{9, 10}}});
  all.event_serial = 6;
  all.last_process_id = 9;
  rollout rolls{.id = 2, .groups = {{"g", 1, true}}, .batch = {0, 0.5}, .maxfail = 3};
  rolls.members.push_back({.process = 9, .group = "g", .name = "p", .is = rollout_member::place::starts, .spawns = 4});
  rolls.members[0].due = time_point{std::chrono::nanoseconds{7}};
  rolls.steps.push_back({9, false, 80, "OK"});
  rolls.members[0].named = true;
  auto becomes = std::make_shared<config::process_options>();
  becomes->command = "/bin/other";
  rolls.members[0].becomes = becomes;
  rolls.update = 7;
  all.rollouts.push_back(rolls);
  all.last_rollout = 2;
  auto same = carried(all);
  BOOST_REQUIRE(same.rollouts.size() == 1u);
  BOOST_TEST(same.rollouts[0].groups[0].several);
  BOOST_TEST(same.rollouts[0].batch.share == 0.5);
  BOOST_TEST((same.rollouts[0].members[0].is == rollout_member::place::starts));
  BOOST_TEST((same.rollouts[0].members[0].due == rolls.members[0].due));
  BOOST_TEST(same.rollouts[0].members[0].spawns == 4u);
  BOOST_TEST(same.rollouts[0].members[0].named);
  BOOST_TEST(config::same_options(*same.rollouts[0].members[0].becomes, *becomes));
  BOOST_TEST((same.rollouts[0].update == 7));
  BOOST_TEST(same.rollouts[0].steps[0].status == 80);
  BOOST_TEST(same.last_rollout == 2);
  BOOST_TEST(same.groups[0].processes[0].stdout_bytes == 5u);
  BOOST_TEST((same.kept == all.kept));
  BOOST_TEST(same.table.groups[0].members[0].process == 9u);
  BOOST_TEST((same.table.daemon.stop_queue == all.table.daemon.stop_queue));
  BOOST_TEST(same.table.removing.value() == 3u);
  BOOST_TEST(same.children[0].out->output.captured == "captured");
  BOOST_TEST(!same.children[0].err);
  BOOST_TEST(same.pools[0].members[0].held->pool_serial == 5);
  BOOST_TEST(same.pools[0].members[0].talk.pending == "RESU");
  BOOST_TEST(same.sockets[0].holders[0].pid == 10);
  BOOST_TEST(same.exits[0].wait_status == 256);
  BOOST_TEST((same.remembered == all.remembered));
}

BOOST_AUTO_TEST_CASE(what_has_been_written_down) {
  carried_runtime all;
  protocols::death_report report;
  report.name = report.group = "web";
  report.seconds = 1.25;
  report.wait_status = 256;
  report.memory = protocols::oom_verdict::likely;
  report.used = platform::child_usage{1, 2, 3};
  report.changed = protocols::death_changes{1, {"command"}, {"A"}, protocols::program_file{"/bin/web", 2, 3, 4}, 5, 6};
  report.out = protocols::death_tail{{"one", "two"}, 2, true, false, "EIO"};
  carried_deaths deaths;
  deaths.page = {
    "web", "web", {std::make_shared<protocols::death_report>(report)}, death_book::good_life{7, {}, {}, 1}, {}};
  deaths.page.ends.emplace().add(60);
  deaths.good_as_active = true;
  all.deaths.push_back(deaths);
  all.configurations = 8;
  all.children.push_back(
    {9, 10, 5, "", {}, {}, carried_marks{{{1, 2, 3}, "said", false}, {}, 4, 5, {"/bin/x", 1, 2, 3}}});
  auto same = carried(all);
  const auto& page = same.deaths.at(0).page;
  BOOST_TEST(page.reports.at(0)->seconds == 1.25);
  BOOST_TEST((page.reports.at(0)->memory == protocols::oom_verdict::likely));
  BOOST_TEST(page.reports.at(0)->changed->program->inode == 2u);
  BOOST_TEST(page.reports.at(0)->out->lines.at(1) == "two");
  BOOST_TEST(page.ends.value().minutes[1] == 1);
  BOOST_TEST(page.good->since == 7);
  BOOST_TEST(same.configurations == 8);
  auto marks = take_up(*same.children.at(0).marks);
  bool whole = true;
  BOOST_TEST(marks->out.ring->bytes(whole) == "said");
  BOOST_TEST(!whole);
  BOOST_TEST((marks->out.begins == platform::log_place{1, 2, 3}));
  BOOST_TEST(!marks->err.ring);
  BOOST_TEST(marks->kills.value() == 4);
  BOOST_TEST(marks->program.path == "/bin/x");
  BOOST_TEST((bytes_of(carry(marks)) == bytes_of(same.children.at(0).marks)));
  BOOST_TEST(!carry(life_marks_ptr{}));
}

BOOST_AUTO_TEST_CASE(clients) {
  carried_http http;
  http.sessions.push_back({{"vera", "here", 5, {1, 2, 3}}, {}, {}});
  http.key = "secret";
  http.page_token = "token";
  http.last_number = 7;
  carried_wait wait;
  wait.asked.of = control_request::scope::group;
  wait.asked.name = wait.asked.group = "g";
  wait.asked.task = {.what = verb::signal, .wait = true, .signo = 15, .signal_text = "TERM", .goes_on = true};
  wait.asked.number = 7;
  wait.id = "id";
  wait.version = 10;
  wait.stays = false;
  http.clients.push_back({"unix_http_server", 8, "POST", wait});
  http.clients.push_back({"unix_http_server", 9, "", {}});
  auto same = carried(http);
  BOOST_TEST(same.sessions.at(0).what.user == "vera");
  BOOST_TEST(same.sessions.at(0).what.key[2] == 3);
  BOOST_TEST(same.key.view() == "secret");
  BOOST_TEST_REQUIRE(same.clients.size() == 2u);
  BOOST_TEST(same.clients[0].waits->asked.task.signo.value() == 15);
  BOOST_TEST(same.clients[0].waits->asked.task.goes_on);
  BOOST_TEST((same.clients[0].waits->asked.of == control_request::scope::group));
  BOOST_TEST(!same.clients[1].waits);
  carried_gathering gathered{7, {{1, {"p", "g", 80, "OK"}, false, 2, true}}};
  BOOST_TEST(carried(gathered).entries.at(0).result.description == "OK");
}

BOOST_AUTO_TEST_CASE(acts_that_have_begun) {
  open_act act;
  act.record.id = "5f3a";
  act.record.peer = protocols::audit_record::unix_peer{1, 2, 3};
  act.record.names = {"a", "b"};
  act.record.call = "supervisor.startProcess";
  act.record.came = protocols::audit_record::outcome::begun;
  act.record.suppressed = 4;
  act.begun += std::chrono::nanoseconds{5};
  auto same = carried(act);
  BOOST_TEST(same.record.peer->gid == 2u);
  BOOST_TEST(same.record.names.size() == 2u);
  BOOST_TEST((same.record.came == protocols::audit_record::outcome::begun));
  BOOST_TEST((same.begun == act.begun));
}

BOOST_AUTO_TEST_SUITE_END()
