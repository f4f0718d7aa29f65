// What the children's I/O tells a pool of its listener's pipes, and in what order; what it takes for a listener's
// stdin. Pipes without processes, and without the I/O thread: what it would do is done by finish(), or not at all.
#include "actors/io/child_io.hpp"
#include "platform/main_log.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(listener_pipes_test)

using namespace troupe;
using namespace troupe::actors;
using boost::test_tools::per_element;
using strings = std::vector<std::string>;

namespace {

struct stage : listener_pipes {
  stage() { std::signal(SIGPIPE, SIG_IGN); }
  void opened(std::uint64_t process) override { told.push_back("opened " + std::to_string(process)); }
  void said(std::uint64_t, std::string_view bytes, std::uint64_t) override {
    told.push_back("said " + std::string(bytes));
  }
  void ending(std::uint64_t) override { told.emplace_back("ending"); }

  /// A child with pipes whose other ends stay here.
  void attach(std::uint64_t process, bool listener) {
    auto options = std::make_shared<config::process_options>();
    options->name = "p";
    options->listener = listener;
    options->out.events_enabled = true;
    auto who = std::make_shared<process_identity>();
    who->id = process;
    who->options = options;
    who->group = "p";
    child_streams streams{.who = who, .pid = 1};
    auto connect = [](platform::unique_fd& ours, platform::unique_fd& theirs, bool we_write) {
      int fds[2];
      BOOST_TEST_REQUIRE(::pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
      ours.reset(fds[we_write]);
      theirs.reset(fds[!we_write]);
    };
    connect(streams.in, in, true);
    connect(streams.out.pipe, out, false);
    connect(streams.err.pipe, err, false);
    io.attach(std::move(streams));
  }
  static void write(const platform::unique_fd& fd, std::string_view text) {
    BOOST_TEST_REQUIRE(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  std::size_t read_all() {
    char buffer[65536];
    std::size_t size = 0;
    for (ssize_t n; (n = ::read(in.get(), buffer, sizeof buffer)) > 0;)
      size += static_cast<std::size_t>(n);
    return size;
  }

  platform::main_log log{{"/dev/null", 0, 0, config::log_level::info, false, ""}};
  strings told;
  platform::unique_fd in, out, err;
  child_io io{log, {{.publish = [this](protocols::event e) { told.push_back("event " + e.body); }}, this}};
};

} // namespace

BOOST_FIXTURE_TEST_CASE(last_words_come_after_the_end, stage) { // O3, V157
  attach(7, true);
  write(out, "RESULT 2\nOK\x1b[0m");
  write(err, "not for the pool");
  io.finish(7);
  BOOST_TEST(told == (strings{"opened 7", "ending", "said RESULT 2\nOK\x1b[0m"}), per_element());
}

BOOST_FIXTURE_TEST_CASE(a_program_has_no_pool, stage) {
  attach(8, false);
  write(out, "READY\n");
  io.finish(8);
  BOOST_TEST(told == (strings{"event processname:p groupname:p pid:1 channel:stdout\nREADY\n"}), per_element());
}

BOOST_FIXTURE_TEST_CASE(events_have_room_where_input_has_none, stage) {
  attach(9, true);
  std::string large(20 << 20, 'x');
  BOOST_TEST((io.write_input(9, large) == child_io::input::taken)); // the first always fits
  BOOST_TEST((io.write_input(9, "x") == child_io::input::full));
  BOOST_TEST(io.write_event(9, "event"));
  BOOST_TEST(read_all() >= 4096u); // the rest is the I/O thread's
}

BOOST_FIXTURE_TEST_CASE(a_listener_that_reads_no_event_gets_no_more_of_them, stage) {
  attach(9, true);
  std::string large(15 << 20, 'x');
  int taken = 0;
  while (taken < 10 && io.write_event(9, large))
    ++taken;
  BOOST_TEST(taken == 3); // 32 MiB and one
}

BOOST_FIXTURE_TEST_CASE(a_closed_stdin_takes_nothing, stage) { // V162
  attach(10, true);
  in.reset();
  BOOST_TEST(!io.write_event(10, "event"));
  BOOST_TEST(!io.write_event(10, "event"));
  io.finish(10);
  BOOST_TEST(!io.write_event(10, "event"));
}

BOOST_FIXTURE_TEST_CASE(what_waits_goes_out_in_order, stage) { // with the thread
  attach(11, true);
  io.start();
  std::string first(300'000, 'a'), second(300'000, 'b'), got;
  BOOST_TEST(io.write_event(11, first));
  BOOST_TEST(io.write_event(11, second));
  ::fcntl(in.get(), F_SETFL, 0); // blocking from here
  while (got.size() < 600'000) {
    char buffer[65536];
    auto n = ::read(in.get(), buffer, sizeof buffer);
    BOOST_TEST_REQUIRE(n > 0);
    got.append(buffer, static_cast<std::size_t>(n));
  }
  BOOST_TEST((got == first + second));
  BOOST_TEST(io.write_event(11, "third"));
  io.stop();
}

BOOST_AUTO_TEST_SUITE_END()
