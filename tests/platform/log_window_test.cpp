// Windows into a log (docs/contract/http.md 4.6, vectors 130 to 150) and a log that is followed through everything that
// can happen to it (8.2), on real files.
#include "platform/log_follower.hpp"
#include "platform/log_window.hpp"
#include "platform/rotating_file.hpp"
#include "tests/scratch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>

#include <sys/stat.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(log_window_test)

using namespace troupe::platform;
namespace data = boost::unit_test::data;

namespace {

constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
constexpr auto highest = std::numeric_limits<std::int64_t>::max();
const std::string letters = "abcdefghijklmnopqrstuvwxyz";

struct fixture {
  troupe::tests::scratch folder;
  std::string path = folder.in("log");
  void put(const std::string& text, bool append = false) {
    std::ofstream(path, append ? std::ios::app : std::ios::trunc) << text;
  }
};

struct row {
  std::int64_t offset, length;
  std::string bytes;
  window_problem problem = window_problem::none;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << '(' << r.offset << ", " << r.length << ')'; }

const row reads[] = {
  {0, 0, letters},
  {0, 5, "abcde"},
  {5, 5, "fghij"},
  {20, 100, "uvwxyz"}, // 130
  {26, 0, ""},
  {27, 0, ""},
  {100, 5, ""}, // 131
  {-4, 0, "wxyz"},
  {-100, 0, letters},
  {-26, 0, letters}, // 132
  {-4, 1, "", window_problem::bad_arguments},
  {-4, -1, "", window_problem::bad_arguments}, // 133
  {0, -1, "", window_problem::bad_arguments},
  {lowest, 0, letters},
  {highest, highest, ""},
  {0, highest, letters},
  {lowest, lowest, "", window_problem::bad_arguments},
};
BOOST_DATA_TEST_CASE_F(fixture, reading, data::make(reads), r) {
  put(letters);
  auto window = read_log(path, r.offset, r.length);
  BOOST_TEST(static_cast<int>(window.problem) == static_cast<int>(r.problem));
  BOOST_TEST(window.bytes == r.bytes);
}

struct tail_row {
  std::int64_t offset, length;
  std::string bytes;
  bool overflow;
};
std::ostream& operator<<(std::ostream& out, const tail_row& r) {
  return out << '(' << r.offset << ", " << r.length << ')';
}

const tail_row tails[] = {
  {0, 0, "", true},
  {0, 5, "vwxyz", true},
  {5, 5, "vwxyz", true}, // 134, 135
  {0, 26, letters, false},
  {0, 100, letters, false},
  {5, 22, letters.substr(4), false}, // 136, 137
  {25, 5, "vwxyz", false},
  {26, 5, "", false},
  {100, 5, "", false}, // 138, 139
  {-5, 10, letters.substr(16), true},
  {-5, 31, letters, false},
  {0, -1, "", true}, // 140 to 142
  {highest, highest, "", false},
  {lowest, -1, "", true},
  {lowest, highest, letters, true},
};
BOOST_DATA_TEST_CASE_F(fixture, tailing, data::make(tails), r) {
  put(letters);
  auto window = tail_log(path, r.offset, r.length);
  BOOST_TEST(static_cast<int>(window.problem) == 0);
  BOOST_TEST(window.bytes == r.bytes);
  BOOST_TEST(window.size == 26);
  BOOST_TEST(window.overflow == r.overflow);
}

BOOST_FIXTURE_TEST_CASE(no_file_and_no_regular_file, fixture) { // 144, 145
  auto missing = read_log(path, 0, 0);
  BOOST_TEST(static_cast<int>(missing.problem) == static_cast<int>(window_problem::missing));
  auto tail = tail_log(path, 7, 10);
  BOOST_TEST(tail.bytes.empty());
  BOOST_TEST(tail.size == 0);
  std::filesystem::create_directory(path);
  BOOST_TEST(static_cast<int>(read_log(path, 0, 0).problem) == static_cast<int>(window_problem::unreadable));
  BOOST_TEST(tail_log(path, 7, 10).size == 7);
}

BOOST_FIXTURE_TEST_CASE(beyond_four_gigabytes, fixture) { // 150
  put("");
  std::filesystem::resize_file(path, 5'000'000'000);
  put("the end", true);
  auto window = tail_log(path, 0, 7);
  BOOST_TEST(window.bytes == "the end");
  BOOST_TEST(window.size == 5'000'000'007);
  BOOST_TEST(window.overflow);
  BOOST_TEST(read_log(path, 5'000'000'004, 0).bytes == "end");
  BOOST_TEST(static_cast<int>(read_log(path, 0, 0).problem) == static_cast<int>(window_problem::too_large));
}

BOOST_FIXTURE_TEST_CASE(around_the_limits_of_32_bits, fixture) {
  put("");
  constexpr std::int64_t limits[] = {std::int64_t{1} << 31, std::int64_t{1} << 32};
  for (auto limit : limits) {
    std::filesystem::resize_file(path, static_cast<std::uintmax_t>(limit - 3));
    put(std::string("ab\0\xff\r\x1b", 6), true);
    BOOST_TEST(read_log(path, limit - 3, 0).bytes == std::string("ab\0\xff\r\x1b", 6));
    BOOST_TEST(read_log(path, limit - 1, 2).bytes == std::string("\0\xff", 2));
    BOOST_TEST(read_log(path, limit, 0).bytes == "\xff\r\x1b");
    BOOST_TEST(read_log(path, limit + 2, 100).bytes == "\x1b");
    BOOST_TEST(read_log(path, limit + 3, 0).bytes == "");
    BOOST_TEST(read_log(path, -4, 0).bytes == std::string("\0\xff\r\x1b", 4));
    BOOST_TEST(tail_log(path, limit, 3).bytes == "\xff\r\x1b");
    BOOST_TEST(!tail_log(path, limit, 3).overflow);
    BOOST_TEST(tail_log(path, limit, 2).overflow);
    BOOST_TEST(tail_log(path, limit, 2).size == limit + 3);
  }
}

// -- followed ------

struct followed : fixture {
  std::optional<log_follower> follower;
  void follow(std::int64_t backups = 3, std::int64_t last = 1024) {
    follower = log_follower::open(path, backups, last);
    BOOST_REQUIRE(follower.has_value());
  }
  std::string news() {
    std::string text;
    while (follower->read(text, 5)) {
    }
    return text;
  }
};

BOOST_FIXTURE_TEST_CASE(it_grows, followed) {
  put(letters);
  follow(3, 4);
  BOOST_TEST(news() == "wxyz");
  BOOST_TEST(news() == "");
  put("one\n", true);
  BOOST_TEST(news() == "one\n");
}

BOOST_FIXTURE_TEST_CASE(truncated_in_place, followed) { // 178
  put(letters);
  follow();
  BOOST_TEST(news() == letters);
  put("");
  BOOST_TEST(news() == "==> File truncated <==\n");
  put("new\n", true);
  BOOST_TEST(news() == "new\n");
}

BOOST_FIXTURE_TEST_CASE(renamed_and_begun_anew, followed) { // 179
  put("old\n");
  follow();
  BOOST_TEST(news() == "old\n");
  put("last words\n", true); // not looked at before the rename
  std::filesystem::rename(path, path + ".1");
  BOOST_TEST(news() == "last words\n");
  put("newfile\n");
  BOOST_TEST(news() == "newfile\n");
}

BOOST_FIXTURE_TEST_CASE(removed_and_back_again, followed) { // 180
  put("old\n");
  follow();
  BOOST_TEST(news() == "old\n");
  std::filesystem::remove(path);
  BOOST_TEST(news() == "");
  put("back\n");
  BOOST_TEST(news() == "back\n");
}

BOOST_FIXTURE_TEST_CASE(rotated_faster_than_it_is_read, followed) {
  rotating_file log(path, 10, 5);
  BOOST_REQUIRE(log.open() == 0);
  log.write("first\n");
  follow(5);
  BOOST_TEST(news() == "first\n");
  for (int i = 2; i <= 5; ++i) // each fills a file of its own
    log.write("number " + std::to_string(i) + " of them\n");
  BOOST_TEST(news() == "number 2 of them\nnumber 3 of them\nnumber 4 of them\nnumber 5 of them\n");
  log.write("six\n");
  BOOST_TEST(news() == "six\n");
}

BOOST_FIXTURE_TEST_CASE(neither_nothing_nor_folders_are_followed, fixture) {
  BOOST_TEST(!log_follower::open(path, 0, 10).has_value());
  std::filesystem::create_directory(path);
  BOOST_TEST(!log_follower::open(path, 0, 10).has_value());
}

BOOST_FIXTURE_TEST_CASE(what_has_no_contents_is_empty, fixture) {
  BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  for (const auto& name : {path, std::string("/dev/null")}) {
    auto window = read_log(name, 0, 0);
    BOOST_TEST(static_cast<int>(window.problem) == 0);
    BOOST_TEST(window.bytes.empty());
    auto tail = tail_log(name, 7, 10);
    BOOST_TEST(static_cast<int>(tail.problem) == 0);
    BOOST_TEST(tail.size == 0);
    BOOST_TEST(!tail.overflow);
    auto follower = log_follower::open(name, 0, 10);
    BOOST_REQUIRE(follower.has_value());
    std::string bytes;
    BOOST_TEST(!follower->read(bytes, 100));
    BOOST_TEST(bytes.empty());
  }
}

BOOST_FIXTURE_TEST_CASE(readers_follow_no_link_that_writers_do_not, fixture) {
  if (::getuid() != 0)
    return; // nobody else to make one
  auto link = path + ".link";
  put("secret");
  std::filesystem::create_symlink(path, link);
  BOOST_TEST(read_log(link, 0, 0).bytes == "secret");
  BOOST_REQUIRE(::lchown(link.c_str(), 65534, 65534) == 0);
  BOOST_TEST(static_cast<int>(read_log(link, 0, 0).problem) == static_cast<int>(window_problem::unreadable));
  BOOST_TEST(tail_log(link, 0, 10).bytes.empty());
  BOOST_TEST(!log_follower::open(link, 0, 10).has_value());
  std::filesystem::remove(link);
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
