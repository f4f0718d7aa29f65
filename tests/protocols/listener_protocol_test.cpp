// The listener protocol as a table: vectors V137 to V155 and V164 of docs/contract/lifecycle.md, the integers of 7.2
// and the bounds that Supervisor lacks; every row with its input cut at every place, and byte by byte.
// Must not hold pools or log lines (pool_fsm_test.cpp does).
#include "protocols/listener_protocol.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>

BOOST_AUTO_TEST_SUITE(listener_protocol_test)

using namespace troupe::protocols;
namespace data = boost::unit_test::data;
using enum listener_state;

namespace {

std::string show(const heard::changed& t) {
  return std::string(to_string(t.from)) + " -> " + std::string(to_string(t.to));
}
std::string show(heard::processed) { return "processed"; }
std::string show(heard::rejected) { return "rejected"; }
std::string show(heard::failed) { return "failed"; }
std::string show(const heard::bad_line& t) { return "bad line <" + t.line + ">"; }
std::string show(const heard::result& t) { return "result <" + t.text + ">"; }
std::string show(heard::returned) { return "returned"; }

/// What the pieces come to, one after the other.
std::string trace(listener_talk& talk, const std::vector<std::string_view>& pieces) {
  std::string all;
  for (auto piece : pieces)
    for (const auto& token : hear(talk, piece))
      all += std::visit([](auto& t) { return show(t); }, token) + "; ";
  return all;
}

listener_talk in_state(listener_state state) {
  listener_talk talk;
  if (state == ready || state == busy)
    hear(talk, "READY\n");
  if (state == busy)
    begin_event(talk);
  if (state == unknown)
    hear(talk, "nonsense");
  return talk;
}

struct row {
  const char* id;
  listener_state from;
  std::string input;
  std::string heard;
  listener_state to;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

const std::string processed = "processed; BUSY -> ACKNOWLEDGED; ";
const std::string rejected = "rejected; BUSY -> ACKNOWLEDGED; returned; ";
std::string bad(const std::string& line) { return "bad line <" + line + ">; BUSY -> UNKNOWN; returned; "; }

// clang-format off
const row rows[] = {
  {"V137", acknowledged, "RE", "", acknowledged},
  {"V138", acknowledged, "READY\n", "ACKNOWLEDGED -> READY; ", ready},
  {"V139", acknowledged, "READY\ngarbage\n", "ACKNOWLEDGED -> READY; READY -> UNKNOWN; ", unknown},
  {"READY twice", acknowledged, "READY\nREADY\n", "ACKNOWLEDGED -> READY; READY -> UNKNOWN; ", unknown},
  {"V140", acknowledged, "hello world\n", "ACKNOWLEDGED -> UNKNOWN; ", unknown},
  {"READY in lower case", acknowledged, "ready\n", "ACKNOWLEDGED -> UNKNOWN; ", unknown},
  {"READY with CR", acknowledged, "READY\r\n", "ACKNOWLEDGED -> UNKNOWN; ", unknown},
  {"five wrong bytes wait for the sixth", acknowledged, "wrong", "", acknowledged},
  {"V141", ready, "x", "READY -> UNKNOWN; ", unknown},
  {"LF alone, unasked", ready, "\n", "READY -> UNKNOWN; ", unknown},
  {"V142", busy, "RESULT 2\nOK", processed, acknowledged},
  {"V143", busy, "RESULT 2\nOKREADY\n", processed + "ACKNOWLEDGED -> READY; ", ready},
  {"V144", busy, "RESULT 2\nOKabc", processed, acknowledged},
  {"V145", busy, "RESULT 2\nOKbogus data\n", processed + "ACKNOWLEDGED -> UNKNOWN; ", unknown},
  {"V146", busy, "RESULT 4\nFAIL", rejected, acknowledged},
  {"V147", busy, "RESULT 3\nOK\n", rejected, acknowledged},
  {"ok", busy, "RESULT 2\nok", rejected, acknowledged},
  {"OK and more", busy, "RESULT 5\nOKOKO", rejected, acknowledged},
  {"V148", busy, "READY\n", bad("READY"), unknown},
  {"V149", busy, "bogus data\n", bad("bogus data"), unknown},
  {"V150", busy, "RESULT \xff\n", bad("RESULT \xff"), unknown},
  {"V151", busy, "XXXXXXX2\nOK", processed, acknowledged},
  {"V152", busy, "RESULT 1_0 \n0123456789", rejected, acknowledged},
  {"V153", busy, "RESULT 0\n", rejected, acknowledged},
  {"V154", busy, "RESULT -1\nabc", bad("RESULT -1"), unknown},
  {"V155", busy, "bogus data yo", "", busy},
  {"a result not complete", busy, "RESULT 2\nO", "", busy},
  {"blanks around the number", busy, "RESULT \t 2 \r\nOK", processed, acknowledged},
  {"a plus sign", busy, "RESULT +2\nOK", processed, acknowledged},
  {"leading zeros", busy, "RESULT 002\nOK", processed, acknowledged},
  {"minus zero", busy, "RESULT -0\n", rejected, acknowledged},
  {"no number", busy, "RESULT \n", bad("RESULT "), unknown},
  {"no line", busy, "\n", bad(""), unknown},
  {"two numbers", busy, "RESULT 2 2\n", bad("RESULT 2 2"), unknown},
  {"two underscores", busy, "RESULT 1__0\n", bad("RESULT 1__0"), unknown},
  {"a leading underscore", busy, "RESULT _1\n", bad("RESULT _1"), unknown},
  {"hexadecimal", busy, "RESULT 0x2\n", bad("RESULT 0x2"), unknown},
  {"a blank that is none in bytes", busy, "RESULT \xc2\xa0" "2\n", bad("RESULT \xc2\xa0" "2"), unknown},
  {"a separator that is a blank only in text", busy, "RESULT \x1c" "2\n", bad("RESULT \x1c" "2"), unknown},
  {"NUL", busy, std::string("RESULT 2\0\n", 10), bad(std::string("RESULT 2\0", 9)), unknown},
  {"a number that no result has", busy, "RESULT 99999999999999999999\nOK", "", busy},
  {"a whole round and the next", busy, "RESULT 2\nOKREADY\nx", processed + "ACKNOWLEDGED -> READY; READY -> UNKNOWN; ",
   unknown},
  {"V164", unknown, "READY\nRESULT 2\nOKREADY\n", "", unknown},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(at_every_cut, data::make(rows), r) {
  for (std::size_t cut = 0; cut <= r.input.size(); ++cut) {
    auto talk = in_state(r.from);
    std::string_view input = r.input;
    BOOST_TEST(trace(talk, {input.substr(0, cut), input.substr(cut)}) == r.heard, "cut at " << cut);
    BOOST_TEST(to_string(talk.state) == to_string(r.to));
  }
  auto talk = in_state(r.from);
  std::vector<std::string_view> bytes;
  for (const char& c : r.input)
    bytes.emplace_back(&c, 1);
  BOOST_TEST(trace(talk, bytes) == r.heard);
  BOOST_TEST(to_string(talk.state) == to_string(r.to));
}

BOOST_AUTO_TEST_CASE(what_it_kept_comes_first) { // V144
  auto talk = in_state(busy);
  trace(talk, {"RESULT 2\nOKREA"});
  BOOST_TEST(trace(talk, {"DY\n"}) == "ACKNOWLEDGED -> READY; ");
}

BOOST_AUTO_TEST_CASE(a_line_without_end_is_bad_at_its_limit) {
  for (std::size_t piece : {std::size_t{1}, std::size_t{1000}, std::size_t{100'000}}) {
    auto talk = in_state(busy);
    std::string flood(100'000, 'x'), heard;
    for (std::size_t at = 0; at < flood.size(); at += piece) {
      heard += trace(talk, {std::string_view(flood).substr(at, piece)});
      BOOST_TEST(talk.pending.size() <= most_result_line);
    }
    BOOST_TEST(heard == bad(std::string(most_result_line, 'x')));
    BOOST_TEST(talk.pending.empty());
  }
  auto talk = in_state(busy); // the longest that is none
  auto line = "RESULT " + std::string(most_result_line - 8, ' ') + "2";
  BOOST_TEST(line.size() == most_result_line);
  BOOST_TEST(trace(talk, {line + "\nOK"}) == processed);
}

BOOST_AUTO_TEST_CASE(a_long_result_is_not_kept) {
  auto talk = in_state(busy);
  trace(talk, {"RESULT 1000000000\n"});
  std::string part(1'000'000, 'O');
  for (int i = 0; i < 999; ++i)
    BOOST_TEST_REQUIRE(trace(talk, {part}).empty());
  BOOST_TEST(talk.pending.size() + talk.result.size() < 10);
  BOOST_TEST(trace(talk, {part, "READY\n"}) == rejected + "ACKNOWLEDGED -> READY; ");
}

BOOST_AUTO_TEST_CASE(states_have_the_codes_of_the_contract) { // 1.1
  const std::pair<listener_state, std::string_view> states[] = {
    {ready, "READY"}, {busy, "BUSY"}, {acknowledged, "ACKNOWLEDGED"}, {unknown, "UNKNOWN"}};
  int codes[] = {10, 20, 30, 40};
  for (std::size_t i = 0; i < std::size(states); ++i) {
    BOOST_TEST(static_cast<int>(states[i].first) == codes[i]);
    BOOST_TEST(to_string(states[i].first) == states[i].second);
  }
}

// -- results that somebody else judges ------

BOOST_AUTO_TEST_CASE(a_judge_sees_whole_results) {
  const struct {
    const char* result;
    handler_verdict verdict;
    const char* heard;
    listener_state to;
  } judged[] = {
    {"FINE", handler_verdict::accept, "processed; BUSY -> ACKNOWLEDGED; ", acknowledged},
    {"OK", handler_verdict::reject, "rejected; BUSY -> ACKNOWLEDGED; returned; ", acknowledged},
    {"", handler_verdict::error, "failed; BUSY -> UNKNOWN; returned; ", unknown},
  };
  for (const auto& r : judged) {
    const std::string input = "RESULT " + std::to_string(std::string_view(r.result).size()) + '\n' + r.result;
    for (std::size_t cut = 0; cut <= input.size(); ++cut) {
      auto talk = in_state(busy);
      std::vector<std::string> handled;
      bound_result_handler handler = [&](std::string_view result) {
        handled.emplace_back(result);
        return r.verdict;
      };
      std::string heard;
      for (auto piece : {std::string_view(input).substr(0, cut), std::string_view(input).substr(cut)})
        for (const auto& token : hear(talk, piece, handler))
          heard += std::visit([](auto& t) { return show(t); }, token) + "; ";
      BOOST_TEST(heard == r.heard);
      BOOST_TEST((handled == std::vector<std::string>{r.result}));
      BOOST_TEST((talk.state == r.to));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_result_too_long_for_a_judge_is_rejected) {
  auto talk = in_state(busy);
  bool asked = false;
  bound_result_handler handler = [&](std::string_view) {
    asked = true;
    return handler_verdict::accept;
  };
  const auto size = most_handled_result + 5000;
  hear(talk, "RESULT " + std::to_string(size) + '\n', handler);
  std::string heard;
  for (std::size_t sent = 0; sent < size; sent += 1000)
    for (const auto& token : hear(talk, std::string(std::min<std::size_t>(1000, size - sent), 'x'), handler))
      heard += std::visit([](auto& t) { return show(t); }, token) + "; ";
  BOOST_TEST(heard == rejected);
  BOOST_TEST(!asked);
}

// -- results that are handled elsewhere, while the listener goes on talking ------

namespace {

/// The pieces, and the verdict of the built-in handler behind all of them.
std::string late_trace(listener_talk& talk, const std::vector<std::string_view>& pieces) {
  std::string all, result;
  auto note = [&](const std::vector<listener_token>& tokens) {
    for (const auto& token : tokens) {
      if (auto* r = std::get_if<heard::result>(&token))
        result = r->text;
      else
        all += std::visit([](auto& t) { return show(t); }, token) + "; ";
    }
  };
  for (auto piece : pieces)
    note(hear(talk, piece, {}, true));
  note(conclude(talk, default_result_handler({}, {}, result)));
  return all;
}

} // namespace

BOOST_DATA_TEST_CASE(a_late_verdict_comes_to_the_same, data::make(rows), r) {
  for (std::size_t cut = 0; cut <= r.input.size(); ++cut) {
    auto talk = in_state(r.from);
    auto input = std::string_view(r.input);
    BOOST_TEST(late_trace(talk, {input.substr(0, cut), input.substr(cut)}) == r.heard);
    BOOST_TEST((talk.state == r.to));
  }
}

BOOST_AUTO_TEST_CASE(a_late_verdict_of_a_mistake) {
  auto talk = in_state(busy);
  hear(talk, "RESULT 2\nOKREADY\n", {}, true);
  std::string heard;
  for (const auto& token : conclude(talk, handler_verdict::error))
    heard += std::visit([](auto& t) { return show(t); }, token) + "; ";
  BOOST_TEST(heard == "failed; BUSY -> UNKNOWN; returned; ");
}

BOOST_AUTO_TEST_CASE(who_talks_on_while_he_is_judged_is_not_kept) {
  auto talk = in_state(busy);
  hear(talk, "RESULT 2\nOK", {}, true);
  const std::string flood(100'000, 'x');
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(hear(talk, flood, {}, true).empty());
  BOOST_TEST(talk.pending.size() < 10);
  conclude(talk, handler_verdict::accept);
  BOOST_TEST((talk.state == unknown));
}

BOOST_AUTO_TEST_CASE(a_verdict_that_nobody_waits_for) {
  for (auto state : {acknowledged, ready, busy, unknown}) {
    auto talk = in_state(state);
    BOOST_TEST(conclude(talk, handler_verdict::accept).empty());
    BOOST_TEST((talk.state == state));
  }
}

BOOST_AUTO_TEST_CASE(a_result_too_long_is_rejected_without_being_shown) {
  auto talk = in_state(busy);
  const auto size = most_handled_result + 1;
  hear(talk, "RESULT " + std::to_string(size) + '\n', {}, true);
  std::string heard;
  for (const auto& token : hear(talk, std::string(size, 'x'), {}, true))
    heard += std::visit([](auto& t) { return show(t); }, token) + "; ";
  BOOST_TEST(heard == rejected);
}

BOOST_AUTO_TEST_SUITE_END()
