// Commands beside a program's own: real children, made and waited for by the test. Where their output goes and in what
// pieces, what their end is called, and that nothing of them stays once nobody wants them any more.
#include "actors/io/command_desk.hpp"
#include "actors/io/named_lines.hpp"
#include "tests/io/probe_stage.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <algorithm>
#include <ostream>

BOOST_AUTO_TEST_SUITE(command_desk_test)

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

namespace {

struct stage {
  stage() {
    options->name = "p";
    auto cell = std::make_shared<process_identity>();
    cell->options = options;
    cell->group = "g";
    who = cell;
    spawn_settings settings;
    settings.daemon_environment = {{"A", "1"}, {"B", "2"}};
    desk.emplace(
      io, maker.doors(),
      [settings](const command_order& order) {
        return helper_plan(*order.who, settings, order.command, order.pid, order.variables);
      },
      [this](const process_identity_ptr& whose) {
        BOOST_TEST(whose == who);
        ++logs;
        auto aside = [this](std::function<void()> job) {
          if (disk_hangs)
            held_up.push_back(std::move(job));
          else
            job();
        };
        log = std::make_shared<helper_log>(aside, [this](const std::string& lines) { said += lines; });
        return log;
      });
  }
  ~stage() {
    running.reset();
    desk.reset();
  }

  void begin(const std::string& command, int pid = 0, std::vector<std::string> variables = {}) {
    results.clear();
    running = desk->begin({who, command, "prestart", pid, std::move(variables)},
                          [this](const command_result& r) { results.push_back(r.ok ? "ok" : r.text); });
    BOOST_TEST(results.empty()); // never from inside
  }
  template <class Condition>
  void run_until(Condition is_so) {
    auto end = std::chrono::steady_clock::now() + 20s;
    while (!is_so() && std::chrono::steady_clock::now() < end) {
      io.run_one_for(5ms);
      maker.reap();
    }
    BOOST_TEST_REQUIRE(is_so());
  }
  std::string result() {
    run_until([this] { return !results.empty(); });
    BOOST_TEST(results.size() == 1U);
    return results.front();
  }
  std::string result_of(const std::string& command) {
    begin(command);
    return result();
  }
  void run_what_is_due() {
    io.poll();
    maker.reap();
    io.poll();
  }
  /// Nobody of that process group is left.
  static bool is_gone(int group) { return ::kill(-group, 0) != 0; }

  tests::scratch folder;
  std::shared_ptr<config::process_options> options = std::make_shared<config::process_options>();
  process_identity_ptr who;
  tests::helper_maker maker;
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  int logs = 0;
  std::shared_ptr<helper_log> log; ///< the last of them
  bool disk_hangs = false;
  std::vector<std::function<void()>> held_up;
  std::string said;
  std::vector<std::string> results;
  std::optional<command_desk> desk;
  std::unique_ptr<running_command> running;
};

struct row {
  const char* command;
  const char* result;
  const char* said;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.command; }

const row rows[] = {
  // clang-format off
  {"true",                                        "ok",                    ""},
  {"/bin/sh -c 'echo fine'",                      "ok",                    "prestart: fine\n"},
  {"false",                                       "exit status 1",         ""},
  {"/bin/sh -c 'exit 3'",                         "exit status 3",         ""},
  {"/bin/sh -c 'echo one; echo two >&2; exit 3'", "exit status 3",         "prestart: one\nprestart: two\n"},
  {"/bin/sh -c 'printf \"one\\n\\ntwo\"'",        "ok",                    "prestart: one\nprestart: \nprestart: two\n"},
  {"/bin/sh -c 'printf no-newline; exit 1'",      "exit status 1",         "prestart: no-newline\n"},
  {"/bin/sh -c 'kill -9 $$'",                     "terminated by SIGKILL", ""},
  {"/bin/sh -c 'cat; exit 4'",                    "exit status 4",         ""}, // stdin is /dev/null
  {"/x",                                          "can't find command '/x'", ""},
  {"'unclosed",                                   "No closing quotation (character 1)", ""},
  {"",                                            "command is empty",      ""},
  // clang-format on
};

} // namespace

BOOST_AUTO_TEST_CASE(lines_however_they_arrive) {
  const std::string text = "one\n\ntwo\r\nthree";
  for (std::size_t split = 0; split <= text.size(); ++split) {
    named_lines lines("stop");
    auto all = lines.feed(text.substr(0, split));
    all += lines.feed(text.substr(split));
    all += lines.finish();
    BOOST_TEST(all == "stop: one\nstop: \nstop: two\r\nstop: three\n");
  }
}

BOOST_AUTO_TEST_CASE(lines_that_are_too_long) {
  auto of = [](std::size_t size, const char* end) { return lines_with_name(std::string(size, 'x') + end, "n"); };
  auto line = [](std::size_t size) { return "n: " + std::string(size, 'x') + '\n'; };
  BOOST_TEST(of(4096, "\n") == line(4096));
  BOOST_TEST(of(4096, "") == line(4096));
  BOOST_TEST(of(4097, "\n") == line(4096) + line(1));
  BOOST_TEST(of(8192, "\ny") == line(4096) + line(4096) + "n: y\n");
}

BOOST_DATA_TEST_CASE_F(stage, ends, data::make(rows), r) {
  BOOST_TEST(result_of(r.command) == r.result);
  BOOST_TEST(said == r.said);
  BOOST_TEST(logs == 1);
  BOOST_TEST(maker.signals.empty());
}

BOOST_FIXTURE_TEST_CASE(its_output_comes_before_its_end, stage) {
  begin("/bin/sh -c 'echo now; exec sleep 1000'");
  run_until([this] { return !said.empty(); });
  BOOST_TEST(said == "prestart: now\n");
  BOOST_TEST(results.empty());
}

BOOST_FIXTURE_TEST_CASE(variables_over_those_of_the_program, stage) {
  options->env = {{"C", "3"}};
  begin("/bin/sh -c 'echo $A $B $C $SUPERVISOR_PID $SUPERVISOR_PROCESS_NAME $SUPERVISOR_HOOK'", 4711,
        {"B=two", "C=a=b", "SUPERVISOR_HOOK=prestart", "no value", "=no name"});
  BOOST_TEST(result() == "ok");
  BOOST_TEST(said == "prestart: 1 two a=b 4711 p prestart\n");
}

BOOST_FIXTURE_TEST_CASE(the_place_of_the_program, stage) {
  options->directory = folder.path;
  options->umask = 027;
  BOOST_TEST(result_of("/bin/sh -c 'pwd >&2; umask'") == "ok");
  BOOST_TEST(said == "prestart: " + folder.path + "\nprestart: 0027\n");
}

BOOST_FIXTURE_TEST_CASE(all_of_much_output_arrives, stage) {
  BOOST_TEST(result_of("/bin/sh -c 'yes 2>/dev/null | head -n 200000'") == "ok");
  BOOST_TEST(said.size() == 200'000 * std::string("prestart: y\n").size());
}

/// Who writes for ever has not the loop, nor all memory while a disk hangs; what is written then is all that came.
BOOST_FIXTURE_TEST_CASE(a_flood_is_bounded, stage) {
  disk_hangs = true;
  begin("yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
  run_until([this] { return log && log->waiting() > 262'144; });
  for (int turns = 0; turns < 10; ++turns)
    io.run_one();
  BOOST_TEST_REQUIRE(held_up.size() == 1U); // one write under way
  disk_hangs = false;
  held_up[0]();
  BOOST_TEST(said.size() > 262'144U);
  BOOST_TEST(said.size() < 400'000U);
}

/// Who holds the pipe open, or writes into it for ever, does not delay the result.
BOOST_FIXTURE_TEST_CASE(a_grandchild_stays, stage) {
  BOOST_TEST(result_of("/bin/sh -c 'sleep 1000 & echo begun; exit 1'") == "exit status 1");
  BOOST_TEST(said == "prestart: begun\n");
  ::kill(-maker.children.back().pid, SIGKILL); // its group
  BOOST_TEST(result_of("/bin/sh -c 'yes & exit 2'") == "exit status 2");
  ::kill(-maker.children.back().pid, SIGKILL);
}

BOOST_FIXTURE_TEST_CASE(nobody_wants_it_any_more, stage) {
  begin("/bin/sh -c 'sleep 1000 & echo $!; printf waiting; sleep 1000; true'");
  run_until([this] { return !said.empty(); });
  auto group = maker.children.at(0).pid;
  running.reset();
  BOOST_TEST_REQUIRE(maker.signals.size() == 1U);
  BOOST_TEST(maker.signals[0].first == group);
  BOOST_TEST(maker.signals[0].second == SIGKILL);
  run_until([&] { return maker.all_gone() && is_gone(group); });
  run_what_is_due();
  BOOST_TEST(results.empty());
}

BOOST_FIXTURE_TEST_CASE(what_it_was_at_when_its_time_was_over, stage) {
  begin("/bin/sh -c 'printf \"connecting ...\"; touch " + folder.in("said") + "; exec sleep 1000'");
  run_until([this] { return folder.exists("said"); });
  running.reset();
  BOOST_TEST(said == "prestart: connecting ...\n");
}

BOOST_FIXTURE_TEST_CASE(unwanted_before_it_is_made, stage) {
  maker.holds = true;
  begin("sleep 1000");
  run_until([this] { return !maker.waiting.empty(); });
  running.reset();
  desk.reset(); // and all that knew it
  BOOST_TEST(maker.signals.empty());
  maker.make_all();
  BOOST_TEST_REQUIRE(maker.signals.size() == 1U);
  BOOST_TEST(maker.signals[0].second == SIGKILL);
  run_until([this] { return maker.all_gone(); });
  run_what_is_due();
  BOOST_TEST(results.empty());
}

BOOST_FIXTURE_TEST_CASE(begun_and_dropped_at_once, stage) {
  begin("true");
  running.reset();
  run_what_is_due();
  BOOST_TEST(results.empty());
  BOOST_TEST(maker.children.empty());
}

BOOST_FIXTURE_TEST_CASE(dropped_by_whoever_is_told, stage) {
  bool told = false;
  running = desk->begin({who, "/bin/sh -c 'printf last'", "prestop", 0, {}}, [&](const command_result& r) {
    BOOST_TEST(r.ok);
    BOOST_TEST(r.text.empty());
    BOOST_TEST(said == "prestop: last\n");
    running.reset();
    told = true;
  });
  run_until([&] { return told; });
  run_what_is_due();
  BOOST_TEST(maker.signals.empty());
}

BOOST_FIXTURE_TEST_CASE(it_cannot_be_made, stage) {
  struct {
    int error;
    const char* text;
  } const table[] = {{EAGAIN, "Resource temporarily unavailable"}, {ETIMEDOUT, "its command cannot be reached"}};
  maker.holds = true;
  for (const auto& r : table) {
    begin("true");
    run_until([this] { return !maker.waiting.empty(); });
    std::exchange(maker.waiting, {})[0].spawned(-1, r.error);
    BOOST_TEST(result() == r.text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
