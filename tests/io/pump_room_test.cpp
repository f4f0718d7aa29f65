// Places that are taken and given back, and memory that is not what it should be. Pipes and deaths:
// half_batches_test.cpp.
#include "actors/io/half_batches.hpp"
#include "actors/io/pump_room.hpp"
#include "platform/descriptors.hpp"
#include "platform/random_bytes.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(pump_room_test)

using namespace troupe;
using namespace troupe::actors;
namespace data = boost::unit_test::data;

namespace {

platform::unique_fd copy(int fd) { return platform::unique_fd{::fcntl(fd, F_DUPFD_CLOEXEC, 3)}; }

struct fixture {
  fixture() {
    BOOST_TEST_REQUIRE(static_cast<bool>(room));
    BOOST_TEST_REQUIRE(platform::make_pipe(out, in) == 0);
  }
  /// A batch that was read, and nothing else. Not given back, as by a worker that was killed.
  void read(const std::string& text) {
    BOOST_TEST_REQUIRE(::write(in.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    held.push_back(room->take());
    auto& place = held.back();
    place.announce(4, 1, platform::next_batch(out.get()), false);
    BOOST_TEST(platform::take(place.record(), place.stash(), out.get()).size == text.size());
  }
  std::size_t size() const {
    struct stat info {};
    ::fstat(room->fd(), &info);
    return static_cast<std::size_t>(info.st_size);
  }
  std::unique_ptr<pump_room> room = pump_room::make();
  std::vector<pump_room::lease> held;
  platform::unique_fd out, in;
};

std::optional<log_names> no_log(std::uint32_t, std::uint32_t) { return {}; }

} // namespace

BOOST_FIXTURE_TEST_CASE(each_place_is_one_pump_s, fixture) {
  std::vector<const char*> seen;
  for (unsigned i = 0; i < pump_room::places; ++i) {
    BOOST_TEST(room->at_ease() == (i <= pump_room::places / 2));
    held.push_back(room->take());
    BOOST_TEST_REQUIRE(static_cast<bool>(held.back()));
    for (const auto* other : seen)
      BOOST_TEST(std::abs(other - held.back().stash().data) >= static_cast<std::ptrdiff_t>(platform::most_in_batch));
    seen.push_back(held.back().stash().data);
    held.back().stash().data[platform::most_in_batch - 1] = 'x';
  }
  BOOST_TEST(room->refused() == 0U);
  BOOST_TEST(!room->take());
  BOOST_TEST(room->refused() == 1U);
  held.erase(held.begin() + 3);
  auto again = room->take();
  BOOST_TEST(static_cast<const void*>(again.stash().data) == static_cast<const void*>(seen[3]));
}

BOOST_FIXTURE_TEST_CASE(what_is_given_back_is_done, fixture) {
  read("some bytes");
  BOOST_TEST(!platform::is_done(held.back().record()));
  auto moved = std::move(held.back());
  BOOST_TEST(!platform::is_done(moved.record()));
  const auto& record = moved.record();
  moved = {};
  BOOST_TEST(platform::is_done(record));
}

BOOST_FIXTURE_TEST_CASE(the_next_worker_finds_batches_in_their_order, fixture) {
  auto free = room->take(); // so that the first is not in the first place
  read("first of all batches");
  free = {};
  read("second");
  read("");
  auto next = pump_room::map(copy(room->fd()));
  BOOST_TEST_REQUIRE(static_cast<bool>(next));
  std::vector<pump_room::lease> others;
  while (auto place = next->take())
    others.push_back(std::move(place));
  BOOST_TEST(others.size() == pump_room::places - 2); // nobody overwrites them
  auto left = finish_half_batches(*next, no_log);
  BOOST_TEST(left.appended == 0U);
  BOOST_TEST_REQUIRE(left.again.size() == 2U);
  BOOST_TEST(left.again[0].bytes == "first of all batches");
  BOOST_TEST(left.again[1].bytes == "second");
  BOOST_TEST(left.again[1].slot == 4U);
  BOOST_TEST(left.again[1].channel == 1U);
  BOOST_TEST(take_half_batches(left.again, 4, 2).empty());
  BOOST_TEST(take_half_batches(left.again, 5, 1).empty());
  BOOST_TEST(take_half_batches(left.again, 4, 1).size() == 2U); // which are given back at once
  BOOST_TEST(left.again.empty());
  BOOST_TEST(static_cast<bool>(next->take()));
  BOOST_TEST(finish_half_batches(*next, no_log).again.empty());
}

BOOST_FIXTURE_TEST_CASE(memory_of_another_size_is_no_room, fixture) {
  BOOST_TEST(!pump_room::map({}));
  BOOST_TEST(!pump_room::map(platform::unique_fd{::open("/dev/null", O_RDWR | O_CLOEXEC)}));
  BOOST_TEST(!pump_room::map(copy(out.get())));
  auto whole = size();
  for (std::size_t other : {std::size_t{0}, std::size_t{1}, whole - 1, whole + 1, 2 * whole}) {
    auto file = platform::memory_file::make(other, false);
    std::vector<char> head(64);
    BOOST_TEST_REQUIRE(::pread(room->fd(), head.data(), head.size(), 0) == 64);
    (void)!::pwrite(file.fd(), head.data(), std::min(other, head.size()), 0);
    BOOST_TEST(!pump_room::map(copy(file.fd())), other);
  }
  auto zeroes = platform::memory_file::make(whole, false);
  BOOST_TEST(!pump_room::map(copy(zeroes.fd())));
  for (off_t at : {0, 7, 8, 12, 16}) { // each field of the head
    char before = 0;
    char other = 0x55;
    BOOST_TEST_REQUIRE(::pread(room->fd(), &before, 1, at) == 1);
    BOOST_TEST_REQUIRE(::pwrite(room->fd(), &other, 1, at) == 1);
    BOOST_TEST(!pump_room::map(copy(room->fd())), at);
    BOOST_TEST_REQUIRE(::pwrite(room->fd(), &before, 1, at) == 1);
  }
  BOOST_TEST(static_cast<bool>(pump_room::map(copy(room->fd()))));
}

BOOST_DATA_TEST_CASE_F(fixture, records_gone_mad_stay_within_their_places, data::xrange(50) * data::xrange(6), round,
                       stage) {
  (void)round;
  std::vector<unsigned char> mad(4096 - 128); // all but the head
  platform::fill_random(mad.data(), mad.size());
  for (std::size_t at = 0; at < mad.size(); at += 128) { // stages that mean something, and one that does not
    auto s = static_cast<std::uint32_t>(stage);
    std::memcpy(mad.data() + at, &s, sizeof s);
  }
  BOOST_TEST_REQUIRE(::pwrite(room->fd(), mad.data(), mad.size(), 128) == static_cast<ssize_t>(mad.size()));
  auto next = pump_room::map(copy(room->fd()));
  BOOST_TEST_REQUIRE(static_cast<bool>(next));
  for (const auto& batch : finish_half_batches(*next, [](auto, auto) {
                             return log_names{"/dev/null", std::int64_t{1} << 62};
                           }).again) {
    BOOST_TEST(batch.bytes.data() >= batch.place.stash().data);
    BOOST_TEST(batch.bytes.data() + batch.bytes.size() <= batch.place.stash().data + platform::most_in_batch);
  }
  BOOST_TEST(finish_half_batches(*next, no_log).again.empty());
}

BOOST_AUTO_TEST_SUITE_END()
