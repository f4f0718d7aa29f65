// Lines that a pattern finds among bytes that come in pieces. Must not hold a thread, process or file.
#include "actors/io/line_watch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(line_watch_test)

using namespace troupe::actors;
namespace data = boost::unit_test::data;

namespace {

struct row {
  const char* id;
  const char* pattern;
  std::vector<std::string> pieces;
  int found_in; ///< index of the piece; -1: in none
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

const row rows[] = {
  {"a line", "ready", {"it is ready now\n"}, 0},
  {"unanchored", "^ready$", {"it is ready\n", "ready\n"}, 1},
  {"in pieces", "server is up", {"the ser", "ver is", " up\nmore"}, 2},
  {"no end, no line", "ready", {"ready"}, -1},
  {"the second of several", "b+", {"aaa\nccc\nabba\n"}, 0},
  {"CR LF", "up$", {"up\r\n"}, 0},
  {"extended", "(up|ready) on [0-9]+", {"up on port\nready on 80\n"}, 0},
  {"beyond 4,096 bytes it is not looked at", "end", {std::string(4096, 'x') + "end\n"}, -1},
  {"up to there it is", "end", {std::string(4093, 'x') + "end and more\n"}, 0},
  {"in many pieces, too", "end", {std::string(4000, 'x'), std::string(96, 'y'), "end\n", "end\n"}, 3},
  {"an empty line", "^$", {"x\n", "\n"}, 1},
  {"what stands behind a NUL is not seen", "b", {std::string("a\0b\n", 4), "b\n"}, 1},
};

} // namespace

BOOST_DATA_TEST_CASE(lines, data::make(rows), r) {
  line_watch watch{line_pattern::make(r.pattern)};
  int found_in = -1;
  for (std::size_t i = 0; i < r.pieces.size() && found_in < 0; ++i)
    if (watch.feed(r.pieces[i]))
      found_in = static_cast<int>(i);
  BOOST_TEST(found_in == r.found_in);
}

BOOST_AUTO_TEST_CASE(no_pattern) { BOOST_TEST(line_pattern::make("(a") == nullptr); }

BOOST_AUTO_TEST_SUITE_END()
