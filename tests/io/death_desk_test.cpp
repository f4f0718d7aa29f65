// What the desk gathers, on real files, and for whom it is kept. Source: docs/contract/deaths.md, 1 and 2; vectors 146,
// 151, 152, 155.
#include "actors/io/death_desk.hpp"

#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <string>

#include <fcntl.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(death_desk_test)

using namespace troupe::actors;
namespace config = troupe::config;
using strings = std::vector<std::string>;
using boost::test_tools::per_element;

namespace {

struct desk_fixture {
  desk_fixture() {
    auto made = std::make_shared<config::process_options>();
    made->name = "web";
    made->command = "/bin/a";
    who = std::make_shared<process_identity>();
    who->options = made;
    who->group = "web";
    who->stdout_path = files.in("out");
    who->stderr_path = files.in("err");
    death_desk::settings set;
    set.told = [this](std::uint64_t id, const death_report_ptr& report) {
      std::lock_guard lock{mutex};
      told_id = id;
      told = report;
      changed.notify_all();
    };
    desk = std::make_unique<death_desk>(std::move(set));
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(files.in(name), std::ios::app) << text;
  }
  troupe::platform::log_place end(const std::string& name) const {
    write(name, "");
    int fd = ::open(files.in(name).c_str(), O_RDONLY | O_CLOEXEC);
    auto place = troupe::platform::end_of(fd);
    ::close(fd);
    return place;
  }
  void begin_life(const std::string& program = "/bin/a") const {
    auto marks = std::make_shared<life_marks>();
    marks->out.begins = end("out");
    marks->err.begins = end("err");
    marks->program = {program, 1, 2, 3};
    who->life().begin(std::move(marks));
  }
  death_report_ptr report(int wait_status = 1 << 8, std::uint64_t id = 7) {
    death_case what;
    what.id = id;
    what.who = who;
    what.marks = who->life().now();
    what.known.name = "web";
    what.known.at = 1'000'000'000;
    what.known.wait_status = wait_status;
    what.lines = desk->lines_of(*who->options);
    return report(std::move(what));
  }
  death_report_ptr report(death_case what) {
    std::unique_lock lock{mutex};
    told = nullptr;
    desk->report(std::move(what));
    BOOST_REQUIRE(changed.wait_for(lock, std::chrono::seconds{30}, [this] { return told != nullptr; }));
    return told;
  }

  troupe::tests::scratch files;
  std::shared_ptr<process_identity> who;
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t told_id = 0;
  death_report_ptr told;
  std::unique_ptr<death_desk> desk;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(last_words_of_this_life, desk_fixture) { // 146
  write("out", "before\n");
  begin_life();
  write("out", "one\ntwo\n");
  auto r = report();
  BOOST_TEST(told_id == 7U);
  BOOST_TEST(r->out->lines == (strings{"one", "two"}), per_element());
  BOOST_TEST(r->out->of_log);
  BOOST_TEST(r->err->lines.empty());
  BOOST_TEST(r->group == "web");
  BOOST_TEST(r->ends == 1);
  BOOST_TEST(report()->ends == 2);
  BOOST_TEST(desk->book()->of("web", "web").size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(not_those_of_the_next_one, desk_fixture) {
  begin_life();
  write("out", "mine\n");
  death_case what;
  what.who = who;
  what.marks = who->life().now();
  what.known.name = "web";
  what.known.wait_status = 1 << 8;
  what.lines = 20;
  begin_life(); // before the report is written
  write("out", "the next one's\n");
  begin_life();
  write("out", "the one's after that\n");
  BOOST_TEST(report(std::move(what))->out->lines == (strings{"mine"}), per_element());
}

BOOST_FIXTURE_TEST_CASE(what_no_log_has, desk_fixture) { // 152
  auto marks = std::make_shared<life_marks>();
  marks->out.ring = std::make_shared<tail_ring>();
  marks->out.ring->add("kept\n");
  marks->err.begins = end("err");
  who->life().begin(std::move(marks));
  auto r = report();
  BOOST_TEST(r->out->lines == (strings{"kept"}), per_element());
  BOOST_TEST(!r->out->of_log);
}

BOOST_FIXTURE_TEST_CASE(what_has_changed, desk_fixture) { // 155, 156
  begin_life();
  BOOST_TEST(!report()->changed.has_value());
  desk->ran_well(*who, 5);
  auto now = std::make_shared<config::process_options>(*who->options);
  now->startsecs = 9;
  now->env = config::environment{{"DB_URL", "secret"}};
  who->options = now;
  begin_life("/bin/b");
  auto r = report();
  BOOST_TEST_REQUIRE(r->changed.has_value());
  BOOST_TEST(r->changed->since == 5);
  BOOST_TEST(r->changed->options == (strings{"startsecs"}), per_element());
  BOOST_TEST(r->changed->environment == (strings{"DB_URL"}), per_element());
  BOOST_TEST(r->changed->program->path == "/bin/b");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_read_is_said, desk_fixture) {
  begin_life();
  who->stdout_path = files.path; // a folder
  auto r = report();
  BOOST_TEST((r->out->total == 0 && r->out->lines.empty()));
  BOOST_TEST(r->err.has_value());
}

BOOST_FIXTURE_TEST_CASE(lines_of_programs_that_say_and_of_others, desk_fixture) {
  BOOST_TEST(desk->lines_of(*who->options) == 20U);
  config::process_options none;
  none.deathlines = 0;
  BOOST_TEST(desk->lines_of(none) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
