// What is made of a folder's path: whose it is, with which mode, and where nothing is made.
#include "platform/folders.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <barrier>
#include <cerrno>
#include <thread>
#include <vector>

#include <sys/stat.h>

BOOST_AUTO_TEST_SUITE(folders_test)

using namespace troupe::platform;
using namespace troupe::tests;
namespace fs = std::filesystem;

namespace {

constexpr uid_t stranger = 65534;

boost::test_tools::assertion_result as_root(boost::unit_test::test_unit_id) { return ::getuid() == 0; }

struct yard : scratch {
  int make(const std::string& name, mode_t mode = 0755, const std::optional<folder_owner>& owner = {}) {
    return make_folders(in(name), mode, owner, said);
  }
  struct stat look(const std::string& name) const {
    struct stat info {};
    BOOST_TEST(::lstat(in(name).c_str(), &info) == 0);
    return info;
  }
  unsigned mode_of(const std::string& name) const { return look(name).st_mode & 07777; }
  std::string said;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(all_that_is_missing, yard) {
  auto before = ::umask(077);
  BOOST_TEST(make("a/b/c", 0751) == 0);
  ::umask(before);
  for (const char* name : {"a", "a/b", "a/b/c"})
    BOOST_TEST(mode_of(name) == 0751U, name);
  BOOST_TEST(make("a/b/c/d/", 02770) == 0);
  BOOST_TEST(mode_of("a/b/c/d") == 02770U);
  BOOST_TEST(mode_of("a/b/c") == 0751U); // what is there stays as it is
  BOOST_TEST(make("a/b/c", 0700) == 0);
  BOOST_TEST(mode_of("a/b/c") == 0751U);
  BOOST_TEST(make("a/x/../y//./z") == 0);
  BOOST_TEST(exists("a/x"));
  BOOST_TEST(exists("a/y/z"));
}

BOOST_FIXTURE_TEST_CASE(a_relative_path, yard) {
  auto made = in_helper([&] {
    std::string refusal;
    (void)!::chdir(path.c_str());
    return std::to_string(make_folders("r/s", 0755, {}, refusal));
  });
  BOOST_TEST(made == "0");
  BOOST_TEST(exists("r/s"));
}

BOOST_FIXTURE_TEST_CASE(something_else_has_the_name, yard) {
  write("file", "");
  BOOST_TEST(make("file") == ENOTDIR);
  BOOST_TEST(make("file/x") == ENOTDIR);
  fs::create_symlink(in("nowhere"), in("dangling"));
  BOOST_TEST(make("dangling") == EEXIST);
  BOOST_TEST(!exists("nowhere"));
  BOOST_TEST(make_folders("", 0755, {}, said) == ENOENT);
}

BOOST_FIXTURE_TEST_CASE(nobody_may_write_there, yard) {
  fs::create_directory(in("locked"));
  fs::permissions(in("locked"), fs::perms(0555));
  auto error = in_helper([&] {
    become_nobody();
    std::string refusal;
    return std::to_string(make_folders(in("locked/x"), 0755, {}, refusal));
  });
  BOOST_TEST(error == std::to_string(EACCES));
  BOOST_TEST(!exists("locked/x"));
}

BOOST_AUTO_TEST_SUITE(of_root, *boost::unit_test::precondition(as_root))

BOOST_FIXTURE_TEST_CASE(for_its_user, yard) {
  BOOST_TEST(make("a/b", 0750, folder_owner{stranger, 7}) == 0);
  for (const char* name : {"a", "a/b"}) {
    BOOST_TEST(look(name).st_uid == stranger, name);
    BOOST_TEST(look(name).st_gid == 7U, name);
    BOOST_TEST(mode_of(name) == 0750U, name);
  }
}

BOOST_FIXTURE_TEST_CASE(no_foreign_link_is_followed, yard) {
  fs::create_directories(in("vault"));
  fs::create_directories(in("home"));
  BOOST_TEST(::chown(in("home").c_str(), stranger, stranger) == 0);
  fs::create_symlink(in("vault"), in("home/link"));
  BOOST_TEST(::lchown(in("home/link").c_str(), stranger, stranger) == 0);
  BOOST_TEST(make("home/link/x/y", 0755, folder_owner{stranger, stranger}) == ELOOP);
  BOOST_TEST(said == "the link " + in("home/link") +
                       " belongs to uid 65534 and leads to what is not that user's: it is not followed");
  BOOST_TEST(fs::is_empty(in("vault")));
  fs::create_directories(in("vault/there"));
  BOOST_TEST(make("home/link/there") == 0); // nothing has to be made: by which way is its user's business
  fs::create_directories(in("home/own"));
  BOOST_TEST(::chown(in("home/own").c_str(), stranger, stranger) == 0);
  fs::create_symlink("own", in("home/fine"));
  BOOST_TEST(::lchown(in("home/fine").c_str(), stranger, stranger) == 0);
  BOOST_TEST(make("home/fine/x", 0755, folder_owner{stranger, stranger}) == 0);
  BOOST_TEST(look("home/own/x").st_uid == stranger);
}

/// Threads that make the same folder at once: none returns before it is its user's.
BOOST_FIXTURE_TEST_CASE(at_once, yard) {
  constexpr int rounds = 300;
  std::atomic<int> wrong{0};
  std::barrier together{4};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < rounds; ++round) {
        auto name = in("r" + std::to_string(round));
        std::string refusal;
        struct stat info {};
        together.arrive_and_wait();
        if (make_folders(name, 0755, folder_owner{stranger, stranger}, refusal) != 0 ||
            ::stat(name.c_str(), &info) != 0 || info.st_uid != stranger)
          ++wrong;
      }
    });
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
