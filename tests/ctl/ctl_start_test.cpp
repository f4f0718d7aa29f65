// How supervisorctl starts: options, configuration, URLs; and its HTTP, fed in pieces. No sockets.
// Cases: docs/contract/supervisorctl.md, 1 and 14.1; each row prints its vector ids.
#include "apps/ctl/http_wire.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/startup.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(ctl_start_test)

using namespace troupe::ctl;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using words = std::vector<std::string>;

namespace {

// -- options -----------------------------------------------------------------------------------------

struct option_row {
  const char* ids;
  words arguments;
  std::string error; ///< empty: none
};
std::ostream& operator<<(std::ostream& out, const option_row& r) { return out << "vector " << r.ids; }

// clang-format off
const option_row options[] = {
    {"1", {"-h"}, ""},
    {"2", {"-?"}, ""},
    {"3", {"--hel"}, ""},
    {"4", {"-h", "status"}, ""},
    {"5", {"-h", "-i", "-i"}, ""},
    {"6", {"--h"}, "option --h not a unique prefix"},
    {"7", {"-z"}, "option -z not recognized"},
    {"8", {"--bogus"}, "option --bogus not recognized"},
    {"9", {"-c"}, "option -c requires argument"},
    {"10", {"--configuration"}, "option --configuration requires argument"},
    {"11", {"--help=x"}, "option --help must not have an argument"},
    {"12", {"-s", "foo", "version"}, "invalid value for -s 'foo': value 'foo' is not a URL"},
    {"13", {"-s", "http://", "version"}, "invalid value for -s 'http://': value 'http://' is not a URL"},
    {"14", {"-s=http://x", "version"}, "invalid value for -s '=http://x': value '=http://x' is not a URL"},
    {"15", {"-i", "-i", "version"}, "conflicting command line option '-i'"},
    {"16", {"-u", "a", "-u", "b", "version"}, "conflicting command line option '-u'"},
    {"1.1", {"-s", "foo", "-h"}, "invalid value for -s 'foo': value 'foo' is not a URL"},
    {"1.1", {"-h", "-z"}, "option -z not recognized"},
    {"access 192", {"--c", "x", "-h"}, ""},
    {"access 192", {"--p", "y", "-h"}, ""},
    {"access 192", {"--pass", "y", "-h"}, ""},
    {"access 193", {"--cacer", "f"}, "option --cacer not recognized"},
    {"access 193", {"--cert=f", "--cer", "f"}, "option --cer not recognized"},
    {"access 193", {"--ke", "f"}, "option --ke not recognized"},
    {"access 4", {"--cacert", "f", "--cert", "f", "--key=f", "-h"}, ""},
    {"access 193", {"--password-fil", "f"}, "option --password-fil not recognized"},
    {"access 193", {"--t", "f"}, "option --t not recognized"},
    {"access 4", {"--password-file", "f", "--token-file=f", "-h"}, ""},
    {"access 4", {"--token-file"}, "option --token-file requires argument"},
    {"access 4", {"--token-file", "a", "--token-file", "b"}, "conflicting command line option '--token-file'"},
    {"1.2", {"--interactive", "-i"}, "conflicting command line option '-i'"},
    {"1.2", {"-r", "a", "--history-file", "b"}, "conflicting command line option '--history-file'"},
};
// clang-format on
BOOST_DATA_TEST_CASE(options_are_judged, data::make(options), r) {
  auto line = parse_command_line(r.arguments);
  BOOST_TEST(line.has_error() == !r.error.empty());
  BOOST_TEST((line ? "" : line.error().what) == r.error);
  BOOST_TEST((!line || line->help));
}

BOOST_AUTO_TEST_CASE(options_are_read) {
  auto line =
    parse_command_line({"-iu", "joe", "-psekrit", "--conf=x", "--server", "http:x", "--hist", "h", "status", "-h"});
  BOOST_TEST_REQUIRE(line.has_value());
  BOOST_TEST(line->interactive);
  BOOST_TEST(line->username.value() == "joe");
  BOOST_TEST(line->password.value() == "sekrit");
  BOOST_TEST(line->configuration.value() == "x");
  BOOST_TEST(line->serverurl.value() == "http:x");
  BOOST_TEST(line->history_file.value() == "h");
  BOOST_TEST(line->words == (words{"status", "-h"}), boost::test_tools::per_element());
  BOOST_TEST(parse_command_line({"--", "-i"})->words == (words{"-i"}), boost::test_tools::per_element()); // 28
  BOOST_TEST(parse_command_line({"--", "version"})->words == (words{"version"}),
             boost::test_tools::per_element());                                                      // 26
  BOOST_TEST(parse_command_line({"-c", "", "-sunix:///x", "version"})->configuration.value() == ""); // 21, 22
  BOOST_TEST(parse_command_line({"--history-file", "x", "version"})->history_file.value() == "x");   // 33 (B3)
  BOOST_TEST(parse_command_line({"--json", "status"})->json);
  BOOST_TEST(usage("/bin/supervisorctl").find("Usage: /bin/supervisorctl [options] [action [arguments]]") !=
             std::string::npos);
  BOOST_TEST(usage("x").ends_with("\n\n"));
  BOOST_TEST( // what scripts look for
    usage("x").starts_with("supervisorctl -- control applications run by supervisord from the cmd line.\n\nUsage: x "));
  BOOST_TEST(usage("x").find("\n-i/--interactive -- start an interactive shell") != std::string::npos);
}

// -- configuration -----------------------------------------------------------------------------------

struct start_row {
  const char* ids;
  words arguments;
  std::string file; ///< of /c/harness.conf
  std::string url;
  std::string error = "";
};
std::ostream& operator<<(std::ostream& out, const start_row& r) { return out << "vector " << r.ids; }

// clang-format off
const start_row starts[] = {
    {"17", {"-c", "/nonexistent.conf"}, "", "", "could not find config file /nonexistent.conf"},
    {"18", {"-c", "/c"}, "", "", "could not read config file /c"},
    {"19", {"-c", "harness.conf"}, "[supervisord]\n", "", ".ini file does not include supervisorctl section"},
    {"20", {"-c", "harness.conf", "-s", "unix:///u"}, "[supervisord]\n", "", ".ini file does not include supervisorctl section"},
    {"21", {"-c", "", "-s", "unix:///u"}, "", "unix:///u"},
    {"24", {"-c", "harness.conf", "-s", "unix:///nonexistent"}, "[supervisorctl]\nserverurl=unix:///x\n", "unix:///nonexistent"},
    {"34", {"-c", "harness.conf"}, "[supervisorctl]\npassword=100%\n", "",
     "Format string for 'supervisorctl.password' is badly formatted: incomplete format (character 4 of the value)"},
    {"34", {"-c", "harness.conf"}, "[supervisorctl]\nserverurl=http://me:100%@h\n", "",
     "Format string for 'supervisorctl.serverurl' is badly formatted: a percent sign is written %%, an expansion %(name)s (character 14 of the value)"},
    {"35", {"-c", "harness.conf"}, "[supervisorctl]\n[ctlplugin:x]\n", "",
     "section [ctlplugin:x] does not specify a supervisor.ctl_factory"},
    {"36", {"-c", "harness.conf"}, "[supervisorctl]\nserverurl=\"unix:///x\"\n", "\"unix:///x\""},
    {"37", {"-c", "harness.conf"}, "[supervisorctl]\n", "http://localhost:9001"},
    {"38", {"-c", "harness.conf"}, "[supervisorctl]\nserverurl=unix:///a/b.sock;c\n", "unix:///a/b.sock;c"},
    {"1.4", {"-c", "harness.conf"}, "[supervisorctl]\nserverurl=unix://%(here)s/../s.sock\n", "unix:///s.sock"},
    {"1.4", {"-c", "harness.conf"}, "[supervisorctl]\nserverurl=unix://~/s\nbogus=%(nope)s\n", "unix:///root/s"},
    {"1.3", {}, "", "http://localhost:9001"},
};
// clang-format on
BOOST_DATA_TEST_CASE(configurations, data::make(starts), r) {
  config::fake_machine machine;
  if (!r.file.empty())
    machine.files["/c/harness.conf"] = r.file;
  auto ready = prepare(parse_command_line(r.arguments).value(), machine.make());
  BOOST_TEST((ready ? "" : ready.error().what) == r.error);
  BOOST_TEST((ready ? ready->chosen.daemon.url : "") == r.url);
}

BOOST_AUTO_TEST_CASE(the_command_line_beats_the_file) {
  config::fake_machine machine;
  machine.files["/opt/x/etc/supervisord.conf"] = "[supervisorctl]\nusername=u\npassword=p\nprompt=x%%\nhistory_file=h\n"
                                                 "[ctlplugin:y]\nsupervisor.ctl_factory=a:b\n";
  auto ready = prepare(parse_command_line({"-s", "http://x", "-u", "joe"}).value(), machine.make());
  BOOST_TEST_REQUIRE(ready.has_value());
  BOOST_TEST(ready->chosen.daemon.url == "http://x");
  BOOST_TEST(ready->chosen.daemon.username.value() == "joe");
  BOOST_TEST(ready->chosen.daemon.password.value() == "p");
  BOOST_TEST(ready->prompt == "x%");
  BOOST_TEST(ready->history_file.value() == "/c/h");
  BOOST_TEST(ready->chosen.shell);
  BOOST_TEST(ready->chosen.interactive);
  BOOST_TEST(ready->warnings.size() == 1u);
  BOOST_TEST(prepare(parse_command_line({"-r", "/h"}).value(), machine.make())->history_file.value() == "/h");
  BOOST_TEST(!prepare(parse_command_line({"status"}).value(), machine.make())->chosen.interactive);
  BOOST_TEST(prepare(parse_command_line({"-i", "status"}).value(), machine.make())->chosen.interactive);
}

// -- https -------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(files_for_https) {
  config::fake_machine machine;
  machine.files = {
    {"/c/ctl.conf", "[supervisorctl]\nserverurl=https://h\ntls_cacert=%(here)s/ca\ntls_cert=~/own\ntls_key=/k\n"},
    {"/c/ca", ""},
    {"/root/own", ""},
    {"/k", ""},
    {"/c/plain.conf", "[supervisorctl]\ntls_cacert=/nope\n"}};
  auto with = [&](words arguments) {
    arguments.push_back("status");
    auto ready = prepare(parse_command_line(arguments).value(), machine.make());
    if (!ready)
      return "Error: " + ready.error().what;
    const auto& to = ready->chosen.daemon;
    return to.tls_cacert + ' ' + to.tls_cert + ' ' + to.tls_key;
  };
  BOOST_TEST(with({"-c", "ctl.conf"}) == "/c/ca /root/own /k");
  BOOST_TEST(with({"-c", "ctl.conf", "--cacert", "/k", "--cert", "ca"}) == "/k /c/ca ");
  BOOST_TEST(with({"-c", "ctl.conf", "--key", "ca"}) == "/c/ca /root/own /c/ca");
  BOOST_TEST(with({"-c", "ctl.conf", "--cacert", "/nope"}) == "Error: could not read /nope");
  BOOST_TEST(with({"-c", "", "--key", "/k"}) == "Error: --key needs --cert");
  BOOST_TEST(with({"-c", "plain.conf"}) == "/nope  "); // of no use for http
  BOOST_TEST(with({"-c", "plain.conf", "-s", "https://h"}) == "Error: could not read /nope");
}

BOOST_AUTO_TEST_CASE(urls_of_https) {
  auto of = [](const std::string& url) {
    auto parsed = parse_server_url(url);
    if (auto* why = std::get_if<failure>(&parsed))
      return why->text;
    const auto& to = std::get<endpoint>(parsed);
    return (to.tls ? "tls " : "plain ") + to.username + '@' + to.host + ' ' + to.port + ' ' + to.authority;
  };
  BOOST_TEST(of("https://h") == "tls @h 443 h");
  BOOST_TEST(of("https://u:p@h:9001/x") == "tls u@h 9001 h:9001");
  BOOST_TEST(of("https://[::1]:1") == "tls @::1 1 [::1]:1");
  BOOST_TEST(of("http://h") == "plain @h 80 h");
  BOOST_TEST(of("https://") == "Unknown protocol for serverurl https://");
  BOOST_TEST(of("httpsx://h") == "Unknown protocol for serverurl httpsx://h");
}

// -- who one is --------------------------------------------------------------------------------------

struct proof_row {
  const char* when;
  words arguments;
  std::string file;  ///< of [supervisorctl]
  std::string proof; ///< NAME/PASSWORD or the token; `-`: there is none
  std::string error = "";
};
std::ostream& operator<<(std::ostream& out, const proof_row& r) { return out << r.when; }

// clang-format off
const proof_row proofs[] = {
    {"a password file", {"-u", "joe", "--password-file", "/k/pw"}, "", "joe/from file"},
    {"over -p", {"-u", "joe", "-p", "x", "--password-file", "/k/pw"}, "", "joe/from file"},
    {"as in the file", {}, "username=ann\npassword=p\npassword_file=/k/pw\n", "ann/from file"},
    {"-p over the configuration", {"-p", "x"}, "username=ann\npassword_file=/k/pw\n", "ann/x"},
    {"relative to where one stands", {"-u", "joe", "--password-file", "pw"}, "", "joe/beside"},
    {"~", {}, "username=ann\npassword_file=~/pw\n", "ann/of root"},
    {"expansions", {}, "username=ann\npassword_file=%(here)s/pw\n", "ann/beside"},
    {"no end of line", {"-u", "joe", "--password-file", "/k/open-ended"}, "", "joe/whole"},
    {"as others end lines", {"-u", "joe", "--password-file", "/k/crlf"}, "", "joe/crlf"},
    {"a token", {"--token-file", "/k/token"}, "", "trp_x"},
    {"over all else", {"-u", "joe", "-p", "x", "--password-file", "/k/pw", "--token-file", "/k/token"}, "", "trp_x"},
    {"in the file", {}, "username=ann\npassword=p\ntoken_file=/k/token\n", "trp_x"},
    {"of the command line over the configuration's", {"--token-file", "/k/token2"}, "token_file=/k/token\n", "trp_y"},
    {"but not for who says who he is", {"-u", "joe", "-p", "x"}, "token_file=/k/token\n", "joe/x"},
    {"not there", {"--token-file", "/k/nope"}, "", "", "could not read /k/nope: No such file or directory"},
    {"not there", {"-p", "x", "--password-file", "/k/nope"}, "", "", "could not read /k/nope: No such file or directory"},
    {"not there", {}, "token_file=/k/nope\n", "", "could not read /k/nope: No such file or directory"},
    {"empty", {"--token-file", "/k/empty"}, "", "", "/k/empty holds nothing in its first line"},
    {"empty", {"--password-file", "/k/empty"}, "", "", "/k/empty holds nothing in its first line"},
    {"no token", {"--token-file", "/k/words"}, "", "", "/k/words holds no token in its first line"},
    {"no text", {"--password-file", "/k/nul"}, "", "", "/k/nul holds a NUL byte in its first line"},
    {"as ever", {"-u", "joe"}, "", "-"},
};
// clang-format on
BOOST_DATA_TEST_CASE(proofs_come_from_files, data::make(proofs), r) {
  config::fake_machine machine;
  machine.directories.insert("/k");
  machine.files = {{"/c/ctl.conf", "[supervisorctl]\n" + r.file},
                   {"/c/pw", "beside\n"},
                   {"/root/pw", "of root\n"},
                   {"/k/pw", "from file\nsecond line\n"},
                   {"/k/open-ended", "whole"},
                   {"/k/crlf", "crlf\r\nx"},
                   {"/k/token", "trp_x\n"},
                   {"/k/token2", "trp_y\n"},
                   {"/k/empty", "\nx\n"},
                   {"/k/words", "trp x\n"},
                   {"/k/nul", std::string("a\0b", 3)}};
  auto arguments = r.arguments;
  arguments.insert(arguments.end(), {"-c", "ctl.conf", "status"});
  auto ready = prepare(parse_command_line(arguments).value(), machine.make());
  BOOST_TEST((ready ? "" : ready.error().what) == r.error);
  if (!ready)
    return;
  const auto& daemon = ready->chosen.daemon;
  auto proof = daemon.token                         ? *daemon.token
               : daemon.username && daemon.password ? *daemon.username + "/" + *daemon.password
                                                    : "-";
  BOOST_TEST(proof == r.proof);
  BOOST_TEST(ready->warnings.empty());
}

BOOST_AUTO_TEST_CASE(a_file_with_a_secret_that_others_can_read_is_told_of) {
  config::fake_machine machine;
  machine.files = {{"/c/pw", "x\n"}};
  auto warnings = [&](words arguments) {
    arguments.insert(arguments.end(), {"-c", "", "status"});
    return prepare(parse_command_line(arguments).value(), machine.make())->warnings;
  };
  for (unsigned mode : {0644u, 0640u, 0604u}) {
    machine.facts["/c/pw"] = {0, 27, S_IFREG | mode};
    BOOST_TEST(warnings({"--token-file", "pw"}) == (words{"supervisorctl: pw can be read by others"}),
               boost::test_tools::per_element());
    BOOST_TEST(warnings({"--password-file", "/c/pw"}) == (words{"supervisorctl: /c/pw can be read by others"}),
               boost::test_tools::per_element());
  }
  machine.facts["/c/pw"] = {0, 27, S_IFREG | 0600};
  BOOST_TEST(warnings({"--token-file", "pw"}).empty());
}

BOOST_AUTO_TEST_CASE(where_a_password_stands_is_known) {
  const words lines[] = {{"-p", "sekrit"},
                         {"-psekrit"},
                         {"-ipsekrit"},
                         {"-iu", "joe", "-p", "sekrit"},
                         {"--password", "sekrit"},
                         {"--pass=sekrit"},
                         {"--password=sekrit", "status"}};
  for (const auto& line : lines) {
    auto read = parse_command_line(line);
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST_REQUIRE(read->password_at.has_value());
    BOOST_TEST(line.at(read->password_at->word).substr(read->password_at->from) == "sekrit");
  }
  BOOST_TEST(!parse_command_line({"-u", "joe", "--password-file", "x"})->password_at);
}

BOOST_AUTO_TEST_CASE(root_takes_no_file_of_strangers_from_where_it_stands) {
  config::fake_machine machine;
  machine.files["/c/supervisord.conf"] = "[supervisorctl]\n";
  auto on = machine.make();
  auto found = parse_command_line({"status"}).value();
  auto named = parse_command_line({"-c", "supervisord.conf", "status"}).value();
  auto of = [](std::int64_t uid) { return [uid](const std::string&) { return std::optional(uid); }; };
  const std::string advice = ", and you are root; name it with -c if you trust it";
  BOOST_TEST(prepare(found, on, of(0)).has_value());
  BOOST_TEST(prepare(named, on, of(65534)).has_value());
  BOOST_TEST_REQUIRE(!prepare(found, on, of(65534)));
  BOOST_TEST(prepare(found, on, of(65534)).error().what ==
             "/c/supervisord.conf is not used: it belongs to nobody" + advice);
  BOOST_TEST(prepare(found, on, of(77)).error().what ==
             "/c/supervisord.conf is not used: it belongs to the user 77" + advice);
  BOOST_TEST(prepare(found, on, of(-1)).error().what ==
             "/c/supervisord.conf is not used: it can be written by everybody" + advice);
  auto moved = [](const std::string& path) { return std::optional<std::int64_t>(path == "." ? 65534 : 0); };
  BOOST_TEST_REQUIRE(!prepare(found, on, moved)); // a log that root's daemon wrote
  BOOST_TEST(prepare(found, on, moved).error().what ==
             "/c/supervisord.conf is not used: its folder belongs to nobody" + advice);
  BOOST_TEST(prepare(named, on, moved).has_value());
  on.uid = 77;
  BOOST_TEST(prepare(found, on, of(65534)).has_value());
}

BOOST_AUTO_TEST_CASE(the_file_tells_where_and_whom) {
  config::fake_machine machine;
  machine.files["/c/a"] = "[supervisord]\nuser=nobody\n[supervisorctl]\nserverurl=unix:///s\n";
  machine.files["/c/b"] = "[supervisorctl]\n";
  auto owner = [](const std::string&) { return std::optional<std::int64_t>(7); };
  auto with = [&](words arguments) {
    arguments.push_back("status");
    return prepare(parse_command_line(arguments).value(), machine.make(), owner)->chosen;
  };
  BOOST_TEST(with({"-c", "a"}).source == "that of [supervisorctl] in /c/a");
  BOOST_TEST(with({"-c", "b"}).source == "the default, as [supervisorctl] in /c/b has no serverurl");
  BOOST_TEST(with({"-c", "b", "-s", "unix:///s"}).source == "that of -s (the configuration file is /c/b)");
  BOOST_TEST(with({}).source == "the default, as there is no configuration file");
  BOOST_TEST(with({"-c", ""}).source == "the default, as no configuration file is read");
  using uids = std::vector<std::int64_t>;
  BOOST_TEST(with({"-c", "a"}).daemon.trusted == (uids{7, 65534}), boost::test_tools::per_element());
  BOOST_TEST(with({"-c", "b"}).daemon.trusted == (uids{7}), boost::test_tools::per_element());
  BOOST_TEST(with({"-c", ""}).daemon.trusted.empty());
}

BOOST_AUTO_TEST_CASE(the_program_path_is_looked_up) {
  config::fake_machine machine;
  machine.files["/bin/supervisorctl"] = "";
  BOOST_TEST(program_path("supervisorctl", machine.make()) == "/bin/supervisorctl");
  BOOST_TEST(program_path("./supervisorctl", machine.make()) == "./supervisorctl");
  BOOST_TEST(program_path("other", machine.make()) == "other");
}

// -- URLs --------------------------------------------------------------------------------------------

struct url_row {
  std::string url, host, port, path;
  std::string error = "";
};
std::ostream& operator<<(std::ostream& out, const url_row& r) { return out << r.url; }
// clang-format off
const url_row urls[] = {
    {"unix:///abs/path", "", "80", "/abs/path"},
    {"unix://rel", "", "80", "rel"},
    {"http://host", "host", "80", ""},
    {"http://host:9001", "host", "9001", ""},
    {"http://host:9001/any/path", "host", "9001", ""},
    {"http://user:p%40w@host:9001", "host", "9001", ""},
    {"http://[::1]:9001", "::1", "9001", ""},
    {"http://[::1]", "::1", "80", ""},
    {"http://host:x", "", "", "", "Port could not be cast to integer value as 'x'"},
    {"HTTP://host", "", "", "", "Unknown protocol for serverurl HTTP://host"},
    {"ftps://host", "", "", "", "Unknown protocol for serverurl ftps://host"},
    {"ftps://me:sekrit@host", "", "", "", "Unknown protocol for serverurl ftps://host"},
    {"me:sekrit@host:9001", "", "", "", "Unknown protocol for serverurl host:9001"},
    {"http://me:se/krit@host", "", "", "", "Port could not be cast to integer value"},
    {"http://me:sekrit@:1", "", "", "", "Unknown protocol for serverurl http://:1"},
    {"", "", "", "", "Unknown protocol for serverurl "},
};
// clang-format on
BOOST_DATA_TEST_CASE(urls_are_read, data::make(urls), r) {
  auto parsed = parse_server_url(r.url);
  if (auto why = std::get_if<failure>(&parsed)) {
    BOOST_TEST(why->text == r.error);
    BOOST_TEST(why->type == "ValueError");
    return;
  }
  const auto& to = std::get<endpoint>(parsed);
  BOOST_TEST(r.error == "");
  BOOST_TEST(to.host == r.host);
  BOOST_TEST(to.port == r.port);
  BOOST_TEST(to.path == r.path);
}

BOOST_AUTO_TEST_CASE(credentials_are_sent_when_both_are_there) {
  auto to = std::get<endpoint>(parse_server_url("http://h:1"));
  server as{"", "joe", "sekrit"};
  BOOST_TEST(post_request(to, as, "x").find("Authorization: Basic am9lOnNla3JpdA==\r\n") != std::string::npos);
  as.password.reset();
  BOOST_TEST(post_request(to, as, "x").find("Authorization") == std::string::npos);
  server bearer{.url = "", .username = "joe", .password = "sekrit", .token = "trp_x"};
  BOOST_TEST(post_request(to, bearer, "x").find("\r\nAuthorization: Bearer trp_x\r\n") != std::string::npos);
  BOOST_TEST(post_request(to, bearer, "x").find("Basic") == std::string::npos);
  auto with_user = std::get<endpoint>(parse_server_url("http://joe:sekrit@h:1"));
  BOOST_TEST(get_request(with_user, bearer, "/x").find("Bearer trp_x\r\n") != std::string::npos);
  BOOST_TEST(get_request(with_user, as, "/x").find("Basic am9lOnNla3JpdA==\r\n") != std::string::npos);
  BOOST_TEST(get_request(with_user, as, "/x").find("Host: h:1\r\n") != std::string::npos);
  auto local = std::get<endpoint>(parse_server_url("unix:///s"));
  server lengthy{"", std::string(80, 'u'), std::string(80, 'p')};
  auto request = get_request(local, lengthy, "/x"); // B15: no line break inside
  BOOST_TEST(std::count(request.begin(), request.end(), '\n') == 7);
}

// -- answers in pieces -------------------------------------------------------------------------------

struct answer_row {
  std::string bytes;
  int status;
  std::string body;
  std::string error = ""; ///< at the close
  bool keeps_open = false;
};
std::ostream& operator<<(std::ostream& out, const answer_row& r) { return out << r.bytes; }
// clang-format off
const answer_row answers[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", "", true},
    {"HTTP/1.1 200 OK\r\ncontent-length:5\r\nConnection: close\r\n\r\nhello", 200, "hello"},
    {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"},
    {"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", 200, "", "", true},
    {"HTTP/1.1 200 OK\r\n\r\nto the end", 200, "to the end"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nT: x\r\n\r\n", 200,
     "hello0123456789", "", true},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x", "", true},
    {"HTTP/1.1 204 No Content\r\n\r\n", 204, "", "", true},
    {"HTTP/1.1 401 Unauthorized\nContent-Length: 2\n\nno", 401, "no", "", true},
    {"", 0, "", "Remote end closed connection without response"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello", 200, "hello", "IncompleteRead(5 bytes read, 995 more expected)"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", 200, "hel", "IncompleteRead(3 bytes read)"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 200, "", "IncompleteRead(0 bytes read)"},
    {"hello world\r\nmore", 0, "", "hello world"},
    {"HTTP/1.1 OK\r\n", 0, "", "HTTP/1.1 OK"},
};
// clang-format on
BOOST_DATA_TEST_CASE(answers_in_every_split, data::make(answers), r) {
  for (std::size_t cut = 0; cut <= r.bytes.size(); ++cut) {
    std::string body;
    http_reader reader([&](std::string_view bytes) { body += bytes; });
    reader.feed(std::string_view(r.bytes).substr(0, cut));
    reader.feed(std::string_view(r.bytes).substr(cut));
    std::string error;
    if (!reader.done())
      if (auto why = reader.close())
        error = why->text;
    BOOST_TEST(body == r.body);
    BOOST_TEST(error == r.error);
    if (error.empty()) {
      BOOST_TEST(reader.status() == r.status);
      BOOST_TEST(reader.keeps_open() == r.keeps_open);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_endless_head_is_refused) {
  http_reader reader([](std::string_view) {});
  reader.feed("HTTP/1.1 200 OK\r\n");
  for (int i = 0; i < 10000 && !reader.broken(); ++i)
    reader.feed("X-Header: 0123456789\r\n");
  BOOST_TEST(reader.broken());
}

// -- words -------------------------------------------------------------------------------------------

struct pattern_row {
  std::string pattern, text;
  bool matches;
};
std::ostream& operator<<(std::ostream& out, const pattern_row& r) { return out << r.pattern << " " << r.text; }
// clang-format off
const pattern_row patterns[] = {
    {"web_*", "web_01", true}, {"web_*", "web_", false},  {"*", "x", true},         {"*", "", false},
    {"*b*", "abc", true},      {"*b*", "bc", false},      {"a?c", "abc", true},     {"a?c", "ac", false},
    {"[ab]x", "bx", true},     {"[a-c]x", "bx", true},    {"[!a-c]x", "bx", false}, {"[!a]x", "bx", true},
    {"[x", "[x", true},        {"*a*a*a", "xaxaxa", true}, {"*a*a*a*b", std::string(2000, 'a'), false},
};
// clang-format on
BOOST_DATA_TEST_CASE(patterns_match, data::make(patterns), r) {
  BOOST_TEST(pattern_matches(r.pattern, r.text) == r.matches);
}

BOOST_AUTO_TEST_CASE(names) {
  BOOST_TEST(split_name("g:p:q").process.value() == "p:q");
  BOOST_TEST(!split_name("g:*").process);
  BOOST_TEST(!split_name("g:").process);
  BOOST_TEST(split_name("x").group == "x");
  BOOST_TEST(!is_pattern("g:*"));
  BOOST_TEST(is_pattern("g:p*"));
  BOOST_TEST(parse_line("tail-5 x").arguments == "-5 x");
  BOOST_TEST(parse_line("# foo").action == "");
}

} // namespace

// -- what a terminal may be shown ------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_terminal_gets_no_control_characters_wherever_they_stand) {
  const std::pair<std::string, std::string> rows[] = {
    {"", ""},
    {"a\tb\nc", "a\tb\nc"},
    {"\x1b", "\\x1b"},
    {std::string(1, '\0'), "\\x00"},
    {"\x1f", "\\x1f"},
    {"\x7f", "\\x7f"},
    {"\r", "\\x0d"},
    {"~\x80\xff", "~\x80\xff"},
    {"\xc3\xa9 \xe2\x82\xac", "\xc3\xa9 \xe2\x82\xac"},
    {"\xc2\x80\xc2\x9f\xc2\xa0\xc2", "\\x80\\x9f\xc2\xa0\xc2"},
  };
  for (const auto& [text, shown] : rows)
    for (std::size_t before : {0, 1, 31, 32, 33, 63, 64, 100})
      for (std::size_t behind : {0, 1, 31, 32, 50})
        BOOST_TEST(printable(std::string(before, 'x') + text + std::string(behind, 'y')) ==
                   std::string(before, 'x') + shown + std::string(behind, 'y'));
}

BOOST_AUTO_TEST_SUITE_END()
