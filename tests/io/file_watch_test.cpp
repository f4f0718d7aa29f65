// What a follower of a file is told, also when the system lost count of what happened, or watches nothing.
// Real inotify; the context is polled by hand, so that nothing is read before the queue has overflowed.
#include "actors/io/file_watch.hpp"
#include "tests/scratch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <optional>

#include <sys/resource.h>

BOOST_AUTO_TEST_SUITE(file_watch_test)

using namespace troupe::actors;
using namespace troupe::tests;

namespace {

struct fixture : scratch {
  void add(const std::string& name) { std::ofstream{in(name), std::ios::app} << 'x'; }
  int told() {
    io.restart();
    io.poll();
    return std::exchange(count, 0);
  }
  boost::asio::io_context io;
  file_watch files{io};
  int count = 0;
};

int longest_queue() {
  int length = 0;
  std::ifstream{"/proc/sys/fs/inotify/max_queued_events"} >> length;
  return length;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(growth_and_a_new_file_of_the_name, fixture) {
  add("log");
  file_watch::subscription watch{files, in("log"), [&] { ++count; }};
  BOOST_TEST(watch.works());
  BOOST_TEST(told() == 0);
  add("log");
  BOOST_TEST(told() > 0);
  std::filesystem::rename(in("log"), in("log.1"));
  add("log");
  BOOST_TEST(told() > 0);
  add("log");
  BOOST_TEST(told() > 0);
}

BOOST_FIXTURE_TEST_CASE(a_queue_that_overflows_hides_no_new_file, fixture) {
  for (const char* name : {"log", "a", "b"})
    add(name);
  file_watch::subscription watch{files, in("log"), [&] { ++count; }};
  file_watch::subscription a{files, in("a"), [] {}};
  file_watch::subscription b{files, in("b"), [] {}};
  std::ofstream one{in("a")}, other{in("b")};
  for (int i = longest_queue(); i >= 0; i -= 2) { // in turns, or the kernel makes one of them
    one << 'x' << std::flush;
    other << 'x' << std::flush;
  }
  std::filesystem::rename(in("log"), in("log.1"));
  add("log"); // of which nothing is told but that something was lost
  BOOST_TEST(told() > 0);
  add("log");
  BOOST_TEST(told() > 0);
}

BOOST_FIXTURE_TEST_CASE(no_inotify_is_said, fixture) { // then who follows looks for himself
  auto said = in_helper([&] {
    add("log");
    rlimit none{3, 3};
    ::setrlimit(RLIMIT_NOFILE, &none);
    file_watch::subscription watch{files, in("log"), [] {}};
    return std::string(watch.works() ? "works" : "does not");
  });
  BOOST_TEST(said == "does not");
}

BOOST_AUTO_TEST_SUITE_END()
