// The file of tokens (docs/contract/access.md, 3.5 and vector 135): whole or not at all, whatever is in its place.
#include "platform/token_store.hpp"

#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(token_store_test)

using namespace troupe::platform;
namespace fs = std::filesystem;

namespace {

std::string failure(const troupe::config::result<void>& came) { return came ? "" : came.error().what; }

std::string read_failure(const std::string& path) {
  auto came = read_token_file(path);
  return came ? "read " + *came : came.error().what;
}

std::vector<std::string> files(const std::string& folder) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(folder))
    found.push_back(entry.path().filename());
  return found;
}

} // namespace

BOOST_AUTO_TEST_CASE(written_and_read) {
  troupe::tests::scratch folder;
  auto path = folder.in("tokens");
  BOOST_TEST(read_failure(path) == "read ");
  for (std::string text : {"one\n", "", "two\nthree\n"}) {
    auto old_mask = ::umask(0);
    BOOST_TEST(failure(write_token_file(path, text)) == "");
    ::umask(old_mask);
    BOOST_TEST(*read_token_file(path) == text);
    struct stat there {};
    BOOST_REQUIRE(::stat(path.c_str(), &there) == 0);
    BOOST_TEST((there.st_mode & 07777) == 0600U);
    BOOST_TEST(files(folder.path).size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(what_is_left_of_an_earlier_write) {
  troupe::tests::scratch folder;
  folder.write("tokens.new", "half");
  BOOST_TEST(failure(write_token_file(folder.in("tokens"), "all")) == "");
  BOOST_TEST(folder.read("tokens") == "all");
  BOOST_TEST(files(folder.path).size() == 1U);
  fs::create_symlink("/etc/passwd", folder.in("tokens.new")); // not ours to take away
  BOOST_TEST(failure(write_token_file(folder.in("tokens"), "again")) == "");
  BOOST_TEST(folder.read("tokens") == "again");
  BOOST_TEST(fs::is_symlink(folder.in("tokens.new")));
}

BOOST_AUTO_TEST_CASE(what_is_no_file) {
  troupe::tests::scratch folder;
  auto path = folder.in("tokens");
  folder.write("other", "kept");
  fs::create_symlink(folder.in("other"), path);
  BOOST_TEST(read_failure(path).starts_with("Too many levels of symbolic links"));
  BOOST_TEST(failure(write_token_file(path, "x")) == "it is a link");
  BOOST_TEST(folder.read("other") == "kept");
  fs::remove(path);
  BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  BOOST_TEST(read_failure(path) == "it is no regular file");
  BOOST_TEST(failure(write_token_file(path, "x")) == "it is no regular file");
  BOOST_TEST(read_failure(folder.in("nope/tokens")) == "No such file or directory");
  BOOST_TEST(failure(write_token_file(folder.in("nope/tokens"), "x")) == "No such file or directory");
}

BOOST_AUTO_TEST_CASE(the_old_one_stays_whole) {
  troupe::tests::scratch folder;
  auto path = folder.in("tokens");
  BOOST_REQUIRE(write_token_file(path, "old"));
  auto came = troupe::tests::in_helper([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit little{16, 16};
    ::setrlimit(RLIMIT_FSIZE, &little);
    return failure(write_token_file(path, std::string(100, 'x')));
  });
  BOOST_TEST(came == "File too large");
  BOOST_TEST(folder.read("tokens") == "old");
  BOOST_TEST(files(folder.path).size() == 1U);
}

BOOST_AUTO_TEST_CASE(one_that_is_too_large) {
  troupe::tests::scratch folder;
  folder.write("tokens", "");
  fs::resize_file(folder.in("tokens"), largest_token_file + 1);
  BOOST_TEST(read_failure(folder.in("tokens")) == "it is larger than 64 MiB");
}

BOOST_AUTO_TEST_SUITE_END()
