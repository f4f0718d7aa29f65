// top: what its table and its panes show, and what keys do to them: no terminal, no daemon. Cases:
// docs/contract/packaging.md, 6.4.
#include "apps/ctl/names.hpp"
#include "apps/ctl/text_pane.hpp"
#include "apps/ctl/top_board.hpp"
#include "tests/ctl/ctl_harness.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

BOOST_AUTO_TEST_SUITE(ctl_top_test)

using namespace troupe;
using namespace troupe::ctl;
using namespace troupe::ctl::tests;
namespace data = boost::unit_test::data;
using kind = top_wish::kind;

namespace {

process_row row_of(std::string group, std::string name, process_state state, std::int64_t pid = 0) {
  process_row row;
  row.group = std::move(group);
  row.name = std::move(name);
  row.state = state;
  row.statename = to_string(state);
  row.pid = pid;
  return row;
}

top_facts three() {
  top_facts facts;
  facts.rows = {row_of("db", "db", process_state::fatal), row_of("web", "web_00", process_state::running, 4121),
                row_of("web", "web_01", process_state::running, 4122)};
  facts.facts["web:web_00"] = {.cpu = 31.24, .memory = 212 << 20, .restarts = 0, .start = 1000};
  facts.facts["web:web_01"] = {.cpu = 250, .memory = 1 << 20, .restarts = 2, .start = 9000};
  facts.facts["db:db"] = {.restarts = 3, .last_end = "exit status 1", .stop = 8000};
  facts.now = 10000;
  facts.version = "4.3.0+troupe";
  return facts;
}

std::string text_of(const screen_line& line) {
  std::string text;
  for (const auto& part : line)
    text += part.text;
  return text.substr(0, text.find_last_not_of(' ') + 1);
}
std::string text_of(const picture_lines& picture) {
  std::string text;
  for (const auto& line : picture)
    text += text_of(line) + "\n";
  return text;
}
bool holds(const picture_lines& picture, std::string_view text) {
  return text_of(picture).find(text) != std::string::npos;
}

top_board board_of(top_facts facts = three()) {
  top_board board;
  board.take(std::move(facts));
  return board;
}
top_wish type(top_board& board, std::u32string_view keys) {
  top_wish last;
  for (auto key : keys)
    last = board.press(key);
  return last;
}

BOOST_AUTO_TEST_CASE(a_picture) {
  auto board = board_of();
  auto picture = board.draw({132, 8, true});
  BOOST_TEST(picture.size() == 8);
  auto line = [&](std::size_t i) { return text_of(picture[i]); };
  BOOST_TEST(line(0).starts_with("supervisor 4.3.0+troupe  3 processes: 2 RUNNING 1 FATAL "));
  BOOST_TEST(line(0).find("cpu 281%  mem 213M  ") != std::string::npos);
  BOOST_TEST(line(1).starts_with("  STATE     NAME"));
  BOOST_TEST(line(2).starts_with("> FATAL     db "));
  BOOST_TEST(line(2).find("exit 1, ") != std::string::npos);
  BOOST_TEST(line(3).starts_with("  RUNNING   web:web_00 "));
  BOOST_TEST(line(3).find(" 4121     2:30:00   31.2% ") != std::string::npos);
  BOOST_TEST(picture[3][1].text == "RUNNING  ");
  BOOST_TEST((picture[3][1].as == shade::good));
  BOOST_TEST((picture[2][1].as == shade::chosen));
  BOOST_TEST(line(7).starts_with("/filter  F1 help"));
  for (const auto& one : picture)
    BOOST_TEST(code_points(text_of(one)) <= 132U);
}

BOOST_DATA_TEST_CASE(any_size, data::make({1, 5, 20, 80, 400}) * data::make({1, 2, 3, 5, 50}), columns, lines) {
  auto board = board_of();
  for (auto key : {U'?', U'q', U'/', U'w', key::enter, U't', key::end, U's'}) {
    board.press(key);
    auto picture = board.draw({std::size_t(columns), std::size_t(lines), true});
    BOOST_TEST(picture.size() == std::size_t(lines));
    for (const auto& line : picture)
      BOOST_TEST(code_points(text_of(line)) <= std::size_t(columns));
  }
}

struct key_row {
  const char* when;
  std::u32string keys;
  kind wish;
  std::vector<std::string> names;
};
std::ostream& operator<<(std::ostream& out, const key_row& r) { return out << r.when; }
const std::u32string down(1, key::down);
const key_row key_rows[] = {
  {"q ends", U"q", kind::quit, {}},
  {"nothing is done unasked", U"x", kind::nothing, {}},
  {"enter is no", U"x\n", kind::nothing, {}},
  {"n is no", U"xn", kind::nothing, {}},
  {"y is yes", U"xy", kind::stop, {"db:db"}},
  {"of the chosen one", down + U"ry", kind::restart, {"web:web_00"}},
  {"the last one stays", down + down + down + down + U"sy", kind::start, {"web:web_01"}},
  {"of the marked ones", down + U"  sy", kind::start, {"web:web_00", "web:web_01"}},
  {"a mark taken back", U" " + std::u32string(1, key::up) + U" sy", kind::start, {"web:web_00"}},
  {"marks are gone afterwards", U"  xy" + std::u32string(1, key::home) + U"sy", kind::start, {"db:db"}},
  {"a signal", U"kHUP\ny", kind::signal, {"db:db"}},
  {"no signal", U"k\n", kind::nothing, {}},
  {"filtered", U"/01\nxy", kind::stop, {"web:web_01"}},
  {"q in a filter is text", U"/q", kind::nothing, {}},
  {"nothing is left", U"/nosuch\nxy", kind::nothing, {}},
  {"escape: all again",
   U"/01\n"
   U"\x1b"
   U"xy",
   kind::stop,
   {"db:db"}},
  {"a group", U"t" + down + down + U"xy", kind::stop, {"web:web_00", "web:web_01"}},
  {"order by state", U"oxy", kind::stop, {"db:db"}},
  {"order by processor time", U"ooxy", kind::stop, {"web:web_01"}},
  {"order by memory", U"oooxy", kind::stop, {"web:web_00"}},
  {"details", U"\n", kind::details, {"db:db"}},
  {"a log", down + U"l", kind::log, {"web:web_00"}},
  {"help swallows one key", U"?q", kind::nothing, {}},
};
BOOST_DATA_TEST_CASE(keys, data::make(key_rows), r) {
  auto board = board_of();
  board.draw({});
  auto wish = type(board, r.keys);
  BOOST_TEST((wish.is == r.wish));
  BOOST_TEST(wish.names == r.names, boost::test_tools::per_element());
  if (r.wish == kind::signal)
    BOOST_TEST(wish.signal == "HUP");
}

BOOST_AUTO_TEST_CASE(asks_before_it_acts) {
  auto board = board_of();
  board.press(U'x');
  BOOST_TEST(text_of(board.draw({}).back()) == "stop db:db? y/N");
  board.press(U'n');
  type(board, U"  x");
  BOOST_TEST(text_of(board.draw({}).back()) == "stop 2 processes? y/N");
}

BOOST_AUTO_TEST_CASE(names_are_harmless) {
  auto facts = three();
  facts.rows.push_back(row_of("e\x1b[2J", "x\r\n\x9b\xff\xe2\x80\xae", process_state::stopped));
  facts.version = "\x1b]0;t\x07";
  facts.trouble = "\x1b[1;1H";
  auto board = board_of(std::move(facts));
  board.say("\x1b"
            "c");
  for (auto keys : {U"", U"t", U"tx", U"?"}) {
    type(board, keys);
    for (char c : text_of(board.draw({200, 20, true})))
      BOOST_TEST((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
  }
}

BOOST_AUTO_TEST_CASE(without_utf8_it_is_ascii) {
  auto facts = three();
  facts.rows[0].name = "d\u00e9b";
  auto board = board_of(std::move(facts));
  board.sample();
  for (char c : text_of(board.draw({200, 20, false})))
    BOOST_TEST(static_cast<unsigned char>(c) < 0x80U);
  BOOST_TEST(holds(board.draw({200, 20, false}), "db:d?b"));
}

BOOST_AUTO_TEST_CASE(lines_of_processor_time) {
  BOOST_TEST(sparkline({0, 12.5, 50, 99, 100}, 6, true) == " ▁▂▅██");
  BOOST_TEST(sparkline({0, 400}, 2, true) == "▁█");
  BOOST_TEST(sparkline({0, 100, 50}, 2, false) == "#+");
  BOOST_TEST(sparkline({}, 3, true) == "   ");
  auto board = board_of();
  for (int i = 0; i < 100; ++i)
    board.sample();
  BOOST_TEST(holds(board.draw({200, 20, true}), "███"));
}

BOOST_AUTO_TEST_CASE(who_goes_is_not_marked_any_more) {
  auto board = board_of();
  type(board, U"  ");
  auto fewer = three();
  fewer.rows.erase(fewer.rows.begin());
  board.take(std::move(fewer));
  auto wish = type(board, U"xy");
  BOOST_TEST(wish.names == (std::vector<std::string>{"web:web_00"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(long_tables_scroll) {
  top_facts facts;
  for (int i = 0; i < 100; ++i)
    facts.rows.push_back(row_of("g", "p" + std::to_string(100 + i), process_state::stopped));
  auto board = board_of(std::move(facts));
  BOOST_TEST(holds(board.draw({80, 10, true}), "g:p100"));
  board.press(key::page_down);
  BOOST_TEST(holds(board.draw({80, 10, true}), "> STOPPED   g:p107"));
  board.press(key::end);
  BOOST_TEST(text_of(board.draw({80, 10, true})[8]).starts_with("> STOPPED   g:p199"));
  board.draw({80, 50, true});
  BOOST_TEST(text_of(board.draw({80, 50, true})[48]).starts_with("> STOPPED   g:p199"));
}

// -- panes ---------------------------------------------------------------------------------------------

text_pane numbered(int count) {
  text_pane pane("log of x");
  for (int i = 1; i <= count; ++i)
    pane.add("line " + std::to_string(i));
  return pane;
}

BOOST_AUTO_TEST_CASE(a_log_is_shown_at_its_end) {
  auto pane = numbered(100);
  BOOST_TEST(text_of(pane.draw(80, 5)) ==
             "log of x\nline 98\nline 99\nline 100\n/search  n next  N before  w wrap  escape back\n");
  pane.press(key::home);
  pane.add("more");
  BOOST_TEST(text_of(pane.draw(80, 5)[1]) == "line 1");
  pane.press(key::end);
  BOOST_TEST(text_of(pane.draw(80, 5)[3]) == "more");
  BOOST_TEST(!pane.press(key::escape));
}

BOOST_AUTO_TEST_CASE(a_log_is_searched) {
  auto pane = numbered(100);
  pane.draw(80, 5);
  for (auto key : std::u32string(U"/line 2\n"))
    BOOST_TEST(pane.press(key));
  BOOST_TEST(text_of(pane.draw(80, 5)[1]) == "line 2");
  pane.press(U'n');
  BOOST_TEST(text_of(pane.draw(80, 5)[1]) == "line 20");
  pane.press(U'N');
  BOOST_TEST(text_of(pane.draw(80, 5)[1]) == "line 2");
}

BOOST_AUTO_TEST_CASE(long_lines_are_cut_or_wrapped) {
  text_pane pane("x");
  pane.add("abcdefghij");
  pane.add("\x1b[31mred\x1b]0;t\x07");
  BOOST_TEST(text_of(pane.draw(4, 6)[1]) == "abcd");
  pane.press(U'w');
  BOOST_TEST(text_of(pane.draw(4, 6)[1]) != "abcd"); // the end is shown
  pane.press(key::home);
  auto picture = pane.draw(4, 9);
  BOOST_TEST(text_of(picture[2]) == "efgh");
  for (char c : text_of(pane.draw(200, 9)))
    BOOST_TEST((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
}

BOOST_AUTO_TEST_CASE(a_pane_holds_so_many_lines) {
  auto pane = numbered(6000);
  pane.draw(80, 5);
  pane.press(key::home);
  BOOST_TEST(text_of(pane.draw(80, 5)[1]) == "line 1001");
}

// -- without a terminal --------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(needs_a_terminal) {
  harness daemon;
  session s(daemon, {.daemon = {.url = daemon.url}});
  BOOST_TEST(s.run("top") == 1);
  BOOST_TEST(daemon.stdout_text == "top needs a terminal; try supervisorctl status --watch\n");
  daemon.facts = {.out = true, .in = true, .term = "foo"};
  daemon.stdout_text.clear();
  BOOST_TEST(s.run("top") == 1);
  BOOST_TEST(daemon.stdout_text == "top needs a description of TERM=foo; try supervisorctl status --watch\n");
  BOOST_TEST(s.run("top x") == 2);
}

BOOST_AUTO_TEST_CASE(one_picture) {
  harness daemon;
  session s(daemon, {.daemon = {.url = daemon.url}});
  BOOST_TEST(s.run("top --once") == 0);
  BOOST_TEST(daemon.stdout_text.find("RUNNING   cat") != std::string::npos);
  BOOST_TEST(daemon.stdout_text.find("q quit") == std::string::npos);
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
