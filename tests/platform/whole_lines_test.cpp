// Several logs on one pipe: no line is mixed with another, whoever stalls. Cases of shared_log::append_lines().
#include "platform/shared_log.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <sstream>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

BOOST_AUTO_TEST_SUITE(whole_lines_test)

using namespace troupe::platform;
using namespace troupe::tests;

namespace {

struct pipe_fixture : scratch {
  pipe_fixture() {
    ::mkfifo(in("pipe").c_str(), 0600);
    reader.reset(::open(in("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    ::fcntl(reader.get(), F_SETFL, 0);
    held.reset(::open(in("pipe").c_str(), O_WRONLY | O_CLOEXEC));
  }
  /// All that was written, once `files` are closed.
  std::string read_all() const {
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = ::read(reader.get(), buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(n));
    return text;
  }
  unique_fd reader;
  unique_fd held; ///< a write end: no end of file before the first writer has come
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

/// A line nobody else could have written: its letter, all through.
std::string line_of(char letter, std::size_t size) { return std::string(size, letter) + '\n'; }

} // namespace

BOOST_FIXTURE_TEST_CASE(lines_of_several_writers_stay_whole, pipe_fixture) {
  shared_logs logs;
  std::vector<std::thread> writers;
  std::map<char, std::size_t> sizes{{'a', 30}, {'b', 4000}, {'c', 5000}, {'d', 70000}};
  BOOST_REQUIRE(::symlink("pipe", in("other name").c_str()) == 0);
  for (auto [letter, size] : sizes)
    writers.emplace_back([this, &logs, letter = letter, size = size] {
      auto [log, error] = logs.open(in(letter < 'c' ? "pipe" : "other name"), 100, 3);
      for (int i = 0; log && i < 50; ++i) {
        while (log->stalled())
          log->flush();
        log->append_lines(line_of(letter, size) + line_of(letter, size / 2));
      }
      while (log && log->stalled())
        log->flush();
    });
  std::string text;
  std::thread reading([&] { text = read_all(); });
  for (auto& writer : writers)
    writer.join();
  held.reset();
  reading.join();
  std::map<char, std::size_t> whole;
  for (const auto& line : lines_of(text)) {
    BOOST_REQUIRE(!line.empty());
    BOOST_REQUIRE_MESSAGE(line.find_first_not_of(line[0]) == line.npos, "mixed: " << line.substr(0, 100));
    whole[line[0]] += line.size() == sizes.at(line[0]);
  }
  for (auto [letter, size] : sizes)
    BOOST_TEST(whole[letter] == 50U, letter);
}

BOOST_FIXTURE_TEST_CASE(what_finds_no_room_is_lost_line_by_line, pipe_fixture) {
  shared_log log{in("pipe"), 0, 0};
  BOOST_REQUIRE(log.open() == 0);
  const std::string line = "a line like many others\n";
  std::string lines;
  while (lines.size() < 100000)
    lines += line;
  log_trouble trouble;
  while (trouble.what == log_trouble::kind::none)
    trouble = log.append_lines(lines);
  BOOST_TEST(trouble.error == EAGAIN);
  std::string text;
  char buffer[65536];
  ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);
  while (log.stalled() || text.empty()) {
    for (ssize_t n; (n = ::read(reader.get(), buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(n));
    log.flush();
  }
  for (ssize_t n; (n = ::read(reader.get(), buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  BOOST_TEST(text.size() % line.size() == 0U);
  BOOST_TEST(log.append_lines("again\n").lost % line.size() == 0U);
}

BOOST_FIXTURE_TEST_CASE(regular_files_are_written_as_ever, scratch) {
  shared_log log{in("f"), 10, 2};
  log.append_lines("before it is open\n");
  log.append_lines("1\n2\n");
  BOOST_TEST(read("f.1") == "before it is open\n");
  BOOST_TEST(read("f") == "1\n2\n");
}

BOOST_AUTO_TEST_SUITE_END()
