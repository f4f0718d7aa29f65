// Env files that are read for a spawn: which are, what is said of those that are not, and where their variables, and
// others that a program may ask for, stand among the layers of its environment. Vectors P066 to P069 of
// docs/contract/programs.md.
#include "actors/io/env_files.hpp"
#include "actors/io/spawner.hpp"
#include "config/env_file.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(env_files_test)

using namespace troupe;
using namespace troupe::actors;
using tests::scratch;

namespace {

boost::test_tools::assertion_result as_root(boost::unit_test::test_unit_id) { return ::getuid() == 0; }

struct stage : scratch {
  stage() {
    options->name = "p";
    who.group = "g";
    who.options = options;
    settings.uid = ::getuid();
  }
  void file(const std::string& name, bool may_be_missing = false) {
    options->ask().around.env_files.push_back({in(name), may_be_missing});
  }
  /// Or why there is none.
  std::string value(const std::string& key) {
    auto plan = plan_of(who, settings);
    if (!plan)
      return plan.error().what;
    auto begin = key + '=';
    BOOST_TEST(std::count_if(plan->envp.begin(), plan->envp.end(), [&](auto& e) { return e.starts_with(begin); }) <= 1);
    for (const auto& entry : plan->envp)
      if (entry.starts_with(begin))
        return entry.substr(begin.size());
    return "(not set)";
  }
  std::string trouble() {
    auto plan = plan_of(who, settings);
    return plan ? "" : plan.error().what;
  }

  std::shared_ptr<config::process_options> options = std::make_shared<config::process_options>();
  process_identity who;
  spawn_settings settings;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(layers, stage) { // P069
  settings.daemon_environment = {{"D", "daemon"}, {"E", "daemon"}, {"F", "daemon"}, {"G", "daemon"}};
  options->env = config::environment{{"E", "supervisord"}, {"F", "supervisord"}, {"G", "own"}, {"H", "own"}};
  BOOST_TEST(value("F") == "supervisord");
  file("a.env");
  file("b.env");
  options->ask().around.own_variables = {"G", "H"};
  write("a.env", "F=first\nG=file\nH=file\nSUPERVISOR_PROCESS_NAME=file\nN=new\nTWICE=1\n");
  write("b.env", "F=second\nTWICE=2\n");
  BOOST_TEST(value("D") == "daemon");
  BOOST_TEST(value("E") == "supervisord");
  BOOST_TEST(value("F") == "second");
  BOOST_TEST(value("G") == "own");
  BOOST_TEST(value("H") == "own");
  BOOST_TEST(value("SUPERVISOR_PROCESS_NAME") == "file");
  BOOST_TEST(value("N") == "new");
  BOOST_TEST(value("TWICE") == "2");
  write("b.env", "F=third\n"); // at each spawn
  BOOST_TEST(value("F") == "third");
  BOOST_TEST(value("TWICE") == "1");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_read, stage) {
  file("a.env");
  auto cannot = "can't read envfile '" + in("a.env") + "': ";
  BOOST_TEST(trouble() == cannot + "ENOENT"); // P067
  std::filesystem::create_directory(in("a.env"));
  BOOST_TEST(trouble() == cannot + "EISDIR");
  std::filesystem::remove(in("a.env"));
  BOOST_TEST(::mkfifo(in("a.env").c_str(), 0600) == 0);
  BOOST_TEST(trouble() == cannot + "EINVAL (it is no regular file)");
  std::filesystem::remove(in("a.env"));
  write("a.env", "A=1\n\n9A=1\n");
  BOOST_TEST(trouble() == "envfile '" + in("a.env") + "', line 3: no KEY=VALUE"); // P066
  write("a.env", "A=1\nB='\n");
  BOOST_TEST(trouble() == "envfile '" + in("a.env") + "', line 2: No closing quotation");
}

BOOST_FIXTURE_TEST_CASE(one_that_may_be_missing, stage) { // P068
  file("a.env", true);
  file("no/such/a.env", true);
  BOOST_TEST(trouble() == "");
  write("no", "");
  BOOST_TEST(trouble() == "");
  write("a.env", "A\n");
  BOOST_TEST(trouble() == "envfile '" + in("a.env") + "', line 1: no KEY=VALUE");
}

BOOST_FIXTURE_TEST_CASE(large_ones, stage) {
  file("a.env");
  write("a.env", "A=" + std::string(config::largest_env_file - 2, 'x'));
  BOOST_TEST(value("A").size() == config::largest_env_file - 2);
  write("a.env", "A=" + std::string(config::largest_env_file - 1, 'x'));
  BOOST_TEST(trouble() == "envfile '" + in("a.env") + "' is larger than 1 MiB");
  std::string many;
  for (int i = 0; many.size() < config::largest_env_file - 20; ++i)
    many += "V" + std::to_string(i) + "=\n";
  write("a.env", many);
  options->env = config::environment{{"V7", "own"}};
  options->ask().around.own_variables = {"V7"};
  BOOST_TEST(value("V7") == "own");
  BOOST_TEST(value("V100") == "");
}

BOOST_FIXTURE_TEST_CASE(a_file_that_does_not_say_its_size, stage) {
  options->ask().around.env_files.push_back({"/proc/self/maps", false}); // of no size, and longer than a page
  auto said = trouble();
  BOOST_TEST(said == "envfile '/proc/self/maps', line 1: no KEY=VALUE");
}

BOOST_FIXTURE_TEST_CASE(links_of_strangers, stage, *boost::unit_test::precondition(as_root)) {
  write("secret", "PASSWORD=hunter2\n");
  std::filesystem::create_directory(in("home"));
  BOOST_TEST(::chown(in("home").c_str(), 65534, 65534) == 0);
  std::filesystem::create_symlink(in("secret"), in("home/a.env"));
  BOOST_TEST(::lchown(in("home/a.env").c_str(), 65534, 65534) == 0);
  file("home/a.env", true);
  BOOST_TEST(trouble() == "can't read envfile '" + in("home/a.env") + "': ELOOP (the link " + in("home/a.env") +
                            " belongs to uid 65534 and leads to what is not that user's: it is not followed)");
  std::filesystem::remove(in("home/a.env"));
  std::filesystem::create_hard_link(in("secret"), in("home/a.env"));
  BOOST_TEST(trouble().starts_with("can't read envfile '" + in("home/a.env") + "': EMLINK ("));
}

BOOST_FIXTURE_TEST_CASE(a_clean_environment, stage) {
  settings.daemon_environment = {{"PATH", "/bin"}, {"LANG", "C"},  {"LC_ALL", "C"}, {"LC_TIME", "C"},  {"TZ", "UTC"},
                                 {"TERM", "dumb"}, {"HOME", "/x"}, {"LCX", "1"},    {"LANGUAGE", "1"}, {"A", "1"}};
  options->env = config::environment{{"B", "2"}};
  options->ask().around.clean = true;
  for (const char* key : {"PATH", "LANG", "LC_ALL", "LC_TIME", "TZ", "TERM", "B", "SUPERVISOR_ENABLED"})
    BOOST_TEST(value(key) != "(not set)", key);
  for (const char* key : {"HOME", "LCX", "LANGUAGE", "A"})
    BOOST_TEST(value(key) == "(not set)", key);
}

BOOST_FIXTURE_TEST_CASE(the_words_of_a_user, stage) {
  const auto* own = ::getpwuid(::getuid());
  BOOST_TEST_REQUIRE((own != nullptr));
  std::string name = own->pw_name, home = own->pw_dir, shell = own->pw_shell;
  settings.daemon_environment = {{"HOME", "/other"}, {"USER", "other"}};
  options->env = config::environment{{"LOGNAME", "mine"}};
  options->ask().around.user_variables = true;
  options->ask().around.clean = true;
  BOOST_TEST(value("HOME") == home);
  BOOST_TEST(value("USER") == name);
  BOOST_TEST(value("LOGNAME") == "mine"); // whatever is laid over it
  BOOST_TEST(value("SHELL") == (shell.empty() ? "/bin/sh" : shell));
  options->uid = 4'000'000'000;
  BOOST_TEST(value("USER") == "(not set)");
}

BOOST_FIXTURE_TEST_CASE(groups, stage) {
  auto plan = [&] { return *plan_of(who, settings); };
  auto& around = options->ask().around;
  settings.uid = 0;
  options->uid = 65534;
  auto usual = platform::identity_of(65534);
  BOOST_TEST_REQUIRE(usual.has_value());
  BOOST_TEST(plan().run_as->groups == usual->groups, boost::test_tools::per_element());
  around.gid = 7;
  auto in_seven = plan().run_as;
  BOOST_TEST(in_seven->uid == 65534U);
  BOOST_TEST(in_seven->gid == 7U);
  BOOST_TEST(in_seven->groups.front() == 7U);
  BOOST_TEST(std::count(in_seven->groups.begin(), in_seven->groups.end(), usual->gid) == 0);
  BOOST_TEST(in_seven->groups.size() == usual->groups.size());
  around.groups = {{8, 7, usual->gid}};
  std::vector<gid_t> three{7, 8, usual->gid};
  BOOST_TEST(plan().run_as->groups == three, boost::test_tools::per_element());
  around.gid.reset();
  std::vector<gid_t> own_first{usual->gid, 8, 7};
  BOOST_TEST(plan().run_as->groups == own_first, boost::test_tools::per_element());
  around.groups = std::vector<std::int64_t>{};
  std::vector<gid_t> alone{usual->gid};
  BOOST_TEST(plan().run_as->groups == alone, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(groups_of_the_daemons_own_user, stage, *boost::unit_test::precondition(as_root)) {
  BOOST_TEST(!plan_of(who, settings)->run_as);
  options->ask().around.gid = 7;
  auto made = plan_of(who, settings)->run_as;
  BOOST_TEST_REQUIRE(made.has_value());
  BOOST_TEST(made->uid == 0U);
  BOOST_TEST(made->gid == 7U);
  BOOST_TEST(made->groups.front() == 7U);
}

BOOST_FIXTURE_TEST_CASE(groups_of_an_ordinary_user, stage) {
  settings.uid = 1000; // as far as is asked here
  options->ask().around.gid = ::getgid();
  BOOST_TEST(!plan_of(who, settings)->refused_identity); // it is so already
  BOOST_TEST(!plan_of(who, settings)->run_as);
  options->ask().around.gid = 4'000'000'000;
  auto plan = *plan_of(who, settings);
  BOOST_TEST((plan.refused_identity == std::optional<std::string>("Can't change groups as nonroot user")));
  BOOST_TEST(plan.refused_uid == 1000U);
  options->uid = 1001;
  BOOST_TEST(
    (plan_of(who, settings)->refused_identity == std::optional<std::string>("Can't drop privilege as nonroot user")));
}

BOOST_FIXTURE_TEST_CASE(a_directory, stage) {
  options->directory = in("a/b");
  BOOST_TEST(trouble() == "");
  BOOST_TEST(!exists("a"));
  options->ask().around.makes_directory = true;
  options->ask().around.directory_mode = 0711;
  BOOST_TEST(trouble() == "");
  struct stat info {};
  BOOST_TEST(::stat(in("a/b").c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 07777) == 0711U);
  write("file", "");
  options->directory = in("file/x");
  BOOST_TEST(trouble() == "can't create directory '" + in("file/x") + "': ENOTDIR");
  settings.uid = 1000;
  options->uid = 1001; // who is not run has no directory made
  options->directory = in("c");
  BOOST_TEST(trouble() == "");
  BOOST_TEST(!exists("c"));
}

BOOST_AUTO_TEST_SUITE_END()
