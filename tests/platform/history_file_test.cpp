// The history as a file: what is written is read again, by every kind of question; its bounds; whose files are refused,
// set aside or in use. Needs libsqlite3. Source: docs/contract/history.md, 7.1, 7.3 and 7.4.
#include "platform/history_file.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(history_file_test)

using namespace troupe;
using namespace troupe::platform;
using kind = config::history_kind;
using failure = history_failure::kind;
using ids = std::vector<std::int64_t>;

namespace {

constexpr std::int64_t second = 1'000'000;

history_row row(std::int64_t id, std::string name, kind of = kind::state, std::int64_t at = 0,
                std::string what = "{}") {
  return {id, at != 0 ? at : id * second, of, std::move(name), {}, 0, std::move(what)};
}

struct stage {
  tests::scratch folder;
  std::string path = folder.in("h.db");
  history_file file{path, false};

  stage() { BOOST_REQUIRE(file.open().why == ""); }
  ids read(history_question what) {
    ids found;
    auto came = file.read(what, [&](history_row r) {
      found.push_back(r.id);
      return true;
    });
    BOOST_TEST(came.why == "");
    return found;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(what_is_written_is_read, stage) {
  history_row whole{9, 5 * second, kind::command, "a:b", "anna", 12, R"({"x":"ü"})"};
  BOOST_REQUIRE(!file.write(std::vector{whole}));
  BOOST_TEST(file.last_id() == 9);
  file.close();
  BOOST_REQUIRE(!file.open());
  BOOST_TEST(file.last_id() == 9);
  history_row found;
  BOOST_REQUIRE(!file.read({}, [&](history_row r) {
    found = std::move(r);
    return true;
  }));
  BOOST_TEST(found.id == 9);
  BOOST_TEST(found.at == 5 * second);
  BOOST_CHECK(found.kind == kind::command);
  BOOST_TEST(found.name == "a:b");
  BOOST_TEST(found.who == "anna");
  BOOST_TEST(found.serial == 12);
  BOOST_TEST(found.what == R"({"x":"ü"})");
  struct stat facts {};
  for (const char* of : {"h.db", "h.db-wal"}) {
    BOOST_REQUIRE(::stat(folder.in(of).c_str(), &facts) == 0);
    BOOST_TEST((facts.st_mode & 0777) == 0600u, of);
  }
  BOOST_TEST(!folder.exists("h.db-shm"));
}

BOOST_FIXTURE_TEST_CASE(a_record_is_there_once, stage) { // 134
  std::vector rows{row(1, "a"), row(2, "a")};
  BOOST_REQUIRE(!file.write(rows));
  rows.push_back(row(3, "a"));
  BOOST_REQUIRE(!file.write(rows));
  BOOST_TEST(read({}) == (ids{3, 2, 1}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(questions, stage) {
  std::vector<history_row> rows;
  for (std::int64_t id = 1; id <= 10; ++id)
    rows.push_back(row(id, id % 2 == 0 ? "even" : "odd", id == 5 ? kind::death : kind::state));
  rows.push_back(row(11, "", kind::daemon));
  rows.push_back(row(12, "odd", kind::state, 3 * second)); // 145: the clock was set back
  BOOST_REQUIRE(!file.write(rows));
  auto same = [&](history_question what, const ids& wanted) {
    BOOST_TEST(read(std::move(what)) == wanted, boost::test_tools::per_element());
  };
  same({.limit = 3}, {12, 11, 10});
  same({.limit = 0}, {});
  same({.names = {"even"}, .limit = 2}, {10, 8});
  same({.names = {"odd", "even"}, .limit = 3}, {12, 10, 9});
  same({.names = {"nobody"}}, {});
  same({.kinds = bit(kind::death)}, {5});
  same({.kinds = 0}, {});
  same({.since = 9 * second}, {11, 10, 9});
  same({.until = 3 * second}, {12, 3, 2, 1});
  same({.since = 2 * second, .until = 3 * second}, {12, 3, 2});
  same({.names = {"odd"}, .since = 2 * second, .until = 3 * second}, {12, 3});
  same({.after = 9}, {10, 11, 12});
  same({.after = 1, .limit = 2}, {2, 3});
  same({.shown = [](const std::string& name) { return name == "even"; }, .limit = 2}, {10, 8});
  std::vector<std::string> many(1000, "x");
  many.emplace_back("even");
  same({.names = many, .limit = 2}, {10, 8});
}

BOOST_FIXTURE_TEST_CASE(states_at_a_moment, stage) {
  BOOST_REQUIRE(!file.write(std::vector{row(1, "", kind::daemon), row(2, "a"), row(3, "b"), row(4, "a"),
                                        row(5, "a", kind::death), row(6, "c"), row(7, "b")}));
  ids found;
  BOOST_REQUIRE(!file.read_states(5 * second, [&](const history_row& r) {
    found.push_back(r.id);
    return true;
  }));
  BOOST_TEST(found == (ids{4, 3}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(it_does_not_outgrow_its_bounds, stage) { // 138, smaller
  constexpr std::int64_t bound = 2 << 20;
  std::int64_t id = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<history_row> rows;
    for (int i = 0; i < 500; ++i, ++id)
      rows.push_back(row(id + 1, "name" + std::to_string(i % 50), id % 400 == 0 ? kind::config : kind::state, 0,
                         R"({"x":")" + std::string(200, 'x') + "\"}"));
    BOOST_REQUIRE(!file.write(rows));
    bool more = true;
    while (more)
      BOOST_REQUIRE(!file.trim(bound, 0, more));
    BOOST_TEST_REQUIRE(std::filesystem::file_size(path) <= static_cast<std::uintmax_t>(bound));
  }
  auto left = read({.limit = 100'000});
  BOOST_TEST(left.front() == id);
  BOOST_TEST(left.size() > 1000u);
  history_row oldest;
  (void)file.read({.after = 1, .limit = 1}, [&](history_row r) {
    oldest = std::move(r);
    return false;
  });
  BOOST_CHECK(oldest.kind == kind::config); // what the others ran by
}

BOOST_FIXTURE_TEST_CASE(what_is_too_old_goes_but_the_newest, stage) {
  std::vector<history_row> rows;
  for (std::int64_t id = 1; id <= 12'000; ++id)
    rows.push_back(row(id, "a"));
  BOOST_REQUIRE(!file.write(rows));
  bool more = true;
  while (more)
    BOOST_REQUIRE(!file.trim(0, 11'991 * second, more));
  BOOST_TEST(read({.limit = 100}).size() == 10u);
  more = true;
  while (more)
    BOOST_REQUIRE(!file.trim(0, 99'999 * second, more));
  BOOST_TEST(read({}) == ids{12'000}, boost::test_tools::per_element());
  file.close();
  BOOST_REQUIRE(!file.open());
  BOOST_TEST(file.last_id() == 12'000);
}

BOOST_FIXTURE_TEST_CASE(nobody_else_has_it_meanwhile, stage) { // 141
  auto said = tests::in_helper([&]() -> std::string {
    history_file other{path, false};
    return other.open().is == failure::in_use ? "in use" : "open";
  });
  BOOST_TEST(said == "in use");
}

BOOST_AUTO_TEST_CASE(what_is_not_ours_is_set_aside) { // 133
  tests::scratch folder;
  folder.write("h.db", "This is no database, and longer than a page of one is not needed to see that. " +
                         std::string(5000, '.'));
  history_file file{folder.in("h.db"), true};
  auto came = file.open();
  BOOST_CHECK(came.is == failure::damaged);
  BOOST_TEST(!file.is_open());
  auto aside = set_history_aside(folder.in("h.db"), 1'795'835'528 * second);
  BOOST_TEST(aside == folder.in("h.db.bad-20261128T031208Z"));
  BOOST_TEST(std::filesystem::exists(aside));
  BOOST_TEST(file.open().why == "");
}

BOOST_AUTO_TEST_CASE(a_newer_one_is_left_alone) {
  tests::scratch folder;
  {
    history_file file{folder.in("h.db"), false};
    BOOST_REQUIRE(!file.open());
  }
  auto text = folder.read("h.db");
  text[63] = 9; // user_version, a big-endian number at 60
  folder.write("h.db", text);
  history_file file{folder.in("h.db"), false};
  BOOST_CHECK(file.open().is == failure::newer);
}

BOOST_AUTO_TEST_CASE(a_damaged_page_is_seen) {
  tests::scratch folder;
  {
    history_file file{folder.in("h.db"), false};
    BOOST_REQUIRE(!file.open());
    std::vector<history_row> rows;
    for (std::int64_t id = 1; id <= 500; ++id)
      rows.push_back(row(id, "a"));
    BOOST_REQUIRE(!file.write(rows));
  }
  auto text = folder.read("h.db");
  for (std::size_t i = 4096; i < text.size(); ++i)
    text[i] = 'x';
  folder.write("h.db", text);
  history_file file{folder.in("h.db"), false};
  auto came = file.open();
  if (!came)
    came = file.read({}, [](const history_row&) { return true; });
  BOOST_CHECK(came.is == failure::damaged);
}

BOOST_AUTO_TEST_CASE(unsafe_places_are_refused) {
  tests::scratch folder;
  auto why = [&](const std::string& name) { return history_file(folder.in(name), false).open().why; };
  BOOST_REQUIRE(::symlink("/etc/passwd", folder.in("link").c_str()) == 0);
  BOOST_TEST(why("link") == "it is a link");
  folder.write("one", "");
  BOOST_REQUIRE(::link(folder.in("one").c_str(), folder.in("two").c_str()) == 0);
  BOOST_TEST(why("one") == "it has several names");
  BOOST_REQUIRE(::mkdir(folder.in("h").c_str(), 0700) == 0);
  BOOST_TEST(why("h") == "it is no file");
  BOOST_TEST(why("nowhere/h").find("No such file") != std::string::npos);
  BOOST_REQUIRE(::mkdir(folder.in("open").c_str(), 0700) == 0);
  BOOST_REQUIRE(::chmod(folder.in("open").c_str(), 01777) == 0);
  BOOST_TEST(why("open/h") == "everybody can write " + folder.in("open"));
  BOOST_TEST(!std::filesystem::exists(folder.in("open/h")));
}

BOOST_FIXTURE_TEST_CASE(a_copy, stage) {
  BOOST_REQUIRE(!file.write(std::vector{row(1, "a"), row(2, "b")}));
  auto target = folder.in("copy");
  BOOST_TEST(file.copy_to(target).why == "");
  struct stat facts {};
  BOOST_REQUIRE(::stat(target.c_str(), &facts) == 0);
  BOOST_TEST((facts.st_mode & 0777) == 0600u);
  BOOST_TEST(file.copy_to(target).why != ""); // it is there
  BOOST_TEST(file.copy_to("copy").why == "the name of the copy must begin with a /");
  history_file copy{target, false};
  BOOST_REQUIRE(!copy.open());
  BOOST_TEST(copy.last_id() == 2);
  BOOST_REQUIRE(::symlink(folder.in("victim").c_str(), folder.in("link").c_str()) == 0);
  BOOST_TEST(file.copy_to(folder.in("link")).why != "");
  BOOST_TEST(!folder.exists("victim"));
}

BOOST_AUTO_TEST_SUITE_END()
