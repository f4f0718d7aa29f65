// The worker's side of its keeper, with a keeper that is the test: ends are told once, what is held can be named to
// another keeper, what has changed of an image is kept beside it. Vectors 40 and 41 of docs/contract/survival.md.
#include "actors/io/keeper_desk.hpp"
#include "platform/descriptors.hpp"
#include "platform/kept_input.hpp"
#include "platform/register.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(keeper_desk_test)

using namespace troupe;
using namespace troupe::actors;
using platform::held_key;

namespace {

struct pipe_ends {
  pipe_ends() { BOOST_REQUIRE(platform::make_pipe(out, in) == 0); }
  platform::unique_fd out, in;
};

struct harness {
  explicit harness(std::uint32_t slots = 4, bool resumed = true) {
    platform::worker_seat seat;
    seat.memory = std::move(platform::make_register("").memory);
    BOOST_REQUIRE(seat.memory);
    BOOST_REQUIRE(platform::make_keeper_sockets(keeper_end, seat.link) == 0);
    seat.bell.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    seat.nudge.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    seat.resumed = resumed;
    seat.memory->header.slots_used = slots;
    memory = &*seat.memory;
    desk = std::make_shared<keeper_desk>(std::move(seat), ledger::make(), nullptr);
  }

  void runs(std::uint32_t slot, std::uint32_t life, int pid) {
    memory->slots[slot].life = life;
    memory->slots[slot].pid = pid;
  }
  /// In two steps, between which anybody may look.
  void ends(std::uint32_t slot, int status) {
    memory->slots[slot].wait_status = status;
    memory->slots[slot].ended_life = memory->slots[slot].life.load();
  }
  void into_ring(std::uint32_t slot) {
    memory->ring[memory->header.ring_head % platform::most_slots] = slot;
    ++memory->header.ring_head;
  }
  std::string told() {
    std::string all;
    for (const auto& end : desk->take_ends())
      all += std::to_string(end.what.pid) + '=' + std::to_string(end.what.wait_status) + ' ';
    return all;
  }
  bool holds(std::uint32_t key, int fd) {
    auto all = desk->held().others;
    return std::any_of(all.begin(), all.end(), [&](auto& e) { return e.key == key && e.fd == fd; });
  }
  int known(held_key key) {
    int fd = -2;
    for (auto [which, number] : desk->held().known)
      if (which == key)
        fd = number;
    return fd;
  }

  platform::unique_fd keeper_end;
  platform::register_memory* memory = nullptr;
  std::shared_ptr<keeper_desk> desk;
};

} // namespace

BOOST_AUTO_TEST_CASE(ends_are_told_once) {
  harness h;
  h.runs(1, 5, 100);
  h.runs(2, 1, 200);
  h.ends(1, 256);
  h.into_ring(1);
  BOOST_TEST(h.told() == "100=256 "); // of the worker before us, by its slot
  BOOST_TEST(h.told() == "");
  h.ends(2, 9);
  h.into_ring(2);
  BOOST_TEST(h.told() == "200=9 ");
  BOOST_TEST(h.told() == "");
}

BOOST_AUTO_TEST_CASE(an_end_that_is_on_its_way_into_the_ring) {
  harness h;
  h.runs(1, 5, 100);
  h.ends(1, 256);
  BOOST_TEST(h.told() == "100=256 ");
  h.into_ring(1);
  BOOST_TEST(h.told() == "");
  h.runs(1, 6, 101); // and the next life of the slot is another one
  h.ends(1, 9);
  h.into_ring(1);
  BOOST_TEST(h.told() == "101=9 ");
}

BOOST_AUTO_TEST_CASE(what_another_keeper_would_hold) {
  harness h;
  pipe_ends some;
  pipe_ends others;
  h.desk->hold("server", some.out.get());
  h.desk->hold("server folder", some.in.get());
  auto server = static_cast<std::uint32_t>(h.desk->key_of("server"));
  BOOST_TEST(h.holds(server, some.out.get()));
  h.desk->hold("server", others.out.get()); // bound anew
  BOOST_TEST(h.holds(server, others.out.get()));
  BOOST_TEST(!h.holds(server, some.out.get()));
  h.desk->release("server");
  BOOST_TEST(!h.holds(server, others.out.get()));
  h.desk->hold_events(43);
  BOOST_TEST(h.known(held_key::events) == 43);
  h.desk->hold_events(-1);
  BOOST_TEST(h.known(held_key::events) == -1);
  BOOST_TEST(h.known(held_key::ledger) == h.desk->book().fd());
  BOOST_TEST(h.known(held_key::image) == -1);
}

BOOST_AUTO_TEST_CASE(a_number_that_is_anothers_by_now_is_not_named) {
  harness h;
  pipe_ends gone;
  pipe_ends stays;
  h.runs(3, 7, 100);
  h.desk->hold("closed", gone.in.get());
  h.desk->hold("another's", gone.out.get());
  h.desk->hold("there", stays.in.get());
  h.desk->hold_note(3, keeper_desk::note_kind::ready, gone.out.get());
  int number = gone.out.get();
  gone.in.reset();
  BOOST_REQUIRE(::dup2(stays.out.get(), number) == number); // as a number is used again
  auto all = h.desk->held().others;
  BOOST_REQUIRE(all.size() == 1u);
  BOOST_TEST(all[0].fd == stays.in.get());
}

BOOST_AUTO_TEST_CASE(what_belongs_to_a_child_goes_with_it) {
  harness h;
  pipe_ends note;
  auto input = platform::kept_input::make(1 << 16);
  BOOST_REQUIRE(input);
  h.runs(3, 7, 100);
  h.desk->hold_note(3, keeper_desk::note_kind::ready, note.out.get());
  h.desk->hold_input(3, input.get());
  auto fds = [&] {
    std::string all;
    for (const auto& entry : h.desk->held().others)
      all += std::to_string(entry.fd) + ' ';
    return all;
  };
  BOOST_TEST(h.desk->held().others.size() == 4u);
  h.desk->hold_input(3, nullptr);
  BOOST_TEST(fds() == std::to_string(note.out.get()) + ' ');
  h.desk->hold_input(3, input.get());
  h.desk->drop(3, 7);
  BOOST_TEST(fds() == "");
}

BOOST_AUTO_TEST_CASE(changes_stand_beside_their_image) {
  harness h;
  BOOST_TEST(!h.desk->add_change("one")); // of none
  h.desk->hold_image(std::string(1000, 'i'), 7);
  BOOST_TEST(h.desk->add_change("one"));
  BOOST_TEST(h.desk->add_change("two"));
  BOOST_TEST((changes_in(h.known(held_key::changes), 7) == std::vector<std::string>{"one", "two"}));
  std::size_t most = 0;
  while (h.desk->add_change(std::string(1000, 'c')))
    ++most;
  BOOST_TEST(most > 50u);
  BOOST_TEST(most < 100u);
  h.desk->hold_image(std::string(1000, 'i'), 8);
  BOOST_TEST(h.known(held_key::changes) == -1);
  BOOST_TEST(h.desk->add_change("three"));
  BOOST_TEST((changes_in(h.known(held_key::changes), 8) == std::vector<std::string>{"three"}));
}

BOOST_AUTO_TEST_CASE(a_helper_is_found_by_its_pid) {
  harness h{0, false};
  auto slot = h.desk->take_helper();
  BOOST_REQUIRE(slot);
  h.desk->begin(*slot, nullptr);
  h.desk->pid_of(*slot) = 300;
  BOOST_TEST(h.desk->slot_of_helper(300) == *slot);
  BOOST_TEST(h.desk->slot_of_helper(301) == no_slot);
  h.ends(*slot, 0);
  BOOST_TEST(h.desk->slot_of_helper(300) == no_slot);
}

BOOST_AUTO_TEST_SUITE_END()
