// Counters of version 2 and 1, and what is not there. Source: docs/contract/deaths.md, 2; vector 149.
#include "platform/cgroup_memory.hpp"
#include "platform/core_file.hpp"

#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>

BOOST_AUTO_TEST_SUITE(cgroup_memory_test)

using namespace troupe::platform;
namespace fs = std::filesystem;

namespace {

struct mount_fixture {
  troupe::tests::scratch files;
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(files.in(name)).parent_path());
    files.write(name, text);
  }
  cgroup_memory memory(const std::string& membership) const {
    write("membership", membership);
    return cgroup_memory(files.in("membership"), files.path);
  }
};

} // namespace

#if COUNTS_MEMORY
BOOST_FIXTURE_TEST_CASE(version_2, mount_fixture) {
  write("a/b/memory.events", "low 0\noom 9\noom_kill 3\noom_group_kill 1\n");
  write("a/b/memory.max", "536870912\n");
  auto memory_of_b = memory("0::/a/b\n");
  BOOST_TEST(memory_of_b.name() == "/a/b");
  BOOST_TEST(memory_of_b.kills().value_or(-1) == 3);
  BOOST_TEST(memory_of_b.limit().value_or(-1) == 536870912);
  write("a/b/memory.events", "low 0\noom 9\noom_kill 4\n");
  write("a/b/memory.max", "max\n");
  BOOST_TEST(memory_of_b.kills().value_or(-1) == 4);
  BOOST_TEST(!memory_of_b.limit().has_value());
  write("a/b/memory.events", "");
  BOOST_TEST(!memory_of_b.kills().has_value()); // the group is gone: the kernel gives nothing then
  BOOST_TEST(memory_of_b.name() == "/a/b");
}

BOOST_FIXTURE_TEST_CASE(version_1, mount_fixture) {
  write("memory/x/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n");
  write("memory/x/memory.limit_in_bytes", "9223372036854771712\n");
  auto of_x = memory("5:cpu,cpuacct:/y\n4:memory:/x\n0::/\n");
  BOOST_TEST(of_x.name() == "/x");
  BOOST_TEST(of_x.kills().value_or(-1) == 7);
  BOOST_TEST(!of_x.limit().has_value());
}

BOOST_FIXTURE_TEST_CASE(inside_of_a_container, mount_fixture) {
  write("memory.events", "oom_kill 1\n");
  write("memory.max", "4096\n");
  auto inside = memory("0::/outside/name\n");
  BOOST_TEST(inside.kills().value_or(-1) == 1);
  BOOST_TEST(inside.limit().value_or(-1) == 4096);
}

#endif

BOOST_FIXTURE_TEST_CASE(there_is_none, mount_fixture) {
  for (const char* membership : {"", "0::/\n", "0::/nowhere\n", "nonsense", ":::::\n", "1:name=systemd:/x\n"}) {
    auto none = memory(membership);
    BOOST_TEST(!none.kills().has_value());
    BOOST_TEST(!none.limit().has_value());
    BOOST_TEST(none.name().empty());
  }
}

BOOST_FIXTURE_TEST_CASE(cores_by_name, mount_fixture) { // 150
  core_owner whose;
  whose.pid = 4711;
  whose.signo = 11;
  whose.program = "/usr/bin/a-rather-long-name";
  whose.directory = files.path;
  whose.uid = 5;
  whose.ended = 4'000'000'000;
  auto is = [&](const std::string& pattern, bool uses_pid = false) {
    auto found = core_of(whose, pattern, uses_pid);
    return found.starts_with(files.path) ? found.substr(files.path.size() + 1) : found;
  };
  BOOST_TEST(is("core") == "");
  for (const char* name : {"core", "core.4711", "a-rather-long-n.11.5", "!usr!bin!a-rather-long-name", "at.3999999998"})
    write(name, "");
  BOOST_TEST(is("core\n") == "core");
  BOOST_TEST(is("core\n", true) == "core.4711");
  BOOST_TEST(is("core.%p", true) == "core.4711");
  BOOST_TEST(is("%e.%s.%u") == "a-rather-long-n.11.5");
  BOOST_TEST(is("%E") == "!usr!bin!a-rather-long-name");
  BOOST_TEST(is("at.%t") == "at.3999999998");
  BOOST_TEST(is(files.in("core.%p")) == "core.4711");
  BOOST_TEST(is("other.%p") == "");
  BOOST_TEST(is("|/usr/lib/crash %p %e") == "|/usr/lib/crash");
  BOOST_TEST(is("") == "");
  whose.began = 4'000'000'000; // the file is older
  BOOST_TEST(is("core") == "");
  fs::create_symlink("/etc/passwd", files.in("link"));
  whose.began = 0;
  BOOST_TEST(is("link") == "");
}

BOOST_AUTO_TEST_CASE(the_kernel_s_log_names_nobody_who_lives) {
  BOOST_TEST(!kernel_says_out_of_memory(1, kernel_log_time()));
}

BOOST_AUTO_TEST_SUITE_END()
