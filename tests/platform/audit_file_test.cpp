// The file of an audit trail: whose it is, that a line is in it whole or not at all, and where it has come to.
#include "platform/audit_file.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <csignal>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(audit_file_test)

using namespace troupe;
using platform::audit_file;

BOOST_AUTO_TEST_CASE(only_its_owner_reads_it) {
  tests::scratch folder;
  auto before = ::umask(0);
  audit_file file{{folder.in("a"), 20, 2, ""}};
  BOOST_TEST(file.open() == 0);
  BOOST_TEST(file.is_empty());
  for (const char* line : {"one, which is long enough\n", "two, which is long enough\n", "3\n"})
    BOOST_TEST(file.write(line) == 0);
  ::umask(before);
  for (const char* name : {"a", "a.1", "a.2"}) {
    struct stat info {};
    BOOST_REQUIRE(::stat(folder.in(name).c_str(), &info) == 0);
    BOOST_TEST((info.st_mode & 0777) == 0600u);
  }
  BOOST_TEST(folder.read("a") == "3\n");
  BOOST_TEST(!file.is_empty());
}

BOOST_AUTO_TEST_CASE(no_link_is_followed) {
  tests::scratch folder;
  folder.write("target", "");
  BOOST_REQUIRE(::symlink(folder.in("target").c_str(), folder.in("a").c_str()) == 0);
  audit_file file{{folder.in("a"), 0, 0, ""}};
  BOOST_TEST(file.open() == ELOOP);
  BOOST_TEST(file.write("x\n") != 0);
  BOOST_TEST(folder.read("target").empty());
}

BOOST_AUTO_TEST_CASE(a_line_is_there_whole_or_not_at_all) {
  tests::scratch folder;
  auto said = tests::in_helper([&]() -> std::string {
    std::signal(SIGXFSZ, SIG_IGN);
    audit_file file{{folder.in("a"), 0, 0, ""}};
    bool right = file.open() == 0 && file.write("first\n") == 0;
    rlimit limit{10, 10};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    return right && file.write("second\n") == EFBIG && file.write("3\n") == 0 ? "right" : "wrong";
  });
  BOOST_TEST(said == "right");
  BOOST_TEST(folder.read("a") == "first\n3\n");
}

BOOST_AUTO_TEST_CASE(the_last_line) {
  tests::scratch folder;
  audit_file file{{folder.in("a"), 0, 0, ""}};
  BOOST_TEST(file.last_line().empty());
  folder.write("a.1", "old\nolder backup's last\n");
  folder.write("a", "");
  BOOST_TEST(file.last_line() == "older backup's last");
  folder.write("a", "one\ntwo\ntor");
  BOOST_TEST(file.last_line() == "two");
  BOOST_TEST(file.open() == 0);
  BOOST_TEST(file.write("three\n") == 0); // after a line that a crash cut off
  BOOST_TEST(folder.read("a") == "one\ntwo\ntor\nthree\n");
}

BOOST_AUTO_TEST_CASE(opened_anew_by_name) {
  tests::scratch folder;
  audit_file file{{folder.in("a"), 0, 0, ""}};
  BOOST_TEST(file.open() == 0);
  BOOST_TEST(file.write("one\n") == 0);
  BOOST_REQUIRE(::rename(folder.in("a").c_str(), folder.in("b").c_str()) == 0);
  BOOST_TEST(file.reopen() == 0);
  BOOST_TEST(file.write("two\n") == 0);
  BOOST_TEST(folder.read("a") == "two\n");
  BOOST_TEST(folder.read("b") == "one\n");
}

BOOST_AUTO_TEST_SUITE_END()
