// What a process is told after a death of the worker: 4.7 of docs/contract/survival.md, a row each; vectors 22, 25, 40
// to 42, 45 to 47.
#include "actors/core/resume_plan.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

BOOST_AUTO_TEST_SUITE(resume_plan_test)

using namespace troupe::actors;
using troupe::platform::slot_state;
namespace data = boost::unit_test::data;

namespace {

constexpr int none = -1;

/// Times in seconds; it is 100 now.
struct row {
  const char* when;
  slot_state slot;
  int ended_at;
  bool stop_sent;
  process_state state;
  int pid;
  int deadline;
  bool administrative;
  std::string plan;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }

using enum slot_state;
using s = process_state;
const row rows[] = {
  {"22: no child yet", meant, 0, false, s::starting, 0, none, false, "spawn_again@100"},
  {"a spawn that has failed already", meant, 0, false, s::backoff, 0, 103, false, "arm@103"},
  {"25: the child, not its pid", running, 0, false, s::starting, 0, none, false, "spawned 7@100"},
  {"its pid, too; RUNNING still to come", running, 0, false, s::starting, 7, 101, false, "arm@101"},
  {"RUNNING was due", running, 0, false, s::starting, 7, 99, false, "timer@99"},
  {"a stop waits for a spawn", running, 0, false, s::stopping, 0, none, false, "spawned 7@100"},
  {"runs", running, 0, false, s::running, 7, none, false, ""},
  {"45: STOPPING, not sent", running, 0, false, s::stopping, 7, 105, false, "kill_again@100, arm@105"},
  {"STOPPING, sent", running, 0, true, s::stopping, 7, 105, false, "arm@105"},
  {"46: stopwaitsecs ran out", running, 0, true, s::stopping, 7, 98, false, "timer@98"},
  {"45 and 46", running, 0, false, s::stopping, 7, 98, false, "kill_again@100, timer@98"},
  {"40: ended meanwhile", ended, 99, false, s::running, 7, none, false, "drain_exited 256@99"},
  {"ended before its pid was noted", ended, 99, false, s::starting, 0, none, false,
   "spawned 7@99, drain_exited 256@99"},
  {"41: exit before startsecs", ended, 97, false, s::starting, 7, 99, false, "drain_exited 256@97"},
  {"42: RUNNING, then exit", ended, 99, false, s::starting, 7, 98, false, "timer@98, drain_exited 256@99"},
  {"both at once: the exit", ended, 98, false, s::starting, 7, 98, false, "drain_exited 256@98"},
  {"exit before a deadline to come", ended, 99, false, s::stopping, 7, 110, false, "drain_exited 256@99"},
  {"47: BACKOFF, later", handled, 0, false, s::backoff, 0, 103, false, "arm@103"},
  {"BACKOFF, due", handled, 0, false, s::backoff, 0, 90, false, "timer@90"},
  {"EXITED, restart wanted", handled, 0, false, s::exited, 0, none, false, "evaluate@100"},
  {"EXITED, stopped by somebody", handled, 0, false, s::exited, 0, none, true, ""},
  {"EXITED, restart at a time", handled, 0, false, s::exited, 0, 103, false, "arm@103"},
  {"STOPPED", handled, 0, false, s::stopped, 0, none, false, ""},
  {"never started", unused, 0, false, s::stopped, 0, none, false, ""},
  {"FATAL", handled, 0, false, s::fatal, 0, none, false, ""},
};

time_point at(int seconds) { return time_point{std::chrono::seconds{seconds}}; }

std::string words(const std::vector<resume_step>& plan) {
  const char* names[] = {"spawn_again", "spawned", "kill_again", "timer", "drain_exited", "arm", "evaluate"};
  std::string text;
  for (const auto& step : plan)
    text += (text.empty() ? "" : ", ") + std::string(names[static_cast<int>(step.what)]) +
            (step.value ? " " + std::to_string(step.value) : "") + "@" +
            std::to_string(std::chrono::duration_cast<std::chrono::seconds>(step.at.time_since_epoch()).count());
  return text;
}

} // namespace

BOOST_DATA_TEST_CASE(a_process_is_told_what_it_missed, data::make(rows), r) {
  slot_facts slot{r.slot, 7, 256, at(r.ended_at), r.stop_sent};
  process_record record;
  record.state = r.state;
  record.pid = r.pid;
  record.administrative_stop = r.administrative;
  if (r.deadline != none)
    record.deadline = at(r.deadline);
  BOOST_TEST(words(resume_plan(slot, record, at(100))) == r.plan);
}

BOOST_AUTO_TEST_SUITE_END()
