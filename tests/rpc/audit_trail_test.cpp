// The audit trail and what it is told of acts, on a file and a board without actors: one line or two, what came of it,
// chains over files and restarts, what cannot be written. (docs/contract/access.md, 7.)
#include "actors/rpc/audited_act.hpp"
#include "platform/main_log.hpp"
#include "tests/protocols/plain_hash.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <sstream>
#include <vector>

#include <sys/resource.h>

BOOST_AUTO_TEST_SUITE(audit_trail_test)

using namespace troupe;
using namespace troupe::actors;
using protocols::audit_record;
using protocols::fault;
using protocols::make_fault;
using outcome = audit_record::outcome;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

struct stage {
  std::shared_ptr<audit_trail> trail(config::audit_options options, bool chained = false) {
    options.file = folder.in("a");
    auto file = std::make_unique<platform::audit_file>(
      platform::audit_file::settings{options.file, options.maxbytes, options.backups, ""});
    auto made =
      std::make_shared<audit_trail>(log, options, std::move(file),
                                    chained ? protocols::hash_function(tests::plain_hash) : protocols::hash_function{});
    BOOST_REQUIRE(made->open());
    auto at_once = [](const std::function<void()>& what, std::chrono::milliseconds after) {
      if (after.count() == 0)
        what();
    };
    made->run_with(at_once);
    return made;
  }
  audit_record record() const {
    audit_record r;
    r.user = "anna";
    r.verb = "stop";
    r.target = "web";
    r.names = {"web"};
    return r;
  }
  std::vector<std::string> lines() const { return lines_of(folder.read("a")); }

  tests::scratch folder;
  platform::main_log log{{.path = folder.in("main.log")}};
  status_board board;
};

} // namespace

BOOST_AUTO_TEST_CASE(what_answers_say) {
  stage s;
  const process_results none, both{{"a", "g", 80, "OK"}, {"b", "g", 80, "OK"}};
  const process_results some{{"a", "g", 80, "OK"}, {"b", "g", 50, "x"}}, no{{"a", "g", 403, "x"}, {"b", "g", 403, "x"}};
  const process_results mixed{{"a", "g", 50, "x"}, {"b", "g", 40, "x"}};
  struct {
    control_answer answer;
    outcome came;
    std::optional<int> fault;
    std::vector<std::string> names;
  } const rows[] = {
    {std::monostate{}, outcome::done, {}, {"web"}},
    {config::reload_diff{}, outcome::done, {}, {"web"}},
    {none, outcome::done, {}, {}},
    {both, outcome::done, {}, {"g:a", "g:b"}},
    {some, outcome::partly, {}, {"g:a"}},
    {no, outcome::denied, 403, {}},
    {mixed, outcome::failed, {}, {}},
    {make_fault(fault::not_permitted), outcome::denied, 403, {}},
    {make_fault(fault::bad_name), outcome::failed, 10, {}}, // nobody has the name
    {make_fault(fault::not_running), outcome::failed, 70, {}},
  };
  for (const auto& row : rows) {
    auto r = s.record();
    set_outcome(r, row.answer, s.board);
    BOOST_TEST((r.came == row.came));
    BOOST_TEST((r.fault == row.fault));
    BOOST_TEST(r.names == row.names, boost::test_tools::per_element());
  }
  auto cell = std::make_shared<process_cell>();
  auto options = std::make_shared<config::process_options>();
  options->name = "secret";
  cell->options = options;
  cell->group = "secret";
  group_cell group;
  group.processes.push_back(cell);
  auto group_options = std::make_shared<config::group_options>();
  group_options->name = "secret";
  group.options = group_options;
  s.board.add_group(group);
  auto r = s.record();
  r.target = "secret";
  set_outcome(r, make_fault(fault::bad_name), s.board);
  BOOST_TEST((r.came == outcome::hidden));
}

BOOST_AUTO_TEST_CASE(one_line_or_two) {
  stage s;
  auto trail = s.trail({});
  auto at_once = std::make_shared<audited_act>(trail, s.record(), s.board);
  BOOST_TEST(!at_once->about_to_act());
  at_once->follow({});
  BOOST_TEST(s.lines().size() == 1u);
  auto waits = std::make_shared<audited_act>(trail, s.record(), s.board);
  control_answer_to told;
  auto rest = waits->follow({{}, [&](control_answer_to to) { told = std::move(to); }, {}});
  BOOST_TEST(s.lines().size() == 2u); // before anybody is asked
  control_answer got;
  rest.ask(
    std::make_shared<reply_promise<control_answer>>([&](control_answer a) { got = std::move(a); }, control_answer{}));
  (*told)(make_fault(fault::not_running));
  BOOST_REQUIRE(s.lines().size() == 3u);
  BOOST_TEST(s.lines()[1].find("\"outcome\":\"begun\"") != std::string::npos);
  BOOST_TEST(s.lines()[2].find("\"outcome\":\"failed\",\"fault\":70,\"ms\":") != std::string::npos);
  BOOST_TEST(std::holds_alternative<protocols::rpc_fault>(got));
}

BOOST_AUTO_TEST_CASE(another_binary_tells_the_end) {
  stage s;
  auto trail = s.trail({});
  auto waits = std::make_shared<audited_act>(trail, s.record(), s.board);
  auto over = std::make_shared<audited_act>(trail, s.record(), s.board);
  auto left = std::make_shared<audited_act>(trail, s.record(), s.board);
  for (const auto& act : {waits, over, left})
    act->begin();
  over->end(std::monostate{});
  left.reset(); // nobody knows what becomes of it
  BOOST_TEST(s.lines().size() == 4u);
  auto open = trail->hand_over();
  BOOST_REQUIRE(open.size() == 1u);
  waits->end(std::monostate{});
  BOOST_TEST(s.lines().size() == 4u); // not here
  {
    auto next = s.trail({});
    auto again = std::make_shared<audited_act>(next, open[0], s.board);
    BOOST_TEST(next->hand_over().size() == 1u); // and again
    next->go_on();
    again->end(make_fault(fault::failed));
    again->end(std::monostate{});
    BOOST_TEST(next->hand_over().empty());
  }
  BOOST_REQUIRE(s.lines().size() == 5u);
  BOOST_TEST(s.lines().back().find("\"outcome\":\"failed\",\"fault\":30,\"ms\":") != std::string::npos);
  trail->go_on(); // the other one could not take over
  BOOST_TEST(s.lines().size() == 6u);
  BOOST_TEST(s.lines().back().find("\"outcome\":\"done\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(over_files_and_starts) { // 203
  stage s;
  config::audit_options options;
  options.maxbytes = 600;
  options.backups = 20;
  for (int start = 0; start < 3; ++start) {
    auto trail = s.trail(options, true);
    for (int i = 0; i < 5; ++i)
      BOOST_TEST(trail->tell(s.record()));
    trail->reopen();
  }
  protocols::audit_check check{tests::plain_hash};
  int files = 0;
  for (int i = 20; i >= 0; --i) {
    auto name = i == 0 ? std::string("a") : "a." + std::to_string(i);
    if (!s.folder.exists(name))
      continue;
    auto lines = lines_of(s.folder.read(name));
    if (!lines.empty())
      BOOST_TEST(lines.front().find("\"begin\":") != std::string::npos);
    for (const auto& line : lines)
      BOOST_TEST(!check.line(line).has_value(), name << ": " << line);
    ++files;
  }
  BOOST_TEST(files > 3);
  BOOST_TEST(check.verdict().find("seq 1 to " + std::to_string(15 + files - (s.lines().empty() ? 1 : 0)) + ',') !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(numbers_go_on_without_a_chain) {
  stage s;
  s.trail({})->tell(s.record());
  s.trail({})->tell(s.record());
  BOOST_TEST(s.lines()[1].find("\"seq\":2,") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_full_disk) { // 204
  for (bool required : {false, true}) {
    stage s;
    auto said = tests::in_helper([&]() -> std::string {
      std::signal(SIGXFSZ, SIG_IGN);
      config::audit_options options;
      options.required = required;
      auto trail = s.trail(options);
      rlimit limit{20, 20};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      std::string text;
      for (int i = 0; i < 2; ++i) {
        auto act = std::make_shared<audited_act>(trail, s.record(), s.board);
        auto refused = act->begin();
        text += refused ? refused->text : "goes on";
        text += '\n';
        act->end(std::monostate{});
      }
      return text + std::to_string(trail->lost());
    });
    constexpr auto refusal = "FAILED: the audit trail cannot be written\n";
    BOOST_TEST(said == (required ? std::string(refusal) + refusal + "2" : "goes on\ngoes on\n4"));
  }
}

BOOST_AUTO_TEST_CASE(the_main_log_tells_once) {
  stage s;
  config::audit_options options;
  options.maxbytes = 0;
  auto trail = s.trail(options);
  std::filesystem::remove(s.folder.in("a"));
  std::filesystem::create_directory(s.folder.in("a"));
  trail->reopen(); // the old file is kept, and written to
  BOOST_TEST(trail->tell(s.record()));
  audit_trail nowhere{
    s.log,
    options,
    std::make_unique<platform::audit_file>(platform::audit_file::settings{s.folder.in("no/such"), 0, 0, ""}),
    {}};
  BOOST_TEST(!nowhere.open());
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(!nowhere.tell(s.record()));
  auto log = s.folder.read("main.log");
  auto first = log.find("cannot be written: No such file or directory");
  BOOST_TEST(first != std::string::npos);
  BOOST_TEST(log.find("cannot be written", first + 1) == std::string::npos);
  std::filesystem::create_directory(s.folder.in("no"));
  BOOST_TEST(nowhere.tell(s.record()));
  BOOST_TEST(s.folder.read("main.log").find("is written again; 3 records are missing") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_some_refusals) { // 205
  stage s;
  auto trail = s.trail({});
  auto r = s.record();
  r.from = "10.0.0.7:1";
  r.came = outcome::denied;
  for (int i = 0; i < 1000; ++i) {
    r.from = "10.0.0.7:" + std::to_string(i);
    trail->tell_refusal(r);
  }
  BOOST_TEST(s.lines().size() >= 10u);
  BOOST_TEST(s.lines().size() < 100u); // should this machine stand still for seconds
}

BOOST_AUTO_TEST_CASE(events_of_records) { // 206
  stage s;
  config::audit_options options;
  options.events = true;
  auto trail = s.trail(options);
  std::vector<std::string> published;
  trail->publish_with([&](std::string text) { published.push_back(std::move(text)); });
  trail->tell(s.record());
  BOOST_TEST(published == s.lines(), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_clients_write_is_cut) {
  BOOST_TEST(audit_text_of(std::string(10000, 'x')).size() == 259u);
  BOOST_TEST(audit_text_of("short") == "short");
}

BOOST_AUTO_TEST_SUITE_END()
