// The ledger: what is stored is read by whoever follows, at any moment either the old or the new.
#include "actors/io/ledger.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include <fcntl.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(ledger_test)

using namespace troupe::actors;
using troupe::platform::unique_fd;
using troupe::protocols::process_state;

namespace {

ledger_entry entry_of(std::uint64_t process, int pid) {
  ledger_entry e;
  e.process = process;
  e.record.state = process_state::running;
  e.record.pid = pid;
  e.record.started_at = time_point{std::chrono::nanoseconds{123456789}};
  e.record.deadline = time_point{std::chrono::seconds{9}};
  e.record.spawns = 4;
  e.handled_life = 3;
  e.stdout_bytes = 1;
  e.stderr_bytes = 1ULL << 40;
  return e;
}

/// As a worker has it that follows: by the same file.
ledger again(const ledger& first) { return ledger::map(unique_fd{::fcntl(first.fd(), F_DUPFD_CLOEXEC, 3)}); }

} // namespace

BOOST_AUTO_TEST_CASE(what_was_stored_is_found_by_who_follows) {
  auto first = ledger::make();
  BOOST_TEST_REQUIRE(static_cast<bool>(first));
  BOOST_TEST(!first.load(0));
  first.store(0, entry_of(1, 100));
  first.store(7, entry_of(2, 200));
  first.store(7, entry_of(2, 201));
  first.store(65535, entry_of(3, 300));
  *first.event_serial() = 42;
  first.ending() = 15;
  auto next = again(first);
  BOOST_TEST_REQUIRE(static_cast<bool>(next));
  BOOST_TEST(next.load(0)->record.pid == 100);
  BOOST_TEST(next.load(65535)->record.pid == 300);
  BOOST_TEST(!next.load(1));
  BOOST_TEST(*next.event_serial() == 42);
  BOOST_TEST(next.ending() == 15);
  auto found = *next.load(7);
  auto meant = entry_of(2, 201);
  BOOST_TEST(found.process == 2U);
  BOOST_TEST(found.record.pid == 201);
  BOOST_TEST((found.record.state == meant.record.state));
  BOOST_TEST((found.record.started_at == meant.record.started_at));
  BOOST_TEST((found.record.deadline == meant.record.deadline));
  BOOST_TEST(found.record.spawns == 4U);
  BOOST_TEST(found.handled_life == 3U);
  BOOST_TEST(found.stdout_bytes == 1U);
  BOOST_TEST(found.stderr_bytes == 1ULL << 40);
}

BOOST_AUTO_TEST_CASE(a_long_error_is_cut_and_the_rest_is_whole) {
  auto book = ledger::make();
  auto e = entry_of(1, 5);
  e.record.spawnerr = std::string(100'000, 'x');
  book.store(3, e);
  auto found = *book.load(3);
  BOOST_TEST(found.record.pid == 5);
  BOOST_TEST(found.handled_life == 3U);
  BOOST_TEST(found.record.spawnerr.size() >= 100U);
  BOOST_TEST(found.record.spawnerr == std::string(found.record.spawnerr.size(), 'x'));
}

BOOST_AUTO_TEST_CASE(what_a_step_was_about_is_kept) {
  auto book = ledger::make();
  auto e = entry_of(1, 5);
  dependency_view view{
    "waiting for b:ready", "b:ready", "dependency b:ready: b is FATAL", "c: c is STOPPED", "d", "e", 3, 5};
  e.step = noted_step{event::dependencies_seen{view}, {}};
  book.store(0, e);
  auto found = std::get<event::dependencies_seen>(book.load(0)->step->happened);
  BOOST_TEST((found.view == view));
  e.step = noted_step{event::start_requested{start_reason::dependency, true}, {}};
  book.store(0, e);
  auto asked = std::get<event::start_requested>(book.load(0)->step->happened);
  BOOST_TEST((asked.why == start_reason::dependency && asked.alone));
}

/// All that a process may have that is looked at, together with the longest words.
BOOST_AUTO_TEST_CASE(what_is_known_of_its_health_is_kept) {
  auto book = ledger::make();
  auto e = entry_of(1, 5);
  std::string words(1024, 'w');
  e.record.waiting_for = words;
  e.record.spawnerr = words;
  auto& check = e.record.check.make();
  check.awaits_ready = check.has_lasted = check.probing = check.reloading = true;
  check.health = health_state::unhealthy;
  check.failures = 3;
  check.probe = 77;
  check.due = time_point{std::chrono::seconds{9}};
  check.watchdog = std::chrono::milliseconds{1500};
  check.error_number = 2;
  check.detail = check.status = words;
  troupe::protocols::notify_message said{
    .ready = true, .watchdog = true, .status = words, .extend = std::chrono::seconds{5}};
  e.step = noted_step{event::notified{said}, {}};
  book.store(0, e);
  auto found = book.load(0);
  BOOST_REQUIRE(found.has_value());
  BOOST_REQUIRE(found->record.check);
  const auto& kept = *found->record.check;
  BOOST_TEST((kept.awaits_ready && kept.has_lasted && kept.probing && kept.reloading && !kept.failing));
  BOOST_TEST((kept.health == health_state::unhealthy));
  BOOST_TEST(kept.failures == 3);
  BOOST_TEST(kept.probe == 77U);
  BOOST_TEST((kept.due == time_point{std::chrono::seconds{9}}));
  BOOST_TEST((kept.watchdog == std::chrono::milliseconds{1500}));
  BOOST_TEST(words.starts_with(kept.detail));
  auto heard = std::get<event::notified>(found->step->happened).what;
  BOOST_TEST((heard.ready && heard.watchdog && !heard.stopping));
  BOOST_TEST((heard.extend == std::chrono::seconds{5}));
  e.step = noted_step{event::probed{8, false, "HTTP 503"}, {}};
  book.store(0, e);
  auto looked = std::get<event::probed>(book.load(0)->step->happened);
  BOOST_TEST((looked.number == 8 && !looked.ok && looked.detail == "HTTP 503"));
  for (bool sent : {true, false}) { // else a stop signal would be sent by each worker that follows
    e.step = noted_step{event::rebuilt{.stop_sent = sent}, {}};
    book.store(0, e);
    BOOST_TEST(std::get<event::rebuilt>(book.load(0)->step->happened).stop_sent == sent);
  }
  e.step = noted_step{event::said_ready{true}, {}};
  book.store(0, e);
  BOOST_TEST(std::get<event::said_ready>(book.load(0)->step->happened).failed);
}

BOOST_AUTO_TEST_CASE(long_names_of_others_are_cut_and_the_rest_is_whole) {
  auto book = ledger::make();
  auto e = entry_of(1, 0);
  std::string name(5000, 'n');
  e.record.waiting_for = name;
  e.record.spawnerr = name;
  e.step = noted_step{event::dependencies_seen{{name, name, name, name, name, name, 1, 2}}, {}};
  book.store(0, e);
  auto found = book.load(0);
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->record.spawns == 4U);
  BOOST_TEST(!found->record.waiting_for.empty());
  BOOST_TEST(name.starts_with(found->record.waiting_for.view()));
  BOOST_TEST(!std::get<event::dependencies_seen>(found->step->happened).view.waiting.empty());
  BOOST_TEST(std::get<event::dependencies_seen>(found->step->happened).view.relies_on == 2U);
}

BOOST_AUTO_TEST_CASE(of_many_restarts_the_last_are_kept) {
  auto book = ledger::make();
  auto e = entry_of(1, 5);
  e.record.spawnerr = std::string(400, 'x');
  for (int i = 0; i < 5000; ++i)
    e.record.restarts.make().recent.emplace_back(std::chrono::seconds{i});
  e.step = noted_step{event::spawn_failed{std::string(2000, 'y')}, {}};
  book.store(3, e);
  auto found = *book.load(3);
  BOOST_TEST(found.record.pid == 5);
  BOOST_REQUIRE(restarts_of(found.record).recent.size() >= 10U);
  BOOST_TEST((restarts_of(found.record).recent.back() == time_point{std::chrono::seconds{4999}}));
  BOOST_TEST((std::get<event::spawn_failed>(found.step->happened).text.size() >= 50U));
}

BOOST_AUTO_TEST_CASE(another_file_is_no_ledger) {
  BOOST_TEST(!ledger::map({}));
  BOOST_TEST(!ledger::map(unique_fd{::open("/dev/null", O_RDWR | O_CLOEXEC)}));
  auto book = ledger::make();
  BOOST_TEST_REQUIRE(::pwrite(book.fd(), "another version", 15, 0) == 15);
  BOOST_TEST(!again(book));
}

BOOST_AUTO_TEST_SUITE_END()
