// The command line vectors C263 to C285 of docs/contract/configuration.md, and the parts of the usage text.
#include "config/command_line.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(command_line_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;
using strings = std::vector<std::string>;

namespace {

struct row {
  const char* id;
  strings arguments;
  const char* expected; ///< an action, or the error's text
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

// clang-format off
const row rows[] = {
  {"C263", {"-v"}, "version"},
  {"C264", {"--ver"}, "version"},
  {"C265", {"-nv"}, "version"},
  {"C266", {"-h"}, "help"},
  {"C267", {"-?"}, "help"},
  {"C268", {"-v", "-e", "foo"}, "version"},
  {"C269", {"-e", "foo", "-v"}, "invalid value for -e 'foo': bad logging level name 'foo'"},
  {"C270", {"-x"}, "option -x not recognized"},
  {"C271", {"--bad=1"}, "option --bad not recognized"},
  {"C272", {"-c"}, "option -c requires argument"},
  {"C273", {"--configuration"}, "option --configuration requires argument"},
  {"C274", {"--nodaemon=1"}, "option --nodaemon must not have an argument"},
  {"C275", {"--min=3"}, "option --min not a unique prefix"},
  {"C276", {"-s=1"}, "option -= not recognized"},
  {"C277", {"-h", "extra"}, "positional arguments are not supported: ['extra']"},
  {"C278", {"extra", "-h"}, "positional arguments are not supported: ['extra', '-h']"},
  {"C279", {"-n", "--nodaemon"}, "conflicting command line option '--nodaemon'"},
  {"C280", {"-c", "a", "-c", "b"}, "conflicting command line option '-c'"},
  {"C281", {"-m", "9"}, "invalid value for -m '9': 9 can not be converted to an octal type"},
  {"C282", {"-a", "abc"}, "invalid value for -a 'abc': invalid literal for int() with base 10: 'abc'"},
  {"C283", {"-d", "/nope"}, "invalid value for -d '/nope': /nope is not an existing directory"},
  {"C284", {"-l", "/nope/x"}, "invalid value for -l '/nope/x': The directory named as part of the path /nope/x does not exist"},
  {"C285", {"--minprocs", "x"}, "invalid value for --minprocs 'x': invalid literal for int() with base 10: 'x'"},
  {"prefix of a long name", {"--conf", "/c/s.conf"}, "run"},
  {"the end of options", {"-n", "--"}, "run"},
  {"after the end", {"--", "-n"}, "positional arguments are not supported: ['-n']"},
  {"our own check", {"--test"}, "test"},
  {"-t is strip_ansi", {"-t"}, "run"},
  {"and so is its prefix", {"--str"}, "run"},
  {"of --strict there is none", {"--stric"}, "option --stric not recognized"},
  {"strict", {"--test", "--strict"}, "test"},
  {"a trail", {"-c", "/c/f", "--audit-verify", "a.1", "a"}, "verify"},
  {"a trail of nothing", {"--audit-verify"}, "--audit-verify needs the files of the trail, oldest first"},
  {"-a is minfds", {"--audit-verif", "a"}, "option --audit-verif not recognized"},
  {"nothing", {}, "run"},
};
// clang-format on

const char* name(command_line::action what) {
  switch (what) {
  case command_line::action::run:
    return "run";
  case command_line::action::help:
    return "help";
  case command_line::action::version:
    return "version";
  case command_line::action::verify_audit:
    return "verify";
  case command_line::action::test:
    break;
  }
  return "test";
}

} // namespace

BOOST_DATA_TEST_CASE(vectors, data::make(rows), r) {
  fake_machine machine;
  auto line = parse_command_line(r.arguments, machine.make());
  BOOST_TEST((line ? name(line->what) : line.error().what) == r.expected);
}

BOOST_AUTO_TEST_CASE(every_option_reaches_its_field) {
  fake_machine machine;
  auto line =
    parse_command_line({"-c/c/f", "-nsk", "-u",  "root", "-m", "077", "-d",    "/tmp",         "-l",
                        "x.log",  "-y",   "1KB", "-z",   "3",  "-e",  "debug", "-j",           "p",
                        "-i",     "me",   "-q",  "/tmp", "-a", "7",   "-t",    "--minprocs=9", "--profile_options",
                        "x"},
                       machine.make());
  BOOST_REQUIRE_MESSAGE(line, line.error().what);
  const auto& o = line->options;
  BOOST_TEST(*line->file == "/c/f");
  BOOST_TEST((o.nodaemon && o.silent && o.nocleanup && o.strip_ansi));
  BOOST_TEST(*o.user == "root");
  BOOST_TEST(*o.umask == 077);
  BOOST_TEST(*o.directory == "/tmp");
  BOOST_TEST(*o.logfile == "x.log");
  BOOST_TEST(*o.logfile_maxbytes == 1024);
  BOOST_TEST(*o.logfile_backups == 3);
  BOOST_TEST((*o.loglevel == log_level::debug));
  BOOST_TEST(*o.pidfile == "p");
  BOOST_TEST(*o.identifier == "me");
  BOOST_TEST(*o.childlogdir == "/tmp");
  BOOST_TEST(*o.minfds == 7);
  BOOST_TEST(*o.minprocs == 9);
}

BOOST_AUTO_TEST_CASE(usage_has_the_pieces_tools_look_for) {
  auto text = usage("prog");
  BOOST_TEST(text.starts_with("supervisord -- run a set of applications"));
  BOOST_TEST(text.find("Usage: prog [options]") != std::string::npos);
  BOOST_TEST(text.find("-l/--logfile FILENAME -- use FILENAME as") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
