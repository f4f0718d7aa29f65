// What waits to be written: all of it in order, and when there is too much, how much is missing. Source:
// docs/contract/history.md, 7.3.
#include "actors/io/history_ring.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(history_ring_test)

using namespace troupe::actors;
using kind = troupe::config::history_kind;

namespace {

struct taken {
  std::vector<std::uint64_t> numbers;
  std::uint64_t lost = 0;
  std::uint64_t last_lost = 0;
};

void take_one(history_ring& from, taken& into) {
  auto piece = from.take();
  BOOST_REQUIRE(piece);
  if (piece->lost.count > 0) {
    into.lost += piece->lost.count;
    into.last_lost = piece->lost.last;
  }
  piece->for_each([&](std::uint64_t number, const history_note& note) {
    into.numbers.push_back(number);
    BOOST_REQUIRE(note.what.starts_with(std::to_string(number) + ' '));
  });
  from.written(std::move(piece));
}

taken take_all(history_ring& from) {
  taken all;
  while (!from.empty())
    take_one(from, all);
  return all;
}

void add(history_ring& to, std::uint64_t& number, std::size_t size = 100) {
  auto what = std::to_string(++number) + ' ' + std::string(size, 'x');
  BOOST_REQUIRE(to.add({static_cast<std::int64_t>(number), kind::state, 0, 0, "name", "who", what}) == number);
}

} // namespace

BOOST_AUTO_TEST_CASE(what_was_put_in_comes_out) {
  history_ring ring;
  BOOST_TEST(ring.empty());
  BOOST_TEST(!ring.take());
  ring.add({5, kind::command, 8, 1, "web", "anna", "{}"});
  ring.add({6, kind::daemon, 0, 0, "", "", ""});
  BOOST_TEST(ring.count() == 2u);
  auto piece = ring.take();
  std::vector<std::string> seen;
  piece->for_each([&](std::uint64_t number, const history_note& n) {
    seen.push_back(std::to_string(number) + ' ' + std::to_string(n.at) + ' ' + std::string(word_of(n.kind)) + ' ' +
                   std::to_string(n.serial) + ' ' + std::to_string(n.of) + ' ' + std::string(n.name) + ' ' +
                   std::string(n.who) + ' ' + std::string(n.what));
  });
  BOOST_TEST(seen == (std::vector<std::string>{"1 5 command 8 1 web anna {}", "2 6 daemon 0 0   "}),
             boost::test_tools::per_element());
  ring.written(std::move(piece));
  BOOST_TEST(ring.empty());
}

BOOST_AUTO_TEST_CASE(too_much_is_counted_and_the_newest_stay) {
  history_ring ring;
  std::uint64_t number = 0;
  for (int i = 0; i < 50'000; ++i)
    add(ring, number);
  auto all = take_all(ring);
  BOOST_TEST(all.lost + all.numbers.size() == number);
  BOOST_TEST(all.lost > 0u);
  BOOST_TEST(all.last_lost == all.numbers.front() - 1);
  BOOST_TEST(all.numbers.back() == number);
  BOOST_TEST(all.numbers.size() * 100 > history_ring::piece_bytes * 10);
  BOOST_TEST(all.numbers.size() * 100 <= history_ring::piece_bytes * history_ring::pieces);
}

BOOST_AUTO_TEST_CASE(what_could_not_be_written_comes_again_or_is_lost_like_the_others) {
  history_ring ring;
  std::uint64_t number = 0;
  for (int i = 0; i < 2000; ++i)
    add(ring, number);
  auto kept = ring.take();
  auto first = kept->first();
  ring.put_back(std::move(kept));
  BOOST_TEST(ring.take()->first() == first); // thrown away here: one piece less to go round
  auto held = ring.take();
  auto held_last = held->last();
  for (int i = 0; i < 50'000; ++i)
    add(ring, number);
  ring.put_back(std::move(held)); // older than what was lost meanwhile
  taken all;
  take_one(ring, all);
  BOOST_TEST(all.numbers.back() == held_last);
  BOOST_TEST(all.lost == 0u);
  while (!ring.empty())
    take_one(ring, all);
  BOOST_TEST(all.numbers.back() == number);
  BOOST_TEST(all.lost > 0u);
  for (int i = 0; i < 50'000; ++i) // it goes on
    add(ring, number);
  BOOST_TEST(take_all(ring).numbers.back() == number);
}

BOOST_AUTO_TEST_CASE(what_is_too_long_is_cut) {
  history_ring ring;
  std::string name(5000, 'n'), what(100'000, 'w');
  BOOST_TEST(ring.add({1, kind::state, 0, 0, name, name, what}) == 1u);
  auto piece = ring.take();
  piece->for_each([](std::uint64_t, const history_note& note) {
    BOOST_TEST(note.name.size() == history_ring::longest_name);
    BOOST_TEST(note.what == R"({"event":"too long"})");
  });
  BOOST_TEST(piece->count() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
