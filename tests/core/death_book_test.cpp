// Reports are kept within bounds; how a process ran well outlives an update. Source: docs/contract/deaths.md, 1;
// vector 154.
#include "actors/core/death_book.hpp"
#include "actors/core/life_marks.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

BOOST_AUTO_TEST_SUITE(death_book_test)

using namespace troupe::actors;

namespace {

death_report_ptr report(const std::string& name, std::uint64_t life, std::size_t bytes = 0) {
  auto made = std::make_shared<troupe::protocols::death_report>();
  made->name = made->group = name;
  made->life = life;
  made->core.assign(bytes, 'x');
  return made;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_last_eight_newest_first) {
  death_book book;
  for (std::uint64_t life = 1; life <= 20; ++life)
    book.add(report("web", life));
  auto kept = book.of("web", "web");
  BOOST_TEST_REQUIRE(kept.size() == 8U);
  BOOST_TEST(kept.front()->life == 20U);
  BOOST_TEST(kept.back()->life == 13U);
  BOOST_TEST(book.of("web", "other").empty());
}

BOOST_AUTO_TEST_CASE(in_another_binary) {
  death_book book;
  for (std::uint64_t life = 1; life <= 3; ++life) {
    book.add(report("web", life));
    book.add(report("db", life));
    book.count_end("web", "web", 100);
  }
  book.configuration_read();
  auto options = std::make_shared<troupe::config::process_options>();
  book.ran_well("db", "db", {5, options, {"/bin/db", 1, 2, 3}});
  death_book next;
  next.configuration_read();
  auto pages = book.pages();
  pages[0].reports.push_back(report("none of its own", 1));
  pages[0].reports.push_back(nullptr);
  next.put_back(std::move(pages), book.configuration());
  for (const std::string name : {"web", "db"}) {
    auto is = next.of(name, name), was = book.of(name, name);
    BOOST_TEST((is == was));
  }
  BOOST_TEST(next.of("none of its own", "none of its own").empty());
  BOOST_TEST(next.count_end("web", "web", 130) == 4);
  BOOST_TEST_REQUIRE(next.good("db", "db").has_value());
  BOOST_TEST((next.good("db", "db")->options == options));
  BOOST_TEST(next.good("db", "db")->program.path == "/bin/db");
  BOOST_TEST(next.good("db", "db")->configuration == 1);
  BOOST_TEST(next.configuration() == 1);
}

BOOST_AUTO_TEST_CASE(four_megabytes_in_all_and_the_oldest_goes) { // 154
  death_book book;
  auto held = report("p0", 1, 3000); // by a reader
  book.add(held);
  for (int i = 1; i < 5000; ++i)
    book.add(report("p" + std::to_string(i % 1000), static_cast<std::uint64_t>(i), 3000));
  std::size_t bytes = 0;
  for (int i = 0; i < 1000; ++i)
    for (const auto& one : book.of("p" + std::to_string(i), "p" + std::to_string(i)))
      bytes += memory_of(*one);
  BOOST_TEST(bytes <= death_book::most_bytes);
  BOOST_TEST(bytes > death_book::most_bytes / 2);
  BOOST_TEST(book.of("p999", "p999").front()->life == 4999U);
  for (const auto& one : book.of("p0", "p0"))
    BOOST_TEST(one->life != 1U);
}

BOOST_AUTO_TEST_CASE(names_have_a_bound_too) {
  death_book book;
  book.ran_well("kept", "kept", {});
  for (std::size_t i = 0; i < death_book::most_names; ++i) {
    book.ran_well("g", "p" + std::to_string(i), {});
    if (i % 100 == 0)
      book.count_end("kept", "kept", 0); // heard of again
  }
  BOOST_TEST(book.good("kept", "kept").has_value());
  BOOST_TEST(!book.good("g", "p0").has_value());
  BOOST_TEST(book.good("g", "p9999").has_value());
}

BOOST_AUTO_TEST_CASE(ends_within_the_hour) {
  hour_count ends;
  BOOST_TEST(ends.add(1'000'000) == 1);
  BOOST_TEST(ends.add(1'000'001) == 2);
  BOOST_TEST(ends.add(1'000'000 + 1800) == 3);
  BOOST_TEST(ends.add(1'000'000 + 3700) == 2);
  BOOST_TEST(ends.add(1'000'000) == 3);             // the clock was set back
  BOOST_TEST(ends.add(1'000'000 + 1'000'000) == 1); // much later
}

BOOST_AUTO_TEST_CASE(a_ring_keeps_the_last_bytes) { // 152
  tail_ring ring;
  bool whole = false;
  ring.add("one\n");
  BOOST_TEST(ring.bytes(whole) == "one\n");
  BOOST_TEST(whole);
  std::string all = "one\n";
  for (int i = 0; i < 5000; ++i) {
    auto line = "line " + std::to_string(i) + "\n";
    ring.add(line);
    all += line;
    auto kept = ring.bytes(whole);
    auto expected = all.substr(all.size() - std::min(all.size(), tail_ring::most));
    if (kept != expected || whole != (all.size() == kept.size()))
      BOOST_ERROR("after " + line);
  }
  ring.add(std::string(100'000, 'x') + "end");
  auto kept = ring.bytes(whole);
  BOOST_TEST(kept.size() == tail_ring::most);
  BOOST_TEST(kept.ends_with("xend"));
  BOOST_TEST(!whole);
}

BOOST_AUTO_TEST_SUITE_END()
