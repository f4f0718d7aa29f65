// The history's thread and its actor: whoever fails comes again and nothing is lost with him; a thread that a disk
// holds up holds nobody else up. Turns of the actor are run by hand. Needs libsqlite3. Source:
// docs/contract/history.md, 7.3.
#include "actors/history_actor.hpp"
#include "actors/kept_alive.hpp"
#include "actors/threadless_scheduler.hpp"
#include "tests/scratch.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <future>
#include <stdexcept>

BOOST_AUTO_TEST_SUITE(history_actor_test)

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;
using platform::history_failure;
using platform::history_file;
using kind = config::history_kind;

namespace {

struct stage {
  stage() {
    log.open();
    config::history_options options;
    options.file = folder.in("h.db");
    options.keep = bit(kind::daemon) | bit(kind::state);
    history = std::make_shared<history_keeper>(options, log);
  }
  ~stage() {
    history->stop(20s);
    over = true;
    die(caf::exit_reason::user_shutdown);
  }
  void keep() {
    keep_alive(host, log, {"the actor of the history", [this]() -> caf::strong_actor_ptr {
                             if (over)
                               return nullptr;
                             auto made = spawn_on(host, run_history, history, &log);
                             who = made.address();
                             ++spawned;
                             return caf::actor_cast<caf::strong_actor_ptr>(made);
                           }});
    io.poll();
  }
  void die(caf::exit_reason reason) {
    if (auto now = caf::actor_cast<history_actor>(who))
      caf::anon_send_exit(now, reason);
    io.poll();
  }
  void tell(const char* event) const {
    BOOST_REQUIRE(history->tell(kind::daemon, "", std::string(R"({"event":")") + event + "\"}") > 0);
  }
  /// What is kept, newest first. Turns of the actor are run meanwhile.
  std::string kept() {
    auto said = std::make_shared<std::promise<std::string>>();
    auto answer = said->get_future();
    auto read = [said](history_file& file, const history_failure& trouble) {
      std::string text = trouble.why;
      if (file.is_open())
        (void)file.read({}, [&](const platform::history_row& row) {
          text += row.what.substr(10, row.what.size() - 12) + ' ';
          return true;
        });
      said->set_value(text);
    };
    BOOST_REQUIRE(history->ask(read));
    auto until = std::chrono::steady_clock::now() + 30s;
    while (answer.wait_for(0s) != std::future_status::ready) {
      io.run_one_for(10ms);
      BOOST_REQUIRE(std::chrono::steady_clock::now() < until);
    }
    return answer.get();
  }

  tests::scratch folder;
  platform::main_log log{{folder.in("log"), 0, 0, config::log_level::info, false, ""}};
  threadless_config config;
  caf::actor_system system{config};
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stays{io.get_executor()};
  asio_host host{system, io};
  std::shared_ptr<history_keeper> history;
  caf::actor_addr who;
  int spawned = 0;
  bool over = false;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(what_is_told_before_the_thread_is_there_is_kept, stage) {
  tell("one");
  BOOST_TEST(history->tell(kind::command, "", "{}") == 0u); // not asked for
  keep();
  tell("two");
  BOOST_TEST(kept() == "two one ");
}

BOOST_FIXTURE_TEST_CASE(a_thread_that_fails_is_followed_by_another, stage) {
  keep();
  tell("one");
  BOOST_TEST(kept() == "one ");
  BOOST_REQUIRE(history->ask([](auto&, auto&) { throw std::runtime_error("a bad day"); }));
  tell("two");
  BOOST_TEST(kept() == "two one ");
  BOOST_TEST(folder.read("log").find("the thread of the history has met 'a bad day'; another one goes on") !=
             std::string::npos);
  BOOST_TEST(spawned == 1);
}

BOOST_FIXTURE_TEST_CASE(an_actor_that_dies_is_followed_by_another, stage) {
  keep();
  die(caf::exit_reason::kill);
  while (spawned < 2)
    BOOST_REQUIRE(io.run_one_for(20s) == 1);
  BOOST_REQUIRE(history->ask([](auto&, auto&) { throw std::runtime_error("a bad day"); }));
  tell("one");
  BOOST_TEST(kept() == "one ");
}

BOOST_FIXTURE_TEST_CASE(questions_do_not_pile_up, stage) {
  int taken = 0; // nobody answers: there is no thread
  while (taken < 1000 && history->ask([](auto&, auto&) {}))
    ++taken;
  BOOST_TEST(taken == 64);
}

BOOST_FIXTURE_TEST_CASE(what_is_left_is_written_at_the_end, stage) {
  keep();
  for (int i = 0; i < 2000; ++i)
    tell("x");
  history->stop(20s);
  history_file file{folder.in("h.db"), false};
  BOOST_REQUIRE(!file.open());
  BOOST_TEST(file.last_id() == 2000);
  BOOST_TEST(!history->ask([](auto&, auto&) {}));
}

BOOST_FIXTURE_TEST_CASE(nobody_waits_for_a_thread_that_hangs, stage) {
  keep();
  auto let_go = std::make_shared<std::promise<void>>();
  auto hangs = std::make_shared<std::promise<void>>();
  BOOST_REQUIRE(history->ask([let_go, hangs](auto&, auto&) {
    hangs->set_value();
    let_go->get_future().wait();
  }));
  hangs->get_future().wait();
  for (int i = 0; i < 100'000; ++i) // more than there is room for
    tell("x");
  history->stop(10ms);
  history = std::make_shared<history_keeper>(config::history_options{}, log); // the other one is the thread's alone
  let_go->set_value();                                                        // it stays where it is
}

BOOST_AUTO_TEST_SUITE_END()
