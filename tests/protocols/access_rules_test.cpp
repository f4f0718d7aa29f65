// Who may do what over which program: the contract's vectors 35 to 57 (docs/contract/access.md, 12.1) as tables, and
// its properties over random rules, held against the plain implementation in access_fixture.hpp.
#include "protocols/access.hpp"
#include "protocols/access_words.hpp"

#include "access_stage.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(access_rules_test)

using namespace troupe::protocols;
namespace config = troupe::config;
namespace tests = troupe::tests;
using config::right;
using tests::from;
using tests::named;
using tests::program;
using tests::role;
using tests::standing_of;

namespace {

std::string words_of(config::right_bits held) {
  std::string made;
  for (const auto& row : config::right_table)
    if (has(held, row.which))
      made += (made.empty() ? "" : " ") + std::string(row.word);
  return made;
}

/// What somebody with these layers holds over `what`.
std::string over(const config::access_options& options, std::string_view layers, const subject& what,
                 std::string_view address = "unix") {
  access_rules rules(options);
  return words_of(rules.mask_of(standing_of(rules, named(layers), from(address)), what).rights);
}

std::string over_daemon(const config::access_options& options, std::string_view layers) {
  access_rules rules(options);
  return words_of(rules.daemon_rights(standing_of(rules, named(layers), from("unix"))));
}

/// The fixture with one role more.
config::access_options with(const config::role_options& more, const config::role_options& another = role("-", "", "")) {
  auto made = tests::fixture();
  made.roles.push_back(more);
  made.roles.push_back(another);
  return made;
}

const std::string all_of_programs = "status start stop restart signal tail clear stdin update config events metrics";

BOOST_AUTO_TEST_CASE(masks) {
  const auto web_00 = program("web_00"), web_01 = program("web_01"), cron = program("cron"), db = program("db"),
             secret = program("secret"), p1 = program("p1");
  const subject web_in_g{"g", "web_00", "program:web"}, empty{"void", "", "group:void"};
  const auto plain = tests::fixture();
  const struct {
    int vector;
    config::access_options options;
    std::string_view layers;
    subject what;
    std::string_view expected;
  } table[] = {
    {35, plain, "", web_00, ""},
    {36, plain, " ", web_00, ""},
    {37, plain, "webops", web_00, "status start stop restart tail"},
    {37, plain, "webops", cron, ""},
    {38, with(role("a", "start", "web"), role("b", "stop", "web")), "a b", web_00, "status start stop restart"},
    {39, with(role("a", "start", "web"), role("b", "stop", "cron")), "a b", web_00, "status start"},
    {40, plain, "bouncer", web_00, "status restart"},
    {40, plain, "bouncer", web_01, ""},
    {41, plain, "deploy", p1, "status start stop restart update"},
    {42, plain, "hup", web_00, "status"},
    {42, plain, "hup", db, ""},
    {43, plain, "admin", secret, all_of_programs},
    {44, plain, "webops", web_in_g, "status start stop restart tail"},
    {48, plain, "reader", secret, ""},
    {48, with(role("r", "status", "!secret *")), "r", secret, ""},
    {48, with(role("r", "status", "!secret *")), "r", cron, "status"},
    {48, with(role("r", "status", "!secret")), "r", cron, ""}, // lets nothing in
    {49, with(role("a", "tail", "* !db"), role("b", "tail", "db")), "a b", db, "status tail"},
    {50, plain, "webops|viewer", web_00, "status"},
    {51, plain, "viewer|admin", secret, "status events metrics"},
    {51, plain, "admin|viewer", secret, "status events metrics"},
    {50, plain, "webops| ", web_00, ""}, // a layer without roles gives nothing
    {57, plain, "viewer", empty, "status events metrics"},
    {57, with(role("v", "tail", "void:*")), "v", empty, "status tail"},
    {57, plain, "webops", empty, ""},
    {0, plain, "operator", db, "status start stop restart signal tail clear events metrics"},
    {0, with(role("t", "token", "web")), "t", web_00, ""}, // token is no right over programs
    {0, with(role("s", "signal", "web")), "s|hup", web_00, "status"},
  };
  for (const auto& row : table)
    BOOST_TEST(over(row.options, row.layers, row.what) == row.expected,
               row.vector << ": " << row.layers << " over " << row.what.process);
}

BOOST_AUTO_TEST_CASE(networks) {
  const auto options = with(role("ten", "tail", "*", "10.0.0.0/8"), role("near", "stop", "*", "loopback unix"));
  const auto db = program("db");
  BOOST_TEST(over(options, "ten", db, "10.1.2.3") == "status tail"); // 53
  BOOST_TEST(over(options, "ten", db, "::ffff:10.1.2.3") == "status tail");
  BOOST_TEST(over(options, "ten", db, "unix") == "");
  BOOST_TEST(over(options, "ten", db, "11.1.2.3") == "");
  BOOST_TEST(over(options, "near", db, "unix") == "status stop"); // 54
  BOOST_TEST(over(options, "near", db, "::1") == "status stop");
  BOOST_TEST(over(options, "near", db, "127.9.9.9") == "status stop");
  BOOST_TEST(over(options, "near", db, "10.1.2.3") == "");
  BOOST_TEST(over(options, "admin|ten", db, "unix") == "");
  BOOST_TEST(over(options, "admin|ten", db, "10.1.2.3") == "status tail");

  access_rules rules(options);
  auto where = [&](std::string_view address) { return standing_of(rules, named("ten near|viewer"), from(address)); };
  BOOST_CHECK(where("unix") == where("127.0.0.1")); // one view for both
  BOOST_CHECK(where("unix") != where("10.1.2.3"));
  BOOST_CHECK(standing_of(rules, named("viewer|ten|viewer"), from("10.0.0.1")) ==
              standing_of(rules, named("ten|viewer"), from("10.0.0.1")));
}

BOOST_AUTO_TEST_CASE(the_daemon) {
  const auto plain = tests::fixture();
  BOOST_TEST(over_daemon(plain, "") == ""); // 35
  BOOST_TEST(over_daemon(plain, " ") == "");
  BOOST_TEST(over_daemon(plain, "admin") == "mainlog publish shutdown token admin"); // 43
  BOOST_TEST(over_daemon(plain, "admin|viewer") == "");                              // 52
  BOOST_TEST(over_daemon(plain, "admin|admin") == "mainlog publish shutdown token admin");
  BOOST_TEST(over_daemon(plain, "operator") == "");
  BOOST_TEST(over_daemon(plain, "deploy") == "token"); // whatever its programs
  BOOST_TEST(over_daemon(with(role("t", "token", "")), "t") == "token");
  BOOST_TEST(over_daemon(with(role("l", "mainlog publish", "*")), "l") == "mainlog publish");
  // what the configuration refuses anyway gives nothing either
  BOOST_TEST(over_daemon(with(role("l", "mainlog admin", "* !db")), "l") == "");
  BOOST_TEST(over_daemon(with(role("l", "shutdown", "web")), "l") == "");
}

BOOST_AUTO_TEST_CASE(verdicts) {
  access_rules rules(tests::fixture());
  auto held = [&](std::string_view layers, std::string_view process) {
    return rules.mask_of(standing_of(rules, named(layers), from("unix")), program(process));
  };
  BOOST_CHECK(decide(held("webops", "web_00"), right::stop) == verdict::allow);
  BOOST_CHECK(decide(held("webops", "web_00"), right::clear) == verdict::deny);
  BOOST_CHECK(decide(held("webops", "db"), right::stop) == verdict::hide);
  BOOST_CHECK(decide(held("webops", "db"), right::status) == verdict::hide);
  // 42, and what else signals do
  const int none = 0;
  BOOST_CHECK(decide_signal(held("hup", "web_00"), SIGHUP) == verdict::allow);
  BOOST_CHECK(decide_signal(held("hup", "web_00"), SIGTERM) == verdict::deny);
  BOOST_CHECK(decide_signal(held("hup", "web_00"), none) == verdict::deny);
  BOOST_CHECK(decide_signal(held("hup", "web_00"), 64) == verdict::deny);
  BOOST_CHECK(decide_signal(held("hup", "web_00"), -1) == verdict::deny);
  BOOST_CHECK(decide_signal(held("hup", "db"), SIGHUP) == verdict::hide);
  BOOST_CHECK(decide(held("hup", "web_00"), right::signal) == verdict::deny);
  BOOST_CHECK(decide_signal(held("operator", "db"), none) == verdict::allow);
  BOOST_CHECK(decide_signal(held("operator", "db"), 64) == verdict::allow);
  BOOST_CHECK(decide_signal(held("operator|hup", "web_00"), SIGHUP) == verdict::allow);
  BOOST_CHECK(decide_signal(held("operator|hup", "web_00"), SIGTERM) == verdict::deny);
  BOOST_CHECK(decide_signal(held("viewer", "db"), SIGHUP) == verdict::deny);
}

BOOST_AUTO_TEST_CASE(methods_of_extensions) {
  access_rules rules(with(role("h", "host.*", ""), role("d", "host.disk", "")));
  auto may = [&](std::string_view layers, std::string_view method) {
    return rules.may_call(standing_of(rules, named(layers), from("unix")), method);
  };
  BOOST_TEST(may("h", "host.disk")); // 56
  BOOST_TEST(!may("h", "host2.disk"));
  BOOST_TEST(!may("h", "host"));
  BOOST_TEST(may("d", "host.disk"));
  BOOST_TEST(!may("d", "host.disks"));
  BOOST_TEST(!may("d", "host.*"));
  BOOST_TEST(may("admin", "host.disk")); // 43
  BOOST_TEST(!may("operator", "host.disk"));
  BOOST_TEST(may("h|d", "host.disk"));
  BOOST_TEST(!may("h|d", "host.cpu"));
  BOOST_TEST(!may("h|viewer", "host.disk"));
  BOOST_TEST(!may("", "host.disk"));
}

BOOST_AUTO_TEST_CASE(everywhere_and_anywhere) {
  access_rules rules(with(role("partly", "metrics", "* !secret"), role("s", "start", "web")));
  auto who = [&](std::string_view layers) { return standing_of(rules, named(layers), from("unix")); };
  auto everywhere = [&](std::string_view layers) { return words_of(rules.everywhere(who(layers)).rights); };
  auto anywhere = [&](std::string_view layers) { return words_of(rules.anywhere(who(layers)).rights); };
  BOOST_TEST(everywhere("exporter") == "status metrics"); // 55
  BOOST_TEST(everywhere("partly") == "");
  BOOST_TEST(everywhere("partly exporter") == "status metrics");
  BOOST_TEST(everywhere("exporter|partly") == "");
  BOOST_TEST(everywhere("admin") == all_of_programs);
  BOOST_TEST(everywhere("admin|exporter") == "status metrics");
  BOOST_TEST(everywhere("") == "");
  BOOST_TEST(anywhere("partly") == "status metrics");
  BOOST_TEST(anywhere("s") == "status start");
  BOOST_TEST(anywhere("hup") == "status");
  BOOST_CHECK(decide_signal(rules.anywhere(who("hup")), SIGHUP) == verdict::allow);
  BOOST_CHECK(decide_signal(rules.anywhere(who("hup")), SIGTERM) == verdict::deny);
  BOOST_TEST(anywhere("s|viewer") == "status");
  BOOST_TEST(anywhere("") == "");
}

BOOST_AUTO_TEST_CASE(layers_of_names) {
  access_rules rules(tests::fixture());
  BOOST_CHECK(!rules.layer_of(tests::words{"webops", "nosuch"}));
  BOOST_CHECK(rules.layer_of(tests::words{"reader", "webops", "reader"}) ==
              rules.layer_of(tests::words{"webops", "reader"}));
  BOOST_CHECK(rules.known_layer_of(tests::words{"nosuch", "reader"}) == rules.layer_of(tests::words{"reader"}).value());
  BOOST_CHECK(rules.layer_of(tests::words{}).value().empty());
  BOOST_CHECK(!rules.role_named("Admin"));
  BOOST_TEST(rules.name_of(rules.role_named("operator").value()) == "operator");
  BOOST_TEST(rules.name_of(rules.role_named("hup").value()) == "hup");
}

BOOST_AUTO_TEST_CASE(labels_are_of_the_rules) { // 30
  auto options = tests::fixture();
  BOOST_TEST(over(options, "hup", program("db")) == "");
  options.labels["program:db"] = {"x", "front"};
  BOOST_TEST(over(options, "hup", program("db")) == "status");
}

std::string whoami(const access_rules& rules, std::string_view layers) {
  std::vector<named_subject> all;
  for (const auto& what : tests::programs)
    all.push_back({what, what.group == what.process ? std::string(what.group)
                                                    : std::string(what.group) + ':' + std::string(what.process)});
  std::string text;
  for (const auto& row : held_words(rules, standing_of(rules, named(layers), from("unix")), all)) {
    text += row.right + '=' + (row.all ? "all" : "");
    for (const auto& name : row.names)
      text += (text.ends_with('=') ? "" : ",") + name;
    text += ' ';
  }
  return text;
}

BOOST_AUTO_TEST_CASE(in_words) { // 169
  access_rules rules(with(role("s", "signal", "db"), role("t", "signal:TERM", "*")));
  BOOST_TEST(whoami(rules, "bouncer") == "status=web:web_00 restart=web:web_00 ");
  BOOST_TEST(whoami(rules, "hup") == "status=web:web_00,web:web_01 signal:HUP=web:web_00,web:web_01 ");
  BOOST_TEST(whoami(rules, "reader") == "status=web:web_00,web:web_01,cron,db,pair:p1,pair:p2 ");
  BOOST_TEST(whoami(rules, "viewer") == "status=all events=all metrics=all ");
  BOOST_TEST(whoami(rules, "viewer|bouncer") == "status=web:web_00 ");
  BOOST_TEST(whoami(rules, "t") == "status=all signal:TERM=all ");
  BOOST_TEST(whoami(rules, "s hup") == "status=web:web_00,web:web_01,db signal=db signal:HUP=web:web_00,web:web_01 ");
  BOOST_TEST(whoami(rules, "operator|t") == "status=all signal:TERM=all ");
  BOOST_TEST(whoami(rules, "deploy").ends_with(" token=all "));
  BOOST_TEST(
    whoami(rules, "admin").ends_with(" metrics=all mainlog=all publish=all shutdown=all token=all admin=all "));
  BOOST_TEST(whoami(rules, " ") == "");
  BOOST_TEST(whoami(rules, "") == "");
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
