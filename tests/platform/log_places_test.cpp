// Words of one life are read back, and not those of another, though the log was rotated, cleared or cut meanwhile.
// Source: docs/contract/deaths.md, 2; vector 151.
#include "platform/log_places.hpp"

#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(log_places_test)

using namespace troupe::platform;

namespace {

struct log_fixture {
  troupe::tests::scratch folder;
  std::string path = folder.in("log");

  void write(const std::string& text) const { std::ofstream(path, std::ios::app) << text; }
  log_place here() const {
    int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    auto place = end_of(fd);
    ::close(fd);
    return place;
  }
  void rotate() const {
    std::filesystem::rename(path, path + ".1");
    write("");
  }
  std::string read(const log_place& from, const std::optional<log_place>& until = {}, std::size_t most = 8192) {
    auto words = words_between(path, from, until, 0, most);
    BOOST_TEST(words.error == 0);
    whole = words.whole;
    return words.bytes;
  }
  bool whole = false;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(from_where_the_life_began, log_fixture) {
  write("before\n");
  auto began = here();
  write("mine\n");
  BOOST_TEST(read(began) == "mine\n");
  BOOST_TEST(whole);
}

BOOST_FIXTURE_TEST_CASE(to_where_the_next_one_begins, log_fixture) {
  write("before\n");
  auto began = here();
  write("mine\n");
  auto next = here();
  write("the next one's\n");
  BOOST_TEST(read(began, next) == "mine\n");
}

BOOST_FIXTURE_TEST_CASE(rotated_in_the_last_second, log_fixture) { // 151
  write("before\n");
  auto began = here();
  write("first\n");
  rotate();
  write("last\n");
  BOOST_TEST(read(began) == "first\nlast\n");
  BOOST_TEST(whole);
}

BOOST_FIXTURE_TEST_CASE(rotated_by_the_next_life, log_fixture) {
  write("before\n");
  auto began = here();
  write("mine\n");
  auto next = here();
  write("the next one's\n");
  rotate();
  write("the next one's, too\n");
  BOOST_TEST(read(began, next) == "mine\n");
}

BOOST_FIXTURE_TEST_CASE(no_more_than_asked_for, log_fixture) {
  write("");
  auto began = here();
  write(std::string(100, 'a') + std::string(50, 'b'));
  BOOST_TEST(read(began, {}, 60) == std::string(10, 'a') + std::string(50, 'b'));
  BOOST_TEST(!whole);
  rotate();
  write("cc");
  BOOST_TEST(read(began, {}, 60) == std::string(8, 'a') + std::string(50, 'b') + "cc");
  BOOST_TEST(!whole);
}

BOOST_FIXTURE_TEST_CASE(cut_and_written_again, log_fixture) {
  write("before\n");
  auto began = here();
  write("mine, all gone\n");
  std::filesystem::resize_file(path, 0);
  write("new\n");
  BOOST_TEST(read(began) == "new\n");
}

BOOST_FIXTURE_TEST_CASE(removed_and_made_anew, log_fixture) {
  write("before\n");
  auto began = here();
  write("mine\n");
  std::filesystem::rename(path, path + ".kept"); // its number is not given to the next file
  BOOST_TEST(read(began) == "");
  BOOST_TEST(!whole);
  write("new\n");
  BOOST_TEST(read(began) == "new\n");
  BOOST_TEST(!whole);
}

BOOST_FIXTURE_TEST_CASE(what_is_no_file_has_no_place, log_fixture) {
  BOOST_TEST(end_of(-1).file == 0U);
  int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  BOOST_TEST(end_of(null).file == 0U);
  ::close(null);
}

BOOST_AUTO_TEST_SUITE_END()
