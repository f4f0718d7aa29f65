// What comes over a program's notify socket, and from whom: real sockets, and families of real processes, each of which
// stays until its test lets it go. Source: docs/contract/programs.md, 3.2.
#include "platform/notify_inbox.hpp"
#include "platform/notify_socket.hpp"
#include "tests/scratch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(notify_inbox_test)

using namespace troupe::platform;
using namespace troupe::tests;
namespace data = boost::unit_test::data;

namespace {

/// An inbox in a folder of its own.
struct inbox_fixture {
  inbox_fixture() {
    auto made = make_notify_inbox(folder.path, {}, 0x0123456789abcdefULL);
    BOOST_REQUIRE(made.has_value());
    inbox = std::move(*made);
  }
  void says(const std::string& text) const { notify_manager(inbox.address, text); }
  /// Waits for it.
  notify_datagram next() const {
    pollfd ready{inbox.socket.get(), POLLIN, 0};
    BOOST_REQUIRE(::poll(&ready, 1, 30'000) == 1);
    auto said = receive_notify(inbox.socket.get());
    BOOST_REQUIRE(said.has_value());
    return *said;
  }
  bool is_empty() const { return !receive_notify(inbox.socket.get()); }

  scratch folder;
  notify_inbox inbox;
};

/// A child of ours that does `work` and then stays as long as this object, as does whoever it forks and who calls
/// stay(). Objects must go in the reverse order: a later child has copies of what keeps the earlier ones.
class relative {
public:
  template <class Work>
  explicit relative(Work work) {
    int ends[2];
    BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    leash_.reset(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
      leash_.reset();
      ::alarm(30); // a parent that fails leaves nobody behind
      auto stay = [&] {
        char byte = 0;
        (void)!::read(ends[0], &byte, 1);
        ::_exit(0);
      };
      work(stay);
      stay();
    }
    ::close(ends[0]);
  }
  ~relative() { end(); }
  relative(const relative&) = delete;
  relative& operator=(const relative&) = delete;
  void end() {
    leash_.reset();
    if (std::exchange(is_there_, false))
      ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

private:
  unique_fd leash_;
  pid_t pid_ = -1;
  bool is_there_ = true;
};

constexpr auto nothing = [](auto) {};

/// With `count` copies of `fd`.
void send_descriptors(const std::string& address, int fd, std::size_t count) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  address.copy(to.sun_path, sizeof to.sun_path - 1);
  std::vector<int> fds(count, fd);
  std::vector<unsigned char> control(CMSG_SPACE(count * sizeof(int)));
  char text[] = "BARRIER=1";
  iovec from{text, sizeof text - 1};
  msghdr head{};
  head.msg_name = &to;
  head.msg_namelen = sizeof to;
  head.msg_iov = &from;
  head.msg_iovlen = 1;
  head.msg_control = control.data();
  head.msg_controllen = control.size();
  auto* piece = CMSG_FIRSTHDR(&head);
  piece->cmsg_level = SOL_SOCKET;
  piece->cmsg_type = SCM_RIGHTS;
  piece->cmsg_len = CMSG_LEN(count * sizeof(int));
  std::memcpy(CMSG_DATA(piece), fds.data(), count * sizeof(int));
  unique_fd socket{::socket(AF_UNIX, SOCK_DGRAM, 0)};
  if (::sendmsg(socket.get(), &head, 0) < 0)
    throw std::runtime_error(std::strerror(errno));
}

auto open_descriptors() { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); }

boost::test_tools::assertion_result knows_senders(boost::unit_test::test_unit_id) { return PORTABLE_BUILD == 0; }
const boost::unit_test::precondition only_where_senders_are_known{&knows_senders};

} // namespace

BOOST_FIXTURE_TEST_CASE(what_comes, inbox_fixture) {
  BOOST_TEST(is_empty());
  says("READY=1\nSTATUS=up");
  says("");
  says("WATCHDOG=1");
  for (const char* text : {"READY=1\nSTATUS=up", "", "WATCHDOG=1"}) {
    auto said = next();
    BOOST_TEST(said.text == text);
    BOOST_TEST(!said.too_long);
  }
  BOOST_TEST(is_empty());
}

BOOST_FIXTURE_TEST_CASE(too_long, inbox_fixture) {
  says(std::string(8192, 'x'));
  says(std::string(8193, 'x'));
  says("READY=1");
  auto most = next();
  BOOST_TEST(!most.too_long);
  BOOST_TEST(most.text == std::string(8192, 'x'));
  auto more = next();
  BOOST_TEST(more.too_long);
  BOOST_TEST(more.text == "");
  BOOST_TEST(next().text == "READY=1");
}

BOOST_DATA_TEST_CASE_F(inbox_fixture, descriptors_are_closed, data::make({1, 2, 3, 253}), count) {
  int ends[2];
  BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  auto before = open_descriptors();
  send_descriptors(inbox.address, ends[1], static_cast<std::size_t>(count));
  ::close(ends[1]);
  BOOST_TEST(next().text == "BARRIER=1");
  char byte = 0;
  BOOST_TEST(::read(ends[0], &byte, 1) == 0); // nobody holds the other end: a barrier is answered
  BOOST_TEST(open_descriptors() == before - 1);
  ::close(ends[0]);
}

BOOST_FIXTURE_TEST_CASE(descriptors_there_is_no_room_for, inbox_fixture) {
  auto told = in_helper([&] {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
      return std::string("no pipe");
    send_descriptors(inbox.address, ends[1], 100);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    auto before = limit.rlim_cur;
    limit.rlim_cur = static_cast<rlim_t>(ends[1]) + 4;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::close(ends[1]);
    auto said = receive_notify(inbox.socket.get());
    limit.rlim_cur = before;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    char byte = 0;
    return said.value_or(notify_datagram{}).text + (::read(ends[0], &byte, 1) == 0 ? ", closed" : ", open");
  });
  BOOST_TEST(told == "BARRIER=1, closed");
}

// -- where it is ------------------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_file, inbox_fixture) {
  auto path = folder.in("0123456789abcdef.sock");
  BOOST_TEST(inbox.address == path);
  struct stat info {};
  BOOST_REQUIRE(::lstat(path.c_str(), &info) == 0);
  BOOST_TEST(S_ISSOCK(info.st_mode));
  BOOST_TEST((info.st_mode & 07777) == 0600U);
  BOOST_TEST(info.st_uid == ::geteuid());
  BOOST_TEST(::fcntl(inbox.socket.get(), F_GETFD) == FD_CLOEXEC);
  BOOST_TEST((::fcntl(inbox.socket.get(), F_GETFL) & O_NONBLOCK) != 0);
  BOOST_TEST(make_notify_inbox(folder.path + '/', {}, 0x0123456789abcdefULL).error().value() == EADDRINUSE);
  BOOST_TEST(folder.exists("0123456789abcdef.sock")); // whoever was first has it
  close_notify_inbox(inbox);
  BOOST_TEST(!folder.exists("0123456789abcdef.sock"));
  BOOST_TEST(!inbox.socket);
  BOOST_TEST(inbox.address == "");
}

BOOST_FIXTURE_TEST_CASE(what_has_taken_the_name_stays, inbox_fixture) {
  ::unlink(inbox.address.c_str());
  folder.write("0123456789abcdef.sock", "x");
  close_notify_inbox(inbox);
  BOOST_TEST(folder.exists("0123456789abcdef.sock"));
}

BOOST_AUTO_TEST_CASE(a_file_of_another_user) {
  if (::getuid() != 0)
    return;
  scratch folder;
  auto made = make_notify_inbox(folder.path, 65534, 1);
  BOOST_REQUIRE(made.has_value());
  struct stat info {};
  BOOST_REQUIRE(::lstat(made->address.c_str(), &info) == 0);
  BOOST_TEST(info.st_uid == 65534U);
  BOOST_TEST((info.st_mode & 07777) == 0600U);
  auto as = [&](uid_t uid) {
    return in_helper([&] {
      if (::setgid(uid) != 0 || ::setuid(uid) != 0)
        return "still root";
      notify_manager(made->address, "READY=1");
      return "sent";
    });
  };
  BOOST_TEST(as(65533) == "sent");
  BOOST_TEST(!receive_notify(made->socket.get()).has_value()); // it could not
  BOOST_TEST(as(65534) == "sent");
  auto said = receive_notify(made->socket.get());
  BOOST_REQUIRE(said.has_value());
  BOOST_TEST(said->uid == (PORTABLE_BUILD ? unknown_uid : 65534U));
}

BOOST_AUTO_TEST_CASE(no_place_for_a_file) {
  scratch folder;
  auto error_in = [](const std::string& directory) { return make_notify_inbox(directory, {}, 1).error().value(); };
  BOOST_TEST(error_in(folder.in("missing")) == ENOENT);
  BOOST_TEST(error_in("tmp") == EINVAL);
  auto deep = folder.path;
  while (deep.size() <= 108 - 22) // "/", 16 digits, ".sock"
    deep += "/x";
  std::filesystem::create_directories(deep);
  BOOST_TEST(error_in(deep) == ENAMETOOLONG);
}

BOOST_AUTO_TEST_CASE(a_name, *only_where_senders_are_known) {
  auto made = make_notify_inbox("", {}, 255);
  BOOST_REQUIRE(made.has_value());
  BOOST_TEST(made->address == "@supervisord/" + std::to_string(::getpid()) + "/00000000000000ff");
  BOOST_TEST(::fcntl(made->socket.get(), F_GETFD) == FD_CLOEXEC);
  notify_manager(made->address, "READY=1");
  auto said = receive_notify(made->socket.get());
  BOOST_REQUIRE(said.has_value());
  BOOST_TEST(said->text == "READY=1");
  BOOST_TEST(said->pid == ::getpid());
  BOOST_TEST(make_notify_inbox("", {}, 255).error().value() == EADDRINUSE);
  close_notify_inbox(*made);
  BOOST_TEST(make_notify_inbox("", {}, 255).has_value());
}

// -- who may speak ----------------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(senders_that_are_not_known, inbox_fixture) { // what posix/ makes of all
  if (PORTABLE_BUILD == 0)
    return;
  says("READY=1");
  auto said = next();
  BOOST_TEST(said.pid == 0);
  BOOST_TEST(said.uid == unknown_uid);
  BOOST_TEST(!is_of_child(::getpid(), ::getuid(), ::getpid(), ::getuid()));
  BOOST_TEST(make_notify_inbox("", {}, 1).error().value() == ENOTSUP);
}

BOOST_FIXTURE_TEST_CASE(the_child_and_a_stranger, inbox_fixture, *only_where_senders_are_known) {
  relative child([&](auto) {
    ::setpgid(0, 0);
    says("child");
  });
  auto said = next();
  BOOST_TEST(said.pid == child.pid());
  BOOST_TEST(said.uid == ::getuid());
  BOOST_TEST(is_of_child(said.pid, said.uid, child.pid(), ::getuid()));
  BOOST_TEST(is_of_child(said.pid, said.uid, child.pid(), 12345)); // by its pid, whoever it has become
  relative stranger([&](auto) { says("stranger"); });
  said = next();
  BOOST_TEST(said.pid == stranger.pid());
  BOOST_TEST(!is_of_child(said.pid, said.uid, child.pid(), ::getuid()));
  BOOST_TEST(!is_of_child(::getpid(), ::getuid(), child.pid(), ::getuid())); // nor whoever it descends from
  BOOST_TEST(!is_of_child(1, 0, child.pid(), 0));
}

BOOST_FIXTURE_TEST_CASE(a_descendant_in_a_session_of_its_own, inbox_fixture, *only_where_senders_are_known) {
  relative child([&](auto stay) {
    ::setpgid(0, 0);
    if (::fork() == 0) {
      if (::fork() == 0) {
        ::setsid();
        says("grandchild");
      }
      stay();
    }
  });
  auto said = next();
  BOOST_TEST(said.pid != child.pid());
  BOOST_TEST(::getpgid(said.pid) == said.pid);
  BOOST_TEST(is_of_child(said.pid, said.uid, child.pid(), 12345));
  relative other(nothing);
  BOOST_TEST(!is_of_child(said.pid, said.uid, other.pid(), said.uid));
}

BOOST_FIXTURE_TEST_CASE(one_of_its_process_group_alone, inbox_fixture, *only_where_senders_are_known) {
  relative child([&](auto) {
    ::setpgid(0, 0);
    says("child");
  });
  BOOST_TEST(next().text == "child"); // it leads the group now
  relative member([&](auto) {         // and does not descend from it, as an orphan does not any more
    ::setpgid(0, child.pid());
    says("member");
  });
  auto said = next();
  BOOST_TEST(said.pid == member.pid());
  BOOST_TEST(is_of_child(said.pid, said.uid, child.pid(), 12345));
}

BOOST_FIXTURE_TEST_CASE(one_who_is_gone, inbox_fixture, *only_where_senders_are_known) {
  relative child(nothing);
  relative helper([&](auto) {
    says("helper");
    ::_exit(0);
  });
  auto said = next();
  siginfo_t ended{};
  BOOST_REQUIRE(::waitid(P_PID, static_cast<id_t>(helper.pid()), &ended, WEXITED | WNOWAIT) == 0);
  for (const char* when : {"a zombie", "gone"}) {
    BOOST_TEST_CONTEXT(when) {
      BOOST_TEST(is_of_child(said.pid, said.uid, child.pid(), ::getuid()));
      BOOST_TEST(!is_of_child(said.pid, said.uid, child.pid(), 12345));
      BOOST_TEST(!is_of_child(said.pid, unknown_uid, child.pid(), unknown_uid));
    }
    helper.end();
  }
  auto last = child.pid();
  child.end();
  BOOST_TEST(is_of_child(last, 12345, last, 0)); // what the child said before its end
  BOOST_TEST(is_of_child(said.pid, said.uid, last, said.uid));
}

BOOST_AUTO_TEST_CASE(one_without_a_pid, *only_where_senders_are_known) {
  relative child(nothing);
  BOOST_TEST(is_of_child(0, 1001, child.pid(), 1001));
  BOOST_TEST(!is_of_child(0, 1001, child.pid(), 1002));
  BOOST_TEST(!is_of_child(0, unknown_uid, child.pid(), unknown_uid));
  BOOST_TEST(!is_of_child(::getpid(), ::getuid(), 0, ::getuid())); // no child: not all of our own group
  BOOST_TEST(!is_of_child(::getpid(), ::getuid(), -1, ::getuid()));
}

BOOST_AUTO_TEST_SUITE_END()
