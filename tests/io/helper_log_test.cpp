// What helpers say, as the logs see it: with a child of their process and without one, in order, and in the main log
// where there is no other.
#include "actors/io/helper_log.hpp"
#include "actors/io/spawner.hpp"
#include "platform/main_log.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <regex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(helper_log_test)

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;

namespace {

/// Without the I/O thread what is said is written at once.
struct stage : tests::scratch {
  stage() {
    BOOST_REQUIRE(main.open() == 0);
    options->name = "p";
    cell->id = 7;
    cell->options = options;
    cell->group = "g";
  }
  std::shared_ptr<helper_log> log() {
    return io.log_of_helper(cell, [this](const process_identity& who, child_channel& into) {
      ++opened;
      return open_helper_log(who, settings, into);
    });
  }
  /// The main log's records without their time stamps.
  std::string records() const { return std::regex_replace(read("main"), std::regex("\\d{4}-\\S+ \\S+ "), ""); }

  platform::main_log main{{in("main"), 0, 0, config::log_level::info, false, ""}};
  std::shared_ptr<config::process_options> options = std::make_shared<config::process_options>();
  std::shared_ptr<process_identity> cell = std::make_shared<process_identity>();
  spawn_settings settings;
  int opened = 0;
  child_io io{main, {}};
};

/// A process whose child has both channels, and a log for each.
struct stage_with_child : stage {
  stage_with_child() {
    cell->stdout_path = in("out");
    cell->stderr_path = in("err");
    child_streams streams{.who = cell, .pid = 1};
    connect(streams.out, out, "out");
    connect(streams.err, err, "err");
    io.attach(std::move(streams));
  }
  void connect(child_channel& channel, platform::unique_fd& theirs, const char* file) {
    int fds[2];
    BOOST_TEST_REQUIRE(::pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
    channel.pipe.reset(fds[0]);
    theirs.reset(fds[1]);
    channel.file = settings.logs->open(in(file), 0, 0).log;
  }
  platform::unique_fd out, err;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_log_without_a_child, stage) {
  cell->stderr_path = in("err");
  auto lines = log();
  lines->say("prestart: one\n");
  lines->say("prestart: two\nprestart: three\n");
  BOOST_TEST(read("err") == "prestart: one\nprestart: two\nprestart: three\n");
  BOOST_TEST(lines->waiting() == 0U);
  BOOST_TEST(records() == "");
}

BOOST_FIXTURE_TEST_CASE(the_log_of_both_channels, stage) {
  options->redirect_stderr = true;
  cell->stdout_path = in("out");
  log()->say("poststop: gone\n");
  BOOST_TEST(read("out") == "poststop: gone\n");
}

BOOST_FIXTURE_TEST_CASE(there_is_no_log, stage) {
  cell->stdout_path = in("out"); // of stderr alone
  log()->say("health: bad\nhealth: worse\n");
  BOOST_TEST(records() == "INFO 'p' health: bad\nINFO 'p' health: worse\n");
  BOOST_TEST(!exists("out"));
}

BOOST_FIXTURE_TEST_CASE(it_cannot_be_opened, stage) {
  cell->stderr_path = in("no/err");
  auto lines = log();
  lines->say("prestart: one\n");
  lines->say("prestart: two\n");
  BOOST_TEST(records() == "WARN could not open stderr log '" + in("no/err") +
                            "' of p: ENOENT\nINFO 'p' prestart: one\nINFO 'p' prestart: two\n");
}

BOOST_FIXTURE_TEST_CASE(it_is_rotated_by_its_limits, stage) {
  cell->stderr_path = in("err");
  options->err.logfile_maxbytes = 10;
  options->err.logfile_backups = 1;
  auto lines = log();
  lines->say("prestart: one\n");
  lines->say("prestart: two\n");
  BOOST_TEST(exists("err.1"));
}

BOOST_FIXTURE_TEST_CASE(an_open_one_is_shared, stage) {
  cell->stderr_path = in("err");
  auto others = settings.logs->open(in("err"), 0, 0).log;
  others->append("before\n");
  log()->say("prestart: one\n");
  others->append("after\n");
  BOOST_TEST(read("err") == "before\nprestart: one\nafter\n");
}

BOOST_FIXTURE_TEST_CASE(through_the_channel_of_a_child, stage_with_child) {
  log()->say("health: bad\n");
  BOOST_TEST(read("err") == "health: bad\n");
  BOOST_TEST(read("out") == "");
  BOOST_TEST(opened == 0);
}

BOOST_FIXTURE_TEST_CASE(behind_the_end_of_the_child, stage_with_child) {
  auto lines = log();
  lines->say("prestop: one\n");
  io.finish(7);
  lines->say("prestop: two\n");
  BOOST_TEST(read("err") == "prestop: one\nprestop: two\n");
  BOOST_TEST(opened == 1);
}

/// On the I/O thread: a log that hangs as it is opened holds up its own lines only, and they come in order.
BOOST_FIXTURE_TEST_CASE(who_says_it_does_not_wait, stage) {
  cell->stderr_path = in("err");
  io.start();
  std::promise<void> go_on;
  auto held = go_on.get_future().share();
  auto slow = io.log_of_helper(cell, [this, held](const process_identity& who, child_channel& into) {
    held.wait();
    return open_helper_log(who, settings, into);
  });
  for (auto line : {"a: 1\n", "a: 2\n", "a: 3\n"})
    slow->say(line);
  auto quick = log();
  quick->say("b: 1\n");
  while (quick->waiting() > 0)
    std::this_thread::yield();
  BOOST_TEST(read("err") == "b: 1\n");
  BOOST_TEST(slow->waiting() == 15U);
  go_on.set_value();
  while (slow->waiting() > 0)
    std::this_thread::yield();
  BOOST_TEST(read("err") == "b: 1\na: 1\na: 2\na: 3\n");
  io.stop();
}

BOOST_AUTO_TEST_CASE(what_fails_is_lost_alone) {
  std::string said;
  bool fails = true;
  auto at_once = [](const std::function<void()>& job) { job(); };
  auto log = std::make_shared<helper_log>(at_once, [&](const std::string& lines) {
    if (std::exchange(fails, false))
      throw std::runtime_error("no");
    said += lines;
  });
  BOOST_CHECK_THROW(log->say("one\n"), std::runtime_error);
  log->say("two\n");
  BOOST_TEST(said == "two\n");
  BOOST_TEST(log->waiting() == 0U);
}

BOOST_AUTO_TEST_CASE(one_write_at_a_time_takes_all_there_is) {
  std::vector<std::function<void()>> jobs;
  std::vector<std::string> writes;
  auto log = std::make_shared<helper_log>([&](std::function<void()> job) { jobs.push_back(std::move(job)); },
                                          [&](const std::string& lines) { writes.push_back(lines); });
  log->say("one\n");
  log->say("two\n");
  BOOST_TEST_REQUIRE(jobs.size() == 1U);
  BOOST_TEST(log->waiting() == 8U);
  jobs[0]();
  log->say("three\n");
  BOOST_TEST_REQUIRE(jobs.size() == 2U);
  jobs[1]();
  BOOST_TEST(writes == (std::vector<std::string>{"one\ntwo\n", "three\n"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
