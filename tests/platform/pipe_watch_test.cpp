// Pipes that are reported once until they are armed again, on real pipes.
#include "platform/pipe_watch.hpp"

#include "platform/unique_fd.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <set>
#include <string>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(pipe_watch_test)

using namespace troupe::platform;

namespace {

struct pipe_ends {
  pipe_ends() {
    int fds[2];
    BOOST_REQUIRE(::pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
    out.reset(fds[0]);
    in.reset(fds[1]);
  }
  void say(const char* text) { BOOST_REQUIRE(::write(in.get(), text, std::char_traits<char>::length(text)) > 0); }
  unique_fd out, in;
};

/// Not for long, in a build where a thread of the set's own has to look first.
constexpr int deadline_ms = 20000;

struct fixture {
  pipe_watch watch;
  /// Sooner or later `all`, and nothing else.
  std::string taken(const std::string& all) {
    std::string text;
    while (text.size() < all.size() && soon_readable())
      text += taken();
    return text + taken();
  }
  std::string taken() {
    std::array<std::uint64_t, 4> room;
    auto keys = watch.take(room);
    std::sort(keys.begin(), keys.end());
    std::string text;
    for (auto key : keys)
      text += std::to_string(key) + ' ';
    return text;
  }
  bool readable(int within_ms = 0) const {
    pollfd p{watch.fd(), POLLIN, 0};
    return ::poll(&p, 1, within_ms) == 1;
  }
  bool soon_readable() const { return readable(deadline_ms); }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(reported_once, fixture) {
  pipe_ends p;
  BOOST_TEST(watch.add(p.out.get(), 7) == 0);
  BOOST_TEST(!readable());
  p.say("a");
  BOOST_TEST(soon_readable());
  BOOST_TEST(taken() == "7 ");
  p.say("b"); // nobody is woken
  BOOST_TEST(!readable());
  BOOST_TEST(taken() == "");
  watch.arm(p.out.get(), 7); // what came meanwhile counts
  BOOST_TEST(soon_readable());
  BOOST_TEST(taken() == "7 ");
}

BOOST_FIXTURE_TEST_CASE(who_has_left_is_silent_though_somebody_holds_the_pipe, fixture) {
  pipe_ends p;
  unique_fd held{::fcntl(p.out.get(), F_DUPFD_CLOEXEC, 3)};
  BOOST_TEST(watch.add(p.out.get(), 7) == 0);
  watch.leave(p.out.get());
  p.out.reset();
  p.say("a");
  BOOST_TEST(!readable());
  BOOST_TEST(taken() == "");
}

BOOST_FIXTURE_TEST_CASE(the_end_is_something_to_say, fixture) {
  pipe_ends p;
  watch.add(p.out.get(), 1);
  p.in.reset();
  BOOST_TEST(taken("1 ") == "1 ");
}

BOOST_FIXTURE_TEST_CASE(closed_pipes_leave, fixture) {
  pipe_ends p;
  pipe_ends other;
  watch.add(p.out.get(), 1);
  watch.leave(p.out.get());
  p.say("a");
  p.out.reset();
  watch.add(other.out.get(), 2);
  other.say("a"); // whoever hears of this would have heard of the other one, too
  BOOST_TEST(taken("2 ") == "2 ");
}

BOOST_FIXTURE_TEST_CASE(many_in_turns, fixture) {
  std::array<pipe_ends, 6> pipes;
  for (std::uint64_t i = 0; i < pipes.size(); ++i) {
    watch.add(pipes[i].out.get(), i);
    pipes[i].say("x");
  }
  std::array<std::uint64_t, 4> room;
  std::set<std::uint64_t> all;
  while (all.size() < pipes.size() && soon_readable())
    for (auto key : watch.take(room))
      BOOST_TEST(all.insert(key).second);
  BOOST_TEST(all.size() == pipes.size());
  BOOST_TEST(taken() == "");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_watched, fixture) {
  BOOST_TEST(watch.add(-1, 1) == EBADF);
  BOOST_TEST(watch.take({}).empty());
}

BOOST_FIXTURE_TEST_CASE(a_pipe_with_the_number_of_one_that_was_closed, fixture) {
  using namespace std::chrono_literals;
  using clock = std::chrono::steady_clock;
  for (std::uint64_t round = 1; round <= 3000; ++round) {
    {
      pipe_ends gone;
      BOOST_TEST_REQUIRE(watch.add(gone.out.get(), 1) == 0);
      // Not at once: a thread of the set's own may be about to look at it just then.
      for (auto end = clock::now() + round % 200 * 1us; clock::now() < end;) {
      }
      watch.leave(gone.out.get());
    }
    pipe_ends next;
    BOOST_TEST_REQUIRE(watch.add(next.out.get(), 2) == 0);
    next.say("x");
    BOOST_TEST_REQUIRE(taken("2 ") == "2 ");
    watch.leave(next.out.get());
  }
}

BOOST_AUTO_TEST_SUITE_END()
