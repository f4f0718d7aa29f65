// The options of a process as getProcessDetails shows them: each one of the table by its name, as a file would say it,
// and no secret. Source: docs/contract/programs.md, 15.4.
#include "config/option_texts.hpp"

#include "config/load.hpp"
#include "config/schema.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <set>

BOOST_AUTO_TEST_SUITE(option_texts_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

std::vector<option_text> texts_of(const std::string& options) {
  fake_machine machine;
  machine.files["/c/c.conf"] =
    "[supervisord]\n[program:db]\ncommand=/bin/db\n[program:p]\ncommand=/bin/cat\n" + options;
  auto cfg = load(machine.make(), {"c.conf", {}});
  BOOST_REQUIRE_MESSAGE(cfg, (cfg ? "" : cfg.error().what));
  for (const auto& group : cfg->groups)
    if (group->name.view() == "p")
      return option_texts(*group->processes.front());
  return {};
}

std::string shown(const std::vector<option_text>& all, std::string_view key) {
  for (const auto& one : all)
    if (one.key == key)
      return std::holds_alternative<bool>(one.value) ? (std::get<bool>(one.value) ? "is set" : "is not set")
                                                     : std::get<std::string>(one.value);
  return "is not there";
}

struct row {
  std::string_view key, written, expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.key << '=' << r.written; }

// clang-format off
const row rows[] = {
  {"priority", "5", "5"},
  {"autostart", "false", "false"},
  {"stopsignal", "TERM:30, INT:0.5", "TERM:30, INT:0.5"},
  {"stopsignal", "QUIT", "QUIT"},
  {"exitcodes", "0, 3, TERM", "0, 3, TERM"},
  {"norestartexitcodes", "64", "64"},
  {"backoff", "exponential", "exponential"},
  {"backoffmin", "2m", "120"},
  {"restartlimit", "5/1m", "5/60s"},
  {"restartlimitaction", "wait", "wait"},
  {"startretries", "infinite", "infinite"},
  {"depends_on", "db:running/1?", "db:running/1?"},
  {"dependson", "db", "is not there"},
  {"depends_on", "db", "db"},
  {"ready", "tcp:5432", "tcp:5432"},
  {"ready", "startsecs", "startsecs"},
  {"ready", "exec:/bin/check --password hunter2", "exec:/bin/check"},
  {"ready", "http://localhost/x?token=hunter2", "http://localhost/x"},
  {"health", "notify", "notify"},
  {"healthaction", "signal:USR1", "signal:USR1"},
  {"healthretries", "7", "7"},
  {"command", "/bin/x hunter2", "is set"},
  {"environment", "A=\"hunter2\"", "is set"},
  {"prestart", "/bin/x hunter2", "is set"},
  {"stopcommand", "/bin/x hunter2", "is set"},
  {"reloadcommand", "/bin/x hunter2", "is set"},
  {"prestartfailure", "ignore", "ignore"},
  {"killmode", "tree", "tree"},
  {"type", "oneshot", "oneshot"},
  {"essential", "true", "true"},
  {"essential_on", "exit, unhealthy", "exit, unhealthy"},
  {"essential_exitcode", "3", "3"},
  {"envfile", "-/etc/x.env", "-/etc/x.env"},
  {"directory_mode", "0750", "0750"},
  {"restartmode", "rolling", "rolling"},
  {"rollingbatch", "20%%", "20%"},
  {"rollingwait", "healthy", "healthy"},
  {"rollingtimeout", "90", "90"},
  {"reloadsignal", "USR2", "USR2"},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(as_a_file_says_it, data::make(rows), r) {
  std::string written;
  if (r.key == "command")
    written = "startsecs=1\n";
  else
    written = std::string(r.key) + "=" + std::string(r.written) + "\n";
  auto all = texts_of(written);
  BOOST_TEST(shown(all, r.key) == r.expected);
  for (const auto& one : all)
    if (const auto* text = std::get_if<std::string>(&one.value))
      BOOST_TEST(text->find("hunter2") == text->npos, one.key);
}

BOOST_AUTO_TEST_CASE(nothing_is_set) {
  auto all = texts_of("");
  std::set<std::string_view> keys;
  for (const auto& one : all)
    BOOST_TEST(keys.insert(one.key).second, one.key);
  for (const auto& row : schema_of("program")) // whatever comes later is there, too
    BOOST_TEST(keys.contains(row.key) == (row.same.of_process != nullptr), row.key);
  for (auto key : {"prestart", "poststop", "stopcommand", "reloadcommand", "environment"})
    BOOST_TEST(shown(all, key) == "is not set", key);
  BOOST_TEST(shown(all, "ready") == "startsecs");
  BOOST_TEST(shown(all, "health") == "");
  BOOST_TEST(shown(all, "depends_on") == "");
  BOOST_TEST(shown(all, "rollingbatch") == "1");
}

BOOST_AUTO_TEST_SUITE_END()
