// Workers that are killed with bytes on their way from a pipe into a log, at every step of the way and at every cut,
// and what the next ones make of it: each byte once. Vectors 27 to 36 of docs/contract/survival.md.
#include "tests/io/survivors.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>

#include <sys/stat.h>

BOOST_AUTO_TEST_SUITE(half_batches_test)

using namespace troupe;
using namespace troupe::actors;
using namespace troupe::tests;
namespace data = boost::unit_test::data;

namespace {

const std::string before = "what has been there before\n";

struct fixture : survivors {
  fixture() { write("log", before); }

  /// One batch by hand; `step` counts what is done of it.
  void part_of_batch(int step, bool splice) const {
    auto place = room->take();
    auto& record = place.record();
    auto size = platform::next_batch(out.get());
    auto die_after = [step](int this_one) {
      if (step == this_one)
        die();
    };
    place.announce(slot, 1, size, splice);
    die_after(0);
    if (step == 1) { // come, and noted by nobody but the kernel
      if (splice || size < platform::batch_mark_size) {
        platform::take(record, place.stash(), out.get());
        record.stage = static_cast<std::uint32_t>(platform::batch_stage::spliced);
      } else {
        (void)!::read(out.get(), place.stash().data, size);
      }
      die();
    }
    platform::take(record, place.stash(), out.get());
    die_after(2);
    platform::unique_fd file{::open(in_log.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)};
    platform::about_to_write(record, file.get());
    die_after(3);
    auto half = size / 2;
    (void)!::write(file.get(), place.stash().data, half);
    die_after(4);
    platform::wrote(record, half);
    die_after(5);
    (void)!::write(file.get(), place.stash().data + half, size - half);
    die_after(6);
    platform::wrote(record, size - half);
    die_after(7);
    platform::batch_done(record);
    die_after(8);
    ::rename(in_log.c_str(), (in_log + ".1").c_str()); // a rotation begins
    die();
  }
};

const std::size_t sizes[] = {1, 15, 16, 4096, 131072, 300000}; // 30
const std::int64_t limits[] = {0, 1, 4000, 131072, 200000};

} // namespace

BOOST_DATA_TEST_CASE_F(fixture, killed_after_each_step,
                       data::make(sizes) * data::make(limits) * data::xrange(10) * data::make({false, true}), size,
                       limit, step, splice) { // 27 to 31
  max_bytes = limit;
  says(text_of(size));
  killed_in([&] { part_of_batch(step, splice); });
  go_on();
  BOOST_TEST((all_logs() == before + text_of(size)));
}

BOOST_DATA_TEST_CASE_F(fixture, killed_at_each_cut_of_a_rotated_log,
                       data::make(limits) * data::make({0, 1, 26, 27, 28, 3999, 65536, 131071, 131098, 131099, 131100,
                                                        199999, 262143, 262170, 299999, 300026}),
                       limit, cut) { // 28, 36
  max_bytes = limit;
  says(text_of(300000));
  auto dies = [&] {
    die_at_size(static_cast<std::size_t>(cut));
    pump();
    die(); // the log was rotated before
  };
  killed_in(dies);
  go_on();
  BOOST_TEST((all_logs() == before + text_of(300000)));
}

BOOST_DATA_TEST_CASE_F(fixture, killed_while_it_goes_on, data::make(limits), limit) { // 71
  max_bytes = limit;
  says(text_of(300000));
  for (std::size_t cut : {0, 1000, 1001, 70000, 70000, 131098, 131099, 140000, 262170, 270000, 300026})
    killed_in([&] {
      die_at_size(cut);
      go_on();
      die();
    });
  go_on();
  BOOST_TEST((all_logs() == before + text_of(300000)));
}

BOOST_FIXTURE_TEST_CASE(killed_anywhere, fixture) { // 79
  constexpr std::size_t size = 4'000'000;
  max_bytes = 300000;
  backups = 40;
  auto child = ::fork();
  if (child == 0) { // a program; what it says does not fit into the pipe
    auto text = text_of(size);
    for (std::string_view rest = text; !rest.empty();)
      if (auto n = ::write(in.get(), rest.data(), std::min<std::size_t>(rest.size(), 5000)); n > 0)
        rest.remove_prefix(static_cast<std::size_t>(n));
    ::_exit(0);
  }
  in.reset();
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  for (std::size_t enough = 100'000; enough < size; enough += 170'001) {
    auto worker = ::fork();
    if (worker == 0) {
      ::alarm(60);
      auto left = resume();
      child_io io{log, {{}, {}, room.get()}};
      io.attach(streams(std::move(left.again)));
      io.start();
      for (;;)
        ::pause();
    }
    while (all_logs().size() < enough && std::chrono::steady_clock::now() < deadline)
      ::usleep(100);
    ::kill(worker, SIGKILL);
    ::waitpid(worker, nullptr, 0);
  }
  auto left = resume();
  child_io io{log, {{}, {}, room.get()}};
  io.attach(streams(std::move(left.again)));
  io.start();
  while (all_logs().size() < before.size() + size && std::chrono::steady_clock::now() < deadline)
    ::usleep(1000);
  io.stop(); // behind the last rotation
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  BOOST_TEST((all_logs() == before + text_of(size)));
}

BOOST_FIXTURE_TEST_CASE(what_a_program_says_comes_through_a_rotated_log, fixture) {
  max_bytes = 100000;
  backups = 30;
  child_io io{log, {{}, {}, room.get()}};
  io.attach(streams());
  io.start();
  auto child = ::fork();
  if (child == 0) {
    ::dup2(in.get(), 1);
    ::execlp("seq", "seq", "1", "200000", nullptr);
    ::_exit(127);
  }
  in.reset();
  int status = 0;
  ::waitpid(child, &status, 0);
  BOOST_TEST(status == 0);
  io.finish(7);
  io.stop();
  std::string all = before;
  for (int i = 1; i <= 200000; ++i)
    all += std::to_string(i) + '\n';
  BOOST_TEST((all_logs() == all));
  BOOST_TEST(exists("log.5"));
  BOOST_TEST(room->refused() == 0U);
}

BOOST_FIXTURE_TEST_CASE(without_a_place_all_is_as_without_a_room, fixture) {
  std::vector<pump_room::lease> others;
  while (auto place = room->take())
    others.push_back(std::move(place));
  says(text_of(300000));
  pump();
  BOOST_TEST((read("log") == before + text_of(300000)));
  BOOST_TEST(room->refused() > 1U);
}

BOOST_FIXTURE_TEST_CASE(a_pipe_that_keeps_pieces_apart, fixture) { // 31
  BOOST_TEST_REQUIRE(::fcntl(in.get(), F_SETFL, O_DIRECT) == 0);
  says(text_of(100));
  says(text_of(3000));
  says(text_of(50));
  pump();
  BOOST_TEST(read("log") == before + text_of(100) + text_of(3000) + text_of(50));
}

BOOST_FIXTURE_TEST_CASE(a_log_that_has_another_name_now, fixture) { // 35
  says(text_of(100000));
  killed_in([&] {
    die_at_size(50000);
    pump();
  });
  std::filesystem::rename(in_log, in_log + ".2");
  auto left = resume();
  BOOST_TEST(left.appended == 1U);
  BOOST_TEST(left.again.empty());
  BOOST_TEST((read("log.2") == before + text_of(100000)));
  BOOST_TEST(!exists("log"));
}

BOOST_FIXTURE_TEST_CASE(a_log_that_is_gone_or_another_s, fixture) {
  says(text_of(100000));
  killed_in([&] {
    die_at_size(50000);
    pump();
  });
  write("other", "never written to");
  auto folder = std::filesystem::path(in_log).parent_path();
  std::filesystem::rename(in_log, folder / "elsewhere");
  std::filesystem::create_symlink("other", folder / "log.1");
  auto left = resume();
  BOOST_TEST(left.appended == 0U);
  BOOST_TEST(left.doubtful == 1U);
  pump(std::move(left.again)); // all but what is in a log for certain
  BOOST_TEST((read("elsewhere") + read("log") == before + text_of(100000)));
  BOOST_TEST(read("other") == "never written to");
}

BOOST_FIXTURE_TEST_CASE(a_log_that_others_append_to, fixture) { // 33, 34
  auto killed = [&] {
    killed_in([&] {
      auto place = room->take();
      place.announce(slot, 1, platform::next_batch(out.get()), false);
      platform::take(place.record(), place.stash(), out.get());
      platform::unique_fd file{::open(in_log.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)};
      platform::about_to_write(place.record(), file.get());
      (void)!::write(file.get(), place.stash().data, 40);
      die();
    });
  };
  says(text_of(100));
  killed();
  write("log", read("log") + "another's");
  auto left = resume();
  BOOST_TEST(left.doubtful == 1U);
  pump(std::move(left.again));
  BOOST_TEST(read("log") == before + text_of(40) + "another's" + text_of(100));

  says(text_of(100));
  killed();
  write("log", "");
  go_on();
  BOOST_TEST(read("log") == text_of(100));
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_is_tried_again, fixture) { // 68
  says(text_of(100000));
  killed_in([&] {
    die_at_size(50000);
    pump();
  });
  auto pid = ::fork();
  if (pid == 0) { // no more room than there was, nor a signal
    die_at_size(60000);
    std::signal(SIGXFSZ, SIG_IGN);
    auto left = resume();
    ::_exit(left.appended == 0 && left.again.size() == 1 && left.doubtful == 0 &&
                left.again[0].bytes.size() == 100000 + before.size() - 60000
              ? 0
              : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  BOOST_TEST(status == 0);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_only_written_is_consumed_again, fixture) { // 38, 39
  events = true;
  says("half of an event");
  killed_in([&] {
    auto place = room->take();
    place.announce(slot, 1, platform::next_batch(out.get()), false);
    platform::take(place.record(), place.stash(), out.get());
    die();
  });
  go_on();
  BOOST_TEST(published == "processname:p groupname:p pid:1 channel:stdout\nhalf of an event");
  BOOST_TEST(read("log") == before + "half of an event");
}

BOOST_FIXTURE_TEST_CASE(a_reader_that_takes_nothing, fixture) { // 32
  std::filesystem::remove(in_log);
  BOOST_TEST_REQUIRE(::mkfifo(in_log.c_str(), 0600) == 0);
  platform::unique_fd reader{::open(in_log.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  std::string got;
  auto take_all = [&] {
    std::array<char, 65536> buffer;
    for (ssize_t n; (n = ::read(reader.get(), buffer.data(), buffer.size())) > 0;)
      got.append(buffer.data(), static_cast<std::size_t>(n));
  };
  says(text_of(100000));
  killed_in([&] {
    child_io io{log, {{}, {}, room.get()}};
    io.attach(streams());
    io.start();
    auto file = logs.open(in_log, 0, 0).log;
    while (!file->stalled())
      ::usleep(100);
    die();
  });
  take_all();
  BOOST_TEST(got.size() < 100000U);
  go_on();
  take_all();
  BOOST_TEST((got == text_of(100000)));
}

BOOST_AUTO_TEST_SUITE_END()
