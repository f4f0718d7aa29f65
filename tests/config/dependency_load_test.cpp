// depends_on and what goes with it in whole files: vectors P070 to P090 of docs/contract/programs.md, where each fault
// is told, and what `--test` lists. Items alone are in dependency_options_test.cpp, graphs in
// dependency_graph_test.cpp.
#include "config/load.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(dependency_load_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;
using lines = std::vector<std::string>;

namespace {

std::string shown(const dependency_options& of) {
  std::string text = of.soft ? "softly: " : "";
  for (const auto& item : of.items) {
    text += (&item == of.items.data() ? "" : "; ") + item.target;
    if (item.what)
      text += " " + std::string(to_string(*item.what));
    if (item.count)
      text += " /" + std::to_string(*item.count);
    if (item.soft)
      text += " soft";
  }
  return text;
}

std::string told(const error& fault) {
  return fault.at.file.substr(fault.at.file.rfind('/') + 1) + ':' + std::to_string(fault.at.line) + ": " + fault.what;
}

struct machine_fixture {
  fake_machine machine;
  load_request request_for(const std::string& text) {
    machine.files["/c/c.conf"] = "[supervisord]\n" + text;
    return {"c.conf", {}};
  }
  result<configuration> load_text(const std::string& text) { return load(machine.make(), request_for(text)); }
  /// What `--test` lists.
  lines check_text(const std::string& text) {
    lines all;
    for (const auto& fault : check(machine.make(), request_for(text)).faults)
      all.push_back(told(fault));
    return all;
  }
  /// What the process waits for, or the fault with its place.
  std::string loaded(const std::string& text, std::string_view process = "a") {
    auto cfg = load_text(text);
    if (!cfg)
      return told(cfg.error());
    for (const auto& group : cfg->groups)
      for (const auto& one : group->processes)
        if (one->name == process)
          return shown(one->dependencies());
    return "no such process";
  }
};

struct row {
  const char* id;
  std::string text;     ///< from line 2 on
  const char* expected; ///< of process a
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

std::string program(const std::string& name, const std::string& options = "") {
  return "[program:" + name + "]\ncommand=c\n" + options;
}
std::string on(const std::string& items) { return "depends_on=" + items + '\n'; }

const std::string four = "numprocs=4\nprocess_name=w_%(process_num)d\n";

#define IN_A " in section 'program:a' (file: 'c.conf')"
#define UNKNOWN(what) "c.conf:4: depends_on names unknown program, process or group '" what "'" IN_A
#define NO_ITEM                                                                                                        \
  ": allowed are NAME, GROUP:PROCESS or GROUP:*, then :started, :running, :ready, :exited or :exited_ok, /COUNT and ?"
#define NO_TIME ": allowed is a time, such as 5, 0.5, 500ms, 2m, 1h or 1d"
// clang-format off
const row rows[] = {
  {"P070", program("a", on("db")) + program("db"), "db"},
  {"P071", program("a", on("db:running/1?")) + program("db"), "db running /1 soft"},
  {"P072", program("a", on("g:x:exited_ok")) + program("x") + "[group:g]\nprograms=x\n", "g:x exited_ok"},
  {"P073", program("a", on("g:ready")) + program("x") + "[group:g]\nprograms=x\n", "g ready"},
  {"P074", program("a", on("g:ready:ready")) + program("ready") + "[group:g]\nprograms=ready\n", "g:ready ready"},
  {"P075", program("a", on("db:process_healthy")) + program("db"), "db ready"},
  {"P077", program("a", on("b")) + program("b") + "[group:g]\nprograms=b\n", "b"},
  {"P078", program("a", "depends_mode=soft\n" + on("b")) + program("b"), "softly: b"},
  {"P079", program("a", on("nope")), UNKNOWN("nope")},
  {"P080", program("a", on("db:foo")) + program("db"), UNKNOWN("db:foo")},
  {"P081", program("a", on("b,")) + program("b"), "c.conf:4: Invalid depends_on value ''" NO_ITEM IN_A},
  {"P082", program("a", on("w/5")) + program("w", four), "c.conf:4: depends_on item 'w/5' wants 5 of 4 processes" IN_A},
  {"P082, as many as there are", program("a", on("w/4")) + program("w", four), "w /4"},
  {"P083", program("a", on("a")), "c.conf:4: depends_on leads back to itself: a -> a" IN_A},
  {"P084", program("c", on("a")) + program("b", on("c")) + program("a", on("b")), "c.conf:10: depends_on leads back to itself: a -> b -> c -> a" IN_A},
  {"P085", program("b", on("a?")) + program("a", on("b")), "c.conf:7: depends_on leads back to itself: a -> b -> a" IN_A},
  {"P086", program("x") + "[group:g]\nprograms=x\n" + on("g:x"), "c.conf:6: depends_on leads back to itself: g:x -> g:x"},
  {"another member of the group", program("x") + program("y") + "[group:g]\nprograms=x,y\n" + on("g:x"), "c.conf:8: depends_on leads back to itself: g:x -> g:x"},
  {"the group's list names nobody", program("a", on("b")) + program("b") + "[group:g]\nprograms=a\n" + on("nope"), "c.conf:9: depends_on names unknown program, process or group 'nope'"},
  {"the own list behind it does", program("a", on("nope")) + program("b") + "[group:g]\nprograms=a\n" + on("b"), UNKNOWN("nope")},
  {"the group's list goes before the own", program("a", on("b?, c")) + program("b") + program("c") + "[group:g]\nprograms=a\n" + on("d, e:running") + program("d") + program("e"), "d; e running; b soft; c"},
  {"the group's list alone", program("a") + program("b") + "[group:g]\nprograms=a\n" + on("b"), "b"},
  {"the group's list is no list", program("a") + "[group:g]\nprograms=a\n" + on(","), "c.conf:6: Invalid depends_on value ''" NO_ITEM},
  {"nothing", program("a", on("")), ""},
  {"an fcgi-program of another group", program("a", on("f")) + "[fcgi-program:f]\ncommand=c\nsocket=unix:///tmp/f\n[group:g]\nprograms=f\n", "f"},
  {"a listener", "[eventlistener:a]\ncommand=c\nevents=TICK_5\n" + on("nope"), "c.conf:5: depends_on names unknown program, process or group 'nope' in section 'eventlistener:a' (file: 'c.conf')"},
  {"on a listener's group", program("a", on("e")) + "[eventlistener:e]\ncommand=c\nevents=TICK_5\n", "e"},
  {"a program without processes", program("a", on("b")) + program("b", "numprocs=0\n"), "b"},
  {"and in a group", program("a", on("b")) + program("b", "numprocs=0\n") + "[group:g]\nprograms=b\n", "b"},
  {"of one process there is none", program("a", on("b:b")) + program("b", "numprocs=0\n"), UNKNOWN("b:b")},
  {"here expands in a group", program("a") + "[group:g]\nprograms=a\n" + on("%(program_name)s"), "c.conf:6: Format string for 'group:g.depends_on' contains names ('program_name') which cannot be expanded (character 1 of the value). Available names: ENV_*, here"},
  {"from a template", "[template:t]\n" + on("db") + program("a", "template=t\n") + program("db"), "db"},
  {"its fault", "[template:t]\n" + on("nope") + program("a", "template=t\n"), "c.conf:3: depends_on names unknown program, process or group 'nope'" IN_A},
  {"of [program-default]", "[program-default]\n" + on("w:%(program_name)s") + program("a") + program("w", on("")), "c.conf:3: depends_on names unknown program, process or group 'w:a'" IN_A},
  {"its own instead", "[template:t]\n" + on("nope") + program("a", "template=t\n" + on("db")) + program("db"), "db"},
  {"dependson", program("a", "dependson=db\n") + program("db"), "db"},
  {"dependson of a group", program("a") + program("db") + "[group:g]\nprograms=a\ndependson=db\n", "db"},
  {"dependson of a template", "[template:t]\ndependson=nope\n" + program("a", "template=t\n" + on("db")) + program("db"), "db"},
  {"dependson under a template", "[template:t]\n" + on("nope") + program("a", "template=t\ndependson=db\n") + program("db"), "db"},
  {"dependson in [DEFAULT]", "[DEFAULT]\ndependson=nope\n" + program("a", on("db")) + program("db", on("")), "db"},
  {"both", program("a", "dependson=db\n" + on("db")) + program("db"), "c.conf:4: depends_on and dependson name one option: give only one" IN_A},
  {"both in a group", program("a") + "[group:g]\nprograms=a\n" + on("a") + "dependson=a\n", "c.conf:7: depends_on and dependson name one option: give only one"},
  {"both in a template", "[template:t]\n" + on("a") + "dependson=a\n" + program("a"), "c.conf:4: depends_on and dependson name one option: give only one in section 'template:t' (file: 'c.conf')"},
  {"depends_mode", program("a", "depends_mode=x\n"), "c.conf:4: Invalid depends_mode value 'x': allowed are hard and soft" IN_A},
  {"depends_failure", program("a", "depends_failure=x\n"), "c.conf:4: Invalid depends_failure value 'x': allowed are wait, fail and ignore" IN_A},
  {"depends_timeout", program("a", "depends_timeout=x\n"), "c.conf:4: Invalid depends_timeout value 'x'" NO_TIME IN_A},
  {"depends_lost", program("a", "depends_lost=x\n"), "c.conf:4: Invalid depends_lost value 'x': allowed are keep, stop and restart" IN_A},
  {"stopmode", program("a") + "[group:g]\nprograms=a\nstopmode=x\n", "c.conf:6: Invalid stopmode value 'x': allowed are parallel and ordered"},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE_F(machine_fixture, files, data::make(rows), r) {
  BOOST_TEST(loaded(r.text) == r.expected);
  auto all = check_text(r.text); // a check tells the same
  bool fine = std::string(r.expected).find(".conf:") == std::string::npos;
  BOOST_TEST(all == (fine ? lines{} : lines{r.expected}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(values, machine_fixture) {
  auto of = [this](const std::string& options) { // of who waits for nobody, too
    auto cfg = load_text(program("a", options));
    BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
    return cfg->groups.at(0)->processes.at(0)->dependencies();
  };
  BOOST_TEST((of("") == dependency_options{}));
  BOOST_TEST(of("depends_mode=SOFT\n").soft);
  BOOST_TEST(!of("depends_mode=hard\n").soft);
  BOOST_TEST((of("depends_failure=Fail\n").failure == dependency_options::on_failure::fail));
  BOOST_TEST((of("depends_failure=ignore\n").failure == dependency_options::on_failure::ignore));
  BOOST_TEST((of("depends_failure=wait\n").failure == dependency_options::on_failure::wait));
  BOOST_TEST(of("depends_timeout=1.5m\n").timeout.count() == 90'000);
  BOOST_TEST((of("depends_lost=Restart\n").lost == dependency_options::on_loss::restart));
  BOOST_TEST((of("depends_lost=stop\n").lost == dependency_options::on_loss::stop));
  BOOST_TEST((of("depends_lost=keep\n").lost == dependency_options::on_loss::keep));
}

BOOST_FIXTURE_TEST_CASE(stopmode, machine_fixture) {
  auto ordered = [this](const std::string& option) {
    return load_text(program("a") + "[group:g]\nprograms=a\n" + option)->groups.at(0)->ordered_stop;
  };
  BOOST_TEST(!ordered(""));
  BOOST_TEST(!ordered("stopmode=parallel\n"));
  BOOST_TEST(ordered("stopmode=Ordered\n"));
}

BOOST_FIXTURE_TEST_CASE(p090_each_process_its_own, machine_fixture) {
  auto text = program("a", "process_name=a_%(process_num)d\nnumprocs=2\n" + on("w:w_%(process_num)d")) +
              program("w", "process_name=w_%(process_num)d\nnumprocs=2\n");
  BOOST_TEST(loaded(text, "a_0") == "w:w_0");
  BOOST_TEST(loaded(text, "a_1") == "w:w_1");
}

BOOST_FIXTURE_TEST_CASE(a_check_lists_all_in_group_order, machine_fixture) {
  auto text = program("b", "priority=1\n" + on("w/5")) + program("a", on("nope, never")) +
              program("c", "numprocs=3\nprocess_name=c_%(process_num)d\n" + on("nobody")) + program("w", four) +
              program("x", "priority=2\n" + on("y")) + program("y", on("x"));
  const lines expected{
    "c.conf:5: depends_on item 'w/5' wants 5 of 4 processes in section 'program:b' (file: 'c.conf')",
    "c.conf:21: depends_on leads back to itself: x -> y -> x in section 'program:x' (file: 'c.conf')",
    "c.conf:8: depends_on names unknown program, process or group 'nope'" IN_A,
    "c.conf:8: depends_on names unknown program, process or group 'never'" IN_A,
    "c.conf:13: depends_on names unknown program, process or group 'nobody' in section 'program:c' (file: 'c.conf')",
  };
  BOOST_TEST(check_text(text) == expected, boost::test_tools::per_element());
  BOOST_TEST(told(load_text(text).error()) == expected.front()); // a start ends with the first
}

BOOST_FIXTURE_TEST_CASE(nothing_is_said_of_what_was_not_read_whole, machine_fixture) {
  const lines expected{"c.conf:7: invalid literal for int() with base 10: 'x' in section 'program:b' (file: 'c.conf')"};
  BOOST_TEST(check_text(program("a", on("b")) + program("b", "startsecs=x\n")) == expected,
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_file_of_its_own_is_named, machine_fixture) {
  machine.files["/c/d/more.conf"] = program("a", on("nope"));
  BOOST_TEST(loaded("[include]\nfiles=d/*.conf\n") ==
             "more.conf:3: depends_on names unknown program, process or group 'nope' in section 'program:a' "
             "(file: '/c/d/more.conf')");
}

BOOST_FIXTURE_TEST_CASE(nothing_of_the_environment_is_told, machine_fixture) {
  auto said = loaded(program("a", on("%(ENV_SECRET)s")));
  BOOST_TEST(said.find("hunter2") == std::string::npos, said);
  BOOST_TEST(said.starts_with("c.conf:4: "), said);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_held_for_who_asks_for_nothing, machine_fixture) {
  auto cfg =
    load_text(program("a") + program("b", on("")) + program("c", on("a")) + program("d", on("a")) + program("e") +
              program("f") + "[group:g]\nprograms=e,f\n" + on("a") + "[group:h]\nprograms=e\nstopmode=ordered\n");
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  auto of = [&](std::size_t group, std::size_t i = 0) { return cfg->groups.at(group)->processes.at(i)->policy; };
  BOOST_TEST(!of(0)); // a
  BOOST_TEST(!of(1)); // b
  BOOST_REQUIRE(of(2));
  BOOST_TEST(of(2) == of(3)); // c and d: one for both
  BOOST_REQUIRE(of(4));
  BOOST_TEST(of(4) == of(4, 1)); // both of g
  BOOST_TEST(!of(5));            // and h asks for nothing of its own
}

namespace {

struct warning {
  const char* id;
  std::string text;
  lines expected;
};
std::ostream& operator<<(std::ostream& out, const warning& w) { return out << w.id; }

const std::string b_for_ever = program("b", "autorestart=true\n");
#define FOR_A "For [program:a], depends_on="
#define HARDLY " can hardly come true: "
// clang-format off
const warning warnings[] = {
  {"P088", program("a", on("b:exited")) + b_for_ever, {FOR_A "b:exited" HARDLY "b has autorestart=true"}},
  {"exited_ok", program("a", on("b:exited_ok?")) + b_for_ever, {FOR_A "b:exited_ok" HARDLY "b has autorestart=true"}},
  {"each item", program("a", on("b:exited, b:exited_ok")) + b_for_ever, {FOR_A "b:exited" HARDLY "b has autorestart=true", FOR_A "b:exited_ok" HARDLY "b has autorestart=true"}},
  {"once for all processes", program("a", "numprocs=3\nprocess_name=a_%(process_num)d\n" + on("b:exited")) + b_for_ever, {FOR_A "b:exited" HARDLY "b has autorestart=true"}},
  {"one of a group", program("a", on("g:exited")) + program("x") + b_for_ever + "[group:g]\nprograms=x,b\n", {FOR_A "g:exited" HARDLY "g:b has autorestart=true"}},
  {"the group's list", program("a") + program("c") + b_for_ever + "[group:g]\nprograms=a,c\n" + on("b:exited"), {"For [group:g], depends_on=b:exited" HARDLY "b has autorestart=true"}},
  {"another condition", program("a", on("b")) + b_for_ever, {}},
  {"it ends", program("a", on("b:exited")) + program("b"), {}},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE_F(machine_fixture, what_can_hardly_come_true, data::make(warnings), w) {
  auto cfg = load_text(w.text);
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  lines found;
  for (const auto& notice : cfg->notices) {
    BOOST_TEST((notice.level == log_level::warn));
    found.push_back(notice.text);
  }
  BOOST_TEST(found == w.expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(another_name_is_no_unknown_option, machine_fixture) {
  std::string many; // so many that the section looks them up in an index
  for (int i = 0; i < 80; ++i)
    many += "unknown_" + std::to_string(i) + "=x\n";
  auto cfg = load_text(program("a", many + "dependson=db\n") + program("db"));
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  BOOST_TEST(cfg->notices.size() == 80U);
  BOOST_TEST(shown(cfg->groups.at(0)->processes.at(0)->dependencies()) == "db");
  BOOST_TEST(loaded(program("a", many + "dependson=nope\n")) ==
             "c.conf:84: depends_on names unknown program, process or group 'nope'" IN_A);
  auto found = check(machine.make(), request_for(program("a", "dependson=a\n" + on("a"))));
  BOOST_TEST(found.faults.size() == 1U);
  BOOST_TEST(found.notices.empty());
}

BOOST_AUTO_TEST_SUITE_END()
