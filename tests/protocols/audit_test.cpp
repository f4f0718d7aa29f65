// What the audit trail says, as tables (docs/contract/access.md, 7.2 and 7.3; vectors 199 to 205, 208), how it is
// linked, and how much of it is told.
#include "protocols/audit_chain.hpp"
#include "protocols/audit_pace.hpp"
#include "protocols/audit_record.hpp"

#include "plain_hash.hpp"
#include "protocols/json.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

BOOST_AUTO_TEST_SUITE(audit_test)

using namespace troupe::protocols;
using troupe::tests::plain_hash;
using namespace std::chrono_literals;

namespace {

const wall_time when{std::chrono::milliseconds{1'795'344'805'123}};

audit_record a_record() {
  audit_record r;
  r.time = when;
  r.id = "5f3a9c0e77b1d204";
  r.user = "anna";
  r.how = "token";
  r.token = "k3Jd81Qz";
  r.from = "10.0.0.7:51712";
  r.server = "inet_http_server";
  r.verb = "stop";
  r.target = "web:*";
  r.names = {"web:web_00"};
  r.call = "supervisor.stopProcessGroup";
  r.ms = 1023;
  return r;
}

// -- records -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(as_the_contract_writes_it) {
  audit_chain chain{plain_hash, {16, "9b1c"}};
  BOOST_TEST(
    chain.line(a_record()) ==
    R"({"time":"2026-11-22T10:53:25.123Z","seq":17,"id":"5f3a9c0e77b1d204","user":"anna","how":"token",)"
    R"("token":"k3Jd81Qz","from":"10.0.0.7:51712","server":"inet_http_server","verb":"stop","target":"web:*",)"
    R"("names":["web:web_00"],"call":"supervisor.stopProcessGroup","outcome":"done","ms":1023,"prev":"9b1c"})");
  BOOST_TEST(audit_time(when) + ' ' + audit_text(a_record()) ==
             "2026-11-22T10:53:25.123Z 5f3a9c0e77b1d204 anna (token k3Jd81Qz) from 10.0.0.7:51712 stop web:* done");
}

BOOST_AUTO_TEST_CASE(what_is_absent_is_left_out) {
  audit_record r;
  r.time = when;
  r.id = "1";
  r.user = audit_record::nobody; // 201
  r.how = "password";
  r.from = "unix";
  r.peer = {4'000'000'000U, 100, 4711};
  r.verb = "sign-in";
  r.came = audit_record::outcome::refused;
  r.fault = 403;
  r.suppressed = 9990;
  r.bytes = 0;
  BOOST_TEST(audit_json(r, 1) == R"({"time":"2026-11-22T10:53:25.123Z","seq":1,"id":"1","user":"?","how":"password",)"
                                 R"("from":"unix","peer":{"uid":4000000000,"gid":100,"pid":4711},"verb":"sign-in",)"
                                 R"("bytes":0,"outcome":"refused","fault":403,"suppressed":9990)");
  BOOST_TEST(audit_text(r) == "1 ? (password) from unix sign-in refused (fault 403), 9990 more like it");
  r.id.clear();
  BOOST_TEST(audit_text(r) == "? (password) from unix sign-in refused (fault 403), 9990 more like it");
  r.via = "192.0.2.1";
  BOOST_TEST(audit_text(r).find("from unix via 192.0.2.1 sign-in") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(many_names) {
  auto r = a_record();
  r.names.assign(150, "n");
  auto value = parse_json(audit_json(r, 1) + '}');
  BOOST_REQUIRE(value);
  BOOST_TEST(value->member("names")->items()->size() == 100u);
  BOOST_TEST(*value->member("more")->integer() == 50);
  r.names.resize(100);
  BOOST_TEST(!parse_json(audit_json(r, 1) + '}')->member("more"));
}

BOOST_AUTO_TEST_CASE(words_of_outcomes) {
  using enum audit_record::outcome;
  BOOST_TEST(word_of(begun) == "begun");
  BOOST_TEST(word_of(partly) == "partly");
  BOOST_TEST(word_of(refused) == "refused");
}

BOOST_AUTO_TEST_CASE(one_line_whatever_is_sent) { // 200
  const std::pair<std::string, std::string> table[] = {
    {"anna", "anna"},
    {"an na", "an\\x20na"},
    {"a\nb", "a\\x0ab"},
    {"\x1b[31m", "\\x1b[31m"},
    {"\"'", "\"'"},
    {"a\\x20", "a\\x5cx20"},
    {std::string("\0", 1), "\\x00"},
    {"\x7f", "\\x7f"},
    {"\xc3\xa4", "\xc3\xa4"},
    {"\xc2\x9b", "\\xc2\\x9b"},
    {"\u2028", "\\xe2\\x80\\xa8"},
    {"\xff", "\\xff"},
    {"\xc3", "\\xc3"},
    {"", ""},
  };
  for (const auto& [text, expected] : table)
    BOOST_TEST(one_word(text) == expected);

  std::mt19937 random{9};
  for (int i = 0; i < 2'000; ++i) {
    auto r = a_record();
    r.user.clear();
    for (auto n = random() % 20; n > 0; --n)
      r.user += static_cast<char>(random());
    r.target = r.from = r.user;
    for (const auto& line : {audit_json(r, 1) + '}', audit_text(r)})
      for (unsigned char c : line)
        BOOST_TEST_REQUIRE((c >= ' ' && c != 0x7f));
    BOOST_TEST_REQUIRE(parse_json(audit_json(r, 1) + '}').has_value());
    auto text = audit_text(r); // nothing but its end is where its end is
    BOOST_TEST_REQUIRE(text.ends_with(" done"));
    BOOST_TEST_REQUIRE(std::count(text.begin(), text.end(), ' ') == (r.user.empty() ? 5 : 8));
  }
}

// -- the chain -----------------------------------------------------------------------------------

/// Two files, as a trail writes them: one of five lines, one of four.
std::vector<std::string> a_trail(const hash_function& hash = plain_hash) {
  audit_chain chain{hash, no_audit_yet()};
  std::vector<std::string> lines;
  auto write = [&](std::string line) {
    chain.wrote(line);
    lines.push_back(std::move(line));
  };
  for (int file = 0; file < 2; ++file) {
    write(chain.begin(when));
    for (int i = 0; i < (file == 0 ? 4 : 3); ++i)
      write(chain.line(a_record()));
  }
  return lines;
}

/// The number, from 1, of the line that is found wrong; 0: none, and then the verdict.
std::pair<int, std::string> checked(const std::vector<std::string>& lines, const hash_function& hash = plain_hash) {
  audit_check check{hash};
  int number = 0;
  for (const auto& line : lines) {
    ++number;
    if (auto wrong = check.line(line)) {
      BOOST_TEST(*wrong == "the chain is broken");
      return {number, ""};
    }
  }
  return {0, check.verdict()};
}

BOOST_AUTO_TEST_CASE(a_good_trail) { // 208
  auto lines = a_trail();
  BOOST_TEST(lines[0] == R"({"seq":1,"begin":"2026-11-22T10:53:25.123Z","prev":")" + std::string(64, '0') + "\"}");
  auto head = hex(bytes_of(plain_hash(lines.back())));
  BOOST_TEST(checked(lines).second == "OK: 9 records, seq 1 to 9, head " + head);
  lines.erase(lines.begin(), lines.begin() + 5); // older files are gone
  BOOST_TEST(checked(lines).second == "OK: 4 records, seq 6 to 9, head " + head);
  BOOST_TEST(checked({}).second == "OK: 0 records, seq 0 to 0, head " + std::string(64, '0'));
}

BOOST_AUTO_TEST_CASE(a_broken_one) { // 202
  const auto good = a_trail();
  auto changed = good;
  changed[2].replace(changed[2].find("anna"), 4, "carl");
  BOOST_TEST(checked(changed).first == 4); // whose `prev` does not fit
  for (std::size_t i = 1; i + 1 < good.size(); ++i) {
    auto removed = good;
    removed.erase(removed.begin() + static_cast<int>(i));
    BOOST_TEST(checked(removed).first == static_cast<int>(i) + 1);
    auto swapped = good;
    std::swap(swapped[i], swapped[i + 1]);
    BOOST_TEST(checked(swapped).first == static_cast<int>(i) + 1);
    auto twice = good;
    twice.insert(twice.begin() + static_cast<int>(i), twice[i]);
    BOOST_TEST(checked(twice).first == static_cast<int>(i) + 2);
  }
  auto misnumbered = good;
  misnumbered.push_back(R"({"seq":11,"prev":")" + hex(bytes_of(plain_hash(good.back()))) + "\"}");
  BOOST_TEST(checked(misnumbered).first == 10);
  auto cut = good;
  cut.pop_back(); // seen by comparing the head only
  BOOST_TEST(checked(cut).first == 0);
  BOOST_TEST(checked(cut).second != checked(good).second);
  for (std::string wrong : {"", "{", "[]", "{}", R"({"seq":"3"})", R"({"seq":3})", R"({"seq":3,"prev":7})", "\xff"}) {
    auto other = good;
    other[2] = wrong;
    BOOST_TEST(checked(other).first == 3, wrong);
    BOOST_TEST(checked({wrong}).first == 1, wrong);
  }
}

BOOST_AUTO_TEST_CASE(a_key_makes_another_chain) {
  auto keyed = [](std::string_view text) { return plain_hash("key" + std::string(text)); };
  BOOST_TEST(checked(a_trail(keyed), keyed).first == 0);
  BOOST_TEST(checked(a_trail(keyed)).first == 2);
  BOOST_TEST(checked(a_trail(), keyed).first == 2);
}

BOOST_AUTO_TEST_CASE(goes_on_after_a_restart) { // 203
  auto lines = a_trail();
  auto head = audit_head_after(lines.back(), plain_hash);
  BOOST_REQUIRE(head);
  audit_chain chain{plain_hash, *head};
  for (int i = 0; i < 2; ++i) {
    lines.push_back(chain.line(a_record()));
    chain.wrote(lines.back());
  }
  BOOST_TEST(checked(lines).second.starts_with("OK: 11 records, seq 1 to 11, "));
  BOOST_CHECK(audit_head_after(lines.back(), plain_hash) == chain.head());
  BOOST_CHECK(!audit_head_after(R"({"time":"2026-11-22T10:)", plain_hash));
  BOOST_CHECK(!audit_head_after("", plain_hash));
}

BOOST_AUTO_TEST_CASE(a_line_that_was_not_written_does_not_count) { // 204
  audit_chain chain{plain_hash, no_audit_yet()};
  auto first = chain.line(a_record());
  BOOST_TEST(chain.line(a_record()) == first);
  chain.wrote(first);
  BOOST_TEST(chain.line(a_record()) != first);
}

BOOST_AUTO_TEST_CASE(numbers_without_a_chain) {
  audit_chain chain{{}, no_audit_yet()};
  auto line = chain.line(a_record());
  BOOST_TEST(line.find("prev") == line.npos);
  chain.wrote(line);
  BOOST_TEST(chain.begin(when) == R"({"seq":2,"begin":"2026-11-22T10:53:25.123Z"})");
  BOOST_TEST(chain.record_of_head(when) == "");
  BOOST_TEST(audit_head_after(line, {}).value().seq == 1u);
}

BOOST_AUTO_TEST_CASE(the_head_is_told_each_hour) {
  audit_chain chain{plain_hash, {5, "ab"}};
  BOOST_TEST(chain.record_of_head(when) == "audit head 5 ab");
  BOOST_TEST(chain.record_of_head(when + 6min) == ""); // 10:59
  BOOST_TEST(chain.record_of_head(when + 7min) == "audit head 5 ab");
  BOOST_TEST(chain.record_of_head(when + 7min) == "");
}

// -- how much is told ----------------------------------------------------------------------------

const audit_pace::time_point t0{1000h};

BOOST_AUTO_TEST_CASE(ten_a_second) { // 205
  audit_pace pace;
  int told = 0;
  for (int i = 0; i < 10'000; ++i)
    told += pace.next("anna", t0 + i * 99us).has_value();
  BOOST_TEST(told == 10);
  BOOST_TEST(pace.next("bob", t0).value() == 0u);
  BOOST_TEST(pace.left_over(t0 + 990ms).empty());
  BOOST_TEST(pace.next("anna", t0 + 1s).value() == 9990u); // with the next one
  BOOST_TEST(pace.next("anna", t0 + 1s).value() == 0u);
  BOOST_TEST(pace.left_over(t0 + 3s).empty());
  for (int i = 0; i < 15; ++i)
    pace.next("anna", t0 + 4s);
  auto left = pace.left_over(t0 + 5s); // or in a record of its own
  BOOST_REQUIRE(left.size() == 1u);
  BOOST_TEST(left[0].first == "anna");
  BOOST_TEST(left[0].second == 5u);
  BOOST_TEST(pace.left_over(t0 + 5s).empty());
  BOOST_TEST(pace.next("anna", t0 + 5s).value() == 0u);
}

BOOST_AUTO_TEST_CASE(many_callers) {
  audit_pace pace;
  for (int i = 0; i < 12; ++i)
    pace.next("first", t0);
  for (int i = 0; i < 1000; ++i)
    pace.next(std::to_string(i), t0);
  auto left = pace.left_over(t0 + 1s);
  BOOST_REQUIRE(left.size() == 1u);
  BOOST_TEST(left[0].first == "");
  BOOST_TEST(left[0].second == 2u);
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
