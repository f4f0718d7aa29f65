// logs: words, lines, prefixes, times, order; against streams that a test feeds. Cases: docs/contract/packaging.md, 6.3
// (K3 to K6, K12).
#include "apps/ctl/log_lines.hpp"
#include "tests/ctl/ctl_harness.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(ctl_logs_test)

using namespace troupe::ctl;
using namespace troupe::ctl::tests;
namespace data = boost::unit_test::data;

namespace {

std::string row(int id, const std::string& group, const std::string& name, bool err = true) {
  return "{\"id\": " + std::to_string(id) + ", \"group\": \"" + group + "\", \"process\": \"" + name +
         "\", \"state\": \"RUNNING\", \"statecode\": 20, \"pid\": 7, \"stdout\": true, \"stderr\": " +
         (err ? "true" : "false") + "}";
}

std::string status_of_three() {
  return "{\"now\": 1, \"daemon\": {}, \"processes\": [" + row(1, "db", "db", false) + "," + row(2, "web", "web_00") +
         "," + row(3, "web", "web_01") + "]}";
}

std::string first_bytes(const std::string& path) { return path + "?bytes=65536"; }
const std::string of_db = first_bytes("/api/v1/log/db:db/stdout");
const std::string of_web = first_bytes("/api/v1/log/web:web_00/stdout");
const std::string err_of_web = first_bytes("/api/v1/log/web:web_00/stderr");
const std::string other_web = first_bytes("/api/v1/log/web:web_01/stdout");
const std::string other_err = first_bytes("/api/v1/log/web:web_01/stderr");

void three_programs(harness& l) {
  l.fed["/api/v1/status"] = {status_of_three()};
  for (const auto& more : {"", "&follow=1"}) {
    l.fed[of_db + more] = {"db 1\ndb 2\n"};
    l.fed[of_web + more] = {"web 1\nwe", "b 2\n"};
    l.fed[err_of_web + more] = {"bad 1\n"};
    l.fed[other_web + more] = {"other 1\n"};
    l.fed[other_err + more] = {};
  }
  l.fed["/api/v1/events"] = {"event: status\ndata: " + status_of_three() + "\n\n"};
}

int run(harness& l, const std::string& line) {
  session s(l, {{.url = "unix:///lab.sock"}});
  return s.run(line);
}

struct logs_row {
  const char* line;
  const char* out;
  int status = 0;
};
std::ostream& operator<<(std::ostream& out, const logs_row& r) { return out << r.line; }
} // namespace

BOOST_AUTO_TEST_CASE(all_of_them_one_after_the_other) {
  harness l;
  three_programs(l);
  BOOST_TEST(run(l, "logs") == 0);
  BOOST_TEST(l.stdout_text == "db         | db 1\n"
                              "db         | db 2\n"
                              "web:web_00 | web 1\n"
                              "web:web_00 | web 2\n"
                              "web:web_00!| bad 1\n"
                              "web:web_01 | other 1\n");
  BOOST_TEST(l.stderr_text == "");
}

namespace {

const logs_row rows[] = {
  {"logs db", "db 1\ndb 2\n"}, // one log: no prefix
  {"logs -n 1 db", "db 2\n"},
  {"logs -n1 web:web_00 --stdout", "web 2\n"},
  {"logs -n 0 db", ""},
  {"logs --no-prefix web:*", "web 1\nweb 2\nbad 1\nother 1\n"},
  {"logs --stderr web:web_00", "bad 1\n"},
  {"logs 'nosuch'", "'nosuch': ERROR (no such process)\n", 1},
  {"logs nosuch:* db", "nosuch: ERROR (no such group)\ndb 1\ndb 2\n", 1},
  {"logs --stderr db", "db: ERROR (no log file)\n", 1},
  {"logs web_0?", "web:web_00 | web 1\nweb:web_00 | web 2\nweb:web_00!| bad 1\nweb:web_01 | other 1\n"},
  {"logs supervisord", "supervisord: ERROR (no log file)\n", 1},
  {"logs --json db", "{\"name\": \"db:db\", \"channel\": \"stdout\", \"line\": \"db 1\"}\n"
                     "{\"name\": \"db:db\", \"channel\": \"stdout\", \"line\": \"db 2\"}\n"},
  {"logs --bogus", nullptr, 2},
  {"logs -n many", nullptr, 2},
  {"logs -n", nullptr, 2},
  {"logs --since tomorrow", nullptr, 2},
  {"logs -f db", "db 1\ndb 2\n"},
  {"logs -f -n 1 --stdout db web:web_00", "db         | db 2\nweb:web_00 | web 2\n"},
};

} // namespace

BOOST_DATA_TEST_CASE(lines, data::make(rows), r) {
  harness l;
  three_programs(l);
  l.streams_last = std::string_view(r.line).find(" -f ") != std::string_view::npos;
  BOOST_TEST(run(l, r.line) == r.status);
  if (r.out)
    BOOST_TEST(l.stdout_text == r.out);
  else
    BOOST_TEST(l.stdout_text.starts_with("Error: "));
}

BOOST_AUTO_TEST_CASE(who_comes_later_is_followed) { // K3
  harness l;
  three_programs(l);
  l.fed["/api/v1/status"] = {"{\"now\": 1, \"daemon\": {}, \"processes\": [" + row(1, "db", "db", false) + "]}"};
  l.fed[of_db + "&follow=1"] = {"db 1\n"};
  std::string late = "event: change\ndata: {\"now\": 1, \"daemon\": {}, \"changed\": [" + row(4, "db", "db2", false) +
                     "," + row(5, "x", "x") + "], \"removed\": []}\n\n";
  l.fed["/api/v1/events"] = {"event: status\ndata: " + l.fed["/api/v1/status"][0] + "\n\n"};
  l.fed["/api/v1/log/db:db2/stdout?bytes=65536&follow=1"] = {"new 1\nnew 2\n"};
  l.fed["/api/v1/log/db:db/stdout?bytes=65536&follow=1"] = {"db 1\n"};
  l.streams_last = true;
  l.late = {{"/api/v1/events", late}};
  BOOST_TEST(run(l, "logs -f db:*") == 0);
  BOOST_TEST(l.stdout_text == "db | db 1\ndb:db2 | new 1\ndb:db2 | new 2\n");
}

BOOST_AUTO_TEST_CASE(hostile_bytes_leave_the_terminal_alone) { // K6
  harness l;
  three_programs(l);
  l.facts = {.out = true, .err = true, .term = "xterm", .no_color = true};
  l.fed[of_db] = {"\x1b]0;x\a\x1b[2J\x1b[31mred\r\n\xe2\x80\xae\n"};
  BOOST_TEST(run(l, "logs db") == 0);
  BOOST_TEST(l.stdout_text == "\x1b[31mred\x1b[0m\n\\u202e\n");
}

BOOST_AUTO_TEST_CASE(a_very_long_line_comes_in_parts) { // K6
  line_splitter splitter;
  std::string all, text(300000, 'x');
  text.replace(65535, 2, "\xc3\xa4");
  int begins = 0, ends = 0;
  for (std::size_t at = 0; at < text.size(); at += 7000)
    for (auto& piece : splitter.feed(std::string_view(text).substr(at, 7000)))
      all += piece.text, begins += piece.begins, ends += piece.ends;
  BOOST_TEST(all.size() > 200000U);
  for (auto& piece : splitter.feed("!\nnext\n"))
    all += piece.text + (piece.ends ? "\n" : ""), begins += piece.begins, ends += piece.ends;
  BOOST_TEST((all == text + "!\nnext\n"));
  BOOST_TEST(begins == 2);
  BOOST_TEST(ends == 2);
  BOOST_TEST(!splitter.rest());
}

BOOST_AUTO_TEST_CASE(parts_of_a_line_stay_together_unless_others_speak) {
  log_writer writer({.prefix = true});
  log_source a{"a", "a:a"}, b{"b", "b:b", true};
  writer.make_room_for(a);
  std::string text = writer.text_of(a, {"one ", true, false}, "");
  text += writer.text_of(a, {"two ", false, false}, "");
  text += writer.text_of(b, {"other", true, true}, "");
  text += writer.text_of(a, {"three", false, false}, "");
  text += writer.finish();
  BOOST_TEST(text == "a | one two \nb!| other\na | three\n");
}

BOOST_AUTO_TEST_CASE(a_log_goes_on_behind_what_was_read_last) {
  BOOST_TEST(*after_tail("1\n2\n3\n4\n", "2\n3\n") == "4\n");
  BOOST_TEST(*after_tail("a\na\n", "a\n") == "");
  BOOST_TEST(*after_tail("new", "") == "new");
  BOOST_TEST(!after_tail("4\n5\n", "3\n"));
}

BOOST_AUTO_TEST_CASE(last_lines_are_whole) {
  last_lines two(2);
  for (auto piece : {log_piece{"1"}, log_piece{"2a", true, false}, log_piece{"2b", false, true}, log_piece{"3"}})
    two.add(piece);
  auto left = two.take();
  BOOST_REQUIRE(left.size() == 3U);
  BOOST_TEST(left.front().text == "2a");
  last_lines cut(5);
  cut.add({"half"});
  cut.add({"whole"});
  cut.drop_cut_line();
  BOOST_TEST(cut.take().front().text == "whole");
}

namespace {

struct time_row {
  const char* line;
  const char* moment; ///< empty: none
};
std::ostream& operator<<(std::ostream& out, const time_row& r) { return out << r.line; }
const time_row times[] = {
  {"2026-11-28T12:00:00Z x", "2026-11-28T12:00:00.000000Z"},
  {"2026-11-28T12:00:00.5Z", "2026-11-28T12:00:00.500000Z"},
  {"2026-11-28 12:00:00,123 INFO x", "2026-11-28T12:00:00.123000Z"},
  {"[2026-11-28T12:00:00Z] x", "2026-11-28T12:00:00.000000Z"},
  {"{\"time\":\"2026-11-28T12:00:00.250Z\",\"line\":1}", "2026-11-28T12:00:00.250000Z"},
  {"{\"level\": 1, \"ts\": \"2026-11-28T12:00:00Z\"}", "2026-11-28T12:00:00.000000Z"},
  {"2026-11-28", ""},
  {"x 2026-11-28T12:00:00Z", ""},
  {"{\"time\": 3}", ""},
  {"2026-99-28T12:00:00Z", ""},
};

} // namespace

BOOST_DATA_TEST_CASE(times_of_lines, data::make(times), r) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  auto found = time_of_line(r.line);
  auto expected = std::string_view(r.moment).empty() ? std::nullopt : time_of_line(r.moment);
  BOOST_TEST((found == expected));
}

BOOST_AUTO_TEST_CASE(logs_with_times_are_merged) {
  harness l;
  three_programs(l);
  l.fed[of_db] = {"2026-11-28T12:00:01Z db\n  goes on\n2026-11-28T12:00:05Z db\n"};
  l.fed[of_web] = {"2026-11-28T12:00:00Z web\n2026-11-28T12:00:02Z web\n"};
  run(l, "logs --no-prefix --stdout db web:web_00");
  BOOST_TEST(l.stdout_text == "2026-11-28T12:00:00Z web\n2026-11-28T12:00:01Z db\n  goes on\n"
                              "2026-11-28T12:00:02Z web\n2026-11-28T12:00:05Z db\n");
}

BOOST_AUTO_TEST_CASE(since_goes_by_the_times_of_lines) { // K4
  harness l;
  three_programs(l);
  l.fed["/api/v1/log/db:db/stdout?bytes=8388608"] = {
    "2026-11-28T12:00:01Z a\n  more\n2026-11-28T12:00:05Z b\n  more\n"};
  l.fed["/api/v1/log/web:web_00/stdout?bytes=8388608"] = {"1\n2\n3\n"};
  run(l, "logs --stdout -n 2 --since 2026-11-28T12:00:02Z db web:web_00");
  BOOST_TEST(l.stdout_text == "db         | 2026-11-28T12:00:05Z b\ndb         |   more\n"
                              "web:web_00 | 2\nweb:web_00 | 3\n");
  BOOST_TEST(l.stderr_text == "web:web_00: its lines have no time: --since does not count for it\n");
}

BOOST_AUTO_TEST_CASE(another_daemon_gives_what_it_has) { // K12
  harness l;
  BOOST_TEST(run(l, "logs -n 2 talker") == 0);
  BOOST_TEST(l.stdout_text == "talker | out 1\ntalker | out 2\ntalker!| err 5\ntalker!| err 6\n");
  BOOST_TEST(l.stderr_text == "");
  l.stdout_text.clear();
  l.fed["/logtail/talker:talker/stdout"] = {"out 1\nout 2\n"};
  BOOST_TEST(run(l, "logs -f --stdout talker") == 0);
  BOOST_TEST(l.stdout_text == "out 1\nout 2\n");
  BOOST_TEST(l.stderr_text ==
             "this daemon has no /api/v1: of each log its last 1,024 bytes, and nobody who comes later\n");
}

BOOST_AUTO_TEST_SUITE_END()
