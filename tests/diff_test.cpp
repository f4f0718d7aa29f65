// What counts as a change on reload, one field at a time. Reloads of whole files are in tests/load_test.cpp.
// Source: the configuration specification, section 9.
#include "config/diff.hpp"

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
  {"exitcodes", [](P& p) { p.exitcodes = {0, 1}; }, changed},
  {"redirect_stderr", [](P& p) { p.redirect_stderr = true; }, changed},
  {"environment: another value", [](P& p) { p.env = {{"A", "1"}, {"B", "3"}}; }, changed},
  {"environment: one less", [](P& p) { p.env = {{"A", "1"}}; }, changed},
  {"environment: another order", [](P& p) { p.env = {{"B", "2"}, {"A", "1"}}; }, same},
  {"serverurl", [](P& p) { p.serverurl = ""; }, changed},
  {"section", [](P& p) { p.section = "program:other"; }, same},
  {"stdout: another file", [](P& p) { p.out.logfile.path = "/y"; }, changed},
  {"stdout: file to AUTO", [](P& p) { p.out.logfile = {}; }, same}, // K16
  {"stdout: file to none", [](P& p) { p.out.logfile = {log_target::kind::none, {}}; }, changed},
  {"stderr: AUTO to file", [](P& p) { p.err.logfile = {log_target::kind::file, "/x"}; }, changed},
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
  {"socket: another path", [](P& p) { p.socket = socket_at("/t"); }, changed}, // in a [group:x], N5
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
