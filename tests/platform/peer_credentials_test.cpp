// Who is at the other end of a unix socket: real connections of real users, and answers of a kernel that is made up.
// Vectors 138, 141 to 145 of docs/contract/access.md.
#include "platform/peer_credentials.hpp"
#include "platform/unique_fd.hpp"
#include "tests/scratch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <grp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(peer_credentials_test)

using namespace troupe::platform;
using namespace troupe::tests;
namespace data = boost::unit_test::data;

namespace {

struct row {
  const char* when;
  bool failed;
  std::size_t size; ///< of 12
  std::uint32_t uid;
  bool somebody;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }

// clang-format off
const row answers[] = {
  {"root", false, 12, 0, true},
  {"a user", false, 12, 1001, true},
  {"a large uid", false, 12, 4000000000, true},
  {"above the signed ones", false, 12, 0x80000000, true},
  {"failed", true, 12, 0, false},
  {"short", false, 8, 0, false},
  {"nothing", false, 0, 0, false},
  {"a stranger", false, 12, 65533, false},
  {"no uid", false, 12, 0xffffffff, false},
};
// clang-format on

/// Waits for one connection on a socket in `folder`, made by a child that does `connects` with its address.
template <class Connect>
std::optional<peer_credentials> seen_of(const scratch& folder, Connect connects) {
  auto path = folder.in("s");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const auto* at = reinterpret_cast<const sockaddr*>(&address);
  unique_fd listener{::socket(AF_UNIX, SOCK_STREAM, 0)};
  BOOST_REQUIRE(::bind(listener.get(), at, sizeof address) == 0);
  BOOST_REQUIRE(::listen(listener.get(), 1) == 0);
  BOOST_REQUIRE(::chmod(path.c_str(), 0777) == 0);
  BOOST_REQUIRE(::chmod(folder.path.c_str(), 0755) == 0);
  auto child = ::fork();
  if (child == 0) {
    ::alarm(30); // a parent that fails leaves nobody behind
    int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    connects([&] { return ::connect(fd, at, sizeof address); });
    char c = 0;
    bool told = ::write(fd, "x", 1) == 1 && ::read(fd, &c, 1) == 0; // until we have looked
    ::_exit(told ? 0 : 1);
  }
  unique_fd there{::accept(listener.get(), nullptr, nullptr)};
  char c = 0;
  BOOST_REQUIRE(::read(there.get(), &c, 1) == 1);
  auto seen = credentials_of_unix_peer(there.get());
  there = {};
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(status == 0);
  if (seen)
    BOOST_TEST(seen->pid == child);
  return seen;
}

/// What cannot be done makes the child end, and its parent's read(2) fail.
void must(bool done) {
  if (!done)
    ::_exit(2);
}

void become(uid_t uid, gid_t gid, std::vector<gid_t> groups) {
  must(::setgroups(groups.size(), groups.data()) == 0);
  must(::setgid(gid) == 0);
  must(::setuid(uid) == 0);
}

} // namespace

BOOST_DATA_TEST_CASE(what_is_made_of_answers, data::make(answers), r) {
  auto said = r.failed ? std::nullopt : std::optional(peer_credentials{r.uid, 100, 7, {27, 65532, 0xffffffff, 28}});
  auto made = judged(said, r.size, 12, {65533, 65532});
  BOOST_REQUIRE(made.has_value() == r.somebody);
  if (!made)
    return;
  BOOST_TEST(made->uid == r.uid);
  BOOST_TEST(made->gid == 100u);
  BOOST_TEST((made->groups == std::vector<std::uint32_t>{27, 28})); // those of strangers are nobody's
}

BOOST_AUTO_TEST_CASE(a_pair_is_of_ourselves) {
  int ends[2];
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  unique_fd one{ends[0]};
  unique_fd other{ends[1]};
  auto seen = credentials_of_unix_peer(one.get());
  BOOST_REQUIRE((seen.has_value() || ::getuid() == 65534));
  if (seen) {
    BOOST_TEST(seen->uid == ::getuid());
    BOOST_TEST(seen->pid == ::getpid());
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_unix_socket_is_nobody) {
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  unique_fd one{ends[0]};
  unique_fd other{ends[1]};
  BOOST_TEST(!credentials_of_unix_peer(one.get()));
  BOOST_TEST(!credentials_of_unix_peer(-1));
}

BOOST_AUTO_TEST_CASE(a_kernel_that_fails_or_is_short) {
  int ends[2];
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  unique_fd one{ends[0]};
  unique_fd other{ends[1]};
  auto fails = [](int, int, int, void*, socklen_t*) {
    errno = ENOPROTOOPT;
    return -1;
  };
  auto is_short = [](int, int, int, void*, socklen_t* size) { // and leaves zeros, which would be root
    *size = 4;
    return 0;
  };
  BOOST_TEST(!credentials_of_unix_peer(one.get(), fails));
  BOOST_TEST(!credentials_of_unix_peer(one.get(), is_short));
}

BOOST_AUTO_TEST_CASE(users_and_their_groups) {
  if (::getuid() != 0)
    return; // only root can be others
  scratch folder;
  auto seen = seen_of(folder, [](auto connects) {
    std::vector<gid_t> many{27};
    for (gid_t gid = 5000; gid < 5100; ++gid) // more than are asked for at first
      many.push_back(gid);
    become(4000000000, 100, many);
    must(connects() == 0);
  });
  BOOST_REQUIRE(seen);
  BOOST_TEST(seen->uid == 4000000000);
  BOOST_TEST(seen->gid == 100u);
#if !PORTABLE_BUILD
  BOOST_TEST(seen->groups.size() == 101u);
  BOOST_TEST((std::find(seen->groups.begin(), seen->groups.end(), 5099u) != seen->groups.end()));
#endif
}

BOOST_AUTO_TEST_CASE(nobody_is_nobody) {
  if (::getuid() != 0)
    return; // only root can be others
  scratch folder;
  BOOST_TEST(!seen_of(folder, [](auto connects) {
    become(65534, 65534, {});
    must(connects() == 0);
  }));
}

BOOST_AUTO_TEST_CASE(the_user_who_connected_counts) {
  if (::getuid() != 0)
    return; // only root can be others
  scratch folder;
  auto seen = seen_of(folder, [](auto connects) { // and is root again when it writes
    must(::setgroups(0, nullptr) == 0);
    must(::setegid(100) == 0 && ::seteuid(1001) == 0);
    must(connects() == 0);
    must(::seteuid(0) == 0 && ::setegid(0) == 0);
  });
  BOOST_REQUIRE(seen);
  BOOST_TEST(seen->uid == 1001u);
  BOOST_TEST(seen->gid == 100u);
  BOOST_TEST(seen->groups.empty());
}

BOOST_AUTO_TEST_SUITE_END()
