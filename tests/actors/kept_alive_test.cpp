// An actor that is kept alive, its turns run by hand: it stays as long as it does not die, and comes again when it
// does. Must not test when (tests/core/rebuild_pace_test.cpp does).
#include "actors/hosted_actor.hpp"
#include "actors/kept_alive.hpp"
#include "actors/threadless_scheduler.hpp"
#include "platform/main_log.hpp"
#include "tests/scratch.hpp"

#include <caf/actor_cast.hpp>
#include <caf/typed_actor.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <vector>

BOOST_AUTO_TEST_SUITE(kept_alive_test)

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;

namespace {

using listener = caf::typed_actor<caf::reacts_to<int>>;

struct notes {
  static inline const char* name = "listener";
};

listener::behavior_type hear(hosted_pointer<listener, notes>, std::vector<int>* heard) {
  return {[=](int what) { heard->push_back(what); }};
}

struct stage {
  stage() { log.open(); }
  ~stage() {
    over = true;
    end(caf::exit_reason::user_shutdown);
    io.poll();
  }
  void keep(std::function<void()> give_up = {}) {
    auto spawn = [this]() -> caf::strong_actor_ptr {
      if (over)
        return nullptr;
      if (failures > 0 && failures-- > 0)
        throw std::runtime_error("no luck");
      auto made = spawn_on(host, hear, &heard);
      who = made.address(); // weak: nobody but the keeper holds it
      ++spawned;
      return caf::actor_cast<caf::strong_actor_ptr>(made);
    };
    keep_alive(host, log, {"the listener", spawn, std::move(give_up)});
  }
  void say(int what) {
    auto now = caf::actor_cast<listener>(who);
    BOOST_REQUIRE(now);
    caf::anon_send(now, what);
  }
  void end(caf::exit_reason reason) {
    if (auto now = caf::actor_cast<listener>(who))
      caf::anon_send_exit(now, reason);
  }
  void die() {
    end(caf::exit_reason::kill);
    io.poll();
  }
  void await(int lives) {
    while (spawned < lives)
      BOOST_REQUIRE(io.run_one_for(20s) == 1);
  }

  tests::scratch folder;
  platform::main_log log{{folder.in("log"), 0, 0, config::log_level::info, false, ""}};
  threadless_config config;
  caf::actor_system system{config};
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stays{io.get_executor()};
  asio_host host{system, io};
  caf::actor_addr who;
  std::vector<int> heard;
  int spawned = 0;
  int failures = 0; ///< of spawns to come
  bool over = false;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(one_that_nobody_else_holds_stays, stage) {
  keep();
  for (int i = 0; i < 3; ++i) {
    io.poll();
    say(i);
  }
  io.poll();
  BOOST_TEST(heard == (std::vector{0, 1, 2}));
  BOOST_TEST(spawned == 1);
  BOOST_TEST(folder.read("log").find("rebuilt") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(one_that_dies_comes_again_and_is_logged, stage) {
  keep();
  io.poll();
  die();
  await(2);
  die(); // a moment later this time
  await(3);
  say(1);
  io.poll();
  BOOST_TEST(heard == std::vector{1});
  auto text = folder.read("log");
  auto first = text.find("CRIT the listener died and is rebuilt from its record\n");
  BOOST_TEST(first != text.npos);
  BOOST_TEST(text.find("CRIT the listener died and is rebuilt from its record\n", first + 1) != text.npos);
}

BOOST_FIXTURE_TEST_CASE(one_that_is_told_to_end_does_not, stage) {
  keep();
  io.poll();
  end(caf::exit_reason::user_shutdown);
  io.poll();
  BOOST_TEST(spawned == 1);
  BOOST_TEST(!caf::actor_cast<caf::strong_actor_ptr>(who));
}

BOOST_FIXTURE_TEST_CASE(nor_where_there_is_to_be_none, stage) {
  keep();
  io.poll();
  over = true;
  die();
  BOOST_TEST(spawned == 1);
  BOOST_TEST(!caf::actor_cast<caf::strong_actor_ptr>(who));
}

BOOST_FIXTURE_TEST_CASE(one_that_cannot_be_built_is_tried_again, stage) {
  keep();
  io.poll();
  failures = 2;
  die();
  await(2);
  BOOST_TEST(failures == 0);
  BOOST_TEST(folder.read("log").find("CRIT the listener cannot be built: no luck\n") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(one_that_dies_again_and_again_is_given_up, stage) {
  int given_up = 0;
  keep([&] { ++given_up; });
  io.poll();
  for (int life = 1; life <= 5; ++life) {
    die();
    BOOST_TEST(spawned == life + 1); // at once
    BOOST_TEST(given_up == 0);
  }
  die();
  BOOST_TEST(given_up == 1);
  BOOST_TEST(spawned == 6);
  BOOST_TEST(folder.read("log").find("CRIT the listener dies again and again\n") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(one_that_cannot_be_built_is_given_up, stage) {
  int given_up = 0;
  keep([&] { ++given_up; });
  io.poll();
  failures = 1000;
  die();
  BOOST_TEST(given_up == 1);
  BOOST_TEST(spawned == 1);
}

BOOST_AUTO_TEST_SUITE_END()
