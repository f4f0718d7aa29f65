// The options that shape log files and their lines: what each takes, what it refuses and with which sentence, where
// the fault is said to be, and what does not go together. Cases of config/log_options.cpp and its rows in the schema.
#include "config/diff.hpp"
#include "config/load.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(log_option_values_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

struct machine_fixture {
  fake_machine machine;
  result<configuration> load_text(const std::string& text) {
    machine.files["/c/s.conf"] = text;
    return load(machine.make(), {"/c/s.conf", {}});
  }
};

std::string show(const log_file_options& files) {
  auto out = std::string(files.gzip ? "gzip" : "none");
  char mode[16];
  std::snprintf(mode, sizeof mode, " %o", static_cast<unsigned>(files.mode.value_or(0)));
  out += files.mode ? mode : " -";
  return out + ' ' + std::to_string(files.owner.uid) + ':' + std::to_string(files.owner.gid);
}

std::string show(const line_options& lines) {
  return std::string(lines.json ? "json" : "text") + " [" + lines.timestamp + "] [" + lines.prefix + ']';
}

/// `option=value` in a program, for stdout and for stderr: what comes of it, or the sentence without its section.
struct row {
  const char* option; ///< behind stdout_ or stderr_
  const char* value;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.option << '=' << r.value; }

// clang-format off
const row rows[] = {
  {"logfile_compress", "gzip", "gzip - -1:-1"},
  {"logfile_compress", "GZIP", "gzip - -1:-1"},
  {"logfile_compress", "none", "none - -1:-1"},
  {"logfile_compress", "", "none - -1:-1"},
  {"logfile_compress", "xz", "Invalid @_logfile_compress value 'xz': allowed are gzip and none"},
  {"logfile_mode", "0640", "none 640 -1:-1"},
  {"logfile_mode", "0", "none 0 -1:-1"},
  {"logfile_mode", "777", "none 777 -1:-1"},
  {"logfile_mode", "1777", "Invalid @_logfile_mode value '1777': allowed is an octal number from 0 to 0777"},
  {"logfile_mode", "-1", "Invalid @_logfile_mode value '-1': allowed is an octal number from 0 to 0777"},
  {"logfile_mode", "rw", "Invalid @_logfile_mode value 'rw': allowed is an octal number from 0 to 0777"},
  {"logfile_mode", "0689", "Invalid @_logfile_mode value '0689': allowed is an octal number from 0 to 0777"},
  {"logfile_owner", "nobody", "none - 65534:-1"},
  {"logfile_owner", "nobody:root", "none - 65534:0"},
  {"logfile_owner", "65534:65534", "none - 65534:65534"},
  {"logfile_owner", "nosuch", "Invalid @_logfile_owner value 'nosuch': allowed is an existing user, or user:group"},
  {"logfile_owner", "root:nosuch", "Invalid @_logfile_owner value 'root:nosuch': allowed is an existing user, or user:group"},
  {"logfile_owner", "", "Invalid @_logfile_owner value '': allowed is an existing user, or user:group"},
  {"timestamp", "rfc3339", "text [rfc3339] []"},
  {"timestamp", "none", "text [] []"},
  {"timestamp", "", "text [] []"},
  {"timestamp", "%%H:%%M:%%S.%%f", "text [%H:%M:%S.%f] []"},
  {"timestamp", "100%%%%", "text [100%%] []"},
  {"timestamp", "iso8601",
   "Invalid @_timestamp value 'iso8601': allowed are rfc3339, none and a format of strftime(3), such as %%Y-%%m-%%d %%H:%%M:%%S.%%f"},
  {"timestamp", "%%Q", "Invalid @_timestamp value '%Q': %Q is no conversion of a time"},
  {"timestamp", "%%n", "Invalid @_timestamp value '%n': %n is no conversion of a time"},
  {"timestamp", "%%Ey", "Invalid @_timestamp value '%Ey': %E is no conversion of a time"},
  {"timestamp", "x%%", "Invalid @_timestamp value 'x%': its last % stands alone"},
  {"timestamp", "%H:%M", "Format string for 'program:a.@_timestamp' is badly formatted: "},
  {"prefix", "%(program_name)s_%(process_num)02d |", "text [] [a_00 |]"},
  {"prefix", "%(group_name)s@%(host_node_name)s", "text [] [a@HOST]"},
  {"prefix", "%(ENV_OWN)s", "text [] [mine]"},
  {"prefix", "%(nope)s", "Format string for 'program:a.@_prefix' contains names ('nope') which cannot be expanded "},
  {"prefix", "a\tb", "Invalid @_prefix value 'a\\tb': a prefix must not hold control characters"},
  {"logformat", "json", "json [] []"},
  {"logformat", "text", "text [] []"},
  {"logformat", "xml", "Invalid @_logformat value 'xml': allowed are json and text"},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE_F(machine_fixture, values, data::make(rows), r) {
  for (std::string channel : {"stdout", "stderr"}) {
    std::string expected = r.expected;
    if (auto at = expected.find('@'); at != expected.npos && expected.find("HOST") == expected.npos)
      expected.replace(at, 1, channel);
    auto cfg = load_text("[supervisord]\n[program:a]\ncommand=c\nenvironment=OWN=mine\n" + channel + '_' + r.option +
                         '=' + r.value + '\n');
    if (!cfg) {
      BOOST_TEST(cfg.error().what.starts_with(expected), cfg.error().what);
      BOOST_TEST(cfg.error().what.ends_with(" in section 'program:a' (file: '/c/s.conf')"));
      BOOST_TEST(cfg.error().at.line == 5);
      continue;
    }
    const auto& process = *cfg->groups.at(0)->processes.at(0);
    const auto& set = channel == "stdout" ? process.out : process.err;
    const auto& other = channel == "stdout" ? process.err : process.out;
    auto is_file_option = std::string(r.option).starts_with("logfile");
    BOOST_TEST((is_file_option ? show(set.files()) : show(set.lines())) == expected);
    BOOST_TEST((other.files() == log_file_options{} && other.lines() == line_options{}));
  }
}

BOOST_FIXTURE_TEST_CASE(of_the_daemon, machine_fixture) {
  auto cfg =
    load_text("[supervisord]\nlogfile_compress=gzip\nlogfile_mode=0600\nlogfile_owner=nobody\nlogformat=json\n");
  BOOST_REQUIRE(cfg);
  BOOST_TEST(show(cfg->supervisord.log_files) == "gzip 600 65534:-1");
  BOOST_TEST(cfg->supervisord.json_log);
  auto plain = load_text("[supervisord]\n");
  BOOST_TEST((plain->supervisord.log_files == log_file_options{}));
  BOOST_TEST(!plain->supervisord.json_log);
  auto faulty = load_text("[supervisord]\nlogformat=xml\n");
  BOOST_REQUIRE(!faulty);
  BOOST_TEST(faulty.error().what == "Invalid logformat value 'xml': allowed are json and text");
  BOOST_TEST(faulty.error().at.line == 2);
}

BOOST_FIXTURE_TEST_CASE(every_fault_is_listed_with_its_line, machine_fixture) {
  machine.files["/c/s.conf"] = "[supervisord]\nlogfile_mode=x\nlogfile_owner=nosuch\n[program:a]\ncommand=c\n"
                               "stdout_logfile_compress=x\nstderr_timestamp=x\n[fcgi-program:f]\ncommand=c\n"
                               "socket=tcp://h:1\nstdout_logformat=x\n[eventlistener:l]\ncommand=c\nevents=EVENT\n"
                               "stderr_logfile_mode=x\nstdout_prefix=l\n";
  std::vector<int> lines;
  for (const auto& fault : check(machine.make(), {"/c/s.conf", {}}).faults)
    lines.push_back(fault.at.line);
  BOOST_TEST(lines == (std::vector<int>{2, 3, 6, 7, 15, 16, 11}), boost::test_tools::per_element());
}

namespace {

struct combination {
  const char* text;     ///< one section
  const char* expected; ///< "ok", or the sentence
};
std::ostream& operator<<(std::ostream& out, const combination& c) { return out << c.text; }

#define IN_LISTENER                                                                                                    \
  " is not allowed in [eventlistener:l]: stdout of an event listener carries the eventlistener protocol in section "   \
  "'eventlistener:l' (file: '/c/s.conf')"
#define LISTENER "[eventlistener:l]\ncommand=c\nevents=EVENT\n"
#define PROGRAM "[program:a]\ncommand=c\n"

const combination combinations[] = {
  {LISTENER "stdout_prefix=x\n", "stdout_prefix" IN_LISTENER},
  {LISTENER "stdout_timestamp=rfc3339\n", "stdout_timestamp" IN_LISTENER},
  {LISTENER "stdout_logformat=json\n", "stdout_logformat" IN_LISTENER},
  {LISTENER "stdout_prefix=\nstdout_timestamp=none\nstdout_logformat=text\n", "ok"},
  {LISTENER "stderr_prefix=x\nstderr_timestamp=rfc3339\n", "ok"},
  {LISTENER "stderr_logformat=json\n", "ok"},
  {LISTENER "stdout_logfile_compress=gzip\nstdout_logfile_mode=0600\nstdout_logfile_owner=root\n", "ok"},
  {PROGRAM "stdout_logformat=json\nstdout_timestamp=%%s\n", "ok"},
  {PROGRAM "stdout_logformat=json\nstderr_prefix=x\n", "ok"},
  {PROGRAM "stdout_logformat=json\nstdout_prefix=x\n",
   "stdout_prefix does not go with stdout_logformat=json: an object names its process itself in section 'program:a' "
   "(file: '/c/s.conf')"},
  {PROGRAM "stderr_logformat=json\nstderr_prefix=x\n",
   "stderr_prefix does not go with stderr_logformat=json: an object names its process itself in section 'program:a' "
   "(file: '/c/s.conf')"},
};

} // namespace

BOOST_DATA_TEST_CASE_F(machine_fixture, together, data::make(combinations), c) {
  auto cfg = load_text(std::string("[supervisord]\n") + c.text);
  BOOST_TEST((cfg ? "ok" : cfg.error().what) == c.expected);
}

BOOST_FIXTURE_TEST_CASE(a_reload_sees_each_of_them, machine_fixture) {
  const std::string head = "[supervisord]\n[program:a]\ncommand=c\nstdout_logfile=/tmp/x\n";
  auto before = load_text(head);
  BOOST_REQUIRE(before);
  for (const char* option : {"logfile_compress=gzip", "logfile_mode=0600", "logfile_owner=root", "timestamp=rfc3339",
                             "prefix=x", "logformat=json"})
    for (const char* channel : {"stdout_", "stderr_"}) {
      auto after = load_text(head + channel + option + '\n');
      BOOST_REQUIRE(after);
      BOOST_TEST(compare(before->groups, after->groups).changed.size() == 1U, channel << option);
      BOOST_TEST(compare(after->groups, after->groups).changed.empty());
    }
}

BOOST_AUTO_TEST_SUITE_END()
