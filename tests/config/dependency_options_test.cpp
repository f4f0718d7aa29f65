// Items of depends_on as written: vectors P070 to P081 of docs/contract/programs.md, as far as they need no processes.
#include "config/dependency_options.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

BOOST_AUTO_TEST_SUITE(dependency_options_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

struct row {
  const char* text;
  const char* expected; ///< of each item: target, condition, count, soft; or the sentence
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << '"' << r.text << '"'; }

std::string shown(const depends_item& item) {
  auto text = item.target + (item.what ? " " + std::string(to_string(*item.what)) : std::string());
  if (item.count)
    text += " /" + std::to_string(*item.count);
  return text + (item.soft ? " soft" : "");
}

#define ALLOWED                                                                                                        \
  ": allowed are NAME, GROUP:PROCESS or GROUP:*, then :started, :running, :ready, :exited or :exited_ok, /COUNT and ?"
// clang-format off
const row rows[] = {
  {"db", "db"}, // P070
  {"db:running/1?", "db running /1 soft"}, // P071
  {"g:x:exited_ok", "g:x exited_ok"}, // P072
  {"g:ready", "g ready"}, // P073
  {"g:ready:ready", "g:ready ready"}, // P074
  {"db:process_healthy", "db ready"}, // P075
  {"db:process_completed_successfully", "db exited_ok"},
  {"db:process_started", "db started"},
  {" db : running / 2 ? ", "db running /2 soft"},
  {"g:*", "g:*"},
  {"g:*:started", "g:* started"},
  {"g:*/3", "g:* /3"},
  {"a, b?,c:exited", "a; b soft; c exited"},
  {"", ""},
  {"  ", ""},
  {"db:foo", "db:foo"}, // P080: a process, if there is one
  {"b,", "Invalid depends_on value ''" ALLOWED}, // P081
  {",b", "Invalid depends_on value ''" ALLOWED},
  {"db/0", "Invalid depends_on value 'db/0'" ALLOWED},
  {"db/x", "Invalid depends_on value 'db/x'" ALLOWED},
  {"db/", "Invalid depends_on value 'db/'" ALLOWED},
  {"/2", "Invalid depends_on value '/2'" ALLOWED},
  {"?", "Invalid depends_on value '?'" ALLOWED},
  {"a b", "Invalid depends_on value 'a b'" ALLOWED},
  {"a:b:c", "Invalid depends_on value 'a:b:c'" ALLOWED},
  {":b", "Invalid depends_on value ':b'" ALLOWED},
  {"a:", "Invalid depends_on value 'a:'" ALLOWED},
  {"a?\?", "Invalid depends_on value 'a?\?'" ALLOWED},
  {"a/1/2", "Invalid depends_on value 'a/1/2'" ALLOWED},
  {"a/100000", "Invalid depends_on value 'a/100000'" ALLOWED},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(items, data::make(rows), r) {
  auto found = depends_items_of("depends_on", r.text);
  std::string text;
  if (!found)
    text = found.error().what;
  else
    for (const auto& item : *found)
      text += (text.empty() ? "" : "; ") + shown(item);
  BOOST_TEST(text == r.expected);
}

BOOST_AUTO_TEST_SUITE_END()
