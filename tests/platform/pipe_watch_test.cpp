// Pipes that are reported once until they are armed again, on real pipes.
#include "platform/pipe_watch.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
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

struct fixture {
  pipe_watch watch;
  std::string taken() {
    std::array<std::uint64_t, 4> room;
    auto keys = watch.take(room);
    std::sort(keys.begin(), keys.end());
    std::string text;
    for (auto key : keys)
      text += std::to_string(key) + ' ';
    return text;
  }
  bool readable() const {
    pollfd p{watch.fd(), POLLIN, 0};
    return ::poll(&p, 1, 0) == 1;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(reported_once, fixture) {
  pipe_ends p;
  BOOST_TEST(watch.add(p.out.get(), 7) == 0);
  BOOST_TEST(!readable());
  p.say("a");
  BOOST_TEST(readable());
  BOOST_TEST(taken() == "7 ");
  p.say("b"); // nobody is woken
  BOOST_TEST(!readable());
  BOOST_TEST(taken() == "");
  watch.arm(p.out.get(), 7); // what came meanwhile counts
  BOOST_TEST(readable());
  BOOST_TEST(taken() == "7 ");
}

BOOST_FIXTURE_TEST_CASE(the_end_is_something_to_say, fixture) {
  pipe_ends p;
  watch.add(p.out.get(), 1);
  p.in.reset();
  BOOST_TEST(taken() == "1 ");
}

BOOST_FIXTURE_TEST_CASE(closed_pipes_leave, fixture) {
  pipe_ends p;
  watch.add(p.out.get(), 1);
  p.say("a");
  p.out.reset();
  BOOST_TEST(taken() == "");
  BOOST_TEST(!readable());
}

BOOST_FIXTURE_TEST_CASE(many_in_turns, fixture) {
  std::array<pipe_ends, 6> pipes;
  for (std::uint64_t i = 0; i < pipes.size(); ++i) {
    watch.add(pipes[i].out.get(), i);
    pipes[i].say("x");
  }
  BOOST_TEST(taken() == "0 1 2 3 ");
  BOOST_TEST(taken() == "4 5 ");
  BOOST_TEST(taken() == "");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_watched, fixture) {
  BOOST_TEST(watch.add(-1, 1) == EBADF);
  BOOST_TEST(watch.take({}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
