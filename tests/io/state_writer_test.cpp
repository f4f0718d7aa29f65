// What has to outlive the daemon, written on a thread of its own, and the book it comes from. Nothing is decided by how
// long something takes. Source: docs/contract/programs.md, 11.
#include "actors/io/state_writer.hpp"

#include "actors/io/enablement_book.hpp"
#include "actors/io/until_timer.hpp"
#include "tests/scratch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

BOOST_AUTO_TEST_SUITE(state_writer_test)

using namespace troupe::actors;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace config = troupe::config;

namespace {

constexpr auto patience = 20s;

struct desk {
  explicit desk(const std::string& path, std::chrono::milliseconds pace = 1h, std::chrono::milliseconds retry = 1h)
      : writer({path, [this] { return "text " + std::to_string(++asked); },
                [this](config::log_level, const std::string& line) {
                  std::lock_guard lock{mutex};
                  said.push_back(line);
                },
                pace, retry}) {}

  std::atomic<int> asked{0};
  std::mutex mutex;
  std::vector<std::string> said;
  state_writer writer;
};

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

BOOST_AUTO_TEST_CASE(at_most_once_a_while_and_at_the_end) {
  troupe::tests::scratch folder;
  auto path = folder.in("state");
  desk d(path);
  BOOST_TEST(d.writer.settle(patience)); // nothing to be written, and no thread
  BOOST_TEST(!fs::exists(path));
  d.writer.want();
  BOOST_TEST(d.writer.settle(patience));
  BOOST_TEST(text_of(path) == "text 1");
  for (int i = 0; i < 1000; ++i)
    d.writer.want();
  BOOST_TEST(text_of(path) == "text 1"); // an hour has not passed
  BOOST_TEST(d.writer.settle(patience));
  BOOST_TEST(text_of(path) == "text 2");
  BOOST_TEST(d.writer.settle(patience));
  BOOST_TEST(d.asked == 2);
  BOOST_TEST(d.said.empty());
}

BOOST_AUTO_TEST_CASE(by_itself) {
  troupe::tests::scratch folder;
  auto path = folder.in("state");
  desk d(path, 1ms);
  for (int i = 1; i < 4; ++i) {
    d.writer.want();
    for (auto until = std::chrono::steady_clock::now() + patience; d.asked < i;) {
      BOOST_REQUIRE(std::chrono::steady_clock::now() < until);
      std::this_thread::yield();
    }
  }
  d.writer.settle(std::chrono::duration_cast<std::chrono::milliseconds>(patience)); // before its folder goes
}

BOOST_AUTO_TEST_CASE(a_folder_that_comes_later) {
  troupe::tests::scratch folder;
  auto path = folder.in("later/state");
  desk d(path);
  d.writer.want();
  BOOST_TEST(!d.writer.settle(patience));
  BOOST_TEST(!d.writer.settle(patience));
  BOOST_REQUIRE(d.said.size() == 1U); // once
  BOOST_TEST(d.said[0].starts_with("statefile " + path + ": "));
  BOOST_TEST(d.said[0].ends_with("; it is tried again"));
  fs::create_directory(folder.in("later"));
  BOOST_TEST(d.writer.settle(patience));
  BOOST_TEST(text_of(path) == "text 3");
  BOOST_REQUIRE(d.said.size() == 2U);
  BOOST_TEST(d.said[1] == "statefile " + path + " is written again");
}

BOOST_AUTO_TEST_CASE(a_book_without_a_file) {
  enablement_book book;
  int told = 0;
  book.on_change([&] { ++told; });
  book.note_wish("p", intent::unwanted);
  BOOST_TEST(book.all().wanted.empty());
  book.disable("p", 0);
  book.disable("p", 0);
  book.disable("p", 7);
  BOOST_TEST(told == 2);
  BOOST_TEST(book.any_disabled());
  BOOST_TEST(book.next_end().value() == 7);
  process_record record;
  config::process_options options;
  book.recall("p", options, record);
  BOOST_TEST(record.disabled);
  BOOST_TEST(record.disabled_until == 7);
  book.enable("q");
  book.enable("p");
  BOOST_TEST(told == 3);
  BOOST_TEST(!book.any_disabled());
}

BOOST_AUTO_TEST_CASE(a_book_with_one) {
  enablement_book book;
  book.keep_in("/nowhere");
  book.note_wish("p", intent::unwanted);
  book.note_wish("q", intent::wanted);
  book.note_wish("r", intent::none);
  BOOST_TEST(book.all().wanted.size() == 2U);
  auto wished = [&](const char* name, bool as_last) {
    process_record record;
    config::process_options options;
    if (as_last)
      options.ask().starts_as_last = true;
    book.recall(name, options, record);
    return record.wished;
  };
  BOOST_TEST((wished("p", true) == intent::unwanted));
  BOOST_TEST((wished("q", true) == intent::wanted));
  BOOST_TEST((wished("r", true) == intent::none));
  BOOST_TEST((wished("p", false) == intent::none));
  process_record record;
  record.disabled = true;
  record.disabled_until = 5;
  record.wished = intent::wanted;
  book.learn("p", record);
  BOOST_TEST(book.all().wanted.at("p"));
  BOOST_TEST(book.take_over_by(5).size() == 1U);
}

BOOST_AUTO_TEST_CASE(scales_go_with_what_the_file_said) {
  enablement_book book;
  std::size_t told = 0;
  book.on_change([&] { ++told; });
  config::scale_book scales{{"web", {4, 2}}, {"api", {0, 1}}};
  book.set_scales(scales);
  book.set_scales(scales); // no change
  BOOST_TEST((book.scales() == scales));
  BOOST_TEST(told == 1U);
  enablement other;
  other.scales = {{"more", 10'001}, {"alone", 3}, {"good", 3}};
  other.numprocs = {{"more", 1}, {"good", 1}};
  enablement_book from_a_file;
  from_a_file.add(other, [](std::string_view) { return true; });
  BOOST_TEST((from_a_file.scales() == config::scale_book{{"good", {3, 1}}}));
}

BOOST_AUTO_TEST_CASE(a_clock_that_reaches_a_second) {
  boost::asio::io_context io;
  int rung = 0;
  until_timer timer(io, [&] {
    ++rung;
    io.stop();
  });
  BOOST_TEST(timer.ring_at({}) == 0);
  BOOST_TEST(io.poll() == 0U); // nobody has asked: there is nothing to wait for
  auto now = [] { return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()); };
  auto second = std::int64_t{now()} + 2; // time_t may be rounded
  BOOST_TEST(timer.ring_at(second) == 0);
  io.restart();
  io.run_for(patience);
  BOOST_TEST(rung == 1);
  BOOST_TEST(now() >= second);
}

BOOST_AUTO_TEST_SUITE_END()
