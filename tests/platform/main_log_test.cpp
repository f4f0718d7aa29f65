// The main log beyond files_test.cpp: levels, its copy on stdout, torn records, threads, syslog.
// Section 7.4 of docs/contract/configuration.md.
#include "platform/daemon.hpp"
#include "platform/main_log.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <ctime>
#include <poll.h>
#include <regex>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <vector>

BOOST_AUTO_TEST_SUITE(main_log_test)

using namespace troupe::platform;
using namespace troupe::tests;
using troupe::config::log_level;

namespace {

const log_level levels[] = {log_level::blather, log_level::trace, log_level::debug,   log_level::info,
                            log_level::warn,    log_level::error, log_level::critical};

std::string texts_of(const std::string& log) { // every record without its time
  return std::regex_replace(log, std::regex("(^|\n)\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3} "), "$1");
}

} // namespace

BOOST_AUTO_TEST_CASE(levels_are_filtered) {
  const std::string labels[] = {"BLAT", "TRAC", "DEBG", "INFO", "WARN", "ERRO", "CRIT"};
  for (std::size_t least = 0; least < std::size(levels); ++least) {
    scratch folder;
    main_log log{{folder.in("log"), 0, 0, levels[least], false, ""}};
    BOOST_REQUIRE(log.open() == 0);
    std::string expected;
    for (std::size_t i = 0; i < std::size(levels); ++i) {
      log.write(levels[i], "text");
      if (i >= least)
        expected += labels[i] + " text\n";
      BOOST_TEST(log.wants(levels[i]) == (i >= least));
    }
    BOOST_TEST(texts_of(folder.read("log")) == expected);
  }
}

BOOST_FIXTURE_TEST_CASE(time_is_local, scratch) {
  auto said = in_helper([&] {
    ::setenv("TZ", "XXX-5:30", 1);
    ::tzset();
    main_log log{{in("log"), 0, 0, log_level::info, false, ""}};
    log.open();
    auto before = std::time(nullptr);
    log.write(log_level::info, "now");
    auto after = std::time(nullptr);
    tm local{};
    auto text = read("log");
    ::strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &local);
    auto seconds = ::timegm(&local) - (5 * 3600 + 1800);
    return std::string(before <= seconds && seconds <= after ? "right" : "wrong: " + text);
  });
  BOOST_TEST(said == "right");
}

BOOST_FIXTURE_TEST_CASE(rotation_counts_whole_records, scratch) { // C320
  main_log log{{in("log"), 300, 2, log_level::info, false, ""}};
  log.open();
  for (int i = 0; i < 60; ++i)
    log.write(log_level::info, "record " + std::to_string(i));
  for (const char* name : {"log.1", "log.2"}) {
    BOOST_TEST(read(name).size() >= 300U);
    BOOST_TEST(read(name).ends_with('\n'));
  }
  BOOST_TEST(!exists("log.3"));
}

BOOST_FIXTURE_TEST_CASE(copied_to_stdout, scratch) {
  auto copy = in_helper([&] {
    int out = ::open(in("out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ::dup2(out, 1);
    main_log log{{in("log"), 0, 0, log_level::info, true, ""}};
    log.open();
    log.write(log_level::info, "both");
    log.write(log_level::debug, "neither");
    int ends[2];
    (void)!::pipe(ends);
    ::signal(SIGPIPE, SIG_IGN);
    ::dup2(ends[1], 1);
    ::close(ends[0]);
    log.write(log_level::info, "nobody reads"); // EPIPE
    ::close(1);
    log.write(log_level::info, "closed"); // EBADF
    return std::string("done");
  });
  BOOST_TEST(copy == "done");
  BOOST_TEST(texts_of(read("out")) == "INFO both\n");
  BOOST_TEST(texts_of(read("log")) == "INFO both\nINFO nobody reads\nINFO closed\n");
}

BOOST_FIXTURE_TEST_CASE(a_torn_record_ends_before_the_next, scratch) {
  auto said = in_helper([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 40;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    main_log log{{in("log"), 0, 0, log_level::info, false, ""}};
    log.open();
    log.write(log_level::info, "too long for this file");
    log.write(log_level::info, "no room");
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    log.write(log_level::info, "room");
    return std::string("done");
  });
  BOOST_TEST(said == "done");
  BOOST_TEST(texts_of(read("log")) == "INFO too long fo\nWARN 2 records could not be written to this log and are lost\n"
                                      "INFO room\n");
}

BOOST_FIXTURE_TEST_CASE(rendered_by_the_caller, scratch) { // remarks about lost records, too
  auto said = in_helper([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 20;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    main_log::settings settings{in("log"), 0, 0, log_level::info, false, ""};
    settings.render = [](auto, log_level level, std::string_view text) {
      return std::to_string(static_cast<int>(level)) + "<" + std::string(text) + ">\n";
    };
    main_log log{std::move(settings)};
    log.open();
    log.write(log_level::error, "one\ntwo");
    log.write(log_level::info, "too long for this file");
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    log.write(log_level::info, "room");
    return std::string("done");
  });
  BOOST_TEST(said == "done");
  BOOST_TEST(read("log") == "40<one\ntwo>\n20<too l\n30<1 records could not be written to this log and are lost>\n"
                            "20<room>\n");
}

BOOST_FIXTURE_TEST_CASE(a_rotation_that_fails_loses_no_record, scratch) {
  std::filesystem::create_directories(in("log.1/in/the/way"));
  main_log log{{in("log"), 10, 1, log_level::info, false, ""}};
  log.open();
  log.write(log_level::info, "one");
  log.write(log_level::info, "two");
  BOOST_TEST(texts_of(read("log")) == "INFO one\nINFO two\n");
}

BOOST_FIXTURE_TEST_CASE(threads_write_whole_records, scratch) {
  main_log log{{in("log"), 0, 0, log_level::info, false, ""}};
  log.open();
  constexpr int threads = 4;
  constexpr int records = 300;
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t)
    writers.emplace_back([&log, t] {
      for (int i = 0; i < records; ++i)
        log.write(log_level::info, std::string(50, static_cast<char>('a' + t)));
    });
  for (auto& w : writers)
    w.join();
  std::istringstream lines(texts_of(read("log")));
  int whole = 0;
  for (std::string line; std::getline(lines, line);)
    whole += line.size() == 55 && line.starts_with("INFO ") && line.find_first_not_of(line[5], 5) == line.npos;
  BOOST_TEST(whole == threads * records);
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_opened) { // N8: the caller words it
  main_log log{{"/nonexistent/log", 0, 0, log_level::info, false, ""}};
  BOOST_TEST(log.open() == ENOENT);
  log.write(log_level::info, "goes nowhere, quietly");
}

BOOST_AUTO_TEST_CASE(syslog_gets_one_message_per_line) { // in a mount namespace, with a /dev of its own
  auto said = in_helper([] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", "/dev", "tmpfs", 0, nullptr) != 0)
      return std::string("not permitted");
    int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    sockaddr_un address{AF_UNIX, "/dev/log"};
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return std::string("no socket");
    main_log log{{"syslog", 0, 0, log_level::info, false, "supervisord"}};
    log.open();
    log.write(log_level::critical, "a\n\nb\n"); // the line feed at the end ends the last line
    log_syslog("supervisord", "p \xff\xc3\xa9\xed\xa0\x80\xc3");
    std::string all;
    char buffer[1000];
    for (ssize_t n; (n = ::recv(fd, buffer, sizeof buffer, 0)) >= 0;)
      all += std::string(buffer, static_cast<std::size_t>(n)) + '|';
    ::close(fd);
    log.write(log_level::info, "nobody listens"); // neither blocks nor fails
    return all;
  });
  if (said == "not permitted")
    return;
  auto head = std::string("<14>[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d supervisord: ");
  auto record = head + "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3} CRIT ";
  auto bad = std::string("\xef\xbf\xbd");
  auto expected = record + "a\n\\|" + record + "\n\\|" + record + "b\n\\|" + head + "p " + bad + "\xc3\xa9" + bad +
                  bad + bad + bad + "\\|";
  BOOST_TEST(std::regex_match(said, std::regex(expected)), said);
}

BOOST_FIXTURE_TEST_CASE(one_record_is_one_line, scratch) { // whoever chose its words
  main_log log{{in("log"), 0, 0, log_level::debug, false, ""}};
  BOOST_REQUIRE(log.open() == 0);
  log.write(log_level::warn, "bad result line: 'x\r2026-01-01 00:00:00,000 CRIT forged\n\x1b[2J'");
  log.write(log_level::debug, "'p' stdout output:\na\rb\n"); // a copy keeps its form
  BOOST_TEST(texts_of(read("log")) ==
             "WARN bad result line: 'x\\r2026-01-01 00:00:00,000 CRIT forged\\n\\x1b[2J'\nDEBG 'p' stdout "
             "output:\na\rb\n\n");
}

BOOST_AUTO_TEST_CASE(beside_syslog_stdout_has_one_line_for_a_record, *boost::unit_test::timeout(60)) {
  auto said = in_helper([] {
    int fds[2];
    if (::pipe(fds) != 0)
      return std::string("no pipe");
    ::dup2(fds[1], 1);
    main_log log{{"syslog", 0, 0, log_level::debug, true, "troupe-test"}};
    log.open();
    log.write(log_level::warn, "bad result line: 'x\r\n\x1b[2J'");
    log.write(log_level::debug, "'p' stdout output:\na\rb\n");
    char bytes[4096];
    auto n = ::read(fds[0], bytes, sizeof bytes);
    return texts_of(std::string(bytes, static_cast<std::size_t>(std::max<ssize_t>(n, 0))));
  });
  BOOST_TEST(said == "WARN bad result line: 'x\\r\\n\\x1b[2J'\nDEBG 'p' stdout output:\na\rb\n\n");
}

/// A pipe's reader that takes a little every now and then: each record finds a little room, never enough.
BOOST_FIXTURE_TEST_CASE(a_slow_reader_of_stdout_costs_a_tenth_of_the_time, scratch) {
  auto said = in_helper([&] {
    int fds[2];
    if (::pipe(fds) != 0)
      return std::string("no pipe");
    ::dup2(fds[1], 1);
    std::thread{[from = fds[0]] {
      char bytes[4096];
      for (pollfd never{-1, 0, 0};; ::poll(&never, 1, 60)) // slower than a record is written
        if (::read(from, bytes, sizeof bytes) <= 0)
          return;
    }}.detach();
    main_log log{{in("log"), 0, 0, log_level::info, true, ""}};
    log.open();
    std::string text(200'000, 'x');
    auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 5; ++i)
      log.write(log_level::info, text);
    auto took = std::chrono::steady_clock::now() - began;
    return std::string(took < std::chrono::seconds{6} ? "quick" : "slow"); // 60 ms for each 4 KiB: 12 s
  });
  BOOST_TEST(said == "quick");
  BOOST_TEST(read("log").size() > 1'000'000u); // which has them all
}

BOOST_AUTO_TEST_SUITE_END()
