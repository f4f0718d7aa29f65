// Each kind of actor dies in each phase of the daemon's life: idle, in a start, a stop, the daemon's stop, a removal, a
// reload. What was asked for is done or refused, and a stop that is under way is made. The HTTP actor, pools and
// extensions have no part in these but the end: http_actor_test.cpp, event_listener_test.cpp, extension_actor_test.cpp.
#include "tests/actors/runtime_stage.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <ostream>

BOOST_AUTO_TEST_SUITE(phases_test)

using namespace troupe;
using namespace troupe::actors;
namespace data = boost::unit_test::data;

namespace {

enum class kind { reaper, supervisor, group, process };
std::ostream& operator<<(std::ostream& out, kind k) {
  const char* names[] = {"reaper", "supervisor", "group", "process"};
  return out << names[static_cast<int>(k)];
}
const kind kinds[] = {kind::reaper, kind::supervisor, kind::group, kind::process};

constexpr int success = static_cast<int>(protocols::fault::success);

struct scene : stage {
  void kill_a(kind what) {
    switch (what) {
    case kind::reaper:
      return kill(use.reaper.get());
    case kind::supervisor:
      return kill(use.supervisor.get());
    case kind::group:
      return kill(supervised_group());
    case kind::process:
      return kill(record->groups.begin()->second.processes->actors.at(0));
    }
  }
  void kill_and_see(kind what) {
    auto reports = deaths();
    kill_a(what);
    wait("the report", [&] { return deaths() == reports + 1; });
  }
  std::size_t deaths() {
    const std::string words = "is rebuilt from its record";
    std::size_t n = 0;
    auto all = text();
    for (auto at = all.find(words); at != all.npos; at = all.find(words, at + 1))
      ++n;
    return n;
  }
  void run_and_wait(const std::string& command = "/bin/cat") {
    run(command);
    wait_for_state(process_state::running);
  }
  /// The child cannot end before it is let go.
  int hold() {
    auto pid = status()->pid;
    ::kill(pid, SIGSTOP);
    siginfo_t info{};
    BOOST_REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &info, WSTOPPED | WNOWAIT) == 0);
    return pid;
  }
  void end_in_order() {
    signal(SIGTERM);
    wait("the end", [&] { return finished.load(); });
    BOOST_TEST((status()->state == process_state::stopped));
  }
  static int result_of(const control_answer& answer) {
    if (auto* results = std::get_if<process_results>(&answer))
      return results->empty() ? -1 : results->front().status;
    return code_of(answer);
  }
};

control_request start_all() {
  control_request request;
  request.of = control_request::scope::all;
  request.task = {.what = verb::start, .wait = true};
  return request;
}

} // namespace

BOOST_DATA_TEST_CASE_F(scene, idle, data::make(kinds), who) {
  run_and_wait();
  auto pid = status()->pid;
  kill_and_see(who);
  BOOST_TEST(::kill(pid, 0) == 0);
  ::kill(pid, SIGKILL);
  wait("a new child", [&] { return runs_anew(pid); });
  end_in_order();
}

BOOST_DATA_TEST_CASE_F(scene, in_a_start, data::make(kinds), who) {
  run_and_wait();
  BOOST_TEST(result_of(get(ask(stop_all()))) == success);
  auto started = ask(start_all());
  kill_a(who);
  if (result_of(get(std::move(started))) != success) // its asker has heard that it was lost, and asks again
    get(ask(start_all()));
  wait_for_state(process_state::running);
  BOOST_TEST(::kill(status()->pid, 0) == 0);
  BOOST_TEST(count("PROCESS_STATE_RUNNING") == 2u); // not two children
  end_in_order();
}

BOOST_DATA_TEST_CASE_F(scene, in_a_stop, data::make(kinds), who) {
  run_and_wait();
  auto pid = hold();
  auto stopped = ask(stop_all());
  wait_for_state(process_state::stopping);
  kill_and_see(who);
  BOOST_TEST((status()->state == process_state::stopping));
  ::kill(pid, SIGCONT);
  wait_for_state(process_state::stopped); // nobody had to ask again
  auto result = result_of(get(std::move(stopped)));
  if (who == kind::reaper || who == kind::supervisor) // the others held the answer
    BOOST_TEST(result == success);
  BOOST_TEST(::kill(pid, 0) != 0);
  end_in_order();
}

BOOST_DATA_TEST_CASE_F(scene, in_a_stop_that_is_asked_for_meanwhile, data::make(kinds), who) {
  run_and_wait();
  auto pid = status()->pid;
  kill_a(who);
  if (result_of(get(ask(stop_all()))) != success) // or it never arrived, and its asker has heard so
    BOOST_TEST(result_of(get(ask(stop_all()))) == success);
  BOOST_TEST((status()->state == process_state::stopped));
  BOOST_TEST(::kill(pid, 0) != 0);
  end_in_order();
}

BOOST_DATA_TEST_CASE_F(scene, in_the_daemon_s_stop, data::make(kinds), who) {
  run_and_wait();
  auto pid = hold();
  signal(SIGTERM);
  wait_for_state(process_state::stopping);
  kill_and_see(who);
  BOOST_TEST(!finished);
  ::kill(pid, SIGCONT);
  wait("the end", [&] { return finished.load(); });
  BOOST_TEST((status()->state == process_state::stopped));
  BOOST_TEST(count("SUPERVISOR_STATE_CHANGE_STOPPING") == 1u);
}

BOOST_DATA_TEST_CASE_F(scene, in_a_removal, data::make(kinds), who) {
  run_and_wait();
  BOOST_TEST(result_of(get(ask(stop_all()))) == success);
  auto answer = ask(removal("g"));
  kill_a(who);
  auto code = code_of(get(std::move(answer)));
  BOOST_TEST((code == 0 || code == static_cast<int>(protocols::fault::failed) || code == -1)); // -1: it was lost
  auto again = code_of(get(ask(removal("g"))));
  if (code == 0)
    BOOST_TEST(again == static_cast<int>(protocols::fault::bad_name));
  else
    BOOST_TEST((again == 0 || again == static_cast<int>(protocols::fault::bad_name)));
  BOOST_TEST(record->table.groups.empty());
  BOOST_TEST(!status());
  BOOST_TEST(count("PROCESS_GROUP_REMOVED") == 1u);
}

BOOST_DATA_TEST_CASE_F(scene, in_a_reload, data::make(kinds), who) {
  auto release = std::make_shared<std::promise<void>>();
  auto begun = std::make_shared<std::promise<void>>();
  auto readings = std::make_shared<std::atomic<int>>(0);
  load = [gate = release->get_future().share(), begun, readings](const auto&) -> configuration_reader::outcome {
    if (++*readings == 1) {
      begun->set_value();
      gate.wait();
    }
    return std::make_shared<const config::configuration>();
  };
  load_limit = 20s; // for what hangs
  run_and_wait();
  auto pid = status()->pid;
  auto answer = ask(reload());
  get(begun->get_future());
  kill_and_see(who);
  release->set_value();
  BOOST_TEST(fault_of(get(std::move(answer))) == (who == kind::supervisor ? "lost" : ""));
  BOOST_TEST(fault_of(get(ask(reload()))) == "");
  BOOST_TEST(status()->pid == pid);
  end_in_order();
}

BOOST_AUTO_TEST_SUITE_END()
