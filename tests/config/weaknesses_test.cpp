// What a start finds to be unsafe, W1 to W12 of docs/contract/access.md, 9; vectors 209 to 214. Each row is a
// file, what its paths are like, and the findings.
#include "config/load.hpp"
#include "config/weaknesses.hpp"
#include "tests/config/fake_host.hpp"
#include "tests/scratch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>

#include <unistd.h>

BOOST_AUTO_TEST_SUITE(weaknesses_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

enum class how { usual, strict };

struct row {
  const char* when;
  const char* text;     ///< behind [supervisord], its first line is 2
  const char* expected; ///< `LINE TEXT` in a line each, CRIT marked with `!`
  how asked = how::usual;
  std::map<std::string, path_facts> facts = {};
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }

std::string seen(const load_request& request, fake_machine& machine) {
  auto cfg = load(machine.make(), request);
  BOOST_REQUIRE_MESSAGE(cfg, (cfg ? "" : cfg.error().what));
  std::string out;
  for (const auto& weak : cfg->weaknesses)
    out += (weak.at.line > 0 ? std::to_string(weak.at.line) : weak.at.file + ":0") +
           (weak.level == log_level::critical ? "! " : " ") + weak.text + '\n';
  return out;
}

bool fits(const std::string& pattern, const configuration& of) {
  return std::any_of(of.groups.begin(), of.groups.end(), [&](auto& group) { return group->name == pattern; });
}

constexpr std::int64_t now = 1000000000;

std::optional<certificate_facts> certificate(const tls_options& of) {
  auto name = of.cert.substr(of.cert.rfind('/') + 1);
  return name == "none" ? std::nullopt : std::optional(certificate_facts{"CN", now + std::stoll(name)});
}

constexpr unsigned folder = S_IFDIR;
constexpr unsigned file = S_IFREG;

#define OPEN(address, user)                                                                                            \
  "Server 'inet_http_server' on " address " asks for no password: whoever reaches it controls every program here, "    \
  "as user " user "\n"
#define SOCKET "[unix_http_server]\nfile=/tmp/s\n"
#define TLS(name) "[inet_http_server]\nport=*:9001\ntls_cert=/c/" name "\ntls_key=/c/key\nusername=u\npassword=p\n"
#define CLEAR "Server 'inet_http_server' on *:9001 takes passwords in clear text: set tls_cert and tls_key\n"
#define ON "[access]\n" SOCKET
#define SHA "{SHA}0123456789abcdef0123456789abcdef01234567"

// clang-format off
const row rows[] = {
  {"214: nothing", "", ""},
  {"214: a usual file", SOCKET "[program:p]\ncommand=c\n", ""},
  {"214: with access control", ON "[user:a]\npassword=$y$x\nroles=viewer\n[program:p]\ncommand=c\n[role:r]\nverbs=start\nprograms=p\n[user:b]\nunixuser=carl\nroles=r\n", ""},
  // W1
  {"209: every address", "[inet_http_server]\nport=*:9001\n", "3! " OPEN("*:9001", "root")},
  {"another user", "user=carl\n[inet_http_server]\nport=10.0.0.1:9001\n", "4! " OPEN("10.0.0.1:9001", "carl")},
  {"a port alone", "[inet_http_server]\nport=9001\n", "3! " OPEN("*:9001", "root")},
  {"a name", "[inet_http_server]\nport=box.example:9001\n", "3! " OPEN("box.example:9001", "root")},
  {"loopback", "[inet_http_server]\nport=127.0.0.7:9001\n", ""},
  {"localhost", "[inet_http_server]\nport=localhost:9001\n", ""},
  {"with a password", "[inet_http_server]\nport=*:9001\nusername=u\npassword=p\n", ""},
  {"on, without anything", "[inet_http_server]\nport=*:9001\n" ON, ""},
  {"on, a status page", ON "[inet_http_server]\nport=*:9001\nanonymous=viewer\n", ""},
  {"on, more than that", ON "[inet_http_server]\nport=*:9001\nanonymous=viewer, operator\n", "7! " OPEN("*:9001", "root")},
  {"on, under a ceiling", ON "[inet_http_server]\nport=*:9001\nanonymous=operator\nmax_roles=viewer\n", ""},
  // W2
  {"passwords in clear, off", "[inet_http_server]\nport=*:9001\nusername=u\npassword=p\n", ""},
  {"passwords in clear, strict", "[inet_http_server]\nport=*:9001\nusername=u\npassword=p\n", "3 " CLEAR, how::strict},
  {"of users", ON "[inet_http_server]\nport=*:9001\n[user:a]\npassword=$y$x\nroles=viewer\n", "6 " CLEAR},
  {"at home", ON "[inet_http_server]\nport=127.0.0.1:9001\n[user:a]\npassword=$y$x\nroles=viewer\n", ""},
  // W3
  {"210: a file of everybody's", "[include]\nfiles=i.conf\n", "/c/i.conf:0! /c/i.conf can be written by everybody, and root acts on it\n", how::usual, {{"/c/i.conf", {0, 0, file | 0666}}}},
  {"210: its folder", "pidfile=/etc/p\n", "/c:0! /c can be written by everybody, and root acts on it\n", how::usual, {{"/c", {0, 0, folder | 0777}}}},
  {"210: sticky, of root", "pidfile=/etc/p\n", "", how::usual, {{"/c", {0, 0, folder | 01777}}}},
  {"sticky, of another", "pidfile=/etc/p\n", "/c:0! /c can be written by user carl, and root acts on it\n", how::usual, {{"/c", {1001, 0, folder | 01777}}}},
  {"a group's", "", "/c/s.conf:0! /c/s.conf can be written by group 27, and root acts on it\n", how::usual, {{"/c/s.conf", {0, 27, file | 0664}}}},
  {"root's own group", "", "", how::usual, {{"/c/s.conf", {0, 0, file | 0664}}}},
  {"a user's", "", "/c/s.conf:0! /c/s.conf can be written by user carl, and root acts on it\n", how::usual, {{"/c/s.conf", {1001, 0, file | 0600}}}},
  {"a password's", ON "[user:a]\npassword_file=/etc/pw\nroles=viewer\n", "/etc/pw:0! /etc/pw can be written by user 7, and root acts on it\n/etc/pw:0 /etc/pw holds secrets and can be read by user 7\n", how::usual, {{"/etc/pw", {7, 0, file | 0600}}}},
  {"a token file that is not there", "[access]\ntoken_file=/tmp/t\n[unix_http_server]\nfile=/etc/s\n", "/tmp/t:0! /tmp/t can be written by everybody, and root acts on it\n", how::usual, {{"/tmp", {0, 0, folder | 01777}}}},
  {"an extension", "[rpcinterface:x]\ncommand=/bin/x y\n", "/bin/x:0! /bin/x can be written by everybody, and root acts on it\n", how::usual, {{"/bin/x", {0, 0, file | 0777}}}},
  // W4
  {"211: a socket in /tmp", SOCKET, "3 Server 'unix_http_server': others can write /tmp and put their own socket in place of /tmp/s\n", how::usual, {{"/tmp", {0, 0, folder | 01777}}}},
  {"a pid file", "pidfile=/tmp/p\n", "2 Others can write /tmp, where /tmp/p is\n", how::usual, {{"/tmp", {0, 27, folder | 0775}}}},
  {"of the daemon's user", "user=carl\npidfile=/tmp/p\n", "", how::usual, {{"/tmp", {1001, 0, folder | 0755}}}},
  {"an audit file", "[audit]\nfile=/tmp/a\n", "3 Others can write /tmp, where /tmp/a is\n", how::usual, {{"/tmp", {0, 0, folder | 0777}}}},
  // W5
  {"212: a readable file, off", "[inet_http_server]\nport=127.0.0.1:1\nusername=u\npassword=p\n", "", how::usual, {{"/c/s.conf", {0, 0, file | 0644}}}},
  {"212: strict", "[inet_http_server]\nport=127.0.0.1:1\nusername=u\npassword=p\n", "/c/s.conf:0 /c/s.conf holds secrets and can be read by everybody\n", how::strict, {{"/c/s.conf", {0, 0, file | 0644}}}},
  {"212: on", ON "[user:a]\nroles=viewer\npassword=$y$x\n", "/c/s.conf:0 /c/s.conf holds secrets and can be read by everybody\n", how::usual, {{"/c/s.conf", {0, 0, file | 0644}}}},
  {"nobody gets there", ON "[user:a]\nroles=viewer\npassword=$y$x\n", "", how::usual, {{"/c/s.conf", {0, 0, file | 0644}}, {"/c", {0, 0, folder | 0750}}}},
  {"no secrets in it", ON "[user:a]\nroles=viewer\nunixuser=carl\n", "", how::usual, {{"/c/s.conf", {0, 0, file | 0644}}}},
  // W6, W7
  {"plain text", ON "[user:a]\nroles=viewer\npassword=p\n", "7 [user:a] keeps its password as plain text: supervisorctl passwd makes a hash\n"},
  {"a SHA-1", ON "[user:a]\nroles=viewer\npassword=" SHA "\n", "7 [user:a] keeps its password as {SHA}: supervisorctl passwd makes a hash\n"},
  {"213: from the environment", ON "[user:a]\nroles=viewer\npassword=$y$%(ENV_X)s\n", "7 [user:a] takes its password from the environment, which every program inherits\n"},
  {"a server's", ON "username=u\npassword=%(ENV_X)s\n", "6 [unix_http_server] takes its password from the environment, which every program inherits\n"},
  // W8
  {"213: no server", "[access]\n", "/c/s.conf:0 nobody can administer this daemon\n"},
  {"no peers, nobody", ON "peer_auth=false\n", "/c/s.conf:0 nobody can administer this daemon\n"},
  {"a viewer", ON "peer_auth=false\n[user:a]\npassword=$y$x\nroles=viewer\n", "/c/s.conf:0 nobody can administer this daemon\n"},
  {"an administrator", ON "peer_auth=false\n[user:a]\npassword=$y$x\nroles=admin\n", ""},
  {"one who cannot say so", ON "peer_auth=false\n[user:a]\nunixuser=carl\nroles=admin\n", "/c/s.conf:0 nobody can administer this daemon\n"},
  {"a role that lets", ON "peer_auth=false\n[role:r]\nverbs=admin\nprograms=*\n[user:a]\npassword=$y$x\nroles=r\n", ""},
  {"by a certificate", ON "peer_auth=false\n" TLS("1209600") "tls_client_ca=/c/ca\n[user:a]\ntls_cn=x\nroles=admin\n", ""},
  {"under a ceiling", ON "max_roles=operator\n", "/c/s.conf:0 nobody can administer this daemon\n"},
  // W9
  {"a group that nobody names", ON "chmod=0770\nchown=root:ops\n", "6 [unix_http_server] lets group 27 in, but no [user:x] names it: its members may do nothing\n"},
  {"one that is named", ON "chmod=0770\nchown=root:ops\n[user:a]\nunixgroup=ops\nroles=viewer\n", ""},
  {"a mode without it", ON "chmod=0700\nchown=root:ops\n", ""},
  // W10
  {"23: a pattern for nothing", ON "[role:r]\nverbs=start\nprograms=nope, p, *\n[user:a]\nunixuser=carl\nroles=r\n[program:p]\ncommand=c\n", "7 [role:r] programs: nothing is called nope\n"},
  {"nobody's role", ON "[role:r]\nverbs=token\n", "5 [role:r] belongs to nobody\n"},
  {"a ceiling's", ON "max_roles=r, admin\n[role:r]\nverbs=token\n", ""},
  {"nothing to do", ON "[user:a]\nunixuser=carl\n", "5 [user:a] has no roles\n"},
  // W11; the certificate ends at 1000000000 + what its name says
  {"it ends soon", TLS("1209599"), "4 [inet_http_server] certificate CN expires 2001-09-23T01:46:39Z\n"},
  {"168: in ten days, on", ON TLS("864000"), "7 [inet_http_server] certificate CN expires 2001-09-19T01:46:40Z\n"},
  {"213: it has ended", TLS("-1"), "4 [inet_http_server] certificate CN expires 2001-09-09T01:46:39Z\n"},
  {"in a fortnight", TLS("1209600"), ""},
  {"somebody else says that", TLS("none"), ""},
  {"passwords over TLS", ON TLS("1209600") "[user:a]\npassword=$y$x\nroles=viewer\n", ""},
  {"others can read a key", ON TLS("1209600"), "/c/key:0 /c/key holds secrets and can be read by everybody\n", how::usual, {{"/c/key", {0, 0, file | 0644}}}},
  {"others can write whom certificates are believed", TLS("1209600") "tls_client_ca=/c/ca\n", "/c/ca:0! /c/ca can be written by everybody, and root acts on it\n", how::usual, {{"/c/ca", {0, 0, file | 0666}}}},
  // W12
  {"an extension with all rights", ON "[rpcinterface:x]\ncommand=/bin/x\n", "5 [rpcinterface:x] acts with all rights: set supervisor.roles\n"},
  {"a limited one", ON "[rpcinterface:x]\ncommand=/bin/x\nsupervisor.roles=viewer\n", ""},
  {"off", SOCKET "[rpcinterface:x]\ncommand=/bin/x\n", ""},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(findings_of_a_start, data::make(rows), r) {
  fake_machine machine;
  machine.files["/c/s.conf"] = std::string("[supervisord]\n") + r.text;
  machine.files["/c/i.conf"] = "";
  machine.files["/etc/pw"] = "$y$x\n";
  machine.files["/bin/x"] = "";
  machine.facts = r.facts;
  load_request request{"/c/s.conf", {}, {true, false, fits, certificate, now}};
  if (r.asked == how::usual) {
    BOOST_TEST(seen(request, machine) == r.expected);
    request.start = {};
    BOOST_TEST(seen(request, machine) == ""); // a reread does not look
    return;
  }
  request.start.strict = true;
  std::string out;
  for (const auto& weak : check(machine.make(), request).weaknesses)
    out += (weak.at.line > 0 ? std::to_string(weak.at.line) : weak.at.file + ":0") + ' ' + weak.text + '\n';
  BOOST_TEST(out == r.expected);
  auto refused = load(machine.make(), request);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(out.find(refused.error().what) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_root_acts_for_others) {
  fake_machine machine;
  machine.files["/c/s.conf"] = "[supervisord]\n";
  machine.facts["/c/s.conf"] = {0, 0, file | 0666};
  auto on = machine.make();
  on.uid = 1001;
  BOOST_TEST(load(on, {"/c/s.conf", {}, {true, false, fits}})->weaknesses.empty());
}

BOOST_AUTO_TEST_CASE(what_nobody_knows_is_an_error_to_the_strict) {
  fake_machine machine;
  machine.files["/c/s.conf"] = "[supervisord]\nnodeamon=1\n[progarm:a]\n";
  load_request request{"/c/s.conf", {}, {true, true, fits}};
  auto refused = load(machine.make(), request);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().what == "unknown option 'nodeamon' in [supervisord] (did you mean 'nodaemon'?)");
  BOOST_TEST(refused.error().at.line == 2);
  auto found = check(machine.make(), request);
  BOOST_REQUIRE(found.faults.size() == 2u);
  BOOST_TEST(found.faults[1].what == "unknown section [progarm:a] (did you mean 'program:NAME'?)");
  BOOST_TEST(found.notices.empty());
}

BOOST_AUTO_TEST_CASE(who_everybody_is) {
  fake_machine machine;
  auto with = [&](const std::string& text) {
    machine.files["/c/s.conf"] = "[supervisord]\n[inet_http_server]\nport=127.0.0.1:1\n" + text;
    return load(machine.make(), {"/c/s.conf", {}}).value();
  };
  auto everything = [](const configuration& cfg) { return lets_everybody_do_everything(cfg, cfg.servers.at(0)); };
  BOOST_TEST(everything(with("")));
  BOOST_TEST(!everything(with("username=u\npassword=p\n")));
  BOOST_TEST(!everything(with("[access]\n")));
  BOOST_TEST(!everything(with("anonymous=operator\n")));
  BOOST_TEST(everything(with("anonymous=admin\n")));
  BOOST_TEST(!everything(with("anonymous=admin\nmax_roles=viewer\n")));
}

BOOST_AUTO_TEST_CASE(this_machine) {
  troupe::tests::scratch own;
  auto on = host::real();
  auto path = own.in("f");
  BOOST_TEST(!on.facts_of(path));
  BOOST_TEST(!on.real_path(path));
  BOOST_TEST(on.why_unreadable(path) == "No such file or directory");
  BOOST_TEST(on.why_unreadable(own.path) == "Is a directory");
  std::ofstream(path) << "x";
  BOOST_REQUIRE(::chmod(path.c_str(), 0640) == 0);
  auto facts = on.facts_of(path);
  BOOST_REQUIRE(facts);
  BOOST_TEST(facts->uid == ::getuid());
  BOOST_TEST((facts->mode == (S_IFREG | 0640)));
  BOOST_REQUIRE(::symlink("f", own.in("link").c_str()) == 0);
  BOOST_TEST(S_ISLNK(on.facts_of(own.in("link"))->mode));
  BOOST_TEST(on.real_path(own.in("link")).value() == on.real_path(path).value());
  BOOST_TEST((on.group_by_name(on.group_name(0).value_or("")) == std::optional<std::int64_t>(0)));
  BOOST_TEST(!on.group_name(4000000000));
  BOOST_TEST(!on.group_name(-1));
}

BOOST_AUTO_TEST_SUITE_END()
