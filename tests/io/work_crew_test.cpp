// A crew works in order, goes on when a job hangs, and never waits for what hangs.
#include "actors/io/late_answer.hpp"
#include "actors/io/work_crew.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <memory>
#include <thread>
#include <vector>

BOOST_AUTO_TEST_SUITE(work_crew_test)

using namespace troupe::actors;
using namespace std::chrono_literals;

namespace {

/// A job that has begun and hangs until it is let go.
struct hanging_job {
  std::shared_ptr<std::promise<void>> begun = std::make_shared<std::promise<void>>();
  std::shared_ptr<std::promise<void>> let_go = std::make_shared<std::promise<void>>();
  std::shared_ptr<std::promise<void>> ended = std::make_shared<std::promise<void>>();
  void post(work_crew& crew) const {
    auto posted = crew.post([begun = begun, held = let_go->get_future().share(), ended = ended] {
      begun->set_value();
      held.wait();
      ended->set_value();
    });
    BOOST_REQUIRE(posted);
    begun->get_future().wait();
  }
  void finish() const {
    let_go->set_value();
    ended->get_future().wait();
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(in_order) {
  std::vector<int> order;
  std::promise<void> last;
  work_crew crew;
  for (int i = 0; i < 100; ++i)
    crew.post([&order, i] { order.push_back(i); }); // one thread works at a time
  crew.post([&] { last.set_value(); });
  last.get_future().wait();
  BOOST_REQUIRE(order.size() == 100U);
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(order[static_cast<std::size_t>(i)] == i);
  BOOST_TEST(crew.hanging() == 0U);
}

BOOST_AUTO_TEST_CASE(others_go_on_once_it_is_relieved) {
  work_crew crew;
  hanging_job job;
  job.post(crew);
  std::promise<void> next;
  crew.post([&] { next.set_value(); });
  auto turn = next.get_future();
  crew.relieve(1h); // not for so long yet
  BOOST_TEST(crew.hanging() == 0U);
  BOOST_TEST((turn.wait_for(0s) == std::future_status::timeout));
  crew.relieve(0s);
  turn.wait();
  BOOST_TEST(crew.hanging() == 1U);
  job.finish();
  std::promise<void> after;
  crew.post([&] { after.set_value(); });
  after.get_future().wait();
}

BOOST_AUTO_TEST_CASE(so_many_and_no_more) {
  work_crew crew;
  std::vector<hanging_job> jobs(work_crew::most_hanging + 1);
  for (auto& job : jobs) {
    job.post(crew);
    crew.relieve(0s);
  }
  BOOST_TEST(crew.exhausted());
  BOOST_TEST(!crew.post([] {}));
  for (auto& job : jobs)
    job.finish();
  while (!crew.post([] {})) // the last of them is on its way back
    std::this_thread::yield();
}

BOOST_AUTO_TEST_CASE(its_end_does_not_wait_for_what_hangs) {
  hanging_job left, at_work;
  {
    work_crew crew;
    left.post(crew);
    crew.relieve(0s);
    at_work.post(crew);
  } // a second, then it is left behind, too
  left.finish();
  at_work.finish();
}

BOOST_AUTO_TEST_CASE(one_that_is_abandoned_waits_for_nobody) {
  hanging_job at_work;
  bool ran = false;
  {
    work_crew crew;
    at_work.post(crew);
    crew.post([&] { ran = true; });
    crew.abandon();
    BOOST_TEST(!crew.post([] {}));
  } // before the job has ended
  at_work.finish();
  BOOST_TEST(!ran);
}

BOOST_AUTO_TEST_CASE(a_late_answer) {
  late_answer<int> answer;
  BOOST_TEST(!answer.given());
  BOOST_TEST(!answer.wait(0ms));
  std::thread other([&] { answer.give(7); });
  BOOST_TEST(answer.wait(1h).value_or(0) == 7);
  other.join();
  BOOST_TEST(answer.given());
}

BOOST_AUTO_TEST_SUITE_END()
