// The register: what its numbers say, where its file may be, which file is believed. Vectors 89, 93 of
// docs/contract/survival.md.
#include "platform/register.hpp"
#include "tests/scratch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(register_test)

using namespace troupe::platform;
namespace data = boost::unit_test::data;

namespace {

struct state_row {
  const char* when;
  std::uint32_t life;
  std::int32_t pid;
  std::uint32_t ended, handled;
  slot_state state;
};
std::ostream& operator<<(std::ostream& out, const state_row& r) { return out << r.when; }

const state_row states[] = {
  {"never used", 0, 0, 0, 0, slot_state::unused},
  {"begun, no child", 1, 0, 0, 0, slot_state::meant},
  {"has its pid", 1, 77, 0, 0, slot_state::running},
  {"keeper has seen the end", 1, 77, 1, 0, slot_state::ended},
  {"worker, too", 1, 77, 1, 1, slot_state::handled},
  {"pid is gone, next life not begun", 1, 0, 1, 1, slot_state::handled},
  {"second life begun", 2, 0, 1, 1, slot_state::meant},
  {"second life runs", 2, 78, 1, 1, slot_state::running},
  {"second life ended, first handled", 2, 78, 2, 1, slot_state::ended},
};

struct trouble_row {
  const char* trouble;
  void (*spoil)(struct stat&, register_header&, std::size_t&);
};
std::ostream& operator<<(std::ostream& out, const trouble_row& r) { return out << r.trouble; }

const trouble_row troubles[] = {
  {"", [](struct stat&, register_header&, std::size_t&) {}},
  {"is a link", [](struct stat& s, register_header&, std::size_t&) { s.st_mode = S_IFLNK | 0777; }},
  {"is no file", [](struct stat& s, register_header&, std::size_t&) { s.st_mode = S_IFIFO | 0600; }},
  {"belongs to another user", [](struct stat& s, register_header&, std::size_t&) { s.st_uid = 8; }},
  {"belongs to another user", [](struct stat&, register_header& h, std::size_t&) { h.uid = 8; }},
  {"can be written by others", [](struct stat& s, register_header&, std::size_t&) { s.st_mode = S_IFREG | 0620; }},
  {"has several names", [](struct stat& s, register_header&, std::size_t&) { s.st_nlink = 2; }},
  {"is no register", [](struct stat&, register_header&, std::size_t& n) { n = 4095; }},
  {"is no register", [](struct stat&, register_header& h, std::size_t&) { h.magic[7] = 'H'; }},
  {"is of layout 2", [](struct stat&, register_header& h, std::size_t&) { h.layout = 2; }},
  {"is of layout 1", [](struct stat&, register_header& h, std::size_t&) { h.slot_size = 128; }},
  {"is cut", [](struct stat& s, register_header&, std::size_t&) { s.st_size = 4096; }},
  {"is of another boot", [](struct stat&, register_header& h, std::size_t&) { h.boot_id[0] = 'z'; }},
  {"is of another boot", [](struct stat&, register_header& h, std::size_t&) { h.boot_id[1] = '\0'; }},
};

/// A folder of ours on a tmpfs, where the machine has one.
struct memory_folder {
  memory_folder() {
    char pattern[] = "/dev/shm/troupe-register-XXXXXX";
    if (::mkdtemp(pattern))
      path = pattern;
  }
  ~memory_folder() {
    if (!path.empty())
      std::filesystem::remove_all(path);
  }
  std::string in(const std::string& name) const { return path + "/" + name; }
  std::string path;
};

bool there(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

} // namespace

BOOST_DATA_TEST_CASE(a_life_is_in_one_state, data::make(states), r) {
  BOOST_TEST(static_cast<int>(state_of(r.life, r.pid, r.ended, r.handled)) == static_cast<int>(r.state));
}

BOOST_AUTO_TEST_CASE(a_life_begins_without_the_pid_of_the_last_one) {
  register_slot slot{};
  BOOST_TEST(begin_life(slot) == 1U);
  slot.pid = 12;
  slot.ended_life = 1;
  BOOST_TEST(begin_life(slot) == 2U);
  BOOST_TEST(slot.pid == 0);
  BOOST_TEST(static_cast<int>(state_of(slot)) == static_cast<int>(slot_state::meant));
  slot.life = 0xffffffff;
  BOOST_TEST(begin_life(slot) == 1U);
}

BOOST_DATA_TEST_CASE(a_file_is_believed_or_says_why_not, data::make(troubles), r) {
  struct stat info {};
  register_header header{};
  info.st_mode = S_IFREG | 0600;
  info.st_uid = header.uid = 7;
  info.st_nlink = 1;
  info.st_size = sizeof(register_memory);
  std::memcpy(header.magic, register_magic, sizeof register_magic);
  header.layout = 1;
  header.slot_size = 64;
  std::memcpy(header.boot_id, "abc", 3);
  std::size_t size = sizeof header;
  r.spoil(info, header, size);
  BOOST_TEST(trouble_with_register(info, header, size, {7, "abc"}) == r.trouble);
}

BOOST_AUTO_TEST_CASE(without_a_tmpfs_of_our_own_it_has_no_name) { // 93
  troupe::tests::scratch here;
  for (const auto& path : {std::string(), std::string("/dev/shm/troupe-test.register"), here.in("no/s.register")}) {
    auto made = make_register(path);
    BOOST_TEST_REQUIRE(static_cast<bool>(made.memory));
    BOOST_TEST(!made.is_file);
    BOOST_TEST(made.why_no_file.empty() == path.empty());
    BOOST_TEST((path.empty() || !there(path)));
    BOOST_TEST(made.memory->header.layout == 1U);
    BOOST_TEST(made.memory->header.held[1] == -1);
    BOOST_TEST(static_cast<int>(state_of(made.memory->slots[most_slots - 1])) == 0);
    BOOST_TEST((::fcntl(made.memory.fd(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

BOOST_AUTO_TEST_CASE(on_a_tmpfs_it_is_found_again) {
  memory_folder here;
  if (here.path.empty())
    return; // no tmpfs on this machine
  auto path = here.in("s.pid.register");
  BOOST_TEST(!find_register(path).memory);
  BOOST_TEST(find_register(path).trouble == "");
  {
    auto made = make_register(path);
    BOOST_TEST_REQUIRE(made.is_file);
    struct stat info {};
    BOOST_TEST(::stat(path.c_str(), &info) == 0);
    BOOST_TEST((info.st_mode & 07777) == 0600U);
    made.memory->slots[3].life = 9;
    BOOST_TEST(find_register(path).in_use); // 90
    BOOST_TEST(make_register(path).error == EBUSY);
    BOOST_TEST(there(path));
  }
  auto found = find_register(path);
  BOOST_TEST(!found.in_use);
  BOOST_TEST_REQUIRE(static_cast<bool>(found.memory));
  BOOST_TEST(found.memory->slots[3].life == 9U);
  auto next = make_register(path); // a leftover is replaced, not written over
  BOOST_TEST(next.is_file);
  BOOST_TEST(next.memory->slots[3].life == 0U);
  BOOST_TEST(found.memory->slots[3].life == 9U);
  remove_register(found.memory.fd()); // the name is another's by now
  BOOST_TEST(there(path));
  remove_register(next.memory.fd());
  BOOST_TEST(!there(path));
}

BOOST_AUTO_TEST_CASE(what_is_not_ours_is_neither_followed_nor_touched) { // 89
  memory_folder here;
  if (here.path.empty())
    return; // no tmpfs on this machine
  auto path = here.in("s.register");
  auto other = here.in("other");
  { make_register(other); }
  BOOST_TEST_REQUIRE(::symlink(other.c_str(), path.c_str()) == 0);
  BOOST_TEST(find_register(path).trouble == "is a link");
  auto made = make_register(path);
  BOOST_TEST(static_cast<bool>(made.memory));
  BOOST_TEST(!made.is_file);
  BOOST_TEST(made.ignored == "is a link");
  BOOST_TEST(there(path));
  ::unlink(path.c_str());

  BOOST_TEST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0); // does not hang either
  BOOST_TEST(find_register(path).trouble == "is no file");
  BOOST_TEST(!make_register(path).is_file);
  ::unlink(path.c_str());

  ::close(::open(path.c_str(), O_WRONLY | O_CREAT, 0600));
  BOOST_TEST_REQUIRE(::truncate(path.c_str(), 100) == 0);
  BOOST_TEST(find_register(path).trouble == "is no register");
  BOOST_TEST(!make_register(path).is_file);
  BOOST_TEST(there(path));

  BOOST_TEST_REQUIRE(::truncate(other.c_str(), 8192) == 0); // one of ours that was cut is never mapped, and replaced
  BOOST_TEST(find_register(other).trouble == "is cut");
  made = make_register(other);
  BOOST_TEST(made.is_file);
  BOOST_TEST(made.ignored == "is cut");
}

BOOST_AUTO_TEST_SUITE_END()
