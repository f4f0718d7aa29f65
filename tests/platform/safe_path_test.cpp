// Which links are followed, and what is opened, made or refused behind them: the pure rule, and the walk by it.
// docs/logs.md, "Links".
#include "platform/safe_path.hpp"
#include "tests/scratch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

BOOST_AUTO_TEST_SUITE(safe_path_test)

using namespace troupe::platform;
using namespace troupe::tests;
namespace data = boost::unit_test::data;
namespace fs = std::filesystem;

namespace {

constexpr uid_t root = 0;
constexpr uid_t own = 1000;
constexpr uid_t stranger = 65534;
constexpr uid_t other = 65533;

struct rule_row {
  const char* what;
  link_facts link;
  uid_t target, self;
  bool followed;
};
std::ostream& operator<<(std::ostream& out, const rule_row& r) { return out << r.what; }

const rule_row rules[] = {
  {"root's, to anything", {root, 1, false}, stranger, own, true},
  {"root's, in a folder of strangers", {root, 1, true}, root, own, true},
  {"root's with two names, where strangers cannot have given them", {root, 2, false}, root, own, true},
  {"root's with two names, where strangers may have", {root, 2, true}, root, root, false},
  {"our own", {own, 1, true}, root, own, true},
  {"our own with two names among strangers", {own, 2, true}, own, own, false},
  {"a stranger's, to his own", {stranger, 1, true}, stranger, root, true},
  {"a stranger's, to his own, in a folder of ours", {stranger, 1, false}, stranger, own, true},
  {"a stranger's, to root's", {stranger, 1, true}, root, root, false},
  {"a stranger's, to ours", {stranger, 1, true}, own, own, false},
  {"a stranger's, to another's", {stranger, 1, true}, other, root, false},
  {"a stranger's with two names, to his own", {stranger, 2, true}, stranger, root, false},
};

struct yard : scratch { ///< home/ is a stranger's, vault/ is root's
  yard() {
    fs::create_directories(in("home/logs"));
    fs::create_directories(in("vault"));
    write("vault/secret", "secret");
    give("home");
    give("home/logs");
  }
  void give(const std::string& name) { BOOST_REQUIRE(::lchown(in(name).c_str(), stranger, stranger) == 0); }
  void link(const std::string& target, const std::string& name, bool stranger_s = true) {
    fs::create_symlink(target, in(name));
    if (stranger_s)
      give(name);
  }
  /// 0, or errno, by the walk; open_path() must say the same, and so must a look at what can be there.
  int open(const std::string& name, int flags = O_WRONLY | O_CREAT | O_APPEND) {
    std::string refusal;
    unique_fd walked{open_place(find_place(in(name), last_link::follow), flags, 0600, refusal)};
    int error = walked ? 0 : errno;
    unique_fd fd{open_path(in(name), flags, 0600, said)};
    BOOST_TEST((fd ? 0 : errno) == error);
    BOOST_TEST(said == refusal);
    struct stat info {};
    std::string seen;
    if (error == 0 || error == ELOOP || error == EMLINK) {
      BOOST_TEST(look_at_path(in(name), info, seen) == error);
      BOOST_TEST(seen == refusal);
    }
    return error;
  }
  std::string said;
};

boost::test_tools::assertion_result as_root(boost::unit_test::test_unit_id) { return ::getuid() == 0; }

} // namespace

BOOST_DATA_TEST_CASE(the_rule, data::make(rules)) {
  BOOST_TEST(may_follow(sample.link, sample.target, sample.self) == sample.followed);
}

BOOST_AUTO_TEST_SUITE(walks, *boost::unit_test::precondition(as_root))

BOOST_FIXTURE_TEST_CASE(a_folder_that_has_become_a_link, yard) {
  BOOST_TEST(open("home/logs/a.log") == 0);
  fs::rename(in("home/logs"), in("home/x"));
  link(in("vault"), "home/logs");
  BOOST_TEST(open("home/logs/b.log") == ELOOP);
  BOOST_TEST(said == "the link " + in("home/logs") +
                       " belongs to uid 65534 and leads to what is not that user's: it is not followed");
  BOOST_TEST(open("home/logs/secret", O_RDONLY) == ELOOP);
  BOOST_TEST(!fs::exists(in("vault/b.log")));
}

BOOST_FIXTURE_TEST_CASE(a_link_to_its_owners_own_folder, yard) { // Capistrano's `current`
  fs::create_directories(in("home/releases/1"));
  give("home/releases");
  give("home/releases/1");
  link("releases/1", "home/current");
  link(in("home/current") + "/", "home/again"); // links over links
  BOOST_TEST(open("home/current/a.log") == 0);
  BOOST_TEST(open("home/again/b.log") == 0);
  BOOST_TEST(fs::exists(in("home/releases/1/a.log")));
  BOOST_TEST(fs::exists(in("home/releases/1/b.log")));
}

BOOST_FIXTURE_TEST_CASE(a_link_that_goes_through_his_own_to_ours, yard) {
  link(in("vault"), "home/deep");
  link("deep", "home/shallow");
  BOOST_TEST(open("home/shallow/x") == ELOOP);
  link("logs/../../vault", "home/up");
  BOOST_TEST(open("home/up/x") == ELOOP);
  BOOST_TEST(fs::directory_iterator(in("vault"))->path().filename() == "secret");
}

BOOST_FIXTURE_TEST_CASE(a_link_in_the_files_place, yard) {
  link(in("vault/secret"), "home/a.log");
  BOOST_TEST(open("home/a.log") == ELOOP);
  BOOST_TEST(open("home/a.log", O_RDONLY) == ELOOP);
  link(in("vault/new"), "home/b.log"); // that leads nowhere yet
  BOOST_TEST(open("home/b.log") != 0);
  BOOST_TEST(!fs::exists(in("vault/new")));
  link("logs/c", "home/c.log"); // his own, made by us, and again
  BOOST_TEST(open("home/c.log") == 0);
  BOOST_TEST(open("home/c.log") == 0);
  BOOST_TEST(fs::exists(in("home/logs/c")));
  link(in("vault/secret"), "home/d.log", false); // root's own link
  BOOST_TEST(open("home/d.log") == 0);
}

/// Its text and its owner are those of one link, or the stranger's text would pass for root's.
BOOST_FIXTURE_TEST_CASE(a_link_that_is_exchanged_while_we_look, yard) {
  write("vault/open", "open");
  link(in("vault/open"), "home/roots", false);
  link(in("vault/secret"), "home/his");
  std::atomic<bool> over = false;
  std::thread stranger{[&] {
    while (!over)
      for (const char* name : {"home/roots", "home/his"}) {
        ::rename(in(name).c_str(), in("home/a.log").c_str());
        ::rename(in("home/a.log").c_str(), in(name).c_str());
      }
  }};
  std::string refusal;
  std::string secrets;
  for (auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{300};
       secrets.empty() && std::chrono::steady_clock::now() < end;) {
    unique_fd fd{open_path(in("home/a.log"), O_RDONLY, 0, refusal)};
    char text[8] = {};
    if (fd && ::read(fd.get(), text, sizeof text - 1) > 0 && std::string_view(text) != "open")
      secrets += text;
  }
  over = true;
  stranger.join();
  BOOST_TEST(secrets == "");
}

BOOST_FIXTURE_TEST_CASE(files_with_several_names, yard) {
  fs::create_hard_link(in("vault/secret"), in("home/a.log"));
  BOOST_TEST(open("home/a.log") == EMLINK);
  BOOST_TEST(open("home/a.log", O_RDONLY) == EMLINK);
  BOOST_TEST(said.find("several names") != std::string::npos);
  BOOST_TEST(open("vault/secret") == 0); // where only root can have given them
}

BOOST_FIXTURE_TEST_CASE(nothing_is_emptied_before_it_is_judged, yard) {
  fs::create_hard_link(in("vault/secret"), in("home/a.log"));
  BOOST_TEST(open("home/a.log", O_WRONLY | O_TRUNC) == EMLINK);
  link(in("vault/secret"), "home/b.log");
  BOOST_TEST(open("home/b.log", O_WRONLY | O_TRUNC) == ELOOP);
  BOOST_TEST(read("vault/secret") == "secret");
  BOOST_TEST(open("vault/secret", O_WRONLY | O_TRUNC) == 0);
  BOOST_TEST(read("vault/secret") == "");
}

BOOST_FIXTURE_TEST_CASE(links_of_procfs, yard) {
  std::string refusal;
  unique_fd null{::open("/dev/null", O_WRONLY)};
  auto number = "/proc/self/fd/" + std::to_string(null.get());
  BOOST_TEST(unique_fd{open_path(number, O_WRONLY, 0, refusal)}.get() >= 0);
  link(number, "home/fd"); // whatever is open there is not the stranger's
  BOOST_TEST(open("home/fd") == ELOOP);
  link("/dev/stdout", "home/out");
  BOOST_TEST(open("home/out") == ELOOP);
}

BOOST_FIXTURE_TEST_CASE(links_without_end, yard) {
  link("b", "home/a", false);
  link("a", "home/b", false);
  BOOST_TEST(open("home/a") == ELOOP);
  BOOST_TEST(open("home/a/x") == ELOOP);
}

BOOST_FIXTURE_TEST_CASE(what_a_path_may_look_like, yard) {
  BOOST_TEST(open("home//logs/./../logs//a") == 0);
  BOOST_TEST(open("home/logs/") == EISDIR);
  BOOST_TEST(open("home/logs/.") == EISDIR);
  BOOST_TEST(open("home/none/a") == ENOENT);
  BOOST_TEST(open("vault/secret/a") == ENOTDIR);
  BOOST_TEST(find_folder(in("home/logs")).error == 0);
  BOOST_TEST(find_folder(in("vault/secret")).error == ENOTDIR);
}

BOOST_FIXTURE_TEST_CASE(steady_folders, yard) { // that nobody can exchange for another one
  fs::permissions(path, fs::perms(0755));
  auto steady = [&](const std::string& name) { return find_place(in(name), last_link::keep).is_steady; };
  BOOST_TEST(steady("vault/s.sock"));
  BOOST_TEST(steady("home/s.sock")); // its names are his, its place is not
  BOOST_TEST(!steady("home/logs/s.sock"));
  BOOST_TEST(find_place("/tmp/s.sock", last_link::keep).is_steady);
}

BOOST_AUTO_TEST_SUITE_END()

/// In a process of its own: stdout is exchanged.
BOOST_FIXTURE_TEST_CASE(stdout_that_is_a_file_shares_its_offset, scratch) {
  auto ended = in_helper([&] {
    unique_fd file{::open(in("out").c_str(), O_WRONLY | O_CREAT, 0600)};
    ::dup2(file.get(), STDOUT_FILENO);
    std::string refusal;
    unique_fd log{open_path("/dev/stdout", O_WRONLY | O_APPEND | O_CREAT, 0666, refusal)};
    (void)!::write(STDOUT_FILENO, "one\n", 4);
    (void)!::write(log.get(), "two\n", 4);
    (void)!::write(STDOUT_FILENO, "three\n", 6);
    return std::string(log ? "" : "not opened");
  });
  BOOST_TEST(ended == "");
  BOOST_TEST(read("out") == "one\ntwo\nthree\n");
}

BOOST_FIXTURE_TEST_CASE(stdout_that_is_a_socket_is_written_as_it_is, scratch) {
  auto ended = in_helper([&] {
    int ends[2];
    ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    ::dup2(ends[1], STDOUT_FILENO);
    std::string refusal;
    unique_fd log{open_path("/proc/self/fd/1", O_WRONLY | O_APPEND | O_CREAT, 0666, refusal)};
    char text[4] = {};
    if (::write(log.get(), "abc", 3) == 3)
      (void)!::read(ends[0], text, 3);
    return std::string(text);
  });
  BOOST_TEST(ended == "abc");
}

BOOST_AUTO_TEST_SUITE_END()
