// Actors on an io_context that the test runs by hand: who takes a turn when, without a thread and without a clock.
#include "actors/hosted_actor.hpp"
#include "actors/threadless_scheduler.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/typed_actor.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace hosted_actor_messages {
struct order {
  int number;
};
struct parcel {
  std::shared_ptr<int> inside;
};
} // namespace hosted_actor_messages
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hosted_actor_messages::order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hosted_actor_messages::parcel)

BOOST_AUTO_TEST_SUITE(asio_host_test)

using namespace troupe::actors;
using namespace std::chrono_literals;

namespace {

using listener = caf::typed_actor<caf::reacts_to<int>>;

struct notes {
  static inline const char* name = "listener";
};

listener::behavior_type hear(hosted_pointer<listener, notes>, std::vector<int>* heard,
                             std::vector<std::thread::id>* where) {
  return {[=](int what) {
    heard->push_back(what);
    where->push_back(std::this_thread::get_id());
  }};
}

/// Says each number to `other` that it hears.
listener::behavior_type repeat(hosted_pointer<listener, notes> self, listener other) {
  return {[=](int what) { self->send(other, what); }};
}

/// Hears each number of milliseconds when so many have passed.
listener::behavior_type remind(hosted_pointer<listener, notes> self, std::vector<int>* heard,
                               std::vector<std::chrono::milliseconds> when) {
  for (auto after : when)
    self->remind(std::chrono::steady_clock::now() + after, static_cast<int>(after.count()));
  return {[=](int what) { heard->push_back(what); }};
}

listener::behavior_type spawn_another(hosted_pointer<listener, notes> self, std::vector<int>* heard,
                                      std::vector<std::thread::id>* where) {
  return {[=](int what) { self->send(self->spawn(hear, heard, where), what); }};
}

struct hosts {
  ~hosts() {
    for (auto& a : alive)
      caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
    io.restart();
    io.poll();
  }
  template <class... Arguments>
  listener add(Arguments... arguments) {
    auto made = spawn_on(host, std::move(arguments)...);
    alive.push_back(made);
    return made;
  }

  threadless_config config;
  caf::actor_system system{config};
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stays{io.get_executor()};
  asio_host host{system, io};
  std::vector<listener> alive;
  std::vector<int> heard;
  std::vector<std::thread::id> where;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(nobody_takes_a_turn_before_the_context_runs, hosts) {
  auto a = add(hear, &heard, &where);
  caf::anon_send(a, 1);
  std::thread([&] { caf::anon_send(a, 2); }).join();
  BOOST_TEST(heard.empty());
  io.poll();
  BOOST_TEST(heard == (std::vector{1, 2}));
  BOOST_TEST((where == std::vector(2, std::this_thread::get_id())));
}

BOOST_FIXTURE_TEST_CASE(what_comes_of_a_turn_is_done_in_the_same_run, hosts) {
  auto last = add(hear, &heard, &where);
  auto middle = add(repeat, last);
  auto first = add(repeat, middle);
  for (int i = 0; i < 100; ++i)
    caf::anon_send(first, i);
  io.poll();
  BOOST_REQUIRE(heard.size() == 100);
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(heard[static_cast<std::size_t>(i)] == i);
}

BOOST_FIXTURE_TEST_CASE(a_hosted_actor_s_actors_live_where_it_does, hosts) {
  auto parent = add(spawn_another, &heard, &where);
  caf::anon_send(parent, 1);
  io.poll();
  BOOST_TEST(heard == std::vector{1});
  BOOST_TEST((where == std::vector{std::this_thread::get_id()}));
}

BOOST_FIXTURE_TEST_CASE(reminders_come_in_their_order, hosts) {
  add(remind, &heard, std::vector{30ms, 10ms, 0ms, 20ms});
  while (heard.size() < 4)
    BOOST_REQUIRE(io.run_one_for(20s) == 1);
  BOOST_TEST(heard == (std::vector{0, 10, 20, 30}));
}

BOOST_FIXTURE_TEST_CASE(a_reminder_for_one_that_is_gone_is_dropped, hosts) {
  auto a = add(remind, &heard, std::vector{10ms});
  io.poll();
  caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
  add(remind, &heard, std::vector{20ms});
  while (heard.empty())
    BOOST_REQUIRE(io.run_one_for(20s) == 1);
  BOOST_TEST(heard == std::vector{20});
}

BOOST_FIXTURE_TEST_CASE(of_the_alarms_with_one_key_the_last_one_rings, hosts) {
  auto a = add(hear, &heard, &where);
  auto now = std::chrono::steady_clock::now();
  host.set_alarm(1, now, a.address(), caf::make_message(1));
  host.set_alarm(2, now + 20ms, a.address(), caf::make_message(2));
  host.set_alarm(1, now + 10ms, a.address(), caf::make_message(3));
  host.set_alarm(3, now, a.address(), caf::make_message(4));
  host.drop_alarm(3);
  host.drop_alarm(4); // there is none
  while (heard.size() < 2)
    BOOST_REQUIRE(io.run_one_for(20s) == 1);
  BOOST_TEST(heard == (std::vector{3, 2}));
  host.set_alarm(1, now, a.address(), caf::make_message(5)); // also after it has rung
  while (heard.size() < 3)
    BOOST_REQUIRE(io.run_one_for(20s) == 1);
  BOOST_TEST(heard.back() == 5);
}

BOOST_AUTO_TEST_CASE(what_waits_when_the_context_ends_is_let_go) {
  threadless_config config;
  caf::actor_system system{config};
  std::vector<int> heard;
  std::vector<std::thread::id> where;
  caf::actor_addr who;
  {
    boost::asio::io_context io{1};
    asio_host host{system, io};
    auto a = spawn_on(host, hear, &heard, &where);
    io.poll();
    who = a.address();
    caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
    io.poll();
    caf::anon_send(a, 1);
  }
  BOOST_TEST(heard.empty());
  BOOST_TEST(!caf::actor_cast<caf::strong_actor_ptr>(who));
}

// -- what hosted actors do of their own, in place of CAF's (hosted_actor.hpp) ----------------------------

namespace {

using hosted_actor_messages::order, hosted_actor_messages::parcel;
using clerk = caf::typed_actor<caf::reacts_to<order>, caf::reacts_to<parcel>>;

struct clerk_state {
  static inline const char* name = "clerk";
  std::vector<std::string>* notes = nullptr;

  static std::span<const handler_row<clerk_state>> handlers() {
    return handler_table<clerk, clerk_state>(
      [](clerk_state& st, const order& m) {
        if (m.number < 0)
          throw std::runtime_error("no such order");
        st.notes->push_back(std::to_string(m.number));
      },
      [](clerk_state& st, parcel) { st.notes->emplace_back("parcel"); });
  }
  void on_down(const caf::down_msg& m) const {
    notes->push_back(m.reason == caf::exit_reason::unhandled_exception ? "another failed" : "another ended");
  }
  void on_exit(const caf::error&) const { notes->emplace_back("told to end, and does not"); }
  void failed(const std::exception_ptr& failure) const {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& e) {
      notes->push_back(std::string("failed: ") + e.what());
    }
  }
};

void keep_notes(hosted_pointer<clerk, clerk_state> self, std::vector<std::string>* notes, clerk watched) {
  self->state.notes = notes;
  if (watched)
    self->monitor(watched);
}

struct office : hosts {
  ~office() {
    caf::anon_send(first, order{-1});
    caf::anon_send(second, order{-1});
    io.poll();
  }
  std::vector<std::string> notes, others;
  clerk first = spawn_on(host, keep_notes, &notes, clerk{});
  clerk second = spawn_on(host, keep_notes, &others, first);
};

} // namespace

BOOST_FIXTURE_TEST_CASE(what_is_urgent_goes_before_what_has_been_waiting, office) {
  for (int i = 0; i < 3; ++i)
    caf::anon_send(first, order{i});
  caf::anon_send<caf::message_priority::high>(first, order{10});
  caf::anon_send<caf::message_priority::high>(first, order{11});
  io.poll();
  BOOST_TEST(notes == (std::vector<std::string>{"10", "11", "0", "1", "2"}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_throws_ends_its_actor_and_whoever_watches_hears_why, office) {
  io.poll();
  caf::anon_send(first, order{1});
  caf::anon_send(first, order{-1});
  caf::anon_send(first, order{2});
  io.poll();
  BOOST_TEST(notes == (std::vector<std::string>{"1", "failed: no such order"}), boost::test_tools::per_element());
  BOOST_TEST(others == std::vector<std::string>{"another failed"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(the_state_decides_whether_an_order_to_end_is_followed, office) {
  caf::anon_send_exit(first, caf::exit_reason::user_shutdown);
  caf::anon_send(first, order{1});
  io.poll();
  BOOST_TEST(notes == (std::vector<std::string>{"told to end, and does not", "1"}), boost::test_tools::per_element());
  BOOST_TEST(others.empty());
  caf::anon_send_exit(first, caf::exit_reason::kill); // that is not asked about
  io.poll();
  BOOST_TEST(notes.size() == 2);
  BOOST_TEST(others == std::vector<std::string>{"another ended"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(what_nobody_hears_any_more_is_let_go, office) {
  auto inside = std::make_shared<int>();
  caf::anon_send(first, order{-1});
  for (int i = 0; i < 50; ++i) // some of it behind the turn in which it ends
    caf::anon_send(first, parcel{inside});
  BOOST_TEST(inside.use_count() == 51);
  io.poll();
  BOOST_TEST(inside.use_count() == 1);
  caf::anon_send(first, parcel{inside});
  BOOST_TEST(inside.use_count() == 1);
  BOOST_TEST(notes == std::vector<std::string>{"failed: no such order"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(many_threads_send_and_nothing_is_lost_or_out_of_order, office) {
  constexpr int threads = 4, each = 5000;
  std::vector<std::thread> senders;
  for (int t = 0; t < threads; ++t)
    senders.emplace_back([this, t] {
      for (int i = 0; i < each; ++i)
        caf::anon_send(first, order{t * each + i});
    });
  while (notes.size() < threads * each) // meanwhile it falls asleep and is woken
    BOOST_REQUIRE(io.run_one_for(20s) == 1);
  for (auto& sender : senders)
    sender.join();
  int next[threads] = {};
  for (const auto& note : notes) {
    auto number = std::stoi(note);
    BOOST_REQUIRE(number == number / each * each + next[number / each]++);
  }
}

BOOST_AUTO_TEST_SUITE_END()
