// Every vector of docs/contract/configuration.md that is about files and their meaning, on a made-up machine.
#include "config/diff.hpp"
#include "config/echo.hpp"
#include "config/ini.hpp"
#include "config/load.hpp"
#include "config/schema.hpp"
#include "tests/config/config_vectors.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <random>

using namespace troupe::config;
namespace data = boost::unit_test::data;

std::ostream& operator<<(std::ostream& out, const config_vector& v) { return out << v.id; }

BOOST_AUTO_TEST_SUITE(load_test)

namespace {

std::string join(const shared_environment& env) {
  std::string out;
  for (const auto& [key, value] : env) {
    out += out.empty() ? "" : " ";
    ((out += key) += '=') += value;
  }
  return out;
}

std::string dialect(const std::string& text) {
  ini_document document;
  if (auto read = document.add(text, "F"); !read)
    return read.error().what;
  std::string out;
  auto show = [&](const std::string& name, const ini_section& section) {
    out += (out.empty() ? "" : "; ") + name + '{';
    bool first = true;
    for (const auto& option : section.options) {
      out += first ? "" : ", ";
      ((out += option.key) += '=') += option.text;
      first = false;
    }
    out += '}';
  };
  for (const auto& [name, node] : document.sections())
    show(name, node.data());
  if (!document.defaults().options.empty())
    show("DEFAULT", document.defaults());
  return out;
}

std::string groups(const configuration& cfg) {
  std::string out;
  for (const auto& group : cfg.groups) {
    out += (out.empty() ? "" : " ") + group->name + ':' + std::to_string(group->priority) + '(';
    for (std::size_t i = 0; i < group->processes.size(); ++i)
      out += (i ? " " : "") + group->processes[i]->name;
    out += ')';
  }
  return out;
}

std::string servers(const configuration& cfg) {
  std::string out;
  for (const auto& server : cfg.servers)
    out += (server.is_unix ? server.file : server.host + ':' + std::to_string(server.port)) + ' ';
  return out + "url " + cfg.server_url.value_or("none");
}

std::string socket(const fcgi_socket& s) {
  auto out = s.url();
  char mode[32];
  std::snprintf(mode, sizeof mode, " mode %o", static_cast<unsigned>(s.mode));
  if (s.is_unix)
    out += mode;
  out += s.owner_uid < 0 ? " owner unchanged"
                         : " owner (" + std::to_string(s.owner_uid) + ", " + std::to_string(s.owner_gid) + ")";
  return out + " backlog " + (s.backlog ? std::to_string(*s.backlog) : "default");
}

std::string log(const log_target& target) {
  return target.to == log_target::kind::none        ? "no file"
         : target.to == log_target::kind::automatic ? "AUTO"
                                                    : target.path;
}

std::string yes(bool b) { return b ? "true" : "false"; }

std::string list(const exit_code_list& codes) {
  std::string out;
  for (int code : codes)
    out += (out.empty() ? "" : ", ") + std::to_string(code);
  return '[' + out + ']';
}

/// What the vector asks of the first process, the daemon's options or the whole.
std::string answer(const configuration& cfg, const std::string& query) {
  const auto* p = cfg.groups.empty() || cfg.groups[0]->processes.empty() ? nullptr : cfg.groups[0]->processes[0].get();
  const auto& d = cfg.supervisord;
  // clang-format off
  if (query == "groups") return groups(cfg);
  if (query == "servers") return servers(cfg);
  if (query == "username") return cfg.servers.at(0).username.value_or("none");
  if (query == "socket") return socket(*cfg.groups.at(0)->socket);
  if (query == "loglevel") return std::to_string(static_cast<int>(d.loglevel));
  if (query == "logfile") return d.logfile;
  if (query == "uid") return std::to_string(d.uid.value());
  if (query == "identifier") return d.identifier;
  // clang-format on
  BOOST_REQUIRE(p);
  if (query == "process names") {
    std::string out;
    for (const auto& process : cfg.groups[0]->processes)
      out += (out.empty() ? "" : " ") + process->name;
    return out;
  }
  // clang-format off
  if (query == "command") return p->command;
  if (query == "directory") return p->directory.value();
  if (query == "environment") return join(p->env);
  if (query == "startsecs") return std::to_string(p->startsecs);
  if (query == "autostart") return yes(p->autostart);
  if (query == "autorestart") return p->restart == autorestart::always ? "always" : p->restart == autorestart::never ? "never" : "unexpected";
  if (query == "stdout_logfile_maxbytes") return std::to_string(p->out.logfile_maxbytes);
  if (query == "stdout_logfile_backups") return std::to_string(p->out.logfile_backups);
  if (query == "stdout_logfile") return log(p->out.logfile);
  if (query == "stderr_logfile") return log(p->err.logfile);
  if (query == "stdout_syslog") return yes(p->out.syslog);
  if (query == "umask") return std::to_string(p->umask.value());
  if (query == "stopsignal") return std::to_string(p->stopsignal);
  if (query == "exitcodes") return list(p->exitcodes);
  if (query == "user") return std::to_string(p->uid.value());
  if (query == "serverurl") return p->serverurl.value_or("none");
  if (query == "killasgroup") return yes(p->killasgroup);
  // clang-format on
  BOOST_FAIL("no answer to " << query);
  return {};
}

/// Equal, but for "…" in `pattern`, which stands for the names that exist; which variables there are is not told.
bool fits(const std::string& text, const std::string& pattern) {
  auto dots = pattern.find("…");
  if (dots == std::string::npos)
    return text == pattern;
  auto tail = pattern.substr(dots + std::string("…").size());
  return text.starts_with(pattern.substr(0, dots)) && text.ends_with(tail) && text.find("HOME") == std::string::npos;
}

struct machine_fixture {
  fake_machine machine;
  result<configuration> load_text(const std::string& text, const overrides& over = {}) {
    machine.files["/c/s.conf"] = text;
    return load(machine.make(), {"/c/s.conf", over});
  }
};

} // namespace

BOOST_DATA_TEST_CASE_F(machine_fixture, vectors, data::make(config_vectors), v) {
  std::string query = v.query;
  std::string expected = v.expected;
  std::string_view rest = v.files;
  while (!rest.empty()) {
    auto middle = rest.find('\1');
    auto end = rest.find('\2');
    std::string path(rest.substr(0, middle));
    machine.files[path] = rest.substr(middle + 1, end - middle - 1);
    machine.directories.insert(path.substr(0, path.rfind('/')));
    rest.remove_prefix(end + 1);
  }
  if (query == "dialect" || (query == "error" && std::string(v.id) <= "C039")) {
    BOOST_TEST(dialect(v.text) == expected);
    return;
  }
  auto cfg = load_text(v.text);
  if (query == "error") {
    BOOST_REQUIRE_MESSAGE(!cfg, "loaded, but should not");
    BOOST_TEST(fits(cfg.error().what, expected), cfg.error().what << "\n instead of\n" << expected);
    BOOST_TEST(cfg.error().at.file != "");
    return;
  }
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  if (query == "warning") {
    bool found = std::any_of(cfg->notices.begin(), cfg->notices.end(),
                             [&](auto& n) { return n.level == log_level::warn && n.text == expected; });
    BOOST_TEST(found);
    return;
  }
  BOOST_TEST(answer(*cfg, query) == expected);
}

BOOST_FIXTURE_TEST_CASE(available_names_are_all_of_the_place, machine_fixture) {
  auto cfg = load_text("[supervisord]\n[program:a]\ncommand=%(nope)s\nenvironment=OWN=1\n");
  BOOST_REQUIRE(!cfg);
  BOOST_TEST(
    cfg.error().what ==
    "Format string for 'program:a.command' contains names ('nope') which cannot be expanded (character 1 of the "
    "value). Available names: ENV_*, group_name, here, host_node_name, numprocs, process_num, program_name in section "
    "'program:a' (file: '/c/s.conf')");
  BOOST_TEST(cfg.error().at.line == 3);
}

BOOST_FIXTURE_TEST_CASE(files_that_cannot_be_read, machine_fixture) {
  BOOST_TEST(load(machine.make(), {"nope.conf", {}}).error().what == "could not find config file nope.conf");
  BOOST_TEST(load(machine.make(), {"/tmp", {}}).error().what == "could not read config file /tmp");
  BOOST_TEST(load_text("[program:a]\n").error().what == ".ini file does not include supervisord section");
}

BOOST_FIXTURE_TEST_CASE(search_order, machine_fixture) {
  // clang-format off
  const char* order[] = {"/opt/x/etc/supervisord.conf", "/opt/x/supervisord.conf", "/c/supervisord.conf",
                         "/c/etc/supervisord.conf", "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf"};
  // clang-format on
  BOOST_TEST(
    find_configuration(machine.make()).error().what ==
    "No config file found at default paths (/opt/x/etc/supervisord.conf, /opt/x/supervisord.conf, "
    "supervisord.conf, etc/supervisord.conf, /etc/supervisord.conf, /etc/supervisor/supervisord.conf); use the "
    "-c option to specify a config file at a different path");
  for (int i = 5; i >= 0; --i) {
    machine.files[order[i]] = "";
    auto found = find_configuration(machine.make()).value();
    BOOST_TEST((found.starts_with('/') ? found : "/c/" + found) == order[i]);
  }
}

BOOST_FIXTURE_TEST_CASE(command_line_wins_but_the_file_must_be_valid, machine_fixture) {
  overrides over;
  over.identifier = "cli";
  over.loglevel = log_level::warn;
  auto cfg = load_text("[supervisord]\nidentifier=cfg\nloglevel=debug\n", over);
  BOOST_TEST(cfg->supervisord.identifier == "cli");              // C289
  BOOST_TEST(static_cast<int>(cfg->supervisord.loglevel) == 30); // C290
  BOOST_TEST(!load_text("[supervisord]\nloglevel=nonsense\n", over));
  over.user = "nope";
  BOOST_TEST(load_text("[supervisord]\n", over).error().what == "Invalid user name nope"); // C288
}

BOOST_FIXTURE_TEST_CASE(unknown_names_warn_with_place_and_suggestion, machine_fixture) {
  auto cfg = load_text("[supervisord]\n[program:a]\ncommand=c\nautostrat=1\n[progarm:b]\ncommand=c\nx=%(bad)s\n");
  BOOST_REQUIRE(cfg);
  BOOST_REQUIRE(cfg->notices.size() == 2);
  BOOST_TEST(cfg->notices[0].text ==
             "/c/s.conf:4: unknown option 'autostrat' in [program:a] is ignored (did you mean 'autostart'?)");
  BOOST_TEST(cfg->notices[1].text ==
             "/c/s.conf:5: unknown section [progarm:b] is ignored (did you mean 'program:NAME'?)");
}

BOOST_FIXTURE_TEST_CASE(check_finds_every_faulty_section, machine_fixture) {
  machine.files["/c/s.conf"] = "[supervisord]\nloglevel=loud\n[program:a]\ncommand=c\nstartsecs=x\n[program:b]\n"
                               "[unix_http_server]\n";
  auto faults = check(machine.make(), {"/c/s.conf", {}}).faults;
  std::vector<int> lines;
  for (const auto& fault : faults)
    lines.push_back(fault.at.line);
  BOOST_TEST(lines == (std::vector<int>{2, 5, 6, 7}), boost::test_tools::per_element());
  machine.files["/c/s.conf"] = "[supervisord]\n";
  BOOST_TEST(check(machine.make(), {"/c/s.conf", {}}).faults.empty());
}

BOOST_FIXTURE_TEST_CASE(what_programs_have_in_common_is_held_once, machine_fixture) {
  auto cfg = load_text("[supervisord]\nenvironment=X=1\n"
                       "[program:a]\ncommand=c\ndirectory=/d\nenvironment=A=1\nstdout_prefix=p\n"
                       "[program:b]\ncommand=c\ndirectory=/d\nenvironment=A=1\nstdout_prefix=p\n"
                       "[program:c]\ncommand=other\ndirectory=/e\nenvironment=A=2\nstdout_prefix=q\n"
                       "[program:d]\ncommand=c %(process_num)d\nprocess_name=%(process_num)d\nnumprocs=2\n");
  BOOST_REQUIRE(cfg);
  auto process = [&](std::size_t group, std::size_t at = 0) { return *cfg->groups.at(group)->processes.at(at); };
  const auto a = process(0), b = process(1), c = process(2), d = process(3, 0), e = process(3, 1);
  BOOST_TEST(a.command.shares(b.command));
  BOOST_TEST(a.directory->shares(*b.directory));
  BOOST_TEST(a.env.shares(b.env));
  BOOST_TEST(a.out.dressing == b.out.dressing);
  BOOST_TEST(a.name.shares(cfg->groups[0]->name));
  BOOST_TEST(join(c.env) == "X=1 A=2"); // and nobody gets what is another's
  BOOST_TEST(c.command == "other");
  BOOST_TEST(*c.directory == "/e");
  BOOST_TEST(c.out.lines().prefix == "q");
  BOOST_TEST(a.out.lines().prefix == "p");
  BOOST_TEST(!a.err.dressing);
  BOOST_TEST(d.section.shares(e.section));
  BOOST_TEST(d.env.shares(e.env));
  BOOST_TEST(join(d.env) == "X=1");
  BOOST_TEST(d.command == "c 0");
  BOOST_TEST(e.command == "c 1");
}

BOOST_FIXTURE_TEST_CASE(fcgi_in_a_group_keeps_its_socket, machine_fixture) { // N5
  auto cfg = load_text("[supervisord]\n[fcgi-program:f]\ncommand=c\nsocket=tcp://h:1\n[group:g]\nprograms=f\n");
  BOOST_REQUIRE(cfg);
  BOOST_TEST(cfg->groups.at(0)->processes.at(0)->socket->url() == "tcp://h:1");
  BOOST_TEST(!load_text("[supervisord]\n[fcgi-program:f]\ncommand=c\nsocket=x\n[group:g]\nprograms=f\n"));
}

BOOST_FIXTURE_TEST_CASE(interfaces_that_are_not_built_in, machine_fixture) {
  auto cfg = load_text("[supervisord]\n[rpcinterface:p]\ncommand=/bin/x %(here)s\ntimeout=5\nColour=red\n"
                       "[rpcinterface:q]\nsupervisor.rpcinterface_factory=%(here)s/s.conf:symbol\ntimeout=7\n"
                       "[eventlistener:e]\ncommand=c\nevents=EVENT\nresult_handler=/c/s.conf:judge\n");
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  const auto& program = cfg->rpcinterfaces.at(0);
  BOOST_TEST(program.factory == "");
  BOOST_TEST(program.command == "/bin/x /c");
  BOOST_TEST(program.timeout == 5);
  BOOST_TEST((program.options == environment{{"colour", "red"}}));
  const auto& library = cfg->rpcinterfaces.at(1);
  BOOST_TEST(library.factory == "/c/s.conf:symbol");
  BOOST_TEST((library.options == environment{{"timeout", "7"}}));
  BOOST_TEST(cfg->groups.at(0)->result_handler == "/c/s.conf:judge");
}

BOOST_FIXTURE_TEST_CASE(a_server_may_list_its_names, machine_fixture) {
  auto cfg = load_text("[supervisord]\n[inet_http_server]\nport=1\nallowed_hosts = a.example , .lab, ,*\n");
  BOOST_REQUIRE(cfg);
  BOOST_TEST(cfg->notices.empty());
  BOOST_TEST(cfg->servers.at(0).allowed_hosts == (std::vector<std::string>{"a.example", ".lab", "*"}),
             boost::test_tools::per_element());
  BOOST_TEST(load_text("[supervisord]\n[inet_http_server]\nport=1\n")->servers.at(0).allowed_hosts.empty());
}

BOOST_FIXTURE_TEST_CASE(the_sample_is_valid_and_complete, machine_fixture) {
  auto text = sample_configuration();
  BOOST_TEST(text.substr(0, text.find('\n')).find("Sample supervisor config file") != std::string::npos);
  auto cfg = load_text(text);
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  BOOST_TEST(cfg->notices.empty());
  BOOST_TEST(cfg->servers.at(0).file == "/tmp/supervisor.sock");
  BOOST_TEST(cfg->supervisord.logfile == "/tmp/supervisord.log");
  BOOST_TEST(cfg->supervisord.pidfile == "/tmp/supervisord.pid");
  BOOST_TEST(cfg->supervisord.minfds == 1024);
  BOOST_TEST(cfg->rpcinterfaces.at(0).name == "supervisor");
  for (const auto& row : schema())
    BOOST_TEST((row.of_access || row.beyond_sample || text.find(std::string(row.key)) != std::string::npos),
               row.key << " is missing");
  // Nothing is hidden in a comment that would not load.
  std::string active;
  for (std::size_t at = 0; at < text.size();) {
    auto end = text.find('\n', at);
    auto line = text.substr(at, end - at);
    if (line.starts_with(";[") || (line.starts_with(";") && line.find('=') != std::string::npos && line[1] != ' '))
      line.erase(0, 1);
    active += line + '\n';
    at = end + 1;
  }
  machine.directories.insert({"/a", "/var/run"});
  auto everything = load_text(active);
  BOOST_TEST(!everything); // its sample users and programs do not exist here
  const std::string made_up[] = {"progname1", "progname2", "chrism", "supervisord",
                                 "rpcinterface:supervisor"}; // it shows what may stand in place of its factory, too
  for (const auto& fault : check(machine.make(), {"/c/s.conf", {}}).faults)
    BOOST_TEST(std::any_of(std::begin(made_up), std::end(made_up),
                           [&](auto& name) { return fault.what.find(name) != std::string::npos; }),
               fault.what);
}

BOOST_FIXTURE_TEST_CASE(hostile_bytes_do_no_harm, machine_fixture) {
  std::mt19937 random{7};
  // clang-format off
  const std::string pieces[] = {"[", "]", "=", ":", "\n", "\r", " ", ";", "#", "%(", ")s", "\\", "\"", "'", "program:a",
                                "supervisord", "command", "environment", "\xc3\xa9", "\xff", "a", "1", std::string(1, '\0')};
  // clang-format on
  for (int round = 0; round < 20000; ++round) {
    std::string text = round % 2 ? "[supervisord]\n[program:a]\ncommand=c\n" : "";
    for (unsigned i = 0, n = random() % 40; i < n; ++i)
      text += pieces[random() % std::size(pieces)];
    (void)load_text(text);
    (void)key_values(text);
  }
  BOOST_TEST(
    load_text("[supervisord]\nidentifier=" + std::string(5'000'000, 'x') + "\n")->supervisord.identifier.size() ==
    5'000'000);
}

// -- reload (section 9) --------------------------------------------------------------------------

namespace {

struct reload_row {
  const char* when;
  const char* before;
  const char* after;
  const char* expected; ///< added|changed|removed
};
std::ostream& operator<<(std::ostream& out, const reload_row& r) { return out << r.when; }

// clang-format off
const reload_row reloads[] = {
  {"C321", "[program:a]\ncommand=c\n", "[program:a]\ncommand=c\n", "||"},
  {"C322", "[program:a]\ncommand=c\n", "; new\n[program:a]\nstartsecs=1\ncommand=c\n", "||"},
  {"C323", "[program:a]\ncommand=c\nstdout_logfile=/tmp/x\n", "[program:a]\ncommand=c\n", "||"},
  {"C324", "[program:a]\ncommand=c\n", "[program:a]\ncommand=c\nstdout_logfile=/tmp/x\n", "|a|"},
  {"C325", "[program:a]\ncommand=c\n[program:b]\ncommand=c\n",
   "environment=A=1\n[program:a]\ncommand=c\n[program:b]\ncommand=c\n", "|a b|"},
  {"C326", "[program:a]\ncommand=c\nprocess_name=a%(process_num)d\n",
   "[program:a]\ncommand=c\nprocess_name=a%(process_num)d\nnumprocs=2\n", "|a|"},
  {"C327", "[program:cat]\ncommand=c\n", "[program:cat]\ncommand=c\n[group:g]\nprograms=cat\n", "g||cat"},
  {"C330", "[program:a]\ncommand=c\n", "identifier=other\n[program:a]\ncommand=c\n", "||"},
  {"equal after conversion", "[program:a]\ncommand=c\nstopsignal=15\nuser=root\nstdout_logfile_maxbytes=1KB\n",
   "[program:a]\ncommand=c\nstopsignal=TERM\nuser=0\nstdout_logfile_maxbytes=1024\n", "||"},
  {"order of environment", "[program:a]\ncommand=c\nenvironment=A=1,B=2\n", "[program:a]\ncommand=c\nenvironment=B=2,A=1\n", "||"},
  {"order of exitcodes", "[program:a]\ncommand=c\nexitcodes=0,1\n", "[program:a]\ncommand=c\nexitcodes=1,0\n", "|a|"},
  {"kind", "[program:a]\ncommand=c\n", "[eventlistener:a]\ncommand=c\nevents=EVENT\npriority=999\n", "|a|"},
  {"events as a set", "[eventlistener:a]\ncommand=c\nevents=TICK,EVENT\n", "[eventlistener:a]\ncommand=c\nevents=event,tick\n", "||"},
  {"fcgi mode", "[fcgi-program:a]\ncommand=c\nsocket=unix:///tmp/s\n", "[fcgi-program:a]\ncommand=c\nsocket=unix:///tmp/s\nsocket_mode=0777\n", "||"},
  {"fcgi socket", "[fcgi-program:a]\ncommand=c\nsocket=unix:///tmp/s\n", "[fcgi-program:a]\ncommand=c\nsocket=unix:///tmp/t\n", "|a|"},
};
// clang-format on

std::string words(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names)
    out += (out.empty() ? "" : " ") + name;
  return out;
}

} // namespace

BOOST_DATA_TEST_CASE_F(machine_fixture, reload, data::make(reloads), r) {
  auto before = load_text(std::string("[supervisord]\n") + r.before);
  auto after = load_text(std::string("[supervisord]\n") + r.after);
  BOOST_REQUIRE(before);
  BOOST_REQUIRE(after);
  auto diff = compare(before->groups, after->groups);
  BOOST_TEST(words(diff.added) + '|' + words(diff.changed) + '|' + words(diff.removed) == r.expected);
}

BOOST_FIXTURE_TEST_CASE(environment_of_an_earlier_load_is_forgotten, machine_fixture) { // C329
  BOOST_TEST(bool(load_text("[supervisord]\nenvironment=A=1\n[program:a]\ncommand=%(ENV_A)s\n")));
  BOOST_TEST(!load_text("[supervisord]\n[program:a]\ncommand=%(ENV_A)s\n"));
}

BOOST_AUTO_TEST_SUITE_END()
