// Reports as text, as a value and in events; last lines. Source: docs/contract/deaths.md; vectors 146 to 156.
#include "protocols/death_report.hpp"

#include "protocols/json.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <string>

BOOST_AUTO_TEST_SUITE(death_report_test)

using namespace troupe::protocols;

namespace {

constexpr int exit_1 = 1 << 8, killed = 9, segv_with_core = 11 | 0x80;

struct in_utc {
  in_utc() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

death_report sample() {
  death_report r;
  r.name = r.group = "web";
  r.life = 17;
  r.pid = 4711;
  r.at = 1'795'835'528'113'000; // 2026-11-28 03:12:08.113
  r.seconds = 0.4;
  r.wait_status = exit_1;
  r.state = process_state::fatal;
  r.tried = r.tries = r.ends = 4;
  r.memory = oom_verdict::no;
  r.cgroup = "/system.slice/supervisor.service";
  r.limit = 512 << 20;
  r.kills_before = r.kills_after = 3;
  r.used = troupe::platform::child_usage{498 << 20, 310'000, 80'000};
  r.changed = death_changes{
    1'795'802'402'000'000, {"command"}, {"DB_URL"}, program_file{"/srv/web/run", 5, 1'795'835'444, 10}, 41, 42};
  r.err = tail_of("Traceback (most recent call last):\n  ...\nKeyError: 'DB_URL'\n", 20, true);
  r.out = tail_of("", 20, true);
  return r;
}

std::string line_of(const death_report& r, const std::string& name) {
  auto text = '\n' + death_text(r) + '\n';
  auto at = text.find("\n  " + name + ' ');
  return at == text.npos ? "" : text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

} // namespace

BOOST_FIXTURE_TEST_CASE(as_people_read_it, in_utc) {
  BOOST_TEST(death_text(sample()) ==
             R"(  ended    2026-11-28 03:12:08, after 0.4 s, by exit status 1; try 4 of 4, 4 ends within the hour
  memory   not out of memory; peak 498 MB; cpu 0.31 s user, 0.08 s system
  changed  since 2026-11-27 18:00:02: command, environment DB_URL; /srv/web/run (2026-11-28 03:10:44)
  stderr   last 3 of 3 lines
           Traceback (most recent call last):
             ...
           KeyError: 'DB_URL'
  stdout   nothing)");
}

BOOST_FIXTURE_TEST_CASE(ends_in_words, in_utc) { // 147, 148, 150
  auto r = sample();
  r.tried = 0;
  r.ends = 1;
  r.wait_status = killed;
  BOOST_TEST(line_of(r, "ended") ==
             "  ended    2026-11-28 03:12:08, after 0.4 s, by SIGKILL, not by us; 1 end within the hour");
  r.by_us = true;
  r.seconds = 33124;
  BOOST_TEST(line_of(r, "ended") == "  ended    2026-11-28 03:12:08, after 9:12:04, by SIGKILL; 1 end within the hour");
  r.by_us = false;
  r.wait_status = segv_with_core;
  r.core = "/var/crash/core.4711";
  BOOST_TEST(line_of(r, "ended").find("by SIGSEGV (core dumped); ") != std::string::npos);
  BOOST_TEST(line_of(r, "core") == "  core     /var/crash/core.4711");
  r.core = "|/usr/lib/crash";
  BOOST_TEST(line_of(r, "core") == "  core     given to /usr/lib/crash");
  r.wait_status.reset();
  r.spawn_error = "can't find command '/no/such'";
  BOOST_TEST(line_of(r, "ended") == "");
  BOOST_TEST(line_of(r, "memory") == "");
  BOOST_TEST(line_of(r, "spawn").starts_with("  spawn    could not be made: can't find command '/no/such'; "));
}

BOOST_AUTO_TEST_CASE(memory_in_words) { // 149
  auto r = sample();
  r.used.reset();
  r.memory = oom_verdict::likely;
  r.kills_after = 4;
  BOOST_TEST(line_of(r, "memory") ==
             "  memory   out of memory: limit 512 MB of /system.slice/supervisor.service, 3 -> 4 kills (likely)");
  r.memory = oom_verdict::yes;
  BOOST_TEST(line_of(r, "memory").ends_with(" kills"));
  r.memory = oom_verdict::unknown;
  BOOST_TEST(line_of(r, "memory") == "  memory   unknown (its cgroup is gone)");
  r.cgroup.clear();
  BOOST_TEST(line_of(r, "memory") == "  memory   unknown (no counter)");
}

BOOST_FIXTURE_TEST_CASE(changes_in_words, in_utc) { // 155, 156
  auto r = sample();
  r.changed = death_changes{1'795'802'402'000'000, {}, {}, {}, 1, 1};
  BOOST_TEST(line_of(r, "changed") == "  changed  nothing since 2026-11-27 18:00:02");
  r.changed->environment = {"A", "B"};
  BOOST_TEST(line_of(r, "changed") == "  changed  since 2026-11-27 18:00:02: environment A B");
  r.changed.reset();
  BOOST_TEST(line_of(r, "changed") == "  changed  never ran well before");
}

BOOST_AUTO_TEST_CASE(what_a_reader_may_not_see) {
  auto text = death_text(sample(), {true, false, false});
  BOOST_TEST(text.find("KeyError") == text.npos);
  BOOST_TEST(text.find("stderr   not shown") != text.npos);
  BOOST_TEST(text.find("DB_URL") == text.npos);
  auto value = death_value(sample(), {false, false, false});
  for (const char* key : {"stdout", "stderr", "changed"})
    BOOST_TEST(value.member(key)->nil(), key);
  BOOST_TEST(!value.member("oom")->nil());
}

BOOST_AUTO_TEST_CASE(as_json) {
  std::string text;
  json_writer out{text};
  out.value(death_value(sample()));
  BOOST_TEST(
    text ==
    R"({"name":"web","group":"web","life":17,"pid":4711,"at":"2026-11-28T03:12:08.113Z","seconds":0.4,)"
    R"("end":{"kind":"exit","code":1,"signal":null,"core":false,"by_us":false,"text":"exit status 1"},)"
    R"("spawn_error":null,"state":"FATAL","try":4,"tries":4,"ends":4,)"
    R"("oom":{"verdict":"no","cgroup":"/system.slice/supervisor.service","limit":536870912,"kills":[3,3]},)"
    R"("usage":{"maxrss":522190848,"user":0.31,"system":0.08},)"
    R"("changed":{"since":"2026-11-27T18:00:02.000Z","options":["command"],"environment":["DB_URL"],)"
    R"("program":{"path":"/srv/web/run","modified":"2026-11-28T03:10:44.000Z","size":10},"config":[41,42]},)"
    R"("stdout":{"lines":0,"whole":true,"tail":[],"from":"log","error":null},)"
    R"("stderr":{"lines":3,"whole":true,"tail":["Traceback (most recent call last):","  ...","KeyError: 'DB_URL'"],)"
    R"("from":"log","error":null},"core":null})");
}

BOOST_AUTO_TEST_CASE(in_an_event) { // 157
  auto whole = death_detail(sample(), true);
  auto keys = death_detail(sample(), false);
  BOOST_TEST(keys == " exitstatus:1 signal:0 core:0 oom:unknown life:17 seconds:0.4\n");
  BOOST_TEST(whole.starts_with(" exitstatus:1 signal:0 core:0 oom:no life:17 seconds:0.4\n{\"name\":\"web\","));
  auto r = sample();
  r.wait_status = segv_with_core;
  BOOST_TEST(death_detail(r, false).starts_with(" exitstatus:-1 signal:11 core:1 "));
  r.wait_status.reset();
  BOOST_TEST(death_detail(r, false).starts_with(" exitstatus:-1 signal:0 core:0 "));
}

BOOST_AUTO_TEST_CASE(last_lines) {
  auto of = [](std::string_view bytes, std::size_t most, bool whole) {
    auto tail = tail_of(bytes, most, whole);
    std::string text = std::to_string(tail.total) + ":";
    for (const auto& line : tail.lines)
      text += line + "|";
    return text;
  };
  BOOST_TEST(of("", 5, true) == "0:");
  BOOST_TEST(of("a", 5, true) == "1:a|");
  BOOST_TEST(of("a\n", 5, true) == "1:a|");
  BOOST_TEST(of("\n\n", 5, true) == "2:||");
  BOOST_TEST(of("a\nb\nc\n", 2, true) == "3:b|c|");
  BOOST_TEST(of("half\nb\nc", 5, false) == "2:b|c|"); // the first one is not all there
  BOOST_TEST(of("half", 5, false) == "1:half|");
  BOOST_TEST(of("a\r\nb\r\n", 5, true) == "2:a|b|");
}

BOOST_AUTO_TEST_CASE(what_terminals_mind_is_escaped) { // 153
  auto tail = tail_of("\x1b[31mred\xff\x07\n\xe2\x80\xae\n", 5, true);
  BOOST_TEST_REQUIRE(tail.lines.size() == 2U);
  BOOST_TEST(tail.lines[0].find('\x1b') == std::string::npos);
  BOOST_TEST(tail.lines[0].find('\x07') == std::string::npos);
  BOOST_TEST(tail.lines[0].find("red\xef\xbf\xbd") != std::string::npos);
  BOOST_TEST(tail.lines[1].find("\xe2\x80\xae") == std::string::npos);
  auto longer = tail_of(std::string(5000, 'x'), 5, true);
  BOOST_TEST(longer.lines[0].size() < 1100U);
}

BOOST_AUTO_TEST_CASE(no_report_takes_more_than_it_may) {
  auto r = sample();
  std::string many;
  for (int i = 0; i < 200; ++i)
    many += "line " + std::to_string(i) + " " + std::string(100, 'x') + "\n";
  r.err = tail_of(many, 200, true);
  r.out = tail_of("one\n", 200, true);
  r.spawn_error.assign(10'000, 'y');
  r.changed->environment.assign(1000, "VARIABLE");
  shorten(r, 4096);
  BOOST_TEST(memory_of(r) <= 4096U);
  BOOST_TEST(r.out->lines.size() == 1U);
  BOOST_TEST_REQUIRE(!r.err->lines.empty());
  BOOST_TEST(r.err->lines.back().starts_with("line 199 "));
  BOOST_TEST(r.err->total == 200);
}

BOOST_AUTO_TEST_SUITE_END()
