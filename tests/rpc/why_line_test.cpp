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
  {"job: STOPPED by an operator", [](S p, O) { p.state = stopped; p.started_once = true; p.administrative_stop = true; }},
  {"job: STOPPED: a dependency was lost", [](S p, O) { p.state = stopped; p.laststart = 5; p.why = start_reason::lost; }},
  {"job: UNKNOWN", [](S p, O) { p.state = unknown; }},
  {"job: STOPPED, never started: disabled", [](S p, O) { p.state = stopped; p.disabled = true; }},
  {"job: STOPPED, never started: autostart=last, and an operator had stopped it",
    [](S p, O o) { p.state = stopped; p.wished = intent::unwanted; o.ask().starts_as_last = true; }},
  {"job: STOPPED, never started", [](S p, O o) { p.state = stopped; o.ask().starts_as_last = true; }},
  {"job: STOPPED by an operator, disabled", [](S p, O) { p.state = stopped; p.laststart = 5; p.disabled = true; }},
  {"job: RUNNING, disabled", [](S p, O) { p.state = running; p.disabled = true; }},
  {"job: FATAL, disabled: no", [](S p, O) { p.state = fatal; p.spawnerr = "no"; p.disabled = true; }},
  {"job: STOPPED by an update", [](S p, O) { p.state = stopped; p.started_once = true; p.why = start_reason::update; }},
  {"job: STOPPED by an operator", // who has stopped what an update had started
    [](S p, O) { p.state = stopped; p.started_once = true; p.why = start_reason::update; p.administrative_stop = true; }},
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

namespace {

process_status_ptr status_in_chain(const process_cell& cell, process_state state, const char* waits_for,
                                   const char* error) {
  process_status p;
  p.who = std::shared_ptr<const process_identity>(std::shared_ptr<void>(), &cell);
  p.state = state;
  p.waiting_for = waits_for;
  p.is_held = *waits_for;
  p.spawnerr = error;
  return std::make_shared<const process_status>(std::move(p));
}

struct link {
  const char* name;
  process_state state;
  const char* waits_for;
  const char* error;
};

/// Of the first of them, each of which depends on the next; `hidden`: nobody is told of it.
std::string line_of_chain(const std::vector<link>& links, std::size_t hidden = 99) {
  std::vector<group_cell_ptr> cells;
  std::vector<process_status_ptr> all;
  for (std::size_t i = 0; i < links.size(); ++i) {
    auto options = std::make_shared<config::process_options>();
    options->name = links[i].name;
    options->section = std::string("program:") + links[i].name;
    if (i + 1 < links.size())
      options->ask().dependencies.items = {{.target = links[i + 1].name}};
    auto group = std::make_shared<config::group_options>();
    group->name = links[i].name;
    group->processes = {options};
    auto process = std::make_shared<process_cell>();
    process->id = i + 1;
    process->options = options;
    process->group = links[i].name;
    auto cell = std::make_shared<group_cell>();
    cell->options = group;
    cell->processes = {process};
    cells.push_back(cell);
    all.push_back(status_in_chain(*process, links[i].state, links[i].waits_for, links[i].error));
  }
  auto programs = make_program_graph(cells, {});
  auto status = [&](std::size_t node) { return node == hidden ? nullptr : all.at(programs->nodes[node].process - 1); };
  return why_line(*all.front(), daemon_state::running, now, {*programs, status});
}

} // namespace

BOOST_AUTO_TEST_CASE(p239_the_cause_of_the_cause) {
  std::vector<link> links = {
    {"api", starting, "waiting for app:ready", ""},
    {"app", starting, "waiting for db:ready (db is FATAL)", "dependency db:ready: db is FATAL"},
    {"db", fatal, "", "Exited too quickly (process log may have details)"}};
  BOOST_TEST(line_of_chain(links) ==
             "api: STARTING, waiting for app:ready (app is STARTING, waiting for db:ready (db is FATAL: Exited too "
             "quickly (process log may have details)))");
  BOOST_TEST(line_of_chain(links, 2) ==
             "api: STARTING, waiting for app:ready (app is STARTING, waiting for db:ready (db is FATAL))");
  links[0].waits_for = "waiting for app:ready and 2 more";
  links[1] = {"app", backoff, "", "Bad exit code 3"};
  BOOST_TEST(line_of_chain(links) ==
             "api: STARTING, waiting for app:ready (app is BACKOFF: Bad exit code 3) and 2 more");
}

BOOST_AUTO_TEST_CASE(five_steps_at_most) {
  std::vector<link> links;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"})
    links.push_back({name, starting, "", ""});
  const char* waits[] = {"waiting for b:ready", "waiting for c:ready", "waiting for d:ready", "waiting for e:ready",
                         "waiting for f:ready", "waiting for g:ready", "waiting for h:ready"};
  for (std::size_t i = 0; i < 7; ++i)
    links[i].waits_for = waits[i];
  BOOST_TEST(
    line_of_chain(links) ==
    "a: STARTING, waiting for b:ready (b is STARTING, waiting for c:ready (c is STARTING, waiting for d:ready (d "
    "is STARTING, waiting for e:ready (e is STARTING, waiting for f:ready (f is STARTING, waiting for "
    "g:ready)))))");
}

BOOST_AUTO_TEST_SUITE_END()
