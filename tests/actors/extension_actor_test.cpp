// Extensions and their actors, all on an io_context that the test runs by hand: when an actor dies or a handler throws,
// no call waits in vain and the extension comes back. The program is the test itself, at the other ends of the pipes.
// Must not test what is called and answered (tests/extension_test.py does).
#include "actors/extension_actor.hpp"
#include "actors/extensions/rpc_plugin.hpp"
#include "actors/extensions/rpc_program.hpp"
#include "actors/io/child_io.hpp"
#include "actors/kept_alive.hpp"
#include "actors/threadless_scheduler.hpp"
#include "tests/scratch.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(extension_actor_test)

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;
using protocols::rpc_value;

namespace {

/// What a call came to: "waits", a string, "CODE TEXT".
class one_call {
public:
  explicit one_call(bool is_to_throw) : throws(is_to_throw) {}
  const bool throws; ///< whoever is told
  std::string came() const {
    std::lock_guard lock{mutex_};
    return came_;
  }
  void note(std::string what) { ///< any thread: that of a shared object, too
    std::lock_guard lock{mutex_};
    came_ = std::move(what);
  }

private:
  mutable std::mutex mutex_;
  std::string came_ = "waits";
};

struct stage {
  stage() { log.open(); }
  ~stage() {
    if (extension) {
      extension->stop();
      for (auto& child : made)
        end(child);
      stays.reset();
      wait("all actors to be gone", [&] { return system.registry().running() == 0; });
      extension->join();
    }
  }

  /// A child that was made: the test is the program.
  struct program {
    platform::unique_fd in, out, err;
    int pid = 0;
    helper_doors::exited_callback exited;
  };

  helper_doors doors() {
    helper_doors d;
    d.spawn = [this](const std::shared_ptr<helper_child>& what, const auto& answer_spawn, auto exited) {
      int pid = 1000 + static_cast<int>(made.size());
      made.push_back({copy(what->stdio[0]), copy(what->stdio[1]), copy(what->stdio[2]), pid, std::move(exited)});
      answer_spawn(pid, 0);
    };
    d.signal = [this](int pid, int signo) {
      signals.emplace_back(pid, signo);
      for (auto& c : made)
        if (c.pid == pid)
          end(c);
    };
    return d;
  }
  static platform::unique_fd copy(const platform::unique_fd& of) {
    return platform::unique_fd{::fcntl(of.get(), F_DUPFD_CLOEXEC, 0)};
  }
  static void end(program& c, int status = SIGKILL) {
    c.in.reset();
    c.out.reset();
    c.err.reset();
    if (auto exited = std::exchange(c.exited, nullptr))
      exited(status);
  }

  void run(std::shared_ptr<rpc_extension> what, bool starts = true) {
    extension = std::move(what);
    if (starts)
      extension->start({io,
                        {board, children, log, "me", [](const protocols::event&) {}, {"supervisor"}, {}},
                        [](const control_request&, const control_answer_to&) {},
                        doors()});
    keep_alive(host, log, {"the actor of rpc interface x", [this] {
                             auto actor = spawn_on(host, run_extension, extension, &log);
                             who = actor.address();
                             ++spawned;
                             return caf::actor_cast<caf::strong_actor_ptr>(actor);
                           }});
  }
  void run_program() {
    run(make_rpc_program({.name = "x", .command = "/bin/cat", .timeout = 600}, {}, log).value());
    wait("the program", [&] { return made.size() == 1; });
    enroll();
  }
  void run_plugin() {
    run(load_rpc_plugin({.name = "x", .factory = TROUPE_PLUGINS "/odd.so:good"}, log).value());
    io.poll();
  }
  /// The program says what its methods are.
  void enroll() {
    auto before = count("methods registered");
    say(R"({"jsonrpc":"2.0","method":"register","params":{"methods":[{"name":"get"}]}})");
    wait("the methods", [&] { return count("methods registered") > before; });
  }
  void say(const std::string& line) {
    auto text = line + '\n';
    BOOST_REQUIRE(::write(made.back().out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void answer(std::int64_t id) { say(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"result":"ok"})"); }
  std::shared_ptr<one_call> call(const std::string& method = "get", bool throws = false) {
    auto one = std::make_shared<one_call>(throws);
    auto note = [one](const control_answer& a) {
      if (auto* refused = std::get_if<protocols::rpc_fault>(&a))
        one->note(std::to_string(refused->code) + ' ' + refused->text);
      else
        one->note(*std::get<rpc_value>(a).string());
      if (one->throws)
        throw std::runtime_error("no luck");
    };
    extension->call(method, method == "echo" ? rpc_value::array{"ok"} : rpc_value::array{}, nullptr,
                    std::make_shared<reply_promise<control_answer>>(note, protocols::rpc_fault{30, "lost"}));
    return one;
  }
  void kill() {
    auto before = spawned;
    caf::anon_send_exit(caf::actor_cast<extension_actor>(who), caf::exit_reason::kill);
    wait("another actor", [&] { return spawned > before; });
  }
  bool is_dead() { return !caf::actor_cast<caf::strong_actor_ptr>(who); }
  template <class Condition>
  void wait(const char* what, Condition condition) {
    for (auto end = std::chrono::steady_clock::now() + 20s; !condition();) {
      BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < end, "waited in vain for " << what << '\n'
                                                                                          << folder.read("log"));
      io.run_one_for(1ms); // the thread of a shared object may make it so, too
    }
  }
  std::size_t count(const std::string& what) {
    std::size_t n = 0;
    auto text = folder.read("log");
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1))
      ++n;
    return n;
  }

  tests::scratch folder;
  platform::main_log log{{folder.in("log"), 0, 0, config::log_level::info, false, ""}};
  status_board board;
  child_io children{log, {}};
  threadless_config config;
  caf::actor_system system{config};
  boost::asio::io_context io{1};
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> stays{io.get_executor()};
  asio_host host{system, io};
  std::vector<program> made;
  std::vector<std::pair<int, int>> signals;
  std::shared_ptr<rpc_extension> extension;
  caf::actor_addr who;
  int spawned = 0;
};

} // namespace

// -- the actor dies ----------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(killed_idle, stage) {
  run_program();
  kill();
  io.poll();
  BOOST_TEST(made.size() == 1); // the program never noticed
  BOOST_TEST(signals.empty());
  auto one = call();
  answer(1);
  wait("the answer", [&] { return one->came() != "waits"; });
  BOOST_TEST(one->came() == "ok");
  BOOST_TEST(count("the actor of rpc interface x died and is rebuilt from its record") == 1);
}

BOOST_FIXTURE_TEST_CASE(killed_with_a_call_under_way, stage) {
  run_program();
  auto one = call();
  kill();
  BOOST_TEST(one->came() == "waits");
  answer(1);
  wait("the answer", [&] { return one->came() != "waits"; });
  BOOST_TEST(one->came() == "ok");
}

BOOST_FIXTURE_TEST_CASE(killed_before_the_program_begins, stage) {
  run(make_rpc_program({.name = "x", .command = "/bin/cat", .timeout = 600}, {}, log).value());
  caf::anon_send_exit(caf::actor_cast<extension_actor>(who), caf::exit_reason::kill);
  wait("the program", [&] { return made.size() == 1; });
  BOOST_TEST(made.size() == 1);
}

BOOST_FIXTURE_TEST_CASE(killed_while_a_program_that_has_ended_pauses, stage) {
  run_program();
  auto one = call();
  end(made[0], 3 << 8);
  wait("the end", [&] { return one->came() != "waits"; });
  BOOST_TEST(one->came() == "30 FAILED: rpc interface 'x': its program ended (exit status 3)");
  kill(); // its reminder goes with it
  wait("another program", [&] { return made.size() == 2; });
  enroll();
  one = call();
  answer(2);
  wait("the answer", [&] { return one->came() != "waits"; });
  BOOST_TEST(one->came() == "ok");
}

BOOST_FIXTURE_TEST_CASE(killed_at_the_end_of_the_daemon, stage) {
  run_program();
  auto one = call();
  caf::anon_send_exit(caf::actor_cast<extension_actor>(who), caf::exit_reason::kill);
  extension->stop(); // without an actor, too
  BOOST_TEST(one->came() == "6 SHUTDOWN_STATE");
  BOOST_TEST((signals == std::vector{std::pair{1000, SIGTERM}}));
  wait("its end", [&] { return spawned == 2 && is_dead(); }); // the one that follows ends by itself
  BOOST_TEST(made.size() == 1);
}

BOOST_FIXTURE_TEST_CASE(it_ends_before_its_program, stage) {
  run_program();
  made[0].exited = [](int) {}; // it does not end
  extension->stop();
  wait("its end", [&] { return is_dead(); });
  BOOST_TEST(spawned == 1);
  BOOST_TEST(call()->came() == "6 SHUTDOWN_STATE");
}

BOOST_FIXTURE_TEST_CASE(one_that_never_started_ends, stage) {
  run(make_rpc_program({.name = "x", .command = "/bin/cat", .timeout = 600}, {}, log).value(), false);
  wait("its end", [&] { return is_dead(); });
  BOOST_TEST(made.empty());
  extension = nullptr;
}

// -- a handler throws --------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_handler_of_a_program_that_throws, stage) {
  run_program();
  auto bad = call("get", true);
  auto other = call();
  answer(1);
  wait("the end of the other call", [&] { return other->came() != "waits"; });
  BOOST_TEST(other->came() == "30 FAILED: rpc interface 'x': its program is ended, since the daemon has met 'no luck' "
                              "with it");
  BOOST_TEST(count("ERRO rpc interface 'x': a handler has met 'no luck'\n") == 1);
  wait("another program", [&] { return made.size() == 2; });
  BOOST_TEST((signals == std::vector{std::pair{1000, SIGKILL}}));
  enroll();
  auto next = call();
  answer(3);
  wait("the answer", [&] { return next->came() != "waits"; });
  BOOST_TEST(next->came() == "ok");
  BOOST_TEST(spawned == 1);
}

BOOST_FIXTURE_TEST_CASE(one_that_throws_while_the_actor_is_dead, stage) {
  run_program();
  auto bad = call("get", true);
  auto other = call();
  caf::anon_send_exit(caf::actor_cast<extension_actor>(who), caf::exit_reason::kill); // before it hears of it
  answer(1);
  wait("the end of the other call", [&] { return other->came() != "waits"; });
  BOOST_TEST(other->came().starts_with("30 FAILED: "));
  wait("another program", [&] { return made.size() == 2; });
  BOOST_TEST(count("a handler has met 'no luck'") == 1);
}

BOOST_FIXTURE_TEST_CASE(one_that_throws_over_last_words, stage) {
  run_program();
  auto bad = call("get", true);
  answer(1);
  end(made[0], 3 << 8); // before they are read, or after
  wait("another program", [&] { return made.size() == 2; });
  BOOST_TEST(count("a handler has met 'no luck'") == 1);
  BOOST_TEST(bad->came() == "ok");
}

// -- a shared object ---------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_shared_object_s_actor_is_killed, stage) {
  run_plugin();
  kill();
  auto one = call("echo");
  wait("the answer", [&] { return one->came() != "waits"; });
  BOOST_TEST(one->came() == "ok");
}

BOOST_FIXTURE_TEST_CASE(a_thread_of_a_shared_object_that_throws, stage) {
  run_plugin();
  auto bad = call("echo", true);
  wait("the report", [&] { return count("ERRO rpc interface 'x': a handler has met 'no luck'\n") == 1; });
  wait("an answer", [&] {
    auto one = call("echo"); // FAILED where it came before the next thread
    wait("it", [&] { return one->came() != "waits"; });
    return one->came() == "ok";
  });
  BOOST_TEST(spawned == 1);
}

BOOST_FIXTURE_TEST_CASE(a_thread_that_throws_while_the_actor_is_dead, stage) {
  run_plugin();
  auto before = spawned;
  caf::anon_send_exit(caf::actor_cast<extension_actor>(who), caf::exit_reason::kill);
  auto bad = call("echo", true);
  wait("the report", [&] { return count("a handler has met 'no luck'") == 1; });
  BOOST_TEST(spawned == before + 1);
  wait("an answer", [&] {
    auto one = call("echo");
    wait("it", [&] { return one->came() != "waits"; });
    return one->came() == "ok";
  });
}

BOOST_FIXTURE_TEST_CASE(a_thread_that_has_thrown_holds_up_no_end, stage) {
  run_plugin();
  auto bad = call("echo", true);
  wait("the thread's end", [&] { return !extension->need().failure.empty() || count("no luck") == 1; });
  extension->stop();
  wait("its end", [&] { return is_dead(); });
  extension->join();
  BOOST_TEST(count("left behind") == 0);
}

BOOST_AUTO_TEST_SUITE_END()
