// User, limits, the background and the pid file, each in a forked helper. Vectors C293 to C297, C306 to C308 of the
// docs/contract/configuration.md; N9.
#include "platform/daemon.hpp"
#include "tests/scratch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/resource.h>
#include <sys/stat.h>

BOOST_AUTO_TEST_SUITE(privileges_test)

using namespace troupe::platform;
using namespace troupe::tests;
namespace data = boost::unit_test::data;

namespace {

std::string joined(const troupe::config::result<std::vector<std::string>>& sentences) {
  if (!sentences)
    return sentences.error().what;
  std::string all;
  for (const auto& s : *sentences)
    all += s + '\n';
  return all;
}

std::string said(const troupe::config::result<std::string>& sentence) {
  return sentence ? *sentence : sentence.error().what;
}

struct limit_row {
  const char* when;
  rlim_t soft, hard;
  std::int64_t wanted;
  bool as_root;
  const char* sentence;
  rlim_t soft_after;
};
std::ostream& operator<<(std::ostream& out, const limit_row& r) { return out << r.when; }

constexpr auto unlimited = RLIM_INFINITY;
const char* const too_many_files =
  "The minimum number of file descriptors required to run this process is 3000 as per the \"minfds\" command-line "
  "argument or config file setting. The current environment will only allow you to open 2000 file descriptors.  Either "
  "raise the number of usable file descriptors in your environment (see README.rst) or lower the minfds setting in the "
  "config file to allow the process to start.";
const char* const too_many_processes =
  "The minimum number of available processes required to run this program is 3000 as per the \"minprocs\" command-line "
  "argument or config file setting. The current environment will only allow you to open 2000 processes.  Either raise "
  "the number of usable processes in your environment (see README.rst) or lower the minprocs setting in the config "
  "file "
  "to allow the program to start.";

const limit_row file_limits[] = {
  {"C296", 1000, 20000, 5000, false, "Increased RLIMIT_NOFILE limit to 5000\n", 5000},
  {"C297, N9: the hard limit", 1000, 2000, 3000, false, too_many_files, 1000},
  {"root raises the hard limit", 1000, 2000, 3000, true, "Increased RLIMIT_NOFILE limit to 3000\n", 3000},
  {"high enough", 1000, 2000, 1000, false, "", 1000},
  {"never lowered", 1000, 2000, 10, false, "", 1000},
  {"negative (K22)", 1000, 2000, -1, false, "", 1000},
};
const limit_row process_limits[] = {
  {"raised", 1000, 20000, 5000, false, "Increased RLIMIT_NPROC limit to 5000\n", 5000},
  {"refused", 1000, 2000, 3000, false, too_many_processes, 1000},
  {"unlimited", unlimited, unlimited, 3000, false, "", unlimited},
};

/// Not every container lets its root raise a hard limit.
bool root_may_raise() {
  return in_helper([] {
           rlimit lower{1000, 2000};
           rlimit higher{3000, 3000};
           return std::string(
             ::setrlimit(RLIMIT_NOFILE, &lower) == 0 && ::setrlimit(RLIMIT_NOFILE, &higher) == 0 ? "yes" : "no");
         }) == "yes";
}

template <class Resource>
std::string raised(const limit_row& r, Resource resource) {
  return in_helper([&] {
    rlimit before{r.soft, r.hard};
    if (::setrlimit(resource, &before) != 0)
      return std::string("cannot be tried here");
    if (!r.as_root)
      become_nobody();
    auto sentence = joined(resource == RLIMIT_NOFILE ? raise_limits(r.wanted, 0) : raise_limits(0, r.wanted));
    rlimit after{};
    ::getrlimit(resource, &after);
    return sentence + (after.rlim_cur == r.soft_after ? "" : " but it is " + std::to_string(after.rlim_cur));
  });
}

} // namespace

BOOST_DATA_TEST_CASE(files, data::make(file_limits), r) {
  if (r.as_root && !root_may_raise())
    return;
  if (auto text = raised(r, RLIMIT_NOFILE); text != "cannot be tried here")
    BOOST_TEST(text == r.sentence);
}

BOOST_DATA_TEST_CASE(processes, data::make(process_limits), r) {
  if (auto text = raised(r, RLIMIT_NPROC); text != "cannot be tried here")
    BOOST_TEST(text == r.sentence);
}

BOOST_AUTO_TEST_CASE(one_s_own_user) { // C292, C295
  auto own = static_cast<std::int64_t>(::getuid());
  BOOST_TEST(said(drop_privileges(own)) == "Set uid to user " + std::to_string(own) + " succeeded");
}

BOOST_AUTO_TEST_CASE(another_user) { // C293, C294
  if (::getuid() != 0)
    return;
  auto text = in_helper([] {
    auto sentence = said(drop_privileges(65534));
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("Uid:") || line.starts_with("Gid:") || line.starts_with("Groups:"))
        sentence += '\n' + line.substr(0, line.find_last_not_of(' ') + 1);
    return sentence + '\n' + said(drop_privileges(0));
  });
  BOOST_TEST(text == "Set uid to user 65534 succeeded\nUid:\t65534\t65534\t65534\t65534\n"
                     "Gid:\t65534\t65534\t65534\t65534\nGroups:\t65534\nCan't drop privilege as nonroot user");
  BOOST_TEST(in_helper([] { return said(drop_privileges(3999999)); }) == "Can't find uid 3999999");
}

BOOST_FIXTURE_TEST_CASE(the_pid_file, scratch) { // C306
  write("pid", "something longer that was there before");
  auto written = pid_file::write(in("pid"));
  BOOST_REQUIRE(static_cast<bool>(written));
  BOOST_TEST(read("pid") == std::to_string(::getpid()) + "\n");
  BOOST_TEST(!pid_file::write(path));
  BOOST_TEST(!pid_file::write(in("none/pid")));
  struct stat info {};
  BOOST_REQUIRE(::stat(in("pid").c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777 & ~0644) == 0U);
  written->remove();
  BOOST_TEST(!exists("pid"));
}

BOOST_FIXTURE_TEST_CASE(the_pid_file_in_the_place_of_something_else, scratch) {
  BOOST_REQUIRE(::mkfifo(in("fifo").c_str(), 0600) == 0);
  BOOST_TEST(!pid_file::write(in("fifo"))); // and no waiting for a reader
  auto null = pid_file::write("/dev/null");
  BOOST_REQUIRE(static_cast<bool>(null));
  null->remove();
  BOOST_TEST(::access("/dev/null", F_OK) == 0);
  write("precious", "precious");
  std::filesystem::create_hard_link(in("precious"), in("pid"));
  BOOST_TEST(static_cast<bool>(pid_file::write(in("pid"))) == true); // another file takes the name
  BOOST_TEST(read("precious") == "precious");
  if (::getuid() != 0)
    return;
  std::filesystem::create_symlink(in("precious"), in("link"));
  BOOST_REQUIRE(::lchown(in("link").c_str(), 65534, 65534) == 0);
  auto refused = pid_file::write(in("link"));
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().what.find("belongs to uid 65534") != std::string::npos);
  BOOST_TEST(read("precious") == "precious");
  auto other = pid_file::write(in("mine"));
  std::filesystem::remove(in("mine"));
  write("mine", "another daemon's");
  other->remove();
  BOOST_TEST(exists("mine"));
}

BOOST_FIXTURE_TEST_CASE(into_the_background, scratch) { // C307
  for (bool there : {true, false}) {
    auto directory = there ? path : in("none");
    // The pipe of the helper reaches its end when the daemon has ended, which outlives the helper's own process.
    auto text = in_helper([&] {
      std::string records;
      auto done = daemonize(directory, 01077, "it ended");
      done.ready();
      for (const auto& r : done.records)
        records += std::to_string(static_cast<int>(r.level)) + ' ' + r.text + '\n';
      for (int fd = 0; fd < 3; ++fd)
        records += std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)).string() + '\n';
      records += ::getsid(0) == ::getpid() ? "leads a session\n" : "no leader\n";
      records += std::filesystem::current_path() == path ? "there\n" : "elsewhere\n";
      return records + std::to_string(::umask(0));
    });
    auto null = std::string("/dev/null\n/dev/null\n/dev/null\nleads a session\n");
    if (there)
      BOOST_TEST(text == "20 daemonizing the supervisord process\n20 set current directory: '" + path + "'\n" + null +
                           "there\n63");
    else
      BOOST_TEST(text == "20 daemonizing the supervisord process\n50 can't chdir into '" + directory +
                           "': [Errno 2] No such file or directory: '" + directory + "'\n" + null + "elsewhere\n63");
  }
}

BOOST_AUTO_TEST_SUITE_END()
