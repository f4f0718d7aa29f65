// A loop whose thread is held up: another one takes over, and what both touch is touched in turn.
#include "actors/io/relay.hpp"
#include "platform/patience.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

BOOST_AUTO_TEST_SUITE(relay_test)

namespace asio = boost::asio;
using namespace troupe::actors;
using namespace std::chrono_literals;

namespace {

constexpr auto hanging = 20s;

struct stage {
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::atomic<int> failures{0};
  std::atomic<int> taken_over{0};
  relay loop{io, [this](std::exception_ptr) { ++failures; }, [this] { ++taken_over; }};

  /// What `ask` answers on the loop.
  template <class Ask>
  auto on_loop(Ask ask) {
    auto answer = std::make_shared<std::promise<decltype(ask())>>();
    auto future = answer->get_future();
    asio::post(io, [answer, ask] { answer->set_value(ask()); });
    BOOST_REQUIRE((future.wait_for(hanging) == std::future_status::ready));
    return future.get();
  }
  std::thread::id thread() {
    return on_loop([] { return std::this_thread::get_id(); });
  }
};

/// Holds up whoever runs it, until it is told to let go.
struct disk {
  std::promise<void> answer;
  std::shared_future<void> answered{answer.get_future()};
};

std::shared_ptr<stage> started() {
  auto s = std::make_shared<stage>();
  s->loop.start(s);
  return s;
}

/// Whether the thread gets to sleep in a system call, by its number, that is one `wanted`.
template <class Wanted>
bool sleeps_in(pid_t thread, Wanted wanted) {
  for (auto end = std::chrono::steady_clock::now() + hanging; std::chrono::steady_clock::now() < end;) {
    std::string call;
    std::ifstream{"/proc/self/task/" + std::to_string(thread) + "/syscall"} >> call;
    if (!call.empty() && call != "running" && wanted(call))
      return true;
    std::this_thread::yield();
  }
  return false;
}

} // namespace

BOOST_AUTO_TEST_CASE(one_thread_while_nothing_lasts) {
  auto s = started();
  auto first = s->thread();
  for (int i = 0; i < 1000; ++i)
    s->on_loop([&] {
      relay::aside aside{s->loop};
      return 0;
    });
  BOOST_TEST((s->thread() == first));
  BOOST_TEST(s->taken_over == 0);
  s->work.reset();
  BOOST_TEST(s->loop.join(hanging));
}

BOOST_AUTO_TEST_CASE(who_is_held_up_is_replaced_and_ends_when_through) {
  auto s = started();
  auto first = s->thread();
  disk slow;
  std::promise<bool> through;
  asio::post(s->io, [&, kept = slow.answered] {
    {
      relay::aside aside{s->loop};
      kept.wait();
    }
    through.set_value(s->loop.relieved());
    s->loop.leave_if_relieved();
    ++s->failures; // never
  });
  BOOST_TEST((s->thread() != first)); // answered meanwhile
  BOOST_TEST(s->taken_over == 1);
  slow.answer.set_value();
  BOOST_TEST(through.get_future().get());
  BOOST_TEST((s->thread() != first));
  BOOST_TEST(s->failures == 0);
  s->work.reset();
  BOOST_TEST(s->loop.join(hanging));
}

BOOST_AUTO_TEST_CASE(one_after_the_other) { // each held up by a disk of its own
  auto s = started();
  std::vector<disk> slow(5);
  for (auto& each : slow) {
    asio::post(s->io, [s = s.get(), kept = each.answered] {
      {
        relay::aside aside{s->loop};
        kept.wait();
      }
      s->loop.leave_if_relieved();
    });
    s->thread();
  }
  s->thread();
  BOOST_TEST(s->taken_over == 5);
  for (auto& each : slow)
    each.answer.set_value();
  s->work.reset();
  BOOST_TEST(s->loop.join(hanging));
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_is_told_and_the_loop_goes_on) {
  auto s = started();
  auto first = s->thread();
  asio::post(s->io, [] { throw std::runtime_error("a mistake"); });
  asio::post(s->io, [] { throw 7; });
  asio::post(s->io, [] { throw std::bad_alloc(); });
  BOOST_TEST((s->thread() == first));
  BOOST_TEST(s->failures == 3);
  s->work.reset();
  BOOST_TEST(s->loop.join(hanging));
}

BOOST_AUTO_TEST_CASE(who_is_left_behind_stays_where_it_is) {
  auto s = started();
  auto slow = std::make_shared<disk>();
  auto came_back = std::make_shared<std::atomic<bool>>(false);
  auto thread = std::make_shared<std::atomic<pid_t>>(0);
  asio::post(s->io, [s = s.get(), slow, came_back, thread] {
    *thread = ::gettid();
    relay::aside aside{s->loop};
    slow->answered.wait();
    troupe::platform::stay_if_left_behind();
    *came_back = true;
    ::pause(); // the test's own are gone
  });
  s->thread();
  s->work.reset();
  BOOST_TEST(!s->loop.join(1ms));
  std::string waiting;
  BOOST_REQUIRE(sleeps_in(*thread, [&](auto& call) { return !(waiting = call).empty(); }));
  slow->answer.set_value();
  // Either way it ends in a pause, which is another system call than the wait for a promise.
  BOOST_REQUIRE(sleeps_in(*thread, [&](auto& call) { return call != waiting; }));
  BOOST_TEST(!*came_back);
}

BOOST_AUTO_TEST_SUITE_END()
