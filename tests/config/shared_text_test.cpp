// A text, an environment and exit codes that many hold: that they read as what they were made of, compare by what they
// hold, and that copies are held once.
#include "config/exit_codes.hpp"
#include "config/shared_environment.hpp"
#include "config/shared_text.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <thread>

BOOST_AUTO_TEST_SUITE(shared_text_test)

using namespace troupe::config;
using namespace std::string_literals;

BOOST_AUTO_TEST_CASE(a_text_reads_as_what_it_was_made_of) {
  for (const auto& text : {""s, "a"s, "with a NUL\0 in it"s, std::string(100'000, 'x')}) {
    shared_text shared = text;
    BOOST_TEST(shared.str() == text);
    BOOST_TEST(shared.size() == text.size());
    BOOST_TEST(shared.empty() == text.empty());
    BOOST_TEST(shared.c_str()[text.size()] == '\0');
    BOOST_TEST(std::string(shared) == text);
    BOOST_TEST(std::string_view(shared) == text);
    BOOST_TEST("[" + shared + ']' == "[" + text + ']');
    BOOST_TEST(shared + "b" == text + "b");
  }
}

BOOST_AUTO_TEST_CASE(copies_are_held_once) {
  shared_text one = "a text that is too long for any string to hold it in itself";
  auto other = one;
  BOOST_TEST(one.shares(other));
  shared_text alike = one.str();
  BOOST_TEST(!alike.shares(one));
  BOOST_TEST(alike == one);
  other = "x";
  BOOST_TEST(one == alike);
  BOOST_TEST(other == "x");
  auto moved = std::move(one);
  BOOST_TEST(one.empty());
  BOOST_TEST(moved == alike);
  moved = *&moved;
  BOOST_TEST(moved == alike);
}

BOOST_AUTO_TEST_CASE(texts_are_ordered_by_their_bytes) {
  BOOST_TEST((shared_text("a") < shared_text("b")));
  BOOST_TEST((shared_text("") < shared_text("a")));
  BOOST_TEST((shared_text("z") < shared_text("\xc3\xa9"))); // bytes have no sign
  BOOST_TEST((shared_text("a") < "ab"s));
  BOOST_TEST((shared_text("b") > "ab"));
  std::map<shared_text, int, std::less<>> by_name{{"b", 2}, {"a", 1}};
  BOOST_TEST(by_name.find(std::string_view("b"))->second == 2);
  BOOST_TEST((by_name.find("c"s) == by_name.end()));
}

BOOST_AUTO_TEST_CASE(any_thread_may_copy_and_drop) { // the sanitizers look at it
  shared_text text = "held by all";
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([copy = text] {
      for (int i = 0; i < 1000; ++i) {
        auto another = copy;
        if (another != "held by all")
          std::abort();
      }
    });
  text = {};
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(text.empty());
}

BOOST_AUTO_TEST_CASE(an_environment_keeps_its_order_and_any_byte) {
  const environment plain{{"B", "2"}, {"", "empty key"}, {"A", ""}, {"C=D", "x\0y"s}};
  shared_environment shared = plain;
  environment again;
  for (const auto& [key, value] : shared)
    again.emplace_back(key, value);
  BOOST_TEST((again == plain));
  BOOST_TEST((shared == shared_environment(plain)));
  BOOST_TEST(!(shared == shared_environment{{"A", ""}, {"B", "2"}}));
  auto copy = shared;
  BOOST_TEST(copy.shares(shared));
  shared_environment none;
  BOOST_TEST(none.empty());
  BOOST_TEST((none.begin() == none.end()));
  BOOST_TEST((none == shared_environment(environment{})));
}

BOOST_AUTO_TEST_CASE(exit_codes_are_kept_as_written) {
  auto list = [](const exit_code_list& codes) { return std::vector<int>(codes.begin(), codes.end()); };
  BOOST_TEST((list({}) == std::vector<int>{}));
  BOOST_TEST((list(exit_code_list::only_success()) == std::vector<int>{0}));
  BOOST_TEST((list({0, -15, 143, -64}) == std::vector<int>{0, -15, 143, -64})); // signals are no exit codes
  BOOST_TEST((list({255, 0, 0, 3}) == std::vector<int>{255, 0, 0, 3}));
  BOOST_TEST((exit_code_list::only_success() == exit_code_list{0}));
  BOOST_TEST(!(exit_code_list{-15} == exit_code_list{241})); // the same byte
  BOOST_TEST(!(exit_code_list{0, 1} == exit_code_list{1, 0}));
}

BOOST_AUTO_TEST_SUITE_END()
