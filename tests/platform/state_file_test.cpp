// A small file that is read whole and put aside where it is bad (docs/contract/programs.md, 11): whatever is in its
// place.
#include "platform/state_file.hpp"

#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(state_file_test)

using namespace troupe::platform;
namespace fs = std::filesystem;

namespace {

std::string read(const std::string& path) {
  auto came = read_state_file(path);
  return !came ? came.error().what : *came ? "read " + **came : "none";
}

} // namespace

BOOST_AUTO_TEST_CASE(there_and_back) {
  troupe::tests::scratch folder;
  auto path = folder.in("state");
  BOOST_TEST(read(path) == "none");
  BOOST_TEST(read(folder.in("no/such/state")) == "none");
  BOOST_TEST(write_state_file(path, "{}\n").has_value());
  BOOST_TEST(read(path) == "read {}\n");
  struct stat there {};
  BOOST_REQUIRE(::stat(path.c_str(), &there) == 0);
  BOOST_TEST((there.st_mode & 07777) == 0600U);
}

BOOST_AUTO_TEST_CASE(what_is_none) {
  troupe::tests::scratch folder;
  auto path = folder.in("state");
  std::ofstream(folder.in("target")) << "x";
  fs::create_symlink(folder.in("target"), path);
  BOOST_TEST(read(path) == "it is a link");
  fs::remove(path);
  BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  BOOST_TEST(read(path) == "it is no regular file");
  fs::remove(path);
  fs::create_directory(path);
  BOOST_TEST(read(path) == "it is no regular file");
  fs::remove(path);
  std::ofstream{path};
  fs::resize_file(path, largest_state_file);
  BOOST_TEST(read(path).size() == largest_state_file + 5);
  fs::resize_file(path, largest_state_file + 1);
  BOOST_TEST(read(path) == "it is larger than 16 MiB");
}

BOOST_AUTO_TEST_CASE(aside) {
  troupe::tests::scratch folder;
  auto path = folder.in("state");
  BOOST_TEST(!put_aside(path).has_value());
  fs::create_symlink("/nowhere", path);
  BOOST_TEST(put_aside(path).has_value());
  BOOST_TEST(fs::is_symlink(path + ".bad"));
  BOOST_TEST(!fs::is_symlink(path));
  std::ofstream(path) << "{";
  BOOST_TEST(put_aside(path).has_value());
  BOOST_TEST(fs::is_regular_file(path + ".bad"));
}

BOOST_AUTO_TEST_CASE(what_is_no_file_stays_where_it_is) {
  troupe::tests::scratch folder;
  auto path = folder.in("state");
  fs::create_directory(path);
  BOOST_TEST(put_aside(path).error().what == "it is no regular file");
  BOOST_TEST(fs::is_directory(path));
  fs::remove(path);
  BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  BOOST_TEST(put_aside(path).error().what == "it is no regular file");
  BOOST_TEST(fs::is_fifo(path));
}

BOOST_AUTO_TEST_SUITE_END()
