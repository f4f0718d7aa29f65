// Texts in memory of their own: what they say, how they compare, and that nothing of them is left where they were.
#include "config/secret_text.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using troupe::config::secret_text;

namespace {

/// The flags of the mapping that holds `at` (VmFlags of smaps); empty where the system does not tell.
std::set<std::string> flags_of(const void* at) {
  std::ifstream maps("/proc/self/smaps");
  auto address = reinterpret_cast<std::uintptr_t>(at);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (auto dash = first.find('-'); dash != first.npos && first.back() != ':')
      inside = std::stoull(first, nullptr, 16) <= address && address < std::stoull(first.substr(dash + 1), nullptr, 16);
    else if (inside && first == "VmFlags:")
      return {std::istream_iterator<std::string>(words), {}};
  }
  return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(secret_text_test)

BOOST_AUTO_TEST_CASE(it_is_a_text) {
  secret_text none, some{"open sesame"}, same = some;
  BOOST_TEST(none.empty());
  BOOST_TEST(none.view() == "");
  BOOST_TEST(some.view() == "open sesame");
  BOOST_TEST((some == same));
  BOOST_TEST((some.view().data() != same.view().data()));
  BOOST_TEST(!(some == secret_text{"open sesamf"}));
  auto moved = std::move(same);
  BOOST_TEST(moved.view() == "open sesame");
  some = secret_text{std::string(100'000, 'x')};
  BOOST_TEST(some.view().size() == 100'000U);
}

BOOST_AUTO_TEST_CASE(nothing_of_it_is_left) {
  std::vector<secret_text> many(2000, secret_text{"kept"});
  const char* was = nullptr;
  {
    secret_text gone{"gone for good"};
    was = gone.view().data();
    BOOST_TEST(*was == 'g');
  }
  BOOST_TEST(std::string_view(was, 13) ==
             std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0\0", 13)); // pages are never given back
  for (const auto& each : many)
    BOOST_REQUIRE(each.view() == "kept");
}

BOOST_AUTO_TEST_CASE(an_ordinary_text_is_overwritten_whole) {
  std::string text(40, 's');
  const char* was = text.data();
  text.resize(5);
  troupe::config::forget(text);
  BOOST_TEST(text.empty());
  BOOST_TEST(std::string_view(was, 40) == std::string(40, '\0'));
}

#ifdef __linux__
BOOST_AUTO_TEST_CASE(no_core_has_it_and_no_child) {
  secret_text before{"before"};
  BOOST_TEST(flags_of(before.view().data()).contains("dd"));
  BOOST_TEST(!flags_of(&before).contains("dd"));
  troupe::config::seal_secrets();
  BOOST_TEST(flags_of(before.view().data()).contains("wf"));
  int status = 0;
  if (auto pid = ::fork(); pid == 0)
    ::_exit(*before.view().data() == '\0' ? 7 : 8);
  else
    ::waitpid(pid, &status, 0);
  BOOST_TEST(WEXITSTATUS(status) == 7);
  BOOST_TEST(before.view() == "before");
}
#endif

BOOST_AUTO_TEST_SUITE_END()
