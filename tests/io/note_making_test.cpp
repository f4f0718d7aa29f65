// What a child is given to say something of itself with, by its options; and what is taken up of a daemon before. Must
// not make a child.
#include "actors/io/note_making.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

#include <fcntl.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(note_making_test)

using namespace troupe::actors;
namespace config = troupe::config;
namespace platform = troupe::platform;
using kind = config::check_form::kind;

namespace {

platform::spawn_plan inherited() {
  platform::spawn_plan plan;
  plan.envp = {"PATH=/bin", "NOTIFY_SOCKET=/run/systemd/notify", "WATCHDOG_PID=1", "NOTIFY_SOCKETS=kept"};
  return plan;
}

std::vector<std::string> of(const platform::spawn_plan& plan, const std::string& key) {
  std::vector<std::string> found;
  for (const auto& line : plan.envp)
    if (line.starts_with(key + "="))
      found.push_back(line.substr(key.size() + 1));
  return found;
}

made_notes make(config::process_options& options, platform::spawn_plan& plan) {
  options.name = "p";
  return make_notes(options, plan, "", ::getuid());
}

} // namespace

BOOST_AUTO_TEST_CASE(nothing_is_asked_for) {
  config::process_options options;
  auto plan = inherited();
  auto made = make(options, plan);
  BOOST_TEST(made.notes == nullptr);
  BOOST_TEST(plan.envp == inherited().envp, boost::test_tools::per_element()); // as Supervisor hands it on
  options.ask().ready.form = {.what = kind::tcp, .number = 80};
  BOOST_TEST(make(options, plan).notes == nullptr);
}

BOOST_AUTO_TEST_CASE(notify) {
  config::process_options options;
  options.ask().ready.form.what = kind::notify;
  auto plan = inherited();
  auto made = make(options, plan);
  BOOST_REQUIRE(made.notes != nullptr);
  BOOST_REQUIRE_EQUAL(of(plan, "NOTIFY_SOCKET").size(), 1);
  auto address = of(plan, "NOTIFY_SOCKET").front();
  BOOST_TEST(address == made.notes->notify.address);
  BOOST_TEST(address.starts_with("@supervisord/" + std::to_string(::getpid()) + "/"));
  BOOST_TEST(of(plan, "NOTIFY_SOCKETS").size() == 1);
  BOOST_TEST(of(plan, "WATCHDOG_USEC").empty());
  BOOST_TEST(!plan.pid_variable.has_value());
  auto again = take_up_notes(options, -1, ::dup(made.notes->notify.socket.get()), false);
  BOOST_REQUIRE(again != nullptr);
  BOOST_TEST(again->notify.address == address);
}

BOOST_AUTO_TEST_CASE(watchdog) {
  config::process_options options;
  options.ask().health.form.what = kind::notify;
  options.ask().health.interval = std::chrono::milliseconds{1500};
  auto plan = inherited();
  auto made = make(options, plan);
  BOOST_REQUIRE(made.notes != nullptr);
  BOOST_TEST(of(plan, "WATCHDOG_USEC") == std::vector<std::string>{"1500000"}, boost::test_tools::per_element());
  BOOST_REQUIRE(plan.pid_variable.has_value());
  BOOST_TEST(plan.envp.at(*plan.pid_variable) == "WATCHDOG_PID=");
  BOOST_TEST(of(plan, "WATCHDOG_PID").size() == 1);
}

BOOST_AUTO_TEST_CASE(descriptor) {
  config::process_options options;
  options.ask().ready.form = {.what = kind::fd, .number = 7};
  auto plan = inherited();
  auto made = make(options, plan);
  BOOST_REQUIRE(made.notes != nullptr);
  BOOST_TEST(plan.extra.number == 7);
  BOOST_TEST(plan.extra.fd == made.theirs.get());
  BOOST_TEST((::fcntl(made.notes->ready.get(), F_GETFL) & O_NONBLOCK) != 0);
  BOOST_TEST((::fcntl(made.theirs.get(), F_GETFL) & O_NONBLOCK) == 0);
  BOOST_REQUIRE_EQUAL(::write(plan.extra.fd, "\n", 1), 1);
  char byte = 0;
  BOOST_TEST(::read(made.notes->ready.get(), &byte, 1) == 1);
}

BOOST_AUTO_TEST_CASE(line) {
  config::process_options options;
  options.ask().ready.form = {.what = kind::logline, .text = "up"};
  auto plan = inherited();
  auto made = make(options, plan);
  BOOST_REQUIRE(made.notes != nullptr);
  BOOST_REQUIRE(made.notes->line != nullptr);
  BOOST_TEST(made.notes->line->matches("it is up"));
  BOOST_TEST(take_up_notes(options, -1, -1, false) == nullptr); // it is RUNNING already
  BOOST_TEST(take_up_notes(options, -1, -1, true) != nullptr);
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there) {
  config::process_options options;
  options.name = "p";
  options.ask().ready.form.what = kind::notify;
  auto plan = inherited();
  auto made = make_notes(options, plan, "/nowhere", ::getuid());
  BOOST_TEST(made.error == "could not make a notify socket for 'p': ENOENT");
}

BOOST_AUTO_TEST_CASE(who_is_told_of_a_line) {
  child_notes notes;
  int told = 0;
  notes.tell([&] { ++told; });
  BOOST_TEST(!notes.has_line());
  notes.note_line();
  BOOST_TEST(notes.has_line());
  BOOST_TEST(told == 1);
  notes.tell([&] { told += 10; }); // a rebuilt actor hears of it, too
  BOOST_TEST(told == 11);
}

BOOST_AUTO_TEST_SUITE_END()
