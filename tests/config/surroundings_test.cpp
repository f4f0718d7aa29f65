// The options of config/surroundings.hpp: what each takes, what it refuses with which sentence, and what a change of it
// is called: vectors P020 and P048 of docs/contract/programs.md, and section 10.
#include "config/load.hpp"
#include "config/option_changes.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(surroundings_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

struct machine_fixture {
  fake_machine machine;
  result<configuration> load_text(const std::string& text) {
    machine.files["/c/c.conf"] = "[supervisord]\n" + text;
    return load(machine.make(), {"c.conf", {}});
  }
  process_options with(const std::string& options, const std::string& before = {}) {
    auto cfg = load_text(before + "[program:a]\ncommand=c\n" + options);
    BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
    return *cfg->groups.at(0)->processes.at(0);
  }
  /// Without where it stands.
  std::string refused(const std::string& options) {
    auto cfg = load_text("[program:a]\ncommand=c\n" + options);
    const std::string where = " in section 'program:a' (file: 'c.conf')";
    if (cfg)
      return "it loads";
    BOOST_TEST(cfg.error().what.ends_with(where), cfg.error().what);
    return cfg.error().what.substr(0, cfg.error().what.size() - where.size());
  }
};

std::string files(const process_options& p) {
  std::string all;
  for (const auto& [path, may_be_missing] : p.around().env_files)
    all += (all.empty() ? "" : " ") + std::string(may_be_missing ? "-" : "") + path.str();
  return all;
}

std::string shown(const process_options& p, std::string_view key) {
  const auto& around = p.around();
  if (key == "setenv_user")
    return around.user_variables ? "true" : "false";
  if (key == "cleanenv")
    return around.clean ? "true" : "false";
  if (key == "group")
    return around.gid ? std::to_string(*around.gid) : "-";
  if (key == "directory_create")
    return around.makes_directory ? "true" : "false";
  if (key == "directory_mode")
    return std::to_string(around.directory_mode);
  if (key == "envfile")
    return files(p);
  std::string all = around.groups ? "" : "-";
  for (auto gid : around.groups.value_or(std::vector<std::int64_t>{}))
    all += (all.empty() ? "" : " ") + std::to_string(gid);
  return all;
}

/// What comes of `key=value` in a program, or the sentence without its section.
struct row {
  const char* key;
  const char* value;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.key << '=' << r.value; }

#define NO_PATHS ": allowed are paths, comma-separated, with - before those that may be missing"
#define NO_MODE ": allowed is an octal number from 0 to 07777"
// clang-format off
const row rows[] = {
  {"envfile", "", ""},
  {"envfile", "a.env", "/c/a.env"},
  {"envfile", "-a.env", "-/c/a.env"},
  {"envfile", " /x/a , - b/../c.env,", "/x/a -/c/c.env"},
  {"envfile", "~/a,~carl/b", "/root/a /b"},
  {"envfile", "%(here)s/%(program_name)s.env", "/c/a.env"},
  {"envfile", "-", "Invalid envfile value '-'" NO_PATHS},
  {"envfile", "a, -,b", "Invalid envfile value 'a, -,b'" NO_PATHS},
  {"setenv_user", "true", "true"},
  {"setenv_user", "off", "false"},
  {"setenv_user", "maybe", "not a valid boolean value: 'maybe'"},
  {"cleanenv", "1", "true"},
  {"cleanenv", "x", "not a valid boolean value: 'x'"},
  {"group", "ops", "27"},
  {"group", "27", "27"},
  {"group", "nosuch", "Invalid group name nosuch"}, // P048
  {"group", "99", "Invalid group name 99"},
  {"group", "-1", "Invalid group name -1"},
  {"group", "", "Invalid group name "},
  {"supplementarygroups", "", ""},
  {"supplementarygroups", "ops, root,27,nogroup", "27 0 65534"},
  {"supplementarygroups", "ops,nosuch", "Invalid group name nosuch"},
  {"supplementarygroups", "ops,", "Invalid group name "},
  {"directory_create", "yes", "true"},
  {"directory_create", "2", "not a valid boolean value: '2'"},
  {"directory_mode", "0750", "488"},
  {"directory_mode", "2775", "1533"},
  {"directory_mode", "10000", "Invalid directory_mode value '10000'" NO_MODE},
  {"directory_mode", "9", "Invalid directory_mode value '9'" NO_MODE},
  {"directory_mode", "-1", "Invalid directory_mode value '-1'" NO_MODE},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE_F(machine_fixture, values, data::make(rows), r) {
  auto options = std::string(r.key) + '=' + r.value + '\n';
  auto refusal = refused(options);
  BOOST_TEST((refusal == "it loads" ? shown(with(options), r.key) : refusal) == r.expected);
}

BOOST_FIXTURE_TEST_CASE(defaults, machine_fixture) {
  auto p = with("environment=A=\"1\"\n");
  BOOST_TEST(!p.policy);
  BOOST_TEST(files(p) == "");
  BOOST_TEST(p.around().directory_mode == 0755);
  BOOST_TEST(p.around().own_variables.empty());
}

BOOST_FIXTURE_TEST_CASE(other_names, machine_fixture) {
  BOOST_TEST(files(with("environment_file=x\n")) == "/c/x");
  BOOST_TEST(files(with("envfiles=x\n")) == "/c/x");
  BOOST_TEST(with("userenv=true\n").around().user_variables);
  constexpr const char* one = " name one option: give only one";
  BOOST_TEST(refused("envfile=x\nenvironment_file=y\n") == std::string("envfile and environment_file") + one); // P020
  BOOST_TEST(refused("envfiles=x\nenvfile=y\n") == std::string("envfile and envfiles") + one);
  BOOST_TEST(refused("envfiles=x\nenvironment_file=y\n") == std::string("environment_file and envfiles") + one);
  BOOST_TEST(refused("setenv_user=true\nuserenv=true\n") == std::string("setenv_user and userenv") + one);
}

BOOST_FIXTURE_TEST_CASE(against_the_file_that_holds_the_option, machine_fixture) {
  machine.files["/c/d/p.ini"] = "[program:a]\ncommand=c\nenvfile=a.env\ntemplate=t\n[template:u]\nenvfile=u.env\n";
  auto cfg = load_text("[include]\nfiles=d/*.ini\n[template:t]\nenvfile=t.env\n[program:b]\ncommand=c\ntemplate=u\n"
                       "[program:e]\ncommand=c\ntemplate=t\n");
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  std::string all;
  for (const auto& group : cfg->groups)
    all += group->name.str() + ' ' + files(*group->processes.at(0)) + ' ';
  BOOST_TEST(all == "a /c/d/a.env b /c/d/u.env e /c/t.env ");
}

BOOST_FIXTURE_TEST_CASE(each_process_its_own, machine_fixture) {
  auto cfg = load_text("[program:a]\ncommand=c\nnumprocs=2\nprocess_name=a%(process_num)d\n"
                       "envfile=a%(process_num)d.env,%(ENV_B)s\nenvironment=B=\"b%(process_num)d\"\n");
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  BOOST_TEST(files(*cfg->groups.at(0)->processes.at(0)) == "/c/a0.env /c/b0");
  BOOST_TEST(files(*cfg->groups.at(0)->processes.at(1)) == "/c/a1.env /c/b1");
}

BOOST_FIXTURE_TEST_CASE(which_variables_are_its_own, machine_fixture) {
  auto p = with("envfile=x\nenvironment=B=\"2\"\ntemplate=t\n",
                "environment=A=\"1\"\n[template:t]\nenvironment=C=\"3\"\n"); // the first is [supervisord]'s
  std::vector<std::string> own{"B", "C"};
  BOOST_TEST(p.around().own_variables == own, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_change_is_told_by_its_option, machine_fixture) {
  auto changed = [&](const std::string& before, const std::string& now) {
    std::string all;
    for (const auto& key : changed_options(with(before), with(now)))
      all += (all.empty() ? "" : " ") + key;
    return all;
  };
  BOOST_TEST(changed("envfile=x\n", "environment_file=/c/x\n") == "");
  BOOST_TEST(changed("envfile=x,y\n", "envfile=y,x\n") == "envfile");
  BOOST_TEST(changed("envfile=x\n", "envfile=-x\n") == "envfile");
  BOOST_TEST(changed("envfile=x\nenvironment=A=\"1\",B=\"2\"\n", "envfile=x\nenvironment=B=\"2\",A=\"1\"\n") == "");
  BOOST_TEST(changed("", "setenv_user=false\ncleanenv=false\ndirectory_create=false\ndirectory_mode=755\nenvfile=\n") ==
             "");
  BOOST_TEST(changed("", "supplementarygroups=\n") == "supplementarygroups");
  BOOST_TEST(changed("group=ops\n", "group=27\n") == "");
  BOOST_TEST(changed("", "setenv_user=true\ncleanenv=true\ngroup=0\ndirectory_create=true\ndirectory_mode=0700\n") ==
             "setenv_user cleanenv group directory_create directory_mode");
}

BOOST_FIXTURE_TEST_CASE(what_a_check_says, machine_fixture) {
  auto found = [&](const std::string& options) {
    machine.files["/c/c.conf"] = "[supervisord]\n[program:a]\ncommand=c\n" + options;
    auto said = check(machine.make(), {"c.conf", {}});
    std::string all;
    for (const auto& fault : said.faults)
      all += fault.what + '\n';
    for (const auto& notice : said.notices)
      if (notice.level == log_level::warn)
        all += notice.text + '\n';
    return all;
  };
  const std::string in_a = " in section 'program:a' (file: 'c.conf')\n";
  BOOST_TEST(found("directory=/no/such\n") == "there is no directory '/no/such'" + in_a);
  BOOST_TEST(found("directory=/no/such\ndirectory_create=true\n") == "");
  BOOST_TEST(found("envfile=x,-y\n") == "c.conf:4: there is no env file '/c/x' in section 'program:a'\n");
  machine.files["/c/x"] = "";
  BOOST_TEST(found("envfile=x\n") == "");
}

BOOST_AUTO_TEST_SUITE_END()
