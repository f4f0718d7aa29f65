// Bytes that wait for a pipe and outlive whoever moves them: each arrives once and in order, wherever that one is
// killed. Vector 61 of docs/contract/survival.md.
#include "platform/descriptors.hpp"
#include "platform/kept_input.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <random>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(kept_input_test)

using namespace troupe::platform;

namespace {

struct harness {
  harness() {
    std::signal(SIGPIPE, SIG_IGN);
    BOOST_REQUIRE(make_pipe(reader, writer) == 0);
    for (int fd : {reader.get(), writer.get()})
      ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  }
  std::string read(std::size_t most) const {
    std::string piece(most, '\0');
    auto n = ::read(reader.get(), piece.data(), piece.size());
    piece.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return piece;
  }
  std::string read_all() const {
    std::string all;
    for (auto piece = read(65536); !piece.empty(); piece = read(65536))
      all += piece;
    return all;
  }

  unique_fd reader, writer;
};

std::string numbered(std::size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i)
    text += std::to_string(i) + ' ';
  text.resize(bytes);
  return text;
}

unique_fd another(int fd) { return unique_fd{::fcntl(fd, F_DUPFD_CLOEXEC, 3)}; }

std::unique_ptr<kept_input> successor_of(const kept_input& one) {
  return kept_input::adopt(another(one.memory()), another(one.out()), another(one.in()));
}

} // namespace

BOOST_FIXTURE_TEST_CASE(all_arrives_in_order, harness) {
  auto input = kept_input::make(1 << 20);
  BOOST_REQUIRE(input);
  auto text = numbered(300'000);
  BOOST_TEST(input->put(text.substr(0, 100'000)));
  BOOST_TEST(input->put(text.substr(100'000)));
  BOOST_TEST(input->waiting() == 300'000u);
  BOOST_TEST((input->move_to(writer.get()) == outbox::moved::some));
  std::string seen;
  while (input->waiting() > 0) {
    BOOST_TEST(input->bytes() == text.substr(text.size() - input->waiting()));
    seen += read_all();
    input->move_to(writer.get());
  }
  seen += read_all();
  BOOST_TEST((input->move_to(writer.get()) == outbox::moved::all));
  BOOST_TEST((seen == text));
}

BOOST_FIXTURE_TEST_CASE(the_ring_comes_round, harness) {
  auto input = kept_input::make(200'000);
  BOOST_REQUIRE(input);
  std::string seen, told;
  for (int i = 0; i < 20; ++i) {
    auto piece = numbered(30'000 + static_cast<std::size_t>(i) * 1000);
    if (input->put(piece))
      told += piece;
    input->move_to(writer.get());
    seen += read(50'000);
  }
  while (input->waiting() > 0) {
    seen += read_all();
    input->move_to(writer.get());
  }
  seen += read_all();
  BOOST_TEST((seen == told));
  BOOST_TEST(told.size() > 400'000u);
}

BOOST_FIXTURE_TEST_CASE(there_is_so_much_room, harness) {
  auto input = kept_input::make(100'000);
  BOOST_REQUIRE(input);
  BOOST_TEST(input->put(std::string(100'000, 'x')));
  BOOST_TEST(!input->put("y"));
  BOOST_TEST(input->waiting() == 100'000u);
}

BOOST_FIXTURE_TEST_CASE(who_reads_no_more, harness) {
  auto input = kept_input::make(100'000);
  BOOST_REQUIRE(input);
  reader.reset();
  BOOST_TEST(input->put("x"));
  BOOST_TEST((input->move_to(writer.get()) == outbox::moved::closed));
}

BOOST_FIXTURE_TEST_CASE(a_successor_goes_on, harness) {
  auto input = kept_input::make(1 << 20);
  BOOST_REQUIRE(input);
  auto text = numbered(200'000);
  BOOST_REQUIRE(input->put(text));
  input->move_to(writer.get());
  auto seen = read(10'000);
  auto next = successor_of(*input);
  BOOST_REQUIRE(next);
  BOOST_TEST(next->waiting() == input->waiting());
  BOOST_TEST((next->bytes() == text.substr(text.size() - next->waiting())));
  while (next->waiting() > 0) {
    next->move_to(writer.get());
    seen += read_all();
  }
  BOOST_TEST((seen == text));
}

BOOST_AUTO_TEST_CASE(what_is_none_is_not_taken) {
  unique_fd out, in;
  BOOST_REQUIRE(make_pipe(out, in) == 0);
  auto file = memory_file::make(1 << 16, false);
  BOOST_REQUIRE(file);
  BOOST_TEST(!kept_input::adopt(another(file.fd()), another(out.get()), another(in.get())));
  BOOST_TEST(!kept_input::adopt({}, another(out.get()), another(in.get())));
  auto input = kept_input::make(1 << 16);
  BOOST_TEST(!kept_input::adopt(another(input->memory()), {}, another(in.get())));
  BOOST_REQUIRE(::ftruncate(input->memory(), 8192) == 0); // cut: its ring is not there
  BOOST_TEST(!kept_input::adopt(another(input->memory()), another(out.get()), another(in.get())));
}

/// As an exception leaves it, so does a kill.
BOOST_FIXTURE_TEST_CASE(each_byte_arrives_once_whichever_step_was_the_last, harness) {
  for (int last = 1; last <= 24; ++last) {
    auto input = kept_input::make(1 << 20);
    BOOST_REQUIRE(input);
    auto text = numbered(300'000);
    BOOST_REQUIRE(input->put(text));
    std::string seen;
    int steps = 0;
    input->after_step = [&] {
      if (++steps == last)
        throw std::string("killed");
    };
    try {
      while (input->waiting() > 0) {
        input->move_to(writer.get());
        seen += read_all();
      }
    } catch (const std::string&) {
      BOOST_TEST(steps == last);
    }
    auto next = successor_of(*input);
    input.reset();
    while (next->waiting() > 0) {
      next->move_to(writer.get());
      seen += read_all();
    }
    seen += read_all();
    BOOST_TEST_CONTEXT("step " << last)
    BOOST_TEST((seen == text));
  }
}

/// Some of a piece is in the outbox, and nobody has said that it is all of it.
BOOST_FIXTURE_TEST_CASE(a_piece_that_was_being_put_in_is_put_in_anew, harness) {
  constexpr off_t stage = 40;
  auto input = kept_input::make(1 << 20);
  BOOST_REQUIRE(input);
  auto text = numbered(30'000);
  BOOST_REQUIRE(input->put(text));
  auto filling = static_cast<std::uint32_t>(outbox_stage::filling);
  BOOST_REQUIRE(::pwrite(input->memory(), &filling, sizeof filling, stage) == sizeof filling);
  BOOST_REQUIRE(::write(input->in(), text.data(), 7'000) == 7'000);
  auto next = successor_of(*input);
  BOOST_TEST(next->waiting() == text.size());
  next->move_to(writer.get());
  BOOST_TEST((read_all() == text));
}

/// One after the other moves bytes and puts new ones, and each is killed at some moment.
BOOST_FIXTURE_TEST_CASE(each_byte_arrives_once_wherever_they_are_killed, harness) {
  std::mt19937 dice{11};
  auto input = kept_input::make(1 << 20);
  BOOST_REQUIRE(input);
  auto text = numbered(900'000);
  BOOST_REQUIRE(input->put(text));
  std::string seen;
  int killed = 0;
  while (seen.size() < text.size() && killed < 2000) {
    auto mover = ::fork();
    if (mover == 0) {
      for (pollfd room{writer.get(), POLLOUT, 0}; input->waiting() > 0; ::poll(&room, 1, -1))
        input->move_to(writer.get());
      ::_exit(0);
    }
    for (int reads = static_cast<int>(dice() % 4); reads > 0; --reads)
      seen += read(1 + dice() % 20'000);
    for (auto spins = dice() % 200; spins > 0; --spins)
      ::sched_yield();
    ::kill(mover, SIGKILL);
    ::waitpid(mover, nullptr, 0);
    ++killed;
    input = successor_of(*input);
    BOOST_REQUIRE(input);
    seen += read(1 + dice() % 20'000);
  }
  while (input->waiting() > 0 || seen.size() < text.size()) {
    input->move_to(writer.get());
    auto piece = read_all();
    BOOST_REQUIRE((!piece.empty() || input->waiting() > 0));
    seen += piece;
  }
  seen += read_all();
  BOOST_TEST((seen == text));
  BOOST_TEST(killed > 20);
}

BOOST_AUTO_TEST_SUITE_END()
