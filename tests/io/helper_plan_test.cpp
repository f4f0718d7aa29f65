// What a command beside a program's own is run with: the program's environment, place and user.
#include "actors/io/helper_plan.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

BOOST_AUTO_TEST_SUITE(helper_plan_test)

using namespace troupe;
using namespace troupe::actors;

namespace {

struct stage {
  stage() {
    options = std::make_shared<config::process_options>();
    options->name = "p";
    who.group = "g";
    who.options = options;
    settings.daemon_environment = {{"A", "1"}, {"SUPERVISOR_PID", "7"}};
  }
  platform::spawn_plan plan(const std::string& command, int pid) {
    auto made = helper_plan(who, settings, command, pid);
    BOOST_TEST_REQUIRE(std::holds_alternative<platform::spawn_plan>(made));
    return std::get<platform::spawn_plan>(made);
  }
  static long count(const platform::spawn_plan& plan, const std::string& entry) {
    return std::count(plan.envp.begin(), plan.envp.end(), entry);
  }

  std::shared_ptr<config::process_options> options;
  process_identity who;
  spawn_settings settings;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(as_the_program, stage) {
  options->directory = "/tmp";
  options->umask = 077;
  auto made = plan("/bin/sh -c 'exit 1'", 4711);
  BOOST_TEST(made.file == "/bin/sh");
  BOOST_TEST(made.argv == (std::vector<std::string>{"/bin/sh", "-c", "exit 1"}), boost::test_tools::per_element());
  BOOST_TEST((made.directory == std::optional<std::string>("/tmp")));
  BOOST_TEST((made.umask == std::optional<int>(077)));
  BOOST_TEST(!made.run_as.has_value());
  for (auto entry :
       {"A=1", "SUPERVISOR_ENABLED=1", "SUPERVISOR_PROCESS_NAME=p", "SUPERVISOR_GROUP_NAME=g", "SUPERVISOR_PID=4711"})
    BOOST_TEST(count(made, entry) == 1, entry);
  BOOST_TEST(count(made, "SUPERVISOR_PID=7") == 0);
}

BOOST_FIXTURE_TEST_CASE(without_a_child, stage) {
  auto made = plan("/bin/sh", 0);
  BOOST_TEST(
    std::none_of(made.envp.begin(), made.envp.end(), [](const auto& entry) { return entry == "SUPERVISOR_PID=0"; }));
}

BOOST_FIXTURE_TEST_CASE(with_variables, stage) {
  auto made = std::get<platform::spawn_plan>(
    helper_plan(who, settings, "/bin/sh", 4711, {"A=2", "A=3", "SUPERVISOR_PID=5", "EMPTY=", "no value", "=no name"}));
  for (auto entry : {"A=3", "SUPERVISOR_PID=5", "EMPTY="})
    BOOST_TEST(count(made, entry) == 1, entry);
  for (auto entry : {"A=1", "A=2", "SUPERVISOR_PID=4711", "no value", "=no name"})
    BOOST_TEST(count(made, entry) == 0, entry);
}

BOOST_FIXTURE_TEST_CASE(the_user_of_the_program, stage) {
  options->uid = 4'000'000'000;
  settings.uid = 1000; // the daemon is nobody who could become another
  auto made = plan("/bin/sh", 1);
  BOOST_TEST((made.refused_identity == std::optional<std::string>("Can't drop privilege as nonroot user")));
  BOOST_TEST(made.refused_uid == 4'000'000'000U);
  settings.uid = 0;
  made = plan("/bin/sh", 1);
  BOOST_TEST((made.refused_identity == std::optional<std::string>("Can't find uid 4000000000")));
}

BOOST_FIXTURE_TEST_CASE(there_is_none, stage) {
  struct {
    const char* command;
    const char* why;
  } const table[] = {{"", "command is empty"},
                     {"'a", "No closing quotation (character 1)"},
                     {"/no/such", "can't find command '/no/such'"},
                     {"/etc/passwd", "command at '/etc/passwd' is not executable"}};
  for (const auto& r : table)
    BOOST_TEST(std::get<std::string>(helper_plan(who, settings, r.command, 0)) == r.why);
}

BOOST_AUTO_TEST_SUITE_END()
