// Bytes on their way into a pipe through an outbox: all that were put in arrive once, whoever moves them, and a table
// of what a successor makes of one.
#include "platform/descriptors.hpp"
#include "platform/outbox.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <string>

#include <fcntl.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(outbox_test)

using namespace troupe::platform;

namespace {

struct harness {
  harness() {
    std::signal(SIGPIPE, SIG_IGN);
    BOOST_REQUIRE(make_pipe(reader, writer) == 0);
    for (int fd : {reader.get(), writer.get()})
      ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  }
  std::string read_all() const {
    std::string all;
    std::string piece(65536, '\0');
    for (ssize_t n = 1; (n = ::read(reader.get(), piece.data(), piece.size())) > 0;)
      all.append(piece, 0, static_cast<std::size_t>(n));
    return all;
  }

  unique_fd reader, writer;
  std::atomic<std::uint32_t> stage{0};
};

std::string numbered(std::size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i)
    text += std::to_string(i) + ' ';
  text.resize(bytes);
  return text;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(what_is_put_in_arrives_and_the_stage_says_so, harness) {
  outbox box{stage};
  BOOST_TEST_REQUIRE(box.out_fd() >= 0);
  BOOST_TEST((box.stage() == outbox_stage::empty));
  BOOST_TEST(box.fill("hello"));
  BOOST_TEST((box.stage() == outbox_stage::moving));
  BOOST_TEST(box.left() == 5U);
  BOOST_TEST((box.move_to(writer.get()) == outbox::moved::all));
  BOOST_TEST(box.left() == 0U);
  BOOST_TEST(read_all() == "hello");
}

BOOST_FIXTURE_TEST_CASE(what_has_no_room_yet_is_moved_later_also_by_who_follows, harness) {
  auto text = numbered(300'000); // more than both pipes have as they are made
  std::string came;
  std::atomic<std::uint32_t> next_stage{0};
  outbox box{stage};
  BOOST_TEST_REQUIRE(box.fill(text));
  BOOST_TEST((box.move_to(writer.get()) == outbox::moved::some));
  came += read_all();
  auto [out, in] = box.give_up();
  outbox next{next_stage, std::move(out), std::move(in)};
  BOOST_TEST(next.left() == text.size() - came.size());
  for (int turns = 0; next.left() > 0 && turns < 100; ++turns) {
    next.move_to(writer.get());
    came += read_all();
  }
  BOOST_TEST((came == text));
}

BOOST_FIXTURE_TEST_CASE(what_is_too_long_goes_another_way_and_nothing_of_it_is_left, harness) {
  outbox box{stage};
  BOOST_TEST(!box.fill(std::string((1 << 20) + 1, 'x')));
  BOOST_TEST(box.left() == 0U);
  BOOST_TEST(box.fill("next"));
  BOOST_TEST(box.take_back() == "next");
  BOOST_TEST(box.left() == 0U);
  box.go_past();
  BOOST_TEST((box.stage() == outbox_stage::past));
  box.all_arrived();
  BOOST_TEST((box.stage() == outbox_stage::moving));
}

BOOST_FIXTURE_TEST_CASE(nobody_reads_there_any_more, harness) {
  outbox box{stage};
  BOOST_TEST(box.fill("late"));
  reader.reset();
  BOOST_TEST((box.move_to(writer.get()) == outbox::moved::closed));
  BOOST_TEST(box.take_back() == "late");
}

namespace {

struct row {
  outbox_stage stage;
  std::size_t left;
  bool under_way;
  send_outcome means;
};
std::ostream& operator<<(std::ostream& out, const row& r) {
  return out << static_cast<int>(r.stage) << ' ' << r.left << ' ' << r.under_way;
}

const row rows[] = {
  {outbox_stage::empty, 0, true, send_outcome::not_sent},   // killed before a byte was put in
  {outbox_stage::empty, 9, true, send_outcome::unknown},    // the send before has not arrived: half of that has
  {outbox_stage::empty, 0, false, send_outcome::sent},      // nothing was ever sent, or all has been said to be
  {outbox_stage::empty, 9, false, send_outcome::unknown},   // nobody says what that is
  {outbox_stage::filling, 0, true, send_outcome::not_sent}, // perhaps some of it was put in; none was moved
  {outbox_stage::filling, 9, true, send_outcome::not_sent},
  {outbox_stage::moving, 0, true, send_outcome::sent}, // all has arrived
  {outbox_stage::moving, 9, true, send_outcome::sent}, // the rest is there still
  {outbox_stage::moving, 9, false, send_outcome::sent},
  {outbox_stage::past, 0, true, send_outcome::unknown},
  {outbox_stage::past, 0, false, send_outcome::unknown}, // some of it was in memory that is gone
};

} // namespace

BOOST_DATA_TEST_CASE(what_a_send_has_come_to, rows, r) {
  BOOST_TEST((outcome_of_send(r.stage, r.left, r.under_way) == r.means));
}

BOOST_AUTO_TEST_SUITE_END()
