// The socket between worker and keeper: order, descriptors, a keeper that does not read, a table that is full.
#include "platform/descriptors.hpp"
#include "platform/keeper_link.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(keeper_link_test)

using namespace troupe::platform;
using namespace std::chrono_literals;

namespace {

struct pair_fixture {
  pair_fixture() {
    BOOST_TEST_REQUIRE(make_keeper_sockets(keeper, worker) == 0);
    nudge.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    BOOST_TEST_REQUIRE(make_pipe(read_end, write_end) == 0);
  }
  std::uint64_t nudges() {
    std::uint64_t n = 0;
    return ::read(nudge.get(), &n, sizeof n) == sizeof n ? n : 0;
  }
  received next() {
    for (int& fd : got.fds)
      unique_fd{fd}.reset();
    return receive_message(keeper.get(), got, true);
  }
  keeper_word word() const { return order_of(got.message, got.size, got.descriptors, got.cut); }
  bool same_file(int a, int b) {
    struct stat x {};
    struct stat y {};
    return ::fstat(a, &x) == 0 && ::fstat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
  }
  ~pair_fixture() {
    for (int fd : got.fds)
      unique_fd{fd}.reset();
  }
  unique_fd keeper, worker, nudge, read_end, write_end;
  received_message got;
};

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

} // namespace

BOOST_FIXTURE_TEST_CASE(what_is_said_arrives_with_its_descriptors, pair_fixture) {
  worker_link link{worker.get(), nudge.get()};
  BOOST_TEST(link.arm(7, 3, {-1, read_end.get(), write_end.get()}));
  link.drop(7, 2);
  BOOST_TEST(link.hold(20, write_end.get()));
  link.release(20);
  link.ready(1);
  link.notify("READY=1");
  link.notify(std::string(300, 'x')); // too long: left out
  link.orphans(true);
  link.bye(2);

  BOOST_TEST((next() == received::one));
  BOOST_TEST((word() == keeper_word::arm));
  BOOST_TEST(got.message.slot == 7U);
  BOOST_TEST(got.message.life == 3U);
  BOOST_TEST(got.message.a == 6U);
  BOOST_TEST(got.descriptors == 2U);
  BOOST_TEST(same_file(got.fds[0], read_end.get()));
  BOOST_TEST(same_file(got.fds[1], write_end.get()));
  BOOST_TEST((::fcntl(got.fds[0], F_GETFD) & FD_CLOEXEC) == 0); // the next worker inherits it
  const keeper_word rest[] = {keeper_word::drop,   keeper_word::hold,    keeper_word::release, keeper_word::ready,
                              keeper_word::notify, keeper_word::orphans, keeper_word::bye};
  for (auto expected : rest) {
    BOOST_TEST((next() == received::one));
    BOOST_TEST((word() == expected));
  }
  BOOST_TEST(got.message.a == 2U);
  BOOST_TEST((next() == received::nothing));
  worker.reset();
  BOOST_TEST((next() == received::end));
}

BOOST_FIXTURE_TEST_CASE(what_a_worker_said_before_it_died_is_read_though_it_left_something_unread, pair_fixture) {
  worker_link link{worker.get(), nudge.get()};
  link.arm(7, 3, {-1, read_end.get(), -1});
  link.ready(1);
  BOOST_TEST(send_message(keeper.get(), {}) == 0);
  worker.reset();
  BOOST_TEST((next() == received::one));
  BOOST_TEST((word() == keeper_word::arm));
  BOOST_TEST((next() == received::one));
  BOOST_TEST((word() == keeper_word::ready));
  BOOST_TEST((next() == received::end));
}

BOOST_FIXTURE_TEST_CASE(a_nudge_after_64_messages_or_a_silence, pair_fixture) {
  worker_link link{worker.get(), nudge.get()};
  BOOST_TEST(!link.nudge_at());
  auto before = worker_link::clock::now();
  link.release(1);
  BOOST_TEST_REQUIRE(link.nudge_at().has_value());
  BOOST_TEST((*link.nudge_at() >= before + 10ms));
  for (int i = 0; i < 62; ++i)
    link.release(1);
  BOOST_TEST(nudges() == 0U);
  link.release(1);
  BOOST_TEST(nudges() == 1U);
  BOOST_TEST(!link.nudge_at());
}

BOOST_FIXTURE_TEST_CASE(a_keeper_that_does_not_read_delays_nobody, pair_fixture) {
  worker_link link{worker.get(), nudge.get()};
  std::uint32_t sent = 0;
  while (link.arm(sent, 1, {-1, -1, write_end.get()}) && sent < 100000)
    ++sent;
  BOOST_TEST(sent > 50U);
  BOOST_TEST_REQUIRE(sent < 100000U);
  BOOST_TEST(link.unheld() == 1U);
  BOOST_TEST(nudges() > 0U);
  BOOST_TEST(!link.arm(sent + 1, 1, {-1, -1, write_end.get()}));
  BOOST_TEST(!link.arm(sent + 2, 1, {-1, -1, write_end.get()}));
  BOOST_TEST(link.unheld() == 3U);
  link.drop(sent + 1, 1); // it need not be held any more
  BOOST_TEST(link.unheld() == 2U);
  link.note_unheld(70, 4);
  link.drop(70, 3);
  BOOST_TEST(link.unheld() == 3U);
  link.drop(70, 4);
  BOOST_TEST(link.unheld() == 2U);

  std::vector<std::uint32_t> arms; // in order, nothing lost
  for (int round = 0; round < 100000 && arms.size() < sent + 2; ++round) {
    while (next() == received::one)
      if (word() == keeper_word::arm) {
        BOOST_TEST_REQUIRE(got.descriptors == 1U);
        arms.push_back(got.message.slot);
      }
    link.flush();
  }
  BOOST_TEST_REQUIRE(arms.size() == sent + 2);
  for (std::uint32_t i = 0; i <= sent; ++i)
    BOOST_TEST_REQUIRE(arms[i] == i);
  BOOST_TEST(arms.back() == sent + 2);
  BOOST_TEST(link.unheld() == 0U);
  BOOST_TEST(!link.waits());
}

BOOST_FIXTURE_TEST_CASE(a_full_table_is_a_result, pair_fixture) { // 69
  auto text = troupe::tests::in_helper([&] {
    worker_link link{worker.get(), nudge.get()};
    link.arm(4, 1, {read_end.get(), write_end.get(), write_end.get()});
    auto highest = ::dup(0);
    ::close(highest);
    rlimit limit{static_cast<rlim_t>(highest) + 1, static_cast<rlim_t>(highest) + 1};
    ::setrlimit(RLIMIT_NOFILE, &limit);
    received_message m;
    receive_message(keeper.get(), m, true);
    auto w = order_of(m.message, m.size, m.descriptors, m.cut);
    return std::string(w == keeper_word::unheld ? "unheld " : "other ") + std::to_string(m.message.slot) +
           (m.cut ? " cut" : " whole");
  });
  BOOST_TEST(text == "unheld 4 cut");
}

BOOST_FIXTURE_TEST_CASE(more_descriptors_than_a_message_may_have_are_closed, pair_fixture) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 6)] = {};
  keeper_message m;
  m.kind = static_cast<std::uint16_t>(keeper_word::sync);
  iovec bytes{&m, sizeof m};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  auto* c = CMSG_FIRSTHDR(&header);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int) * 6);
  for (int i = 0; i < 6; ++i) {
    int fd = write_end.get();
    std::memcpy(CMSG_DATA(c) + static_cast<std::size_t>(i) * sizeof fd, &fd, sizeof fd);
  }
  BOOST_TEST_REQUIRE(::sendmsg(worker.get(), &header, 0) == 256);
  auto before = open_descriptors();
  BOOST_TEST((next() == received::one));
  BOOST_TEST(got.descriptors == 3U);
  BOOST_TEST(open_descriptors() == before + 3);
}

BOOST_FIXTURE_TEST_CASE(sync_waits_for_its_answer_and_no_longer_than_asked, pair_fixture) {
  worker_link link{worker.get(), nudge.get()};
  std::vector<keeper_message> heard;
  BOOST_TEST(!link.sync(20ms, heard));
  std::thread other([&] { // the keeper, which has something else to say first
    int left = 2;
    while (left > 0) {
      if (next() != received::one)
        continue;
      keeper_message answer;
      answer.kind = static_cast<std::uint16_t>(keeper_word::signalled);
      send_message(keeper.get(), answer);
      answer.kind = static_cast<std::uint16_t>(keeper_word::synced);
      answer.a = got.message.a;
      send_message(keeper.get(), answer);
      --left;
    }
  });
  BOOST_TEST(link.sync(20s, heard));
  other.join();
  BOOST_TEST(heard.size() >= 2U);
  BOOST_TEST(heard[0].kind == static_cast<std::uint16_t>(keeper_word::signalled));
  keeper.reset();
  BOOST_TEST(!link.sync(20s, heard));
}

BOOST_AUTO_TEST_SUITE_END()
