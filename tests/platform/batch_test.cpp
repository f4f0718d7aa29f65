// Batches step by step, with a death after each: what a successor finds, and what it appends. Vectors 27 to 33 of
// docs/contract/survival.md; the kills themselves: tests/keeper_test.py.
#include "platform/batch.hpp"
#include "platform/descriptors.hpp"
#include "platform/memory_file.hpp"
#include "tests/scratch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(batch_test)

using namespace troupe::platform;
namespace data = boost::unit_test::data;

namespace {

struct pump_fixture : troupe::tests::scratch {
  pump_fixture() {
    BOOST_TEST_REQUIRE(make_pipe(read_end, write_end) == 0);
    widen_pipe(write_end.get(), 1 << 20);
    log.reset(::open(in("log").c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
    BOOST_TEST_REQUIRE(static_cast<bool>(memory));
  }
  void says(const std::string& text) const {
    BOOST_TEST_REQUIRE(::write(write_end.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  stash where() const { return {memory.data(), memory.fd()}; }
  std::size_t announced() {
    auto size = next_batch(read_end.get());
    announce(*record, where(), 4, 1, size, splice);
    return size;
  }
  batch_recovery_plan plan() {
    return batch_recovery(static_cast<batch_stage>(record->stage.load()), facts_of(*record, where(), log.get()));
  }
  /// As a successor: finishes the half batch, then reads on.
  std::string finished() {
    auto p = plan();
    if (p.from)
      BOOST_TEST(::write(log.get(), memory.data() + *p.from, p.size - *p.from) > 0);
    batch_done(*record);
    while (announced() > 0) {
      auto t = take(*record, where(), read_end.get());
      about_to_write(*record, log.get());
      BOOST_TEST(::write(log.get(), memory.data(), t.size) > 0);
      batch_done(*record);
    }
    return read("log");
  }
  unique_fd read_end, write_end, log;
  memory_file memory = memory_file::make(most_in_batch, true);
  memory_file ledger = memory_file::make(4096, true);
  batch_record* record = reinterpret_cast<batch_record*>(ledger.data());
  bool splice = false;
};

std::string text_of(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i)
    text += std::to_string(i) + ' ';
  return text.substr(0, size);
}

const std::size_t sizes[] = {1, 15, 16, 17, 4096, 131072, 131073, 300000}; // 30

} // namespace

BOOST_DATA_TEST_CASE_F(pump_fixture, each_byte_once_whatever_the_size, data::make(sizes) * data::make({false, true}),
                       size, by_splice) {
  splice = by_splice;
  says(text_of(size));
  BOOST_TEST((finished() == text_of(size)));
}

BOOST_DATA_TEST_CASE_F(pump_fixture, killed_after_each_step, data::make(sizes) * data::xrange(6), size,
                       step) { // 27 to 29
  says(text_of(size));
  auto batch = announced();
  if (step >= 1) { // within the read: the bytes have come, nothing is noted but by the kernel
    if (batch >= batch_mark_size) {
      BOOST_TEST(::read(read_end.get(), memory.data(), batch) == static_cast<ssize_t>(batch));
    } else {
      take(*record, where(), read_end.get());
      record->stage = static_cast<std::uint32_t>(batch_stage::spliced);
    }
  }
  if (step >= 2) {
    record->counted = static_cast<std::int64_t>(batch);
    record->stage = static_cast<std::uint32_t>(batch_stage::read);
  }
  if (step >= 3)
    about_to_write(*record, log.get());
  if (step == 4 && batch > 1)
    BOOST_TEST(::write(log.get(), memory.data(), batch / 2) > 0);
  if (step == 5)
    BOOST_TEST(::write(log.get(), memory.data(), batch) > 0);
  BOOST_TEST((finished() == text_of(size)));
}

BOOST_FIXTURE_TEST_CASE(a_pipe_that_keeps_pieces_apart_is_spliced, pump_fixture) { // 31
  BOOST_TEST_REQUIRE(::fcntl(write_end.get(), F_SETFL, O_DIRECT) == 0);
  says(text_of(100));
  says(text_of(50));
  BOOST_TEST(announced() == 150U);
  auto t = take(*record, where(), read_end.get());
  BOOST_TEST(t.size == 100U);
  BOOST_TEST(t.in_pieces);
  batch_done(*record);
}

BOOST_FIXTURE_TEST_CASE(an_empty_pipe_is_no_batch, pump_fixture) {
  BOOST_TEST(next_batch(read_end.get()) == 0U);
  write_end.reset();
  BOOST_TEST(next_batch(read_end.get()) == 0U);
  announce(*record, where(), 4, 1, 16, false);
  auto t = take(*record, where(), read_end.get());
  BOOST_TEST(t.size == 0U);
  BOOST_TEST(t.error == 0);
  BOOST_TEST(!plan().from);
}

BOOST_FIXTURE_TEST_CASE(a_log_that_others_touch_loses_nothing, pump_fixture) { // 33, 34
  auto begin = [&] {
    says(text_of(100));
    announced();
    take(*record, where(), read_end.get());
    about_to_write(*record, log.get());
    BOOST_TEST(::write(log.get(), memory.data(), 40) == 40);
  };
  begin();
  BOOST_TEST(::write(log.get(), "another's", 9) == 9);
  BOOST_TEST(plan().may_double);
  BOOST_TEST(finished() == text_of(40) + "another's" + text_of(100));
  BOOST_TEST_REQUIRE(::truncate(in("log").c_str(), 0) == 0);

  begin();
  BOOST_TEST_REQUIRE(::truncate(in("log").c_str(), 0) == 0);
  BOOST_TEST(finished() == text_of(100));
  BOOST_TEST_REQUIRE(::truncate(in("log").c_str(), 0) == 0);

  begin(); // 35: the descriptor of the successor is another file's
  std::filesystem::rename(in("log"), in("log.1"));
  BOOST_TEST(is_log_of(*record, log.get()));
  log.reset(::open(in("log").c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
  BOOST_TEST(!is_log_of(*record, log.get()));
  BOOST_TEST(plan().may_double);
  log.reset(::open(in("log.1").c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
  BOOST_TEST(!plan().may_double);
  finished();
  BOOST_TEST(read("log.1") == text_of(100));
}

BOOST_FIXTURE_TEST_CASE(a_record_gone_mad_stays_within_the_stash, pump_fixture) {
  record->announced = ~0ULL;
  record->counted = -5;
  for (std::uint32_t stage = 0; stage < 7; ++stage) {
    record->stage = stage;
    BOOST_TEST(plan().size <= most_in_batch);
    BOOST_TEST(plan().from.value_or(0) <= most_in_batch);
  }
}

BOOST_AUTO_TEST_SUITE_END()
