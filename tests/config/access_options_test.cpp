// Users, roles and what servers say of them, as docs/contract/access.md 1 words it: each row is a file and the error it
// gets, or a file and what has been read of it.
#include "config/load.hpp"
#include "config/password_forms.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(access_options_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

struct machine_fixture {
  fake_machine machine;
  machine_fixture() { machine.files["/proc/sys/kernel/overflowuid"] = "65534\n"; }
  result<configuration> load_text(const std::string& text) {
    machine.files["/c/s.conf"] = "[supervisord]\n" + text;
    return load(machine.make(), {"/c/s.conf", {}});
  }
};

struct row {
  const char* when;
  const char* text;     ///< behind [supervisord]
  const char* expected; ///< the error; empty: it loads
  int line = 0;         ///< of the error; 0: whatever
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }

#define HASH "0123456789abcdef0123456789abcdef01234567"
#define FINGERPRINT "0123456789abcdef0123456789abcdef0123456789ABCDEF0123456789abcdef"
#define TLS "[inet_http_server]\nport=1\ntls_cert=/c/cert\ntls_key=key\n"
#define NAMES ": a name has letters, digits and ._@- only, at most 64"
#define TEN "aaaaaaaaaa"
#define SIXTY TEN TEN TEN TEN TEN TEN

// clang-format off
const row faults[] = {
  // 1.1
  {"a name with a blank", "[user:a b]\n", "[user:a b]" NAMES, 2},
  {"no name", "[role:]\n", "[role:]" NAMES},
  {"a name that begins with a dot", "[user:.a]\n", "[user:.a]" NAMES},
  {"a blank before the name", "[user: a]\n", "[user: a]" NAMES},
  {"64 bytes", "[user:" SIXTY "a._@]\n", ""},
  {"65 bytes", "[user:" SIXTY "abcde]\n", "[user:" SIXTY "abcde]" NAMES},
  {"a name of other letters", "[user:\xc3\xa4]\n", "[user:\xc3\xa4]" NAMES},
  {"anonymous", "[user:anonymous]\n", "[user:anonymous] is reserved"},
  {"token", "[user:token]\n", "[user:token] is reserved"},
  {"two cases are two users", "[user:anna]\n[user:Anna]\n", ""},
  {"an unknown option", "[user:x]\nrole=viewer\n", "unknown option 'role' in [user:x] (did you mean 'roles'?)", 3},
  {"one that is like nothing", "[access]\nzzzzzzzz=1\n", "unknown option 'zzzzzzzz' in [access]"},
  {"one of another section", "[role:x]\nverbs=status\nprograms=*\npassword=p\n", "unknown option 'password' in [role:x]"},
  {"one in [audit]", "[audit]\nfile=/tmp/a\nmaxbyte=1\n", "unknown option 'maxbyte' in [audit] (did you mean 'maxbytes'?)"},
  {"twice in a file", "[user:anna]\n[program:p]\ncommand=c\n[user:anna]\n", "[user:anna] is given twice: /c/s.conf:2 and /c/s.conf:5", 5},
  {"access twice", "[access]\n[access]\n", "[access] is given twice: /c/s.conf:2 and /c/s.conf:3"},
  {"audit twice", "[audit]\nfile=syslog\n[audit]\n", "[audit] is given twice: /c/s.conf:2 and /c/s.conf:4"},
  {"an empty item", "[user:x]\nroles=viewer,,admin\n", "[user:x] roles has an empty item", 3},
  {"an empty item at the end", "[role:x]\nprograms=web,\nverbs=start\n", "[role:x] programs has an empty item"},
  {"an empty list", "[user:x]\nroles=\n", ""},
  {"other names do not expand", "[user:x]\nroles=%(program_name)s\n", "Format string for 'user:x.roles' contains names ('program_name') which cannot be expanded"},
  // 1.2
  {"two passwords", "[user:x]\npassword=a\npassword_file=/c/p\n", "[user:x] has both password and password_file", 4},
  {"no password file", "[user:x]\npassword_file=/c/none\n", "Cannot read password_file /c/none: No such file or directory", 3},
  {"an unknown unix user", "[user:x]\nunixuser=nope\n", "Invalid unixuser value nope in [user:x]", 3},
  {"an unknown uid", "[user:x]\nunixuser=7\n", "Invalid unixuser value 7 in [user:x]"},
  {"a number in another shape", "[user:x]\nunixuser=+1001\n", "Invalid unixuser value +1001 in [user:x]"},
  {"the overflow uid", "[user:x]\nunixuser=nobody\n", "[user:x] unixuser nobody cannot be told from strangers of other user namespaces"},
  {"the overflow uid as a number", "[user:x]\nunixuser=65534\n", "[user:x] unixuser 65534 cannot be told from strangers of other user namespaces"},
  {"no uid at all", "[user:x]\nunixuser=4294967295\n", "Invalid unixuser value 4294967295 in [user:x]"},
  {"a uid of 33 bits", "[user:x]\nunixuser=4294968297\n", "Invalid unixuser value 4294968297 in [user:x]"},
  {"a large uid", "[user:x]\nunixuser=4000000000\n", ""},
  {"an unknown group", "[user:x]\nunixgroup=nope\n", "Invalid unixgroup value nope in [user:x]"},
  {"the overflow group", "[user:x]\nunixgroup=nogroup\n", "[user:x] unixgroup nogroup cannot be told from strangers of other user namespaces"},
  {"a short fingerprint", "[user:x]\ntls_fingerprint=0123\n", "Invalid tls_fingerprint value 0123 in [user:x]"},
  {"an unknown role", "[user:x]\nroles=nosuch\n", "[user:x] names unknown role nosuch", 3},
  {"one uid, two users", "[user:a]\nunixuser=carl\n[user:b]\nunixuser=1001\n", "unixuser 1001 is claimed by [user:a] and [user:b]", 5},
  {"one name, two users", "[user:a]\ntls_cn=ci\n[user:b]\ntls_cn=x, ci\n", "tls_cn ci is claimed by [user:a] and [user:b]"},
  {"one fingerprint, two users", "[user:a]\ntls_fingerprint=" FINGERPRINT "\n[user:b]\ntls_fingerprint=" FINGERPRINT "\n",
   "tls_fingerprint 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef is claimed by [user:a] and [user:b]"},
  {"groups may overlap", "[user:a]\nunixgroup=ops\n[user:b]\nunixgroup=27\n", ""},
  // 1.3
  {"argon2", "[user:x]\npassword=$argon2id$v=19$secret\n", "[user:x] password: libcrypt of this system does not know $argon2id$", 3},
  {"SHA-256", "[user:x]\npassword=$5$secret\n", "[user:x] password: $5$ is too weak; supervisorctl passwd makes a new one"},
  {"MD5", "[user:x]\npassword={CRYPT}$1$secret\n", "[user:x] password: $1$ is too weak; supervisorctl passwd makes a new one"},
  {"a failed hash", "[user:x]\npassword={CRYPT}*0\n", "[user:x] password: libcrypt of this system does not know this form"},
  {"what may be a password", "[user:x]\npassword=$ecret of mine$\n", "[user:x] password: libcrypt of this system does not know this form"},
  {"a form of others", "[user:x]\npassword={SSHA}abc\n", "[user:x] password has the unknown form {SSHA}"},
  {"a brace in a password", "[user:x]\npassword={my secret}\n", "[user:x] password has the unknown form {..."},
  {"a brace alone", "[user:x]\npassword={secret\n", "[user:x] password has the unknown form {..."},
  {"lower case is another word", "[user:x]\npassword={plain}a\n", "[user:x] password has the unknown form {plain}"},
  {"SHA of other digits", "[user:x]\npassword={SHA}0123\n", "[user:x] password: {SHA} goes on with 40 hexadecimal digits in lower case"},
  {"no password", "[user:x]\npassword=\n", "[user:x] password is empty"},
  {"no text behind PLAIN", "[user:x]\npassword={PLAIN}\n", "[user:x] password is empty"},
  {"nothing from the environment", "[user:x]\npassword=%(ENV_EMPTY)s\n", "[user:x] password is empty"},
  {"a percent sign", "[user:x]\npassword=50%(cent)s\n",
   "The value of 'user:x.password' cannot be expanded: a % is written %%, an environment variable %(ENV_NAME)s"},
  // 1.4
  {"an unknown verb", "[role:x]\nverbs=strat\nprograms=*\n", "[role:x] names unknown verb strat", 3},
  {"a star", "[role:x]\nverbs=*\nprograms=*\n", "[role:x] verbs: write admin for everything"},
  {"no verbs", "[role:x]\nprograms=*\n", "[role:x] has no verbs", 2},
  {"empty verbs", "[role:x]\nverbs=\nprograms=*\n", "[role:x] has no verbs", 3},
  {"no programs", "[role:x]\nverbs=start\n", "[role:x] has verbs for programs but no programs; programs=* means all"},
  {"a signal without programs", "[role:x]\nverbs=signal:HUP\n", "[role:x] has verbs for programs but no programs; programs=* means all"},
  {"shutdown of some", "[role:x]\nverbs=shutdown\nprograms=web\n", "[role:x] shutdown concerns every program: it needs programs=*", 4},
  {"shutdown of all but one", "[role:x]\nverbs=shutdown\nprograms=*, !db\n", "[role:x] shutdown concerns every program: it needs programs=*"},
  {"shutdown of nothing", "[role:x]\nverbs=shutdown\n", "[role:x] shutdown concerns every program: it needs programs=*"},
  {"admin of some", "[role:x]\nverbs=admin\nprograms=web\n", "[role:x] admin concerns every program: it needs programs=*"},
  {"token over anything", "[role:x]\nverbs=token\nprograms=web\n", ""},
  {"token over nothing", "[role:x]\nverbs=token\n", ""},
  {"an extension's methods", "[role:x]\nverbs=host.*, host.disk\n", ""},
  {"a built-in method", "[role:x]\nverbs=supervisor.stopProcess\n", "[role:x] names unknown verb supervisor.stopProcess"},
  {"an unknown signal", "[role:x]\nverbs=signal:BOGUS\nprograms=*\n", "[role:x] names unknown verb signal:BOGUS"},
  {"built in", "[role:viewer]\nverbs=admin\nprograms=*\n", "[role:viewer] is built in"},
  {"a network too wide", "[role:x]\nverbs=status\nprograms=*\nnetworks=10.0.0.0/33\n", "not a network: '10.0.0.0/33'", 5},
  {"no network", "[role:x]\nverbs=status\nprograms=*\nnetworks=%(ENV_EMPTY)s\n", "The value of 'role:x.networks' is not valid once it is expanded (not shown: it comes from the environment)", 5},
  {"no network written", "[role:x]\nverbs=status\nprograms=*\nnetworks=\n", "[role:x] networks has an empty item"},
  // 1.5
  {"a long pattern", "[role:x]\nverbs=status\nprograms=" SIXTY SIXTY SIXTY SIXTY TEN "aaaaaa\n", ""},
  {"a longer one", "[role:x]\nverbs=status\nprograms=" SIXTY SIXTY SIXTY SIXTY TEN "aaaaaaa\n", "[role:x] programs: a pattern has at most 256 bytes"},
  {"not nothing", "[role:x]\nverbs=status\nprograms=*, !\n", "[role:x] programs: not a pattern: '!'"},
  {"no label", "[role:x]\nverbs=status\nprograms=@a b\n", "[role:x] programs: not a pattern: '@a b'"},
  {"a label with a blank", "[program:p]\ncommand=c\nlabels=a b\n", "Invalid label a b in section 'program:p' (file: '/c/s.conf')", 4},
  {"an empty label", "[program:p]\ncommand=c\nlabels=a,\n", "Invalid label  in section 'program:p' (file: '/c/s.conf')"},
  {"a long label", "[program:p]\ncommand=c\nlabels=" SIXTY "abcd\n", "Invalid label " SIXTY "abcd in section 'program:p' (file: '/c/s.conf')"},
  {"labels of all kinds", "[program:p]\ncommand=c\nlabels=a.b_c=d-1, " SIXTY "abc\n", ""},
  // 1.6
  {"no time", "[access]\nsession_idle=0s\n", "not a valid duration: '0s'", 3},
  {"no unit", "[access]\nsession_idle=5\n", "not a valid duration: '5'"},
  {"a sign", "[access]\nsession_max=-5m\n", "not a valid duration: '-5m'"},
  {"a unit alone", "[access]\ntoken_ttl=m\n", "not a valid duration: 'm'"},
  {"a year and a day", "[access]\ntoken_ttl_max=367d\n", "[access] token_ttl_max is at most 366d"},
  {"longer than the longest", "[access]\ntoken_ttl=2h\ntoken_ttl_max=1h\n", "[access] token_ttl is longer than token_ttl_max"},
  {"the default may be longer", "[access]\ntoken_ttl_max=1h\n", ""},
  {"bound to what", "[access]\nsession_bind=cookie\n", "Invalid session_bind value cookie in [access]"},
  {"tokens in no folder", "[access]\ntoken_file=/nope/tokens\n", "The directory named as part of the path /nope/tokens does not exist"},
  // 1.7, 1.8
  {"a ceiling of nobody's", "[inet_http_server]\nport=1\nmax_roles=nosuch\n", "[inet_http_server] names unknown role nosuch", 4},
  {"strangers of nobody's role", "[unix_http_server]\nfile=/tmp/s\nanonymous=viewer,nosuch\n", "[unix_http_server] names unknown role nosuch", 4},
  {"proxies nowhere", "[unix_http_server]\nfile=/tmp/s\ntrusted_proxies=a.example\n", "not a network: 'a.example'"},
  {"peers", "[unix_http_server]\nfile=/tmp/s\npeer_auth=maybe\n", "not a valid boolean value: 'maybe'"},
  {"the old account", "[inet_http_server]\nport=1\nusername=anna\npassword=p\n[user:anna]\n", "[user:anna] and [inet_http_server] name the same user", 6},
  {"an interface of that name", "[access]\n[rpcinterface:access]\ncommand=/bin/x\n", "[rpcinterface:access] has the name of a built-in interface", 3},
  {"an extension of nobody's role", "[access]\n[rpcinterface:x]\ncommand=/bin/x\nsupervisor.roles=viewer, nosuch\n", "[rpcinterface:x] names unknown role nosuch", 5},
  {"an extension's list with a gap", "[access]\n[rpcinterface:x]\ncommand=/bin/x\nsupervisor.roles=viewer,,admin\n", "[rpcinterface:x] supervisor.roles has an empty item", 5},
  {"an extension that may nothing", "[access]\n[rpcinterface:x]\ncommand=/bin/x\nsupervisor.roles=\n", ""},
  {"an extension's roles when off", "[rpcinterface:x]\ncommand=/bin/x\nsupervisor.roles=nosuch\n", ""},
  {"which is free when off", "[rpcinterface:access]\ncommand=/bin/x\n", ""},
  // 5.1
  {"a certificate alone", "[inet_http_server]\nport=1\ntls_cert=/c/cert\n", "section [inet_http_server] has tls_cert but no tls_key", 4},
  {"a key alone", "[inet_http_server:x]\nport=1\ntls_key=/c/key\n", "section [inet_http_server:x] has tls_key but no tls_cert", 4},
  {"clients' certificates over plain HTTP", "[inet_http_server]\nport=1\ntls_client_ca=/c/ca\n", "section [inet_http_server] has tls_client_ca but no tls_cert", 4},
  {"the oldest version of none", "[inet_http_server]\nport=1\ntls_min=1.3\n", "section [inet_http_server] has tls_min but no tls_cert", 4},
  {"a file of no name", TLS "tls_client_ca=\n", "[inet_http_server] tls_client_ca is empty", 6},
  {"an old version", TLS "tls_min=1.1\n", "[inet_http_server] tls_min must be 1.2 or 1.3, not 1.1", 6},
  {"a new one", TLS "tls_min=1.3\n", ""},
  {"clients that must, signed by nobody", TLS "tls_client=required\n", "[inet_http_server] tls_client=required needs tls_client_ca", 6},
  {"clients that may what", TLS "tls_client_ca=/c/ca\ntls_client=maybe\n", "Invalid tls_client value maybe", 7},
  {"clients that must", TLS "tls_client=required\ntls_client_ca=/c/ca\n", ""},
  // 7.1
  {"a chain of text", "[audit]\nfile=/tmp/a\nformat=text\nchain=true\n", "[audit] chain needs a file, with format=json", 5},
  {"a chain elsewhere", "[audit]\nfile=syslog\nchain=true\n", "[audit] chain needs a file, with format=json", 4},
  {"an audit of nowhere", "[audit]\n", "[audit] has no file", 2},
  {"an odd format", "[audit]\nfile=/tmp/a\nformat=xml\n", "Invalid format value 'xml': allowed are json and text"},
};
// clang-format on

/// Words of a list, for comparisons.
std::string words(const std::vector<std::string>& list) {
  std::string out;
  for (const auto& word : list)
    out += (out.empty() ? "" : " ") + word;
  return out;
}

} // namespace

BOOST_DATA_TEST_CASE_F(machine_fixture, what_is_refused, data::make(faults), r) {
  auto cfg = load_text(r.text);
  if (!*r.expected) {
    BOOST_TEST(cfg.has_value(), (cfg ? "" : cfg.error().what));
    return;
  }
  BOOST_REQUIRE(!cfg);
  auto what = cfg.error().what;
  if (std::string_view(r.expected).starts_with("Format string")) // names what could be expanded behind it
    what.resize(std::min(what.size(), std::string_view(r.expected).size()));
  BOOST_TEST(what == r.expected);
  BOOST_TEST(what.find("secret") == std::string::npos);
  BOOST_TEST((r.line == 0 || cfg.error().at.line == r.line), cfg.error().at.line);
}

BOOST_FIXTURE_TEST_CASE(twice_in_two_files, machine_fixture) {
  machine.files["/c/i.conf"] = "[user:anna]\n";
  auto cfg = load_text("[user:anna]\n[include]\nfiles=i.conf\n");
  BOOST_REQUIRE(!cfg);
  BOOST_TEST(cfg.error().what == "[user:anna] is given twice: /c/s.conf:2 and /c/i.conf:1");
}

BOOST_FIXTURE_TEST_CASE(a_check_finds_all_faults, machine_fixture) {
  machine.files["/c/s.conf"] = "[supervisord]\n[user:a]\nroles=x\nbad=1\n[role:r]\nverbs=strat\n[user:b c]\n";
  std::string lines;
  for (const auto& fault : check(machine.make(), {"/c/s.conf", {}}).faults)
    lines += std::to_string(fault.at.line) + ": " + fault.what + '\n';
  BOOST_TEST(lines == "6: [role:r] names unknown verb strat\n"
                      "4: unknown option 'bad' in [user:a]\n"
                      "3: [user:a] names unknown role x\n"
                      "7: [user:b c]" NAMES "\n");
}

BOOST_FIXTURE_TEST_CASE(on_and_off, machine_fixture) {
  for (const char* off : {"", "[program:p]\ncommand=c\nlabels=a\n", "[audit]\nfile=syslog\n", "[users:x]\n", "[user]\n",
                          "[inet_http_server]\nport=1\ntrusted_proxies=10.0.0.0/8\n",
                          "[unix_http_server]\nfile=/tmp/s\npeer_auth=false\n", "[access:x]\n"})
    BOOST_TEST(load_text(off)->access == nullptr, off);
  for (const char* on :
       {"[access]\n", "[user:x]\n", "[role:x]\nverbs=token\n", "[inet_http_server]\nport=1\nanonymous=\n",
        "[unix_http_server]\nfile=/tmp/s\nmax_roles=viewer\n"})
    BOOST_TEST(load_text(on)->access != nullptr, on);
}

BOOST_FIXTURE_TEST_CASE(what_is_read, machine_fixture) {
  machine.files["/c/p"] = "$y$hash\nnot this\n";
  machine.files["/c/crlf"] = "{PLAIN}$y$x\r\n";
  auto cfg =
    load_text("[access]\ntoken_file=t\ntoken_ttl=90m\ntoken_ttl_max=1d\nsession_idle=45s\nsession_bind=none\n"
              "[user:anna]\npassword_file=%(here)s/p\nroles=webops, viewer\nunixuser=carl, 4000000000\n"
              "[user:bob]\npassword_file=crlf\nunixgroup=ops\ntls_cn=b.example, c\n"
              "tls_fingerprint=01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef:01:23:45:"
              "67:89:AB:CD:EF\n"
              "[role:webops]\nverbs=start, signal:hup, signal:SIGTERM, signal:9, host.*\nprograms=web, @front, !db\n"
              "networks=10.0.0.0/8, unix\n"
              "[unix_http_server]\nfile=/tmp/s\nmax_roles=webops\npeer_auth=no\ntrusted_proxies=unix\n"
              "[inet_http_server]\nport=1\nanonymous=viewer, operator\n"
              "[audit]\nfile=a.log\nformat=text\nmaxbytes=1KB\nreads=true\n"
              "[program:web]\ncommand=c\nlabels=front, a=b\n[program:db]\ncommand=c\n");
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  const auto& access = *cfg->access;
  BOOST_TEST(access.token_file == "/c/t");
  BOOST_TEST(access.token_ttl == 5400);
  BOOST_TEST(access.token_ttl_max == 86400);
  BOOST_TEST(access.session_idle == 45);
  BOOST_TEST(access.session_max == 43200);
  BOOST_TEST(!access.session_bound);
  BOOST_REQUIRE(access.users.size() == 2u);
  const auto& anna = access.users[0];
  BOOST_TEST(anna.name == "anna");
  BOOST_TEST((anna.password == stored_password{stored_password::kind::crypt, "$y$hash"}));
  BOOST_TEST(words(anna.roles) == "webops viewer");
  BOOST_TEST((anna.uids == std::vector<std::uint32_t>{1001, 4000000000}));
  const auto& bob = access.users[1];
  BOOST_TEST((bob.password == stored_password{stored_password::kind::plain, "$y$x"}));
  BOOST_TEST((bob.gids == std::vector<std::uint32_t>{27}));
  BOOST_TEST(words(bob.certificate_names) == "b.example c");
  BOOST_TEST(bob.certificate_hashes.at(0).at(1) == 0x23);
  BOOST_TEST(bob.certificate_hashes.at(0).at(31) == 0xef);
  BOOST_REQUIRE(access.roles.size() == 1u);
  const auto& webops = access.roles[0];
  BOOST_TEST(webops.rights == bit(right::start));
  BOOST_TEST(webops.signals == (1ULL << 1 | 1ULL << 15 | 1ULL << 9));
  BOOST_TEST(words(webops.methods) == "host.*");
  BOOST_TEST(words(webops.programs) == "web @front !db");
  BOOST_TEST(webops.networks.size() == 2u);
  BOOST_TEST(access.labels.size() == 1u);
  BOOST_TEST(words(access.labels.at("program:web")) == "front a=b");
  const auto& inet = cfg->servers.at(0);
  BOOST_TEST(words(inet.anonymous) == "viewer operator");
  BOOST_TEST((!inet.max_roles && inet.peer_auth && inet.trusted_proxies.empty()));
  const auto& local = cfg->servers.at(1);
  BOOST_TEST(words(local.max_roles.value()) == "webops");
  BOOST_TEST((!local.peer_auth && local.trusted_proxies.size() == 1u));
  BOOST_TEST(cfg->audit->file == "/c/a.log");
  BOOST_TEST((!cfg->audit->json && cfg->audit->reads && !cfg->audit->required));
  BOOST_TEST(cfg->audit->maxbytes == 1024);
  BOOST_TEST(cfg->notices.empty());
}

BOOST_FIXTURE_TEST_CASE(defaults_do_not_reach_them, machine_fixture) {
  auto cfg = load_text("[DEFAULT]\nroles=admin\nwhatever=1\npassword=p\n[user:x]\n[access]\n");
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  BOOST_TEST(cfg->access->users.at(0).roles.empty());
  BOOST_TEST((cfg->access->users.at(0).password.is == stored_password::kind::none));
}

BOOST_FIXTURE_TEST_CASE(a_ceiling_of_no_role_is_one, machine_fixture) {
  auto cfg = load_text("[inet_http_server]\nport=1\nmax_roles=\n");
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  BOOST_TEST(cfg->servers.at(0).max_roles.value().empty());
}

BOOST_FIXTURE_TEST_CASE(forms_of_passwords, machine_fixture) {
  using kind = stored_password::kind;
  const std::pair<const char*, stored_password> good[] = {
    {"$6$a$b", {kind::crypt, "$6$a$b"}},     {"{CRYPT}$y$a$b", {kind::crypt, "$y$a$b"}},
    {"$2b$12$x", {kind::crypt, "$2b$12$x"}}, {"$7$x", {kind::crypt, "$7$x"}},
    {"$gy$x", {kind::crypt, "$gy$x"}},       {"{SHA}" HASH, {kind::sha, HASH}},
    {"{PLAIN}$y$x", {kind::plain, "$y$x"}},  {"se{cr$et", {kind::plain, "se{cr$et"}},
  };
  for (const auto& [text, expected] : good) {
    auto stored = stored_password_of(text, machine.make());
    BOOST_REQUIRE_MESSAGE(stored, text << ": " << stored.error().what);
    BOOST_TEST((*stored == expected), text);
  }
  machine.files["/c/long"] = std::string(1025, 'a');
  BOOST_TEST(first_line("/c/long", machine.make()).error().what ==
             "Cannot read password_file /c/long: its first line has more than 1024 bytes");
  machine.files["/c/line"] = "password=$y$x\n";
  BOOST_TEST(first_line("/c/line", machine.make()).error().what ==
             "Cannot read password_file /c/line: only what is behind password= belongs into it");
  machine.files["/c/long"] = std::string(1024, 'a') + '\n' + std::string(5000, 'b');
  BOOST_TEST(first_line("/c/long", machine.make())->size() == 1024u);
}

BOOST_FIXTURE_TEST_CASE(this_libcrypt, machine_fixture) {
  auto on = host::real();
  BOOST_TEST((on.form_of_hash("$6$abc$") == crypt_form::ok));
  BOOST_TEST((on.form_of_hash("$1$abc$") == crypt_form::legacy));
  BOOST_TEST((on.form_of_hash("$nosuch$abc") == crypt_form::unknown));
  BOOST_TEST((on.form_of_hash("*0") == crypt_form::unknown));
}

BOOST_FIXTURE_TEST_CASE(how_rules_differ, machine_fixture) {
  auto rules = [&](const std::string& text) {
    auto cfg = load_text("[access]\n[program:p]\ncommand=c\n[program:q]\ncommand=c\n" + text);
    BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
    return cfg->access;
  };
  auto before = rules("[user:anna]\n[user:carl]\n[role:webops]\nverbs=token\n");
  auto differ = [&](const std::string& text) { return access_difference(*before, *rules(text)); };
  BOOST_TEST(differ("[user:anna]\n[user:carl]\n[role:webops]\nverbs=token\n") == "");
  BOOST_TEST(differ("[user:bob]\n[user:anna]\nroles=viewer\n[role:webops]\nverbs=token\nprograms=p\n") ==
             "users +bob -carl ~anna, roles ~webops");
  BOOST_TEST(differ("[user:anna]\n[user:carl]\n[role:x]\nverbs=token\n") == "roles +x -webops");
  BOOST_TEST(differ("[user:anna]\npassword=p\n[user:carl]\n[role:webops]\nverbs=token\n") == "users ~anna");
  BOOST_TEST(differ("[user:carl]\n[user:anna]\n[role:webops]\nverbs=token\n") == "users in another order");
}

BOOST_FIXTURE_TEST_CASE(tls_is_of_one_server, machine_fixture) { // 1.7, 5.1
  auto cfg = load_text(TLS "tls_client_ca=%(here)s/ca\n[inet_http_server:b]\nport=2\n[inet_http_server:c]\nport=3\n"
                           "tls_cert=~/x\ntls_key=/k\ntls_min=1.3\ntls_client_ca=/ca\ntls_client=none\n");
  BOOST_REQUIRE(cfg);
  const auto& servers = cfg->servers;
  BOOST_REQUIRE(servers.size() == 3u);
  BOOST_REQUIRE((servers[0].tls && !servers[1].tls && servers[2].tls));
  const auto& first = *servers[0].tls;
  BOOST_TEST((first.cert == "/c/cert" && first.key == "/c/key" && first.client_ca == "/c/ca"));
  BOOST_TEST((!first.client_required && !first.at_least_1_3));
  BOOST_TEST((first.cert_at.line == 4 && first.key_at.line == 5 && first.client_ca_at.line == 6));
  BOOST_TEST((servers[2].tls->cert == "/root/x" && servers[2].tls->at_least_1_3 && servers[2].tls->client_ca.empty()));
  BOOST_TEST(cfg->server_url.value_or("") == "https://localhost:3");
}

BOOST_AUTO_TEST_SUITE_END()
