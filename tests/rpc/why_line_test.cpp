// The line of `why`, state by state. Source: docs/contract/deaths.md, 3 (programs.md 1.7: P238, P240).
#include "actors/rpc/why_line.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <ostream>

BOOST_AUTO_TEST_SUITE(why_line_test)

using namespace troupe::actors;
using namespace std::chrono_literals;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using enum process_state;

namespace {

const time_point now{1000s};

struct row {
  const char* line;
  void (*set)(process_status& p, config::process_options& o);
  friend std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.line; }
};

using S = process_status&;
using O = config::process_options&;
// clang-format off
const row table[] = {
  {"job: RUNNING",  [](S p, O) { p.state = running; }},
  {"job: STARTING", [](S p, O) { p.state = starting; }},
  {"job: STOPPING", [](S p, O) { p.state = stopping; }},
  {"job: BACKOFF, try 3 of 4 in 2 s: Bad exit code 3", // P238
    [](S p, O) { p.state = backoff; p.backoff = 2; p.deadline = now + 1500ms; p.spawnerr = "Bad exit code 3"; }},
  {"job: FATAL: Exited too quickly (process log may have details)",
    [](S p, O) { p.state = fatal; p.spawnerr = "Exited too quickly (process log may have details)"; }},
  {"job: EXITED (exit status 0), not restarted: expected status", // P240
    [](S p, O) { p.state = exited; p.last_end = 0; p.exitstatus = 0; }},
  {"job: EXITED (exit status 3), not restarted: autorestart=false",
    [](S p, O o) { p.state = exited; p.last_end = 3 << 8; p.exitstatus = 3; o.restart = config::autorestart::never; }},
  {"job: EXITED (exit status 3), starts again in 1 s",
    [](S p, O) { p.state = exited; p.last_end = 3 << 8; p.exitstatus = 3; p.deadline = now + 300ms; }},
  {"job: EXITED (terminated by SIGKILL), not restarted: stopped by an operator",
    [](S p, O) { p.state = exited; p.last_end = 9; p.exitstatus = -1; p.administrative_stop = true; }},
  {"job: STOPPED by an operator", [](S p, O) { p.state = stopped; p.laststart = 5; }},
  {"job: STOPPED, never started: autostart=false", [](S p, O o) { p.state = stopped; o.autostart = false; }},
  {"job: STOPPED, never started", [](S p, O) { p.state = stopped; }},
  {"job: UNKNOWN", [](S p, O) { p.state = unknown; }},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(lines, data::make(table), r) {
  auto options = std::make_shared<config::process_options>();
  options->name = "job";
  options->exitcodes = {0};
  auto who = std::make_shared<process_identity>();
  who->group = "job";
  process_status p;
  r.set(p, *options);
  who->options = options;
  p.who = who;
  BOOST_TEST(why_line(p, daemon_state::running, now) == r.line);
}

BOOST_AUTO_TEST_SUITE_END()
