// What an update process by process would do: vectors P151 to P157 of docs/contract/programs.md, how each kind of
// change is shown, and that no secret is. Two files come in, rows come out.
#include "config/plan.hpp"

#include "config/load.hpp"
#include "config/schema.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <map>

BOOST_AUTO_TEST_SUITE(plan_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

std::vector<group_options_ptr> groups_of(const std::string& text, scale_book scales = {}) {
  fake_machine machine;
  machine.files["/c/c.conf"] = "[supervisord]\n" + text;
  load_request request{"c.conf", {}};
  request.scales = std::move(scales);
  auto cfg = load(machine.make(), request);
  BOOST_REQUIRE_MESSAGE(cfg, (cfg ? "" : cfg.error().what));
  return cfg->groups;
}

/// `name action reason, reason`, a line for each process that is not kept.
std::string told(const std::vector<plan_row>& plan) {
  std::string text;
  for (const auto& row : plan) {
    if (row.action == plan_action::keep)
      continue;
    text += (row.group == row.process ? row.process : row.group + ':' + row.process) + ' ' +
            std::string(to_string(row.action));
    for (const auto& reason : row.reasons)
      text += (&reason == &row.reasons.front() ? " " : ", ") + reason;
    text += '\n';
  }
  return text;
}

std::string plan(const std::string& before, const std::string& now, plan_state state = plan_state::running,
                 const std::vector<std::string>& of = {}) {
  auto state_of = [state](std::string_view, std::string_view) { return state; };
  return told(make_plan(groups_of(before), groups_of(now), state_of, of));
}

const std::string a = "[program:a]\ncommand=c\n";
const std::string web = "[program:web]\ncommand=w\nprocess_name=%(program_name)s_%(process_num)02d\n";

struct row {
  const char* what;
  std::string before, now, expected;
  plan_state state = plan_state::running;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.what; }

const row rows[] = {
  {"nothing", a, a, ""},
  {"P151", a + "stopwaitsecs=10\n", a + "stopwaitsecs=30\n", "a live stopwaitsecs 10 -> 30\n"},
  {"P152", a, "[program:a]\ncommand=other secret\n", "a restart command\n"},
  {"P153", a, a + "startsecs=5\n", "a next startsecs 1 -> 5\n"},
  {"P154", web + "numprocs=2\n", web + "numprocs=4\n", "web:web_02 start new\nweb:web_03 start new\n"},
  {"P155", a, "[program:a]\ncommand=d\n", "a next command\n", plan_state::at_rest},
  {"FATAL or BACKOFF: another chance", a, "[program:a]\ncommand=d\n", "a start command\n", plan_state::failed},
  {"P156", a, a + "[group:g]\nprograms=a\n", "a stop removed\ng:a start new\n"},
  {"P157", "[eventlistener:l]\ncommand=c\nevents=TICK_5\n", "[eventlistener:l]\ncommand=c\nevents=TICK_60\n",
   "l regroup events\n"},
  {"another number of listeners", "[eventlistener:l]\ncommand=c\nevents=EVENT\n",
   "[eventlistener:l]\ncommand=c\nevents=EVENT\nprocess_name=l%(process_num)d\nnumprocs=2\n",
   "l:l0 regroup numprocs\nl:l1 regroup numprocs\nl regroup removed\n"},
  {"a listener's own options", "[eventlistener:l]\ncommand=c\nevents=EVENT\n",
   "[eventlistener:l]\ncommand=c\nevents=EVENT\nstopwaitsecs=3\n", "l live stopwaitsecs 10 -> 3\n"},
  {"fewer", web + "numprocs=3\n", web + "numprocs=1\n", "web:web_01 stop removed\nweb:web_02 stop removed\n"},
  {"a group that is gone, and one that is new", a, "[program:b]\ncommand=c\nautostart=false\n",
   "a stop removed\nb add new\n"},
  {"another kind", "[program:l]\ncommand=c\n", "[eventlistener:l]\ncommand=c\nevents=TICK_5\n",
   "l regroup kind, priority 999 -> -1, events\n"},
  {"several, in the order of the table; what takes most counts", a, a + "stopwaitsecs=3\nautorestart=true\nuser=0\n",
   "a restart autorestart unexpected -> true, stopwaitsecs 10 -> 3, user default -> 0\n"},
  {"times, words, truths", a + "restartdelay=500ms\nautostart=true\nkillmode=group\n",
   a + "restartdelay=2m\nautostart=false\nkillmode=process\n",
   "a next autostart true -> false, restartdelay 0.5 -> 120, killmode group -> process\n"},
  {"two words that are kept as a truth", a + "depends_mode=hard\n", a + "depends_mode=soft\n",
   "a live depends_mode hard -> soft\n"},
  {"an option that is unset", a, a + "backoffmax=60\nrestartlimit=5/60s\numask=022\n",
   "a restart umask default -> 0022, backoffmax default -> 60, restartlimit default -> 5/60s\n"},
  {"secrets", a + "environment=A=\"1\"\nready=exec:/bin/x s1\nprestart=p s1\n",
   a + "environment=A=\"2\"\nready=exec:/bin/x s2\nprestart=p s2\n", "a restart environment, ready, prestart\n"},
  {"readiness by a descriptor comes with a start", a, a + "ready=fd:3\n", "a restart ready\n"},
  {"readiness that is asked for does not", a, a + "ready=tcp:80\n", "a next ready\n"},
  {"health by messages comes with a start", a, a + "health=notify\n", "a restart health\n"},
  {"health that is asked for does not", a, a + "health=tcp:80\n", "a live health\n"},
  {"what a tree needs comes with a start", a, a + "killmode=tree\n", "a restart killmode default -> tree\n"},
  {"of a group alone", a + "[group:g]\nprograms=a\npriority=5\n",
   a + "[group:g]\nprograms=a\npriority=6\nonfailure=stopgroup\n", "g:a live priority 5 -> 6, onfailure\n"},
  {"of a program, once", a + "priority=5\n", a + "priority=6\n", "a live priority 5 -> 6\n"},
  {"another number is another option, too", web + "numprocs=2\nenvironment=N=\"%(numprocs)d\"\n",
   web + "numprocs=3\nenvironment=N=\"%(numprocs)d\"\n",
   "web:web_00 restart environment\nweb:web_01 restart environment\nweb:web_02 start new\n"},
};

} // namespace

BOOST_DATA_TEST_CASE(rows_of_a_plan, data::make(rows), r) { BOOST_TEST(plan(r.before, r.now, r.state) == r.expected); }

BOOST_AUTO_TEST_CASE(only_of_some_groups) {
  auto b = std::string("[program:b]\ncommand=c\n");
  BOOST_TEST(plan(a + b, a + "startsecs=2\n" + b + "startsecs=2\n[program:d]\ncommand=c\n", plan_state::running,
                  {"b"}) == "b next startsecs 1 -> 2\n");
}

BOOST_AUTO_TEST_CASE(the_summary) {
  auto state_of = [](std::string_view, std::string_view) { return plan_state::running; };
  auto before = groups_of(a + "[program:b]\ncommand=c\n[program:k]\ncommand=c\n" + web + "numprocs=2\n");
  auto now =
    groups_of("[program:a]\ncommand=d\n[program:k]\ncommand=c\n[program:n]\ncommand=c\n" + web + "numprocs=3\n");
  BOOST_TEST(summary_of(make_plan(before, now, state_of)) == "2 start, 1 restart, 1 stop, 3 keep");
  BOOST_TEST(summary_of(make_plan(before, before, state_of)) == "");
  BOOST_TEST(summary_of({}) == "");
}

/// Whatever option it is: what a plan says of it never holds a value that could be a secret.
BOOST_AUTO_TEST_CASE(commands_and_paths_are_never_shown) {
  for (const auto& option : schema_of("program")) {
    auto key = std::string(option.key);
    if (option.same.of_process && option.same.shown)
      BOOST_TEST(option.same.shown(*groups_of(a)[0]->processes[0]).find("secret") == std::string::npos, key);
  }
  BOOST_TEST(plan(a, "[program:a]\ncommand=c\ndirectory=/secret\nstdout_logfile=/secret\nserverurl=secret\n"
                     "stopcommand=/secret\nhealth=unix:/secret\nstdout_prefix=secret\n")
               .find("secret") == std::string::npos);
}

// -- other numbers than the file says -----------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_scale_is_the_number_of_processes) {
  auto count = [](const std::string& text, scale_book scales) {
    return groups_of(text, std::move(scales)).at(0)->processes.size();
  };
  BOOST_TEST(count(web + "numprocs=2\n", {{"web", {5, {}}}}) == 5);
  BOOST_TEST(count(web, {{"web", {3, 1}}}) == 3); // numprocs that is not written
  BOOST_TEST(count(web + "numprocs=2\n", {{"web", {5, 2}}}) == 5);
  BOOST_TEST(count(web + "numprocs=8\n", {{"web", {5, 2}}}) == 8); // the file has another one since
  BOOST_TEST(count(web + "numprocs=2\n", {{"web", {0, 2}}}) == 0);
  BOOST_TEST(count(a, {{"a", {5, {}}}}) == 1); // no number in the name
  BOOST_TEST(count("[eventlistener:l]\ncommand=c\nevents=EVENT\nprocess_name=l%(process_num)d\n", {{"l", {2, {}}}}) ==
             1);
}

BOOST_AUTO_TEST_CASE(what_a_scale_learns_of_a_program) {
  fake_machine machine;
  machine.files["/c/c.conf"] = "[supervisord]\n" + a + web + "numprocs=2\n";
  load_request request{"c.conf", {}};
  request.scales = {{"web", {5, {}}}, {"a", {2, {}}}, {"nope", {2, {}}}};
  auto cfg = load(machine.make(), request);
  BOOST_REQUIRE(cfg);
  BOOST_TEST(cfg->scaled.size() == 2);
  BOOST_TEST(cfg->scaled.at("web").configured == 2);
  BOOST_TEST(cfg->scaled.at("web").numbered);
  BOOST_TEST(!cfg->scaled.at("a").numbered);
}

BOOST_AUTO_TEST_SUITE_END()
