// A reader that stalls: whoever writes does not wait, no line is torn, and what was left out is counted. Real pipes.
#include "platform/line_relay.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(line_relay_test)

using troupe::platform::line_relay;
using troupe::platform::unique_fd;

namespace {

struct ends {
  unique_fd reading, writing;
};

ends make_pipe() {
  int fds[2];
  BOOST_REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
  return {unique_fd{fds[0]}, unique_fd{fds[1]}};
}

/// What can be read until `enough` says so of all of it.
template <class Enough>
std::string read_until(int fd, Enough enough) {
  std::string all;
  char buffer[65536];
  while (!enough(all)) {
    pollfd in{fd, POLLIN, 0};
    BOOST_REQUIRE_MESSAGE(::poll(&in, 1, 20'000) == 1, "nothing came behind " << all.size() << " bytes");
    auto n = ::read(fd, buffer, sizeof buffer);
    BOOST_REQUIRE(n > 0);
    all.append(buffer, static_cast<std::size_t>(n));
  }
  return all;
}

std::string line(int number) {
  auto text = std::to_string(number);
  return text + std::string(99 - text.size(), '.') + '\n';
}

} // namespace

BOOST_AUTO_TEST_CASE(what_fits_is_there_at_once) {
  auto p = make_pipe();
  line_relay relay{p.writing.get()};
  relay.write("a\nb\n");
  char buffer[16];
  BOOST_TEST(::read(p.reading.get(), buffer, sizeof buffer) == 4);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_waits_and_arrives_whole) {
  auto p = make_pipe();
  line_relay relay{p.writing.get()};
  std::string expected;
  for (int i = 0; i < 5000; ++i) { // 500 KB into 64, by somebody who must not wait
    expected += line(i);
    relay.write(line(i));
  }
  auto all = read_until(p.reading.get(), [&](auto& text) { return text.size() >= expected.size(); });
  BOOST_TEST((all == expected));
}

BOOST_AUTO_TEST_CASE(what_is_left_out_is_counted_where_it_is_missing) {
  auto p = make_pipe();
  line_relay relay{p.writing.get(), 10'000};
  for (int i = 0; i < 5000; ++i)
    relay.write(line(i));
  auto all = read_until(p.reading.get(), [](auto& text) { return text.ends_with("nobody was reading)\n"); });
  auto note = all.substr(all.rfind('(') + 1);
  auto kept = static_cast<int>((all.size() - note.size()) / 100);
  BOOST_TEST(std::stoi(note) + kept == 5000);
  std::string expected;
  for (int i = 0; i < kept; ++i)
    expected += line(i);
  BOOST_TEST((all == expected + '(' + note)); // the first ones, in order, none torn
  relay.write("again\n");
  read_until(p.reading.get(), [](auto& text) { return text == "again\n"; });
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_for_the_limit) {
  auto p = make_pipe();
  line_relay relay{p.writing.get(), 10};
  relay.write("a line of many words\n");
  read_until(p.reading.get(), [](auto& text) { return text == "(1 lines are left out here: nobody was reading)\n"; });
}

BOOST_AUTO_TEST_CASE(nobody_at_the_other_end) {
  std::signal(SIGPIPE, SIG_IGN);
  auto p = make_pipe();
  line_relay relay{p.writing.get()};
  p.reading.reset();
  relay.write("a\n");
  relay.write("b\n"); // neither blocks nor grows
  line_relay none{9999};
  none.write("a\n");
}

BOOST_AUTO_TEST_CASE(a_socket_as_stdout) {
  int fds[2];
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
  unique_fd reading{fds[0]};
  unique_fd writing{fds[1]};
  line_relay relay{writing.get()};
  std::string expected;
  for (int i = 0; i < 20'000; ++i) {
    expected += line(i);
    relay.write(line(i));
  }
  auto all = read_until(reading.get(), [&](auto& text) { return text.size() >= expected.size(); });
  BOOST_TEST((all == expected));
}

BOOST_AUTO_TEST_CASE(an_end_while_something_waits) {
  auto p = make_pipe();
  line_relay relay{p.writing.get()};
  for (int i = 0; i < 2000; ++i)
    relay.write(line(i));
} // its thread ends, though nobody reads

BOOST_AUTO_TEST_SUITE_END()
