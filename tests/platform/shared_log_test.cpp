// One writer per file, what waits for a reader that stalls, and what is told of trouble, once.
// Section 5.2 to 5.4 of docs/contract/lifecycle.md.
#include "platform/shared_log.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

BOOST_AUTO_TEST_SUITE(shared_log_test)

using namespace troupe::platform;
using namespace troupe::tests;
namespace fs = std::filesystem;
using kind = log_trouble::kind;

namespace {

struct fixture : scratch {
  shared_logs logs;
  std::shared_ptr<shared_log> open(const std::string& name, std::int64_t max_bytes = 0) {
    auto opened = logs.open(name.starts_with('/') ? name : in(name), max_bytes, 3);
    BOOST_REQUIRE(opened.error == 0);
    return opened.log;
  }
};

std::string what(const log_trouble& t) {
  constexpr const char* names[] = {"none", "not_written", "written_again", "not_rotated", "rotated_again"};
  return std::string(names[static_cast<int>(t.what)]) + ' ' + std::to_string(t.error) + ' ' + std::to_string(t.lost);
}

/// A FIFO with a reader that takes nothing until it is told to.
struct fifo : fixture {
  std::string take() {
    std::string all;
    char buffer[65536];
    for (ssize_t n; (n = ::read(reader.get(), buffer, sizeof buffer)) > 0;)
      all.append(buffer, static_cast<std::size_t>(n));
    return all;
  }
  unique_fd reader = [this] {
    ::mkfifo(in("fifo").c_str(), 0600);
    return unique_fd{::open(in("fifo").c_str(), O_RDONLY | O_NONBLOCK)};
  }();
};

} // namespace

BOOST_FIXTURE_TEST_CASE(one_writer_per_file, fixture) {
  fs::create_directory(in("sub"));
  fs::create_symlink(in("f"), in("sub/link"));
  auto first = open("f");
  for (const char* name : {"f", "sub/../f", "./f", "sub/link"})
    BOOST_TEST(open(name) == first, name);
  BOOST_TEST(open("g") != first);
}

BOOST_FIXTURE_TEST_CASE(a_link_to_nothing_yet, fixture) {
  fs::create_symlink(in("f"), in("link"));
  auto through_link = open("link");
  BOOST_TEST(fs::is_regular_file(in("f")));
  BOOST_TEST(open("link") == open("f"));
}

BOOST_FIXTURE_TEST_CASE(a_rotation_by_one_is_a_rotation_for_all, fixture) {
  auto one = open("f", 10);
  auto two = open("f", 10);
  one->append("1234567890");
  two->append("two");
  one->append("one");
  BOOST_TEST(read("f.1") == "1234567890");
  BOOST_TEST(read("f") == "twoone");
}

BOOST_FIXTURE_TEST_CASE(closed_with_its_last_user, fixture) {
  auto log = open("f");
  std::weak_ptr<shared_log> seen = log;
  log.reset();
  BOOST_TEST(seen.expired());
  open("f")->append("again");
  BOOST_TEST(read("f") == "again");
}

BOOST_FIXTURE_TEST_CASE(opened_again_by_name, fixture) { // as at each spawn
  auto log = open("f");
  log->append("old");
  fs::rename(in("f"), in("moved"));
  open("f")->append("new");
  log->append("er");
  BOOST_TEST(read("moved") == "old");
  BOOST_TEST(read("f") == "newer");
}

BOOST_FIXTURE_TEST_CASE(many_names_are_tidied, fixture) {
  for (int i = 0; i < 300; ++i)
    open("f" + std::to_string(i))->append("x");
  BOOST_TEST(open("f7")->append("y").error == 0);
  BOOST_TEST(read("f7") == "xy");
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_is_told_once_and_its_end_once, fixture) {
  auto said = in_helper([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 10;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto log = open("f");
    std::string told;
    for (const char* text : {"12345678", "90abc", "def", "ghi"})
      told += what(log->append(text)) + ", ";
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    for (const char* text : {"jkl", "mno"})
      told += what(log->append(text)) + ", ";
    return told;
  });
  auto error = std::to_string(EFBIG);
  BOOST_TEST(said == "none 0 0, not_written " + error + " 0, none 0 0, none 0 0, written_again 0 9, none 0 0, ");
  BOOST_TEST(read("f") == "1234567890jklmno"); // whole from the moment there is room
}

BOOST_FIXTURE_TEST_CASE(devices_that_are_full, fixture) {
  auto log = open("/dev/full");
  BOOST_TEST(what(log->append("text")) == "not_written " + std::to_string(ENOSPC) + " 0");
  BOOST_TEST(what(log->append("text")) == "none 0 0");
  BOOST_TEST(!log->stalled());
}

BOOST_FIXTURE_TEST_CASE(a_rotation_that_fails_is_told_once, fixture) {
  fs::create_directories(in("f.3/in/the/way"));
  fs::create_directories(in("f.2/in/the/way"));
  fs::create_directories(in("f.1/in/the/way"));
  auto log = open("f", 5);
  BOOST_TEST((log->append("12345").what == kind::not_rotated));
  for (int i = 0; i < 10; ++i)
    BOOST_TEST((log->append("12345").what == kind::none));
  for (const char* name : {"f.1", "f.2", "f.3"})
    fs::remove_all(in(name));
  auto told = log->append(std::string(100, 'x'));
  BOOST_TEST(what(told) == "rotated_again 0 0");
  BOOST_TEST(read("f.1").size() == 155U);
}

BOOST_FIXTURE_TEST_CASE(what_finds_no_room_waits_in_order, fifo) {
  auto log = open("fifo");
  std::string all, chunk(100000, 'a');
  for (char c : {'a', 'b', 'c', 'd'}) {
    std::fill(chunk.begin(), chunk.end(), c);
    BOOST_TEST(what(log->append(chunk)) == "none 0 0");
    all += chunk;
  }
  BOOST_TEST(log->stalled());
  std::string got;
  for (int i = 0; i < 100 && log->stalled(); ++i) {
    got += take();
    BOOST_TEST((log->flush().what == kind::none));
  }
  got += take();
  BOOST_TEST(!log->stalled());
  BOOST_TEST((got == all));
  log->append("after");
  BOOST_TEST(take() == "after");
}

BOOST_FIXTURE_TEST_CASE(what_waits_is_bounded_and_its_loss_told_once, fifo) {
  auto log = open("fifo");
  std::string told, chunk(1 << 20, 'x');
  for (int i = 0; i < 7; ++i)
    if (auto t = log->append(chunk); t.what != kind::none)
      told += what(t) + ", ";
  BOOST_TEST(told == "not_written " + std::to_string(EAGAIN) + " 0, ");
  std::size_t got = 0;
  while (log->stalled()) {
    got += take().size();
    if (auto t = log->flush(); t.what != kind::none)
      told += what(t) + ", ";
  }
  got += take().size();
  auto lost = std::to_string((std::size_t{7} << 20) - got);
  BOOST_TEST(told == "not_written " + std::to_string(EAGAIN) + " 0, written_again 0 " + lost + ", ");
}

BOOST_FIXTURE_TEST_CASE(a_reader_that_goes_away, fifo) {
  ::signal(SIGPIPE, SIG_IGN);
  auto log = open("fifo");
  log->append(std::string(1 << 20, 'x'));
  BOOST_TEST(log->stalled());
  reader.reset();
  BOOST_TEST(log->flush().error == EPIPE);
  BOOST_TEST(!log->stalled());
  reader.reset(::open(in("fifo").c_str(), O_RDONLY | O_NONBLOCK));
  take(); // what the pipe itself still held
  BOOST_TEST((log->append("back").what == kind::written_again));
  BOOST_TEST(take() == "back");
}

BOOST_FIXTURE_TEST_CASE(a_stalled_fifo_that_is_replaced, fifo) { // and cleared, or opened again by name
  for (bool by_clearing : {false, true}) {
    auto log = open("fifo");
    std::string all(300'000, 'a');
    log->append(all);
    BOOST_TEST_REQUIRE(log->stalled());
    fs::rename(in("fifo"), in("moved"));
    BOOST_TEST((by_clearing ? log->clear() : log->open()) == 0);
    BOOST_TEST(what(log->flush()) == "none 0 0");
    BOOST_TEST(!log->stalled());
    log->append("b");
    BOOST_TEST(read("fifo").ends_with("aab"));
    BOOST_TEST(take().size() + read("fifo").size() == 300'001u); // nothing was lost
    fs::rename(in("moved"), in("fifo"));
  }
}

BOOST_FIXTURE_TEST_CASE(given_up, fifo) {
  auto log = open("fifo");
  log->append(std::string(1 << 20, 'x'));
  BOOST_TEST(log->give_up(EMFILE).error == EMFILE);
  BOOST_TEST(!log->stalled());
}

BOOST_FIXTURE_TEST_CASE(cleared, fixture) {
  auto log = open("f");
  log->append("text");
  BOOST_TEST(log->clear() == 0);
  BOOST_TEST(read("f") == "");
  log->append("more");
  BOOST_TEST(read("f") == "more");
}

BOOST_AUTO_TEST_SUITE_END()
