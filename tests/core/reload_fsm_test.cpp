// Requests to read the configuration again, as scripts: what happens, and what is done about it.
#include "actors/core/reload_fsm.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <sstream>

BOOST_AUTO_TEST_SUITE(reload_fsm_test)

using namespace troupe;
using namespace troupe::actors;
namespace data = boost::unit_test::data;

namespace {

std::string text_of(const reload_askers& whom) {
  std::string text;
  for (auto who : whom)
    text += ' ' + std::to_string(who);
  return text;
}
std::string text_of(const reload_effect::begin& e) { return "begin " + std::to_string(e.reading); }
std::string text_of(const reload_effect::refuse& e) { return "refuse" + text_of(e.whom) + ": " + e.why.substr(0, 12); }
std::string text_of(const reload_effect::adopt&) { return "adopt"; }
std::string text_of(const reload_effect::answer& e) {
  const char* with[] = {"difference", "errors", "shutdown"};
  return with[static_cast<int>(e.what)] + text_of(e.whom);
}

/// aN: N asks; r, f: it was read, with faults; s: it was read, the daemon ends; n: no thread; oN: N is overdue.
std::string done(const std::string& script) {
  reload_table table;
  std::string all;
  std::istringstream words(script);
  for (std::string word; words >> word;) {
    auto number = word.size() > 1 ? std::stoull(word.substr(1)) : 0;
    reload_happening what = reload_event::asked{number};
    switch (word.front()) {
    case 'r':
      what = reload_event::delivered{true, false};
      break;
    case 'f':
      what = reload_event::delivered{false, false};
      break;
    case 's':
      what = reload_event::delivered{true, true};
      break;
    case 'n':
      what = reload_event::not_begun{"none"};
      break;
    case 'o':
      what = reload_event::overdue{number};
      break;
    default:
      break;
    }
    for (const auto& action : step(table, what))
      all += std::visit([](const auto& e) { return text_of(e); }, action) + "; ";
  }
  return all;
}

struct row {
  const char* name;
  const char* script;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.name; }

const row rows[] = {
  {"one", "a1 r", "begin 1; adopt; difference 1; "},
  {"one after the other", "a1 r a2 r", "begin 1; adopt; difference 1; begin 2; adopt; difference 2; "},
  {"who asks meanwhile shares the next", "a1 a2 a3 r a4 r r",
   "begin 1; adopt; difference 1; begin 2; adopt; difference 2 3; begin 3; adopt; difference 4; "},
  {"errors leave what was loaded alone", "a1 a2 f r", "begin 1; errors 1; begin 2; adopt; difference 2; "},
  {"so does the daemon's end", "a1 s", "begin 1; shutdown 1; "},
  {"no thread is a fault for those who asked", "a1 n a2 r",
   "begin 1; refuse 1: no thread to; begin 2; adopt; difference 2; "},
  {"one that hangs is given up, and who waits with it", "a1 a2 a3 o1", "begin 1; refuse 1 2 3: the configur; "},
  {"there is no other meanwhile", "a1 o1 a2 a3",
   "begin 1; refuse 1: the configur; refuse 2: the last att; "
   "refuse 3: the last att; "},
  {"what comes of it late changes nothing", "a1 o1 r", "begin 1; refuse 1: the configur; "},
  {"and then they are read again", "a1 o1 f a2 r", "begin 1; refuse 1: the configur; begin 2; adopt; difference 2; "},
  {"a reminder of one that has ended means nothing", "a1 r o1 a2 o1 r",
   "begin 1; adopt; difference 1; begin 2; adopt; difference 2; "},
  {"it comes once", "a1 o1 o1", "begin 1; refuse 1: the configur; "},
  {"nothing was read", "r f s n o0 o1", ""},
};

} // namespace

BOOST_DATA_TEST_CASE(scripts, data::make(rows), r) { BOOST_TEST(done(r.script) == r.expected); }

BOOST_AUTO_TEST_CASE(a_thousand_may_wait) {
  reload_table table;
  BOOST_TEST(step(table, reload_event::asked{0}).size() == 1u);
  for (std::uint64_t i = 1; i <= 1000; ++i)
    BOOST_TEST(step(table, reload_event::asked{i}).empty());
  auto refused = step(table, reload_event::asked{1001});
  BOOST_REQUIRE(refused.size() == 1);
  BOOST_TEST(text_of(std::get<reload_effect::refuse>(refused[0])) == "refuse 1001: too many wai");
  BOOST_TEST(step(table, reload_event::delivered{true, false}).size() == 3u);
  BOOST_TEST(step(table, reload_event::asked{1002}).empty());
}

BOOST_AUTO_TEST_CASE(what_may_be_added) {
  auto named = [](const char* name) {
    auto options = std::make_shared<config::group_options>();
    options->name = name;
    return config::group_options_ptr(options);
  };
  std::vector loaded{named("new"), named("both")};
  group_table active;
  for (const char* name : {"both", "old"})
    add_group(active, {name, 999, {}, false});
  auto fault_for = [&](const char* name) { return std::get<protocols::fault>(addable(loaded, active, name)); };
  BOOST_TEST((std::get<config::group_options_ptr>(addable(loaded, active, "new")) == loaded[0]));
  BOOST_TEST((fault_for("both") == protocols::fault::already_added));
  BOOST_TEST((fault_for("old") == protocols::fault::bad_name)); // not loaded any more
  BOOST_TEST((fault_for("none") == protocols::fault::bad_name));
}

BOOST_AUTO_TEST_SUITE_END()
