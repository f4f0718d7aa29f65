// What channels have begun, as a worker finds it that follows: the last that was noted of that life, and memory that is
// used again and never by two.
#include "actors/io/channel_notes.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>

#include <fcntl.h>

BOOST_AUTO_TEST_SUITE(channel_notes_test)

using namespace troupe::actors;
using troupe::platform::unique_fd;

namespace {

carried_output half(std::string captured, std::string line = "") {
  carried_output state;
  state.capturing = !captured.empty();
  state.captured = std::move(captured);
  state.line_kept = std::move(line);
  return state;
}

std::unique_ptr<channel_notes> again(const channel_notes& first, std::uint32_t slots = 100) {
  return channel_notes::map(unique_fd{::fcntl(first.fd(), F_DUPFD_CLOEXEC, 3)}, slots);
}

std::string words(const std::optional<channel_notes::found>& found) {
  if (!found)
    return "nothing";
  return std::to_string(found->batch) + ' ' + found->state.captured + '|' + found->state.line_kept;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_was_noted_last_is_found) {
  auto notes = channel_notes::make();
  BOOST_TEST_REQUIRE(notes);
  BOOST_TEST(words(notes->load(3, 0, 1)) == "nothing");
  BOOST_TEST(notes->store(3, 0, 1, 10, half("abc")));
  BOOST_TEST(notes->store(3, 1, 1, 11, half("", "a line without")));
  BOOST_TEST(notes->store(3, 0, 1, 12, half("abcdef")));
  BOOST_TEST(notes->store(65535, 1, 7, 13, {}));
  auto next = again(*notes);
  BOOST_TEST_REQUIRE(next);
  BOOST_TEST(words(next->load(3, 0, 1)) == "12 abcdef|");
  BOOST_TEST(words(next->load(3, 1, 1)) == "11 |a line without");
  BOOST_TEST(words(next->load(65535, 1, 7)) == "13 |"); // nothing is begun, and batch 13 is done
  BOOST_TEST(words(next->load(3, 0, 2)) == "nothing");  // of another life
  BOOST_TEST(words(next->load(4, 0, 1)) == "nothing");
}

BOOST_AUTO_TEST_CASE(where_the_log_was_when_a_life_began) {
  auto notes = channel_notes::make();
  BOOST_REQUIRE(notes);
  notes->note_beginning(3, 1, 7, {8, 9, 100});
  notes->store(3, 1, 7, 1, half("x"));
  auto next = again(*notes);
  BOOST_REQUIRE(next);
  BOOST_TEST((next->beginning(3, 1, 7) == troupe::platform::log_place{8, 9, 100}));
  BOOST_TEST(!next->beginning(3, 0, 7));
  BOOST_TEST(!next->beginning(3, 1, 8));
  next->note_beginning(3, 1, 8, {8, 9, 200});
  BOOST_TEST((next->beginning(3, 1, 8) == troupe::platform::log_place{8, 9, 200}));
  BOOST_TEST(!next->beginning(3, 1, 7));
}

BOOST_AUTO_TEST_CASE(all_of_it_is_kept) {
  auto notes = channel_notes::make();
  BOOST_TEST_REQUIRE(notes);
  carried_output state;
  state.line_head = "head";
  state.line_kept = "kept";
  state.line_continued = true;
  state.capture_held = "<!--XSUP";
  state.capturing = true;
  state.captured = std::string(3'000'000, 'c');
  BOOST_TEST_REQUIRE(notes->store(0, 0, 1, 1, state));
  auto found = again(*notes)->load(0, 0, 1);
  BOOST_TEST_REQUIRE(found.has_value());
  BOOST_TEST(found->state.line_head == state.line_head);
  BOOST_TEST(found->state.line_kept == state.line_kept);
  BOOST_TEST(found->state.line_continued);
  BOOST_TEST(found->state.capture_held == state.capture_held);
  BOOST_TEST(found->state.capturing);
  BOOST_TEST((found->state.captured == state.captured));
}

BOOST_AUTO_TEST_CASE(where_there_is_no_room_nothing_is_claimed) {
  auto notes = channel_notes::make();
  BOOST_TEST_REQUIRE(notes);
  BOOST_TEST(notes->store(0, 0, 1, 1, half("small")));
  BOOST_TEST(!notes->store(0, 0, 1, 2, half(std::string(std::size_t{20} << 20, 'x'))));
  BOOST_TEST(words(notes->load(0, 0, 1)) == "nothing");
  BOOST_TEST(notes->store(0, 0, 1, 3, half(std::string(std::size_t{15} << 20, 'x'))));
}

BOOST_AUTO_TEST_CASE(many_channels_over_many_workers) {
  auto notes = channel_notes::make();
  BOOST_TEST_REQUIRE(notes);
  std::mt19937 random{5};
  std::string last[40][2];
  for (std::uint64_t batch = 1; batch < 4000; ++batch) {
    auto slot = static_cast<std::uint32_t>(random() % 40);
    auto channel = random() % 2;
    auto size = random() % 10 == 0 ? random() % 200'000 : random() % 300; // together about half of what there is
    auto text = std::to_string(batch) + std::string(size, static_cast<char>('a' + batch % 26));
    BOOST_TEST_REQUIRE(notes->store(slot, channel, 1, batch, half(text)));
    last[slot][channel] = std::to_string(batch) + ' ' + text + '|';
    if (batch % 200 == 0)
      notes = again(*notes, 40);
    if (batch % 100 == 0)
      for (std::uint32_t s = 0; s < 40; ++s)
        for (std::size_t c : {0, 1})
          if (!last[s][c].empty())
            BOOST_TEST_REQUIRE((words(notes->load(s, c, 1)) == last[s][c]));
  }
}

BOOST_AUTO_TEST_CASE(other_memory_is_none) {
  BOOST_TEST(!channel_notes::map(unique_fd{}, 1));
  BOOST_TEST(!channel_notes::map(unique_fd{::open("/dev/null", O_RDWR | O_CLOEXEC)}, 1));
}

BOOST_AUTO_TEST_SUITE_END()
