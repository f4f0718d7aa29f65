// Every example of the specification's section 5 as a row: type, text, value or error sentence. The vectors C090 to
// C190, which say the same through whole files, are in config_vectors.hpp. The last part is host::real() on real files.
#include "config/datatypes.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

BOOST_AUTO_TEST_SUITE(datatypes_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

struct row {
  const char* type;
  std::string text;
  std::string expected; ///< the value, or "E " and the sentence
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.type << " <" << r.text << '>'; }

// -- values as text ------

std::string show(const std::string& value) { return value; }
std::string show(std::int64_t value) { return std::to_string(value); }
std::string show(int value) { return std::to_string(value); }
std::string show(bool value) { return value ? "true" : "false"; }
std::string show(log_level value) { return std::to_string(static_cast<int>(value)); }
std::string show(autorestart value) {
  return value == autorestart::always ? "always" : value == autorestart::never ? "never" : "unexpected";
}
std::string show(const log_target& value) {
  return value.to == log_target::kind::automatic ? "AUTO" : value.to == log_target::kind::none ? "none" : value.path;
}
std::string show(const std::vector<int>& value) {
  std::string out;
  for (int code : value)
    out += '[' + std::to_string(code) + ']';
  return out;
}
std::string show(const environment& value) {
  std::string out;
  for (const auto& [key, text] : value)
    out += '[' + key + '=' + text + ']';
  return out;
}
std::string show(const inet_address& value) { return value.host + '|' + std::to_string(value.port); }
std::string show(const fcgi_socket& value) { return value.url(); }

template <class T>
std::string show(const result<T>& value) {
  return value ? show(*value) : "E " + value.error().what;
}

std::string show(const std::optional<ownership>& value) {
  return value ? std::to_string(value->uid) + ',' + std::to_string(value->gid) : "E";
}
std::string show(const std::vector<std::string>& value) {
  std::string out;
  for (const auto& item : value)
    out += '[' + item + ']';
  return out;
}

std::string parse(std::string_view type, const std::string& text) {
  fake_machine machine;
  auto on = machine.make();
  // clang-format off
  if (type == "integer") return show(integer(text));
  if (type == "boolean") return show(boolean(text));
  if (type == "name") return show(name(text));
  if (type == "byte size") return show(byte_size(text));
  if (type == "octal") return show(octal(text));
  if (type == "existing directory") return show(existing_directory(text, on));
  if (type == "existing dirpath") return show(existing_dirpath(text, on));
  if (type == "log file") return show(log_file(text, on));
  if (type == "autorestart") return show(restart_policy(text));
  if (type == "exit codes") return show(exit_codes(text));
  if (type == "level") return show(level(text));
  if (type == "signal") return show(signal_number(text));
  if (type == "user") return show(user_id(text, on));
  if (type == "user:group") return show(user_and_group(text, on));
  if (type == "comma list") return show(comma_list(text));
  if (type == "port") return show(port(text));
  if (type == "fcgi socket") return show(fcgi_address(text, "S"));
  if (type == "environment") return show(key_values(text));
  // clang-format on
  return "no such type";
}

#define NOT_INT(v) "E invalid literal for int() with base 10: '" v "'"
#define NOT_DIR "E The directory named as part of the path "

// clang-format off
const row simple_types[] = {
  {"integer", "7", "7"}, {"integer", "+3", "3"}, {"integer", "-1", "-1"}, {"integer", "007", "7"},
  {"integer", "1_000", "1000"}, {"integer", " 5\t", "5"}, {"integer", "\xc2\xa0" "5", "5"}, {"integer", "-0", "0"},
  {"integer", "9223372036854775807", "9223372036854775807"}, {"integer", "9223372036854775808", "9223372036854775807"},
  {"integer", "", NOT_INT("")}, {"integer", "0x10", NOT_INT("0x10")}, {"integer", "1.0", NOT_INT("1.0")},
  {"integer", "1e3", NOT_INT("1e3")}, {"integer", "abc", NOT_INT("abc")}, {"integer", "1__0", NOT_INT("1__0")},
  {"integer", "_1", NOT_INT("_1")}, {"integer", "1_", NOT_INT("1_")}, {"integer", "+", NOT_INT("+")},
  {"integer", "- 1", NOT_INT("- 1")}, {"integer", " x ", NOT_INT(" x ")}, {"integer", "+-1", NOT_INT("+-1")},

  {"boolean", "TRUE", "true"}, {"boolean", "On", "true"}, {"boolean", "yes", "true"}, {"boolean", "1", "true"},
  {"boolean", "0", "false"}, {"boolean", "No", "false"}, {"boolean", "false", "false"}, {"boolean", "OFF", "false"},
  {"boolean", "2", "E not a valid boolean value: '2'"}, {"boolean", "t", "E not a valid boolean value: 't'"},
  {"boolean", "y", "E not a valid boolean value: 'y'"}, {"boolean", "", "E not a valid boolean value: ''"},
  {"boolean", "It's", "E not a valid boolean value: \"It's\""}, {"boolean", " on", "E not a valid boolean value: ' on'"},

  {"name", "foo", "foo"}, {"name", " foo\n", "foo"}, {"name", "test_öäü", "test_öäü"}, {"name", "", ""},
  {"name", "a\tb", "a\tb"}, {"name", "a]b%c", "a]b%c"},
  {"name", "a b", "E Invalid name: 'a b' because of character: ' '"},
  {"name", " a:b ", "E Invalid name: ' a:b ' because of character: ':'"},
  {"name", "a/b", "E Invalid name: 'a/b' because of character: '/'"},
  {"name", "a/b:c d", "E Invalid name: 'a/b:c d' because of character: ' '"},

  {"byte size", "1KB", "1024"}, {"byte size", "1 MB", "1048576"}, {"byte size", "2gb", "2147483648"},
  {"byte size", "0", "0"}, {"byte size", "-1", "-1"}, {"byte size", "-1kB", "-1024"}, {"byte size", "17", "17"},
  {"byte size", "1K", NOT_INT("1k")}, {"byte size", "10b", NOT_INT("10b")}, {"byte size", "1TB", NOT_INT("1tb")},
  {"byte size", "1.5MB", NOT_INT("1.5")}, {"byte size", "mb", NOT_INT("")}, {"byte size", "1kbkb", NOT_INT("1kb")},
  {"byte size", "99999999999999gb", "9223372035781033984"}, // saturated, whole units

  {"octal", "022", "18"}, {"octal", "22", "18"}, {"octal", "0o22", "18"}, {"octal", "0", "0"}, {"octal", "-1", "-1"},
  {"octal", "0O7", "7"}, {"octal", "0o_7", "7"}, {"octal", "1_0", "8"},
  {"octal", "8", "E 8 can not be converted to an octal type"},
  {"octal", "abc", "E abc can not be converted to an octal type"},
  {"octal", "0x1", "E 0x1 can not be converted to an octal type"},
  {"octal", "1.2", "E 1.2 can not be converted to an octal type"},
  {"octal", "0o", "E 0o can not be converted to an octal type"},
  {"octal", "", "E  can not be converted to an octal type"},

  {"existing directory", "/tmp", "/tmp"}, {"existing directory", "~", "/root"}, {"existing directory", "~root", "/root"},
  {"existing directory", "/nope", "E /nope is not an existing directory"},
  {"existing directory", "~/nope", "E ~/nope is not an existing directory"},
  {"existing directory", "", "E  is not an existing directory"},

  {"existing dirpath", "x.log", "x.log"}, {"existing dirpath", "~/x.log", "/root/x.log"},
  {"existing dirpath", "/x.log", "/x.log"}, {"existing dirpath", "/tmp/", "/tmp/"}, {"existing dirpath", "", ""},
  {"existing dirpath", "~stranger", "~stranger"},
  {"existing dirpath", "/nope/x", NOT_DIR "/nope/x does not exist"},
  {"existing dirpath", "~/nope/x", NOT_DIR "~/nope/x does not exist"},

  {"log file", "NONE", "none"}, {"log file", "Off", "none"}, {"log file", "", "none"}, {"log file", "aUtO", "AUTO"},
  {"log file", "SysLog", "syslog"}, {"log file", "false", "false"}, {"log file", "~/x", "/root/x"},
  {"log file", "/nope/x", NOT_DIR "/nope/x does not exist"},

  {"autorestart", "true", "always"}, {"autorestart", "0", "never"}, {"autorestart", "UNEXPECTED", "unexpected"},
  {"autorestart", "BAD", "E invalid 'autorestart' value 'bad'"}, {"autorestart", "", "E invalid 'autorestart' value ''"},

  {"exit codes", "0,2", "[0][2]"}, {"exit codes", " 1 , 2 ", "[1][2]"}, {"exit codes", "", ""},
  {"exit codes", "2,0,2", "[2][0][2]"}, {"exit codes", "255", "[255]"}, {"exit codes", "+1,1_0", "[1][10]"},
  {"exit codes", "256", "E not a valid list of exit codes: '256'"},
  {"exit codes", "-1", "E not a valid list of exit codes: '-1'"},
  {"exit codes", "a", "E not a valid list of exit codes: 'a'"},
  {"exit codes", "1 2", "E not a valid list of exit codes: '1 2'"},
  {"exit codes", "0,", "E not a valid list of exit codes: '0,'"},
  {"exit codes", " ", "E not a valid list of exit codes: ' '"},

  {"level", "critical", "50"}, {"level", "Error", "40"}, {"level", "warn", "30"}, {"level", "info", "20"},
  {"level", "DEBUG", "10"}, {"level", "trace", "5"}, {"level", "blather", "3"},
  {"level", "warning", "E bad logging level name 'warning'"}, {"level", "CRIT", "E bad logging level name 'CRIT'"},
  {"level", "20", "E bad logging level name '20'"}, {"level", "", "E bad logging level name ''"},
  {"level", "__module__", "E bad logging level name '__module__'"}, // N23

  {"user", "root", "0"}, {"user", "0", "0"}, {"user", "65534", "65534"}, {"user", "nobody", "65534"},
  {"user", "54321", "E Invalid user id 54321"}, {"user", "-1", "E Invalid user id -1"},
  {"user", "nope", "E Invalid user name nope"}, {"user", "", "E Invalid user name "},

  {"user:group", "root", "0,-1"}, {"user:group", "0:0", "0,0"}, {"user:group", "nobody:nogroup", "65534,65534"},
  {"user:group", "nope", "E"}, {"user:group", "root:", "E"}, {"user:group", "root.root", "E"}, {"user:group", "", "E"},
  {"user:group", "root:nope", "E"}, {"user:group", "root:4242", "E"}, {"user:group", "root:root:x", "E"},
  {"user:group", ":root", "E"},

  {"comma list", " a , b ", "[a][b]"}, {"comma list", "", ""}, {"comma list", "a,", "[a][]"}, {"comma list", ",", "[][]"},
};

const row signals[] = { // 5.2
  {"signal", "TERM", "15"}, {"signal", "sigterm", "15"}, {"signal", " hup\t", "1"}, {"signal", "9", "9"},
  {"signal", "RTMIN", "34"}, {"signal", "SIGRTMAX", "64"}, {"signal", "CLD", "17"}, {"signal", "IOT", "6"},
  {"signal", "POLL", "29"}, {"signal", "31", "31"}, {"signal", "34", "34"}, {"signal", "64", "64"},
  {"signal", "-1", "E value '-1' is not a valid signal number"}, {"signal", "0", "E value '0' is not a valid signal number"},
  {"signal", "32", "E value '32' is not a valid signal number"}, {"signal", "35", "E value '35' is not a valid signal number"},
  {"signal", "63", "E value '63' is not a valid signal number"}, {"signal", "65", "E value '65' is not a valid signal number"},
  {"signal", "BADSIG", "E value 'BADSIG' is not a valid signal name"},
  {"signal", "RTMIN+1", "E value 'RTMIN+1' is not a valid signal name"},
  {"signal", "", "E value '' is not a valid signal name"}, {"signal", "SIG", "E value 'SIG' is not a valid signal name"},
  {"signal", "SIGSIGTERM", "E value 'SIGSIGTERM' is not a valid signal name"},
  {"signal", "SIG_IGN", "E value 'SIG_IGN' is not a valid signal name"}, // N6
  {"signal", "SIG_DFL", "E value 'SIG_DFL' is not a valid signal name"},
  {"signal", "SIG_BLOCK", "E value 'SIG_BLOCK' is not a valid signal name"},
};

const row addresses[] = { // 5.3, 5.4
  {"port", "9001", "|9001"}, {"port", ":9001", "|9001"}, {"port", "*:9001", "|9001"}, {"port", " 9001 ", "|9001"},
  {"port", "127.0.0.1:9001", "127.0.0.1|9001"}, {"port", "LocalHost:1", "localhost|1"},
  {"port", "::1:9001", "::1|9001"}, {"port", "[::1]:9001", "[::1]|9001"}, {"port", "65535", "|65535"},
  {"port", "abc", "E not a valid port number: 'abc' "}, {"port", "0", "E not a valid port number: '0' "},
  {"port", "65536", "E not a valid port number: '65536' "}, {"port", "-1", "E not a valid port number: '-1' "},
  {"port", "*", "E not a valid port number: '*' "}, {"port", "", "E not a valid port number: '' "},
  {"port", "/tmp/s", "E not a valid port number: '/tmp/s' "},
  {"port", "h:", "E no port number specified in ''"}, {"port", ":", "E no port number specified in ''"},
  {"port", "h:abc", NOT_INT("abc")}, {"port", "h:0", "E 0 is below lower bound (1)"},
  {"port", "h:65536", "E 65536 is above upper bound (65535)"},

  {"fcgi socket", "unix:///abs/p", "unix:///abs/p"}, {"fcgi socket", "unix:///tmp/../x//y", "unix:///x/y"},
  {"fcgi socket", "unix://p", "E Unix socket path p is not an absolute path in [S] socket"},
  {"fcgi socket", "unix://~/p", "E Unix socket path ~/p is not an absolute path in [S] socket"},
  {"fcgi socket", "unix://", "E Unix socket path  is not an absolute path in [S] socket"},
  {"fcgi socket", "tcp://LocalHost:9000", "tcp://localhost:9000"}, {"fcgi socket", "tcp://h:007", "tcp://h:7"},
  {"fcgi socket", "tcp://h:0", "E 0 is below lower bound (1) in [S] socket"},
  {"fcgi socket", "tcp://h:65536", "E 65536 is above upper bound (65535) in [S] socket"},
  {"fcgi socket", "TCP://h:1", "E Bad socket format TCP://h:1 in [S] socket"},
  {"fcgi socket", "tcp://:1", "E Bad socket format tcp://:1 in [S] socket"},
  {"fcgi socket", "tcp://h", "E Bad socket format tcp://h in [S] socket"},
  {"fcgi socket", "tcp://h:", "E Bad socket format tcp://h: in [S] socket"},
  {"fcgi socket", "tcp://h:+1", "E Bad socket format tcp://h:+1 in [S] socket"},
  {"fcgi socket", "tcp://h h:1", "E Bad socket format tcp://h h:1 in [S] socket"},
  {"fcgi socket", "tcp://[::1]:1", "E Bad socket format tcp://[::1]:1 in [S] socket"},
  {"fcgi socket", "junk://x", "E Bad socket format junk://x in [S] socket"},
};

const row key_value_lists[] = { // 5.6, beyond C150 to C190
  {"environment", "", ""}, {"environment", " \t\n", ""}, {"environment", "# all comment", ""},
  {"environment", "A=\xc3\xa9t\xc3\xa9", "[A=\xc3\xa9t\xc3\xa9]"}, // Latin-1 letters form words
  {"environment", "A='\xe7\xbc\x93\xe7\xbc\x93'", "[A=\xe7\xbc\x93\xe7\xbc\x93]"},
  {"environment", "A=\xe7\xbc\x93", "[A=\xe7\xbc\x93]"}, // a token of its own, but the whole character
  {"environment", "A=\xe7\xbc\x93\xe7\xbc\x93", "[A=\xe7\xbc\x93]"},
  {"environment", "A=a\xc3\x97", "[A=a]"}, // the multiplication sign is no letter
  {"environment", "A \"=\" B", "[A=B]"}, {"environment", "A=''", "[A=]"}, {"environment", "A=\"\"''x", "[A=x]"},
  {"environment", "A=\\\"", "[A=\"]"}, {"environment", "A=\\#x", "[A=#x]"}, {"environment", "A='#x'", "[A=#x]"},
  {"environment", "A=1#,B=2\n,B=3", "[A=1][B=3]"}, {"environment", "A=\"a\nb\"", "[A=a\nb]"},
  {"environment", "A=1,B=2,A=3", "[A=3][B=2]"}, // keeps its place
  {"environment", "=", "E Unexpected end of key/value pairs (character 1 of the value)"},
  {"environment", "A 1 2", "E Unexpected end of key/value pairs: an = is missing (character 1 of the value)"},
  {"environment", "A='x", "E No closing quotation (character 3 of the value)"}, {"environment", "A=\"a\\", "E No escaped character (character 5 of the value)"},
  {"environment", "A=\"a\\\"", "E No closing quotation (character 3 of the value)"},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(simple, data::make(simple_types), r) { BOOST_TEST(parse(r.type, r.text) == r.expected); }
BOOST_DATA_TEST_CASE(signal_names_and_numbers, data::make(signals), r) {
  BOOST_TEST(parse(r.type, r.text) == r.expected);
}
BOOST_DATA_TEST_CASE(ports_and_sockets, data::make(addresses), r) { BOOST_TEST(parse(r.type, r.text) == r.expected); }
BOOST_DATA_TEST_CASE(key_value_grammar, data::make(key_value_lists), r) {
  BOOST_TEST(parse(r.type, r.text) == r.expected);
}

BOOST_AUTO_TEST_CASE(home_directories) {
  fake_machine machine;
  auto on = machine.make();
  auto home_is = [&](const char* home) { on.env[0].second = home; };
  home_is("/h//");
  BOOST_TEST(expand_user("~", on) == "/h");
  BOOST_TEST(expand_user("~/x", on) == "/h/x");
  home_is("/");
  BOOST_TEST(expand_user("~", on) == "/");
  BOOST_TEST(expand_user("~/x", on) == "/x");
  on.env.clear(); // then the home of the daemon's user
  BOOST_TEST(expand_user("~/x", on) == "/root/x");
  BOOST_TEST(expand_user("a~/x", on) == "a~/x");
}

// -- host::real() ------

namespace {

/// A directory of its own with some files in it.
struct folder {
  std::filesystem::path path = make();
  ~folder() { std::filesystem::remove_all(path); }
  static std::filesystem::path make() {
    auto pattern = (std::filesystem::temp_directory_path() / "troupe-host-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()));
    return pattern;
  }
  void add(const std::string& name) const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name) << name;
  }
  /// Names below the directory, each behind a blank.
  std::string glob(const host& on, const std::string& pattern) const {
    std::string out;
    for (const auto& found : on.glob((path / pattern).string()))
      out += ' ' + found.substr(path.string().size() + 1);
    return out;
  }
};

struct glob_row {
  const char* pattern;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const glob_row& r) { return out << r.pattern; }

const glob_row globs[] = {
  {"*.conf", " B.conf a.conf b.conf \xc3\xa9.conf"}, // sorted by code point, no hidden ones
  {"?.conf", " B.conf a.conf b.conf \xc3\xa9.conf"}, // ? is a character, not a byte
  {"[ab].conf", " a.conf b.conf"},
  {"[!ab].conf", " B.conf \xc3\xa9.conf"},
  {"[a-z].conf", " a.conf b.conf"},
  {"[\xc3\xa8-\xc3\xaa].conf", " \xc3\xa9.conf"},
  {"[z-a].conf", ""},
  {"[^a].conf", " a.conf"}, // ^ is a character like any other
  {"[[]x", " [x"},
  {"[x", " [x"}, // no closing bracket: it stands for itself
  {"[]]y", " ]y"},
  {"[!]", ""},
  {".*", " .h.conf"},
  {"[.]h.conf", ""},
  {"**", " B.conf [x ]y a.conf b.conf d \xc3\xa9.conf"},
  {"*/*.conf", " d/x.conf d/y.conf"},
  {"d/*", " d/x.conf d/y.conf"},
  {"a.conf", " a.conf"},
  {"nope.conf", ""},
  {"{a,b}.conf", ""}, // no braces
  {"a*o*f", " a.conf"},
  {"*a*a*", ""},
  {"dangling", ""},
};

} // namespace

BOOST_DATA_TEST_CASE(include_patterns, data::make(globs), r) {
  folder here;
  for (const char* name :
       {"b.conf", "a.conf", "B.conf", "\xc3\xa9.conf", ".h.conf", "[x", "]y", "d/y.conf", "d/x.conf"})
    here.add(name);
  BOOST_TEST(here.glob(host::real(), r.pattern) == r.expected);
}

BOOST_AUTO_TEST_CASE(dangling_links_match_but_cannot_be_read) { // K6
  folder here;
  std::filesystem::create_symlink("/nonexistent", here.path / "x.conf");
  auto on = host::real();
  BOOST_TEST(here.glob(on, "x*") == " x.conf");
  BOOST_TEST(!on.exists(here.path / "x.conf"));
  BOOST_TEST(!on.read_file(here.path / "x.conf"));
}

BOOST_AUTO_TEST_CASE(this_machine) {
  folder here;
  here.add("f");
  auto on = host::real();
  BOOST_TEST(on.directory == std::filesystem::current_path().string());
  BOOST_TEST(on.node_name != "");
  BOOST_TEST(on.uid == static_cast<std::int64_t>(::getuid()));
  BOOST_TEST(on.executable.starts_with('/'));
  BOOST_TEST(on.is_directory(on.temporary_directory));
  BOOST_TEST(*on.read_file(here.path / "f") == "f");
  BOOST_TEST(!on.read_file(here.path)); // a directory
  here.add("large");
  std::filesystem::resize_file(here.path / "large", std::uintmax_t{1} << 40); // it holds nothing
  BOOST_TEST(!on.read_file(here.path / "large"));
  BOOST_TEST(on.why_unreadable(here.path / "large") == "File too large");
  BOOST_TEST(on.exists(here.path / "f"));
  BOOST_TEST(!on.is_directory(here.path / "f"));
  BOOST_TEST(on.is_directory(here.path));
  BOOST_TEST(!on.is_directory(""));
  BOOST_TEST(!on.exists(""));
  BOOST_TEST(!on.exists(here.path.string() + std::string("\0x", 2)));
  BOOST_TEST(on.user_by_name("root")->uid == 0);
  BOOST_TEST(on.user_by_id(0)->name == "root");
  BOOST_TEST(!on.user_by_name("no such user"));
  BOOST_TEST(!on.user_by_name(std::string_view("root\0x", 6)));
  BOOST_TEST(!on.user_by_id(-1));
  BOOST_TEST(*on.group_by_name("root") == 0);
  BOOST_TEST(!on.group_by_name("no such group"));
  BOOST_TEST(on.group_exists(0));
  BOOST_TEST(!on.group_exists(-1));
}

BOOST_AUTO_TEST_SUITE_END()
