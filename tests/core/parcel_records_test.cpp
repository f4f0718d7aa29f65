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
  return w.records();
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
exitcodes=1,2,255
stopsignal=USR1
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
[group:g]
programs=p
priority=3
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
  auto same = carried(all);
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
}

BOOST_AUTO_TEST_SUITE_END()
