// autostart=last and statefile: vector P047 of docs/contract/programs.md.
#include "config/load.hpp"
#include "config/schema.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

BOOST_AUTO_TEST_SUITE(enable_options_test)

using namespace troupe::config;

namespace {

host machine(const std::string& text) {
  auto on = host::real();
  on.exists = [](const std::string&) { return true; };
  on.is_file = on.exists;
  on.is_directory = [](const std::string& path) { return path == "/tmp"; };
  on.directory = "/c";
  on.read_file = [text](const std::string&) { return text; };
  return on;
}

result<configuration> loaded(const std::string& text) { return load(machine(text), {"/c/s.conf", {}}); }

std::string error_of(const std::string& text) {
  auto cfg = loaded(text);
  return cfg ? "" : cfg.error().at.file + ':' + std::to_string(cfg.error().at.line) + ": " + cfg.error().what;
}

const process_options& first(const configuration& cfg) { return *cfg.groups.front()->processes.front(); }

} // namespace

BOOST_AUTO_TEST_CASE(P047) {
  BOOST_TEST(error_of("[supervisord]\n[program:a]\ncommand=c\nautostart=last\n") ==
             "/c/s.conf:4: autostart=last needs statefile in [supervisord] in section 'program:a' (file: '/c/s.conf')");
  BOOST_TEST(error_of("[supervisord]\nstatefile=\n[program:a]\ncommand=c\nautostart=last\n")
               .starts_with("/c/s.conf:5: autostart=last"));
  BOOST_TEST(error_of("[supervisord]\n[program-default]\nautostart=last\n[program:a]\ncommand=c\n")
               .starts_with("/c/s.conf:3: autostart=last"));
}

BOOST_AUTO_TEST_CASE(each_section_is_told_once) {
  auto found = check(machine("[supervisord]\n[program:a]\ncommand=/bin/cat\nautostart=last\nnumprocs=3\n"
                             "process_name=%(process_num)d\n[program:b]\ncommand=/bin/cat\nautostart=LAST\n"),
                     {"/c/s.conf", {}}, {}, {});
  BOOST_REQUIRE(found.faults.size() == 2u);
  BOOST_TEST(found.faults[0].at.line == 4);
  BOOST_TEST(found.faults[1].at.line == 9);
}

BOOST_AUTO_TEST_CASE(values) {
  auto cfg = loaded("[supervisord]\nstatefile=/nowhere/x\n[program:a]\ncommand=c\nautostart=Last\n");
  BOOST_REQUIRE_MESSAGE(cfg.has_value(), (cfg ? "" : cfg.error().what));
  BOOST_TEST(cfg->supervisord.statefile == "/nowhere/x"); // its folder may come later
  BOOST_TEST(first(*cfg).autostart);
  BOOST_TEST(first(*cfg).starts_as_last());
  BOOST_TEST(loaded("[supervisord]\nstatefile=run/x\n")->supervisord.statefile == "/c/run/x");
  BOOST_TEST(loaded("[supervisord]\nstatefile=%(here)s/x\n")->supervisord.statefile == "/c/x");
  BOOST_TEST(loaded("[supervisord]\n")->supervisord.statefile == "");
}

BOOST_AUTO_TEST_CASE(whoever_does_not_ask_for_it_has_nothing_of_it) {
  for (const char* usual : {"", "autostart=true\n", "autostart=no\n"}) {
    auto cfg = loaded(std::string("[supervisord]\n[program:a]\ncommand=c\n") + usual);
    BOOST_REQUIRE(cfg.has_value());
    BOOST_TEST(!first(*cfg).policy);
  }
  BOOST_TEST(error_of("[supervisord]\n[program:a]\ncommand=c\nautostart=lastly\n") ==
             "/c/s.conf:4: not a valid boolean value: 'lastly' in section 'program:a' (file: '/c/s.conf')");
}

BOOST_AUTO_TEST_CASE(a_section_over_its_default) {
  auto cfg =
    loaded("[supervisord]\nstatefile=/x\n[program-default]\nautostart=last\n[program:a]\ncommand=c\nautostart=false\n");
  BOOST_REQUIRE(cfg.has_value());
  BOOST_TEST(!first(*cfg).autostart);
  BOOST_TEST(!first(*cfg).starts_as_last());
}

BOOST_AUTO_TEST_CASE(what_an_update_sees) {
  process_options plain, last;
  last.ask().starts_as_last = true;
  BOOST_TEST(!same_options(plain, last));
  BOOST_TEST(same_options(last, last));
}

BOOST_AUTO_TEST_SUITE_END()
