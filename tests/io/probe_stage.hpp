// What the tests of probes share: a loop, a crew, a desk whose children are made by the test itself, and listeners on
// the loopback. Must not hold cases.
#pragma once

#include "actors/io/helper_plan.hpp"
#include "actors/io/probe_desk.hpp"
#include "platform/unique_fd.hpp"
#include "tests/scratch.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <csignal>
#include <sys/wait.h>

namespace troupe::tests {

using namespace std::chrono_literals;

/// Makes children as the reaper does, when asked to, and waits for them.
struct helper_maker {
  struct made {
    int pid = 0;
    actors::helper_doors::exited_callback exited; ///< empty: it has ended
  };
  struct asked {
    std::shared_ptr<actors::helper_child> child;
    actors::helper_doors::spawned_callback spawned;
    actors::helper_doors::exited_callback exited;
  };

  ~helper_maker() {
    for (auto& child : children)
      if (child.exited) {
        ::kill(-child.pid, SIGKILL);
        ::waitpid(child.pid, nullptr, 0);
      }
  }

  actors::helper_doors doors() {
    actors::helper_doors d;
    d.spawn = [this](auto child, auto spawned, auto exited) {
      waiting.push_back({std::move(child), std::move(spawned), std::move(exited)});
      if (!holds)
        make_all();
    };
    d.signal = [this](int pid, int signo) {
      signals.emplace_back(pid, signo);
      for (const auto& child : children)
        if (child.pid == pid && child.exited)
          ::kill(-pid, signo);
    };
    return d;
  }

  void make_all() {
    for (auto& one : std::exchange(waiting, {})) {
      if (int error = one.child->prepare(*one.child); error != 0) {
        one.spawned(-1, error);
        continue;
      }
      auto outcome = platform::spawn(one.child->plan);
      if (outcome.pid <= 0) {
        one.spawned(-1, outcome.error);
        continue;
      }
      children.push_back({outcome.pid, std::move(one.exited)});
      one.spawned(outcome.pid, 0);
    }
  }

  void reap() {
    for (auto& child : children) {
      int status = 0;
      if (child.exited && ::waitpid(child.pid, &status, WNOHANG) == child.pid)
        std::exchange(child.exited, nullptr)(status);
    }
  }
  bool all_gone() const {
    for (const auto& child : children)
      if (child.exited)
        return false;
    return true;
  }

  bool holds = false; ///< nothing is made before make_all()
  std::vector<asked> waiting;
  std::vector<made> children;
  std::vector<std::pair<int, int>> signals;
};

struct probe_stage {
  probe_stage() {
    auto process = std::make_shared<config::process_options>();
    process->name = "p";
    auto cell = std::make_shared<actors::process_identity>();
    cell->options = options = process;
    cell->group = "g";
    who = cell;
    desk.emplace(
      io, crew, maker.doors(),
      [](const actors::probe_order& order) { return actors::helper_plan(*order.who, {}, order.form.text, order.pid); },
      [this](const auto& whose, const std::string& lines) {
        BOOST_TEST(whose == who);
        said += lines;
      });
  }

  using kind = config::check_form::kind;
  static config::check_form form(kind what, const std::string& host, int port, const std::string& text = "") {
    config::check_form made;
    made.what = what;
    made.host = host;
    made.number = port;
    made.text = text;
    return made;
  }

  /// `ok`, or the detail.
  void begin(const config::check_form& of, std::chrono::milliseconds timeout = 20s, int pid = 0) {
    results.clear();
    running = desk->begin({of, who, pid, timeout, "health"},
                          [this](const actors::probe_result& r) { results.push_back(r.ok ? "ok" : r.detail); });
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
  std::string answer() {
    run_until([this] { return !results.empty(); });
    BOOST_TEST(results.size() == 1U);
    return results.front();
  }
  std::string answer_to(const config::check_form& of, std::chrono::milliseconds timeout = 20s) {
    begin(of, timeout);
    return answer();
  }
  /// All that is due now.
  void run_what_is_due() {
    io.poll();
    maker.reap();
    io.poll();
  }

  scratch folder;
  std::shared_ptr<config::process_options> options;
  actors::process_identity_ptr who;
  helper_maker maker;
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  actors::work_crew crew;
  std::optional<actors::probe_desk> desk;
  std::string said;
  std::vector<std::string> results;
  std::unique_ptr<actors::probe> running;
};

} // namespace troupe::tests
