// Messages of worker and keeper: what is understood, what is left alone.
#include "platform/keeper_message.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

BOOST_AUTO_TEST_SUITE(keeper_message_test)

using namespace troupe::platform;
namespace data = boost::unit_test::data;

namespace {

struct order_row {
  const char* when;
  keeper_word said;
  std::uint32_t slot, life;
  std::uint64_t a;
  std::uint16_t fds;
  std::size_t came;
  bool cut;
  keeper_word understood;
  std::size_t size = 256;
  std::uint32_t magic = keeper_magic;
};
std::ostream& operator<<(std::ostream& out, const order_row& r) { return out << r.when; }

using w = keeper_word;
const order_row orders[] = {
  {"three pipes", w::arm, 5, 1, 7, 3, 3, false, w::arm},
  {"two pipes, no stderr", w::arm, 5, 1, 3, 2, 2, false, w::arm},
  {"no stdin", w::arm, 65535, 1, 6, 2, 2, false, w::arm},
  {"slot beyond the last", w::arm, 65536, 1, 7, 3, 3, false, w::none},
  {"no life", w::arm, 5, 0, 7, 3, 3, false, w::none},
  {"a fourth channel", w::arm, 5, 1, 15, 3, 3, false, w::none},
  {"bits that are not the number", w::arm, 5, 1, 3, 3, 3, false, w::none},
  {"no pipe", w::arm, 5, 1, 0, 0, 0, false, w::none},
  {"cut on the way", w::arm, 5, 1, 7, 3, 1, true, w::unheld},
  {"all lost on the way", w::arm, 5, 1, 7, 3, 0, false, w::unheld},
  {"drop", w::drop, 5, 1, 0, 0, 0, false, w::drop},
  {"drop of no life", w::drop, 5, 0, 0, 0, 0, false, w::none},
  {"drop of no slot", w::drop, 1u << 20, 1, 0, 0, 0, false, w::none},
  {"hold", w::hold, 3, 0, 0, 1, 1, false, w::hold},
  {"hold of nothing", w::hold, 3, 0, 0, 1, 0, false, w::none},
  {"hold cut", w::hold, 3, 0, 0, 1, 1, true, w::none},
  {"hold of two", w::hold, 3, 0, 0, 2, 2, false, w::none},
  {"hold without a key", w::hold, 0, 0, 0, 1, 1, false, w::none},
  {"release", w::release, 3, 0, 0, 0, 0, false, w::release},
  {"release without a key", w::release, 0, 0, 0, 0, 0, false, w::none},
  {"sync", w::sync, 0, 0, 9, 0, 0, false, w::sync},
  {"sync with a descriptor that is closed", w::sync, 0, 0, 9, 1, 1, false, w::sync},
  {"ready", w::ready, 0, 0, 2, 0, 0, false, w::ready},
  {"notify", w::notify, 0, 0, 0, 0, 0, false, w::notify},
  {"bye", w::bye, 0, 0, 2, 0, 0, false, w::bye},
  {"another program", w::reexec, 0, 0, 0, 1, 1, false, w::reexec},
  {"no program", w::reexec, 0, 0, 0, 0, 0, false, w::none},
  {"two programs", w::reexec, 0, 0, 0, 2, 2, false, w::none},
  {"a program cut on the way", w::reexec, 0, 0, 0, 1, 1, true, w::none},
  {"orphans to the keeper", w::orphans, 0, 0, 1, 0, 0, false, w::orphans},
  {"orphans to init", w::orphans, 0, 0, 0, 0, 0, false, w::orphans},
  {"orphans to somebody else", w::orphans, 0, 0, 2, 0, 0, false, w::none},
  {"what only the keeper says", w::signalled, 0, 0, 15, 0, 0, false, w::none},
  {"a later version's", static_cast<w>(999), 0, 0, 0, 3, 3, false, w::none},
  {"nothing", w::none, 0, 0, 0, 0, 0, false, w::none},
  {"short", w::sync, 0, 0, 9, 0, 0, false, w::none, 255},
  {"other magic", w::sync, 0, 0, 9, 0, 0, false, w::none, 256, keeper_magic + 1},
};

} // namespace

BOOST_DATA_TEST_CASE(what_is_said_is_understood_or_left_alone, data::make(orders), r) {
  keeper_message m;
  m.magic = r.magic;
  m.kind = static_cast<std::uint16_t>(r.said);
  m.slot = r.slot;
  m.life = r.life;
  m.a = r.a;
  m.fds = r.fds;
  BOOST_TEST(static_cast<int>(order_of(m, r.size, r.came, r.cut)) == static_cast<int>(r.understood));
}

BOOST_AUTO_TEST_CASE(texts_fit_or_change_nothing) {
  keeper_message m;
  BOOST_TEST(set_text(m, "READY=1"));
  BOOST_TEST(text_of(m) == "READY=1");
  BOOST_TEST(!set_text(m, std::string(225, 'x')));
  BOOST_TEST(text_of(m) == "READY=1");
  BOOST_TEST(set_text(m, std::string(224, 'x')));
  BOOST_TEST(text_of(m) == std::string(224, 'x'));
  BOOST_TEST(set_text(m, ""));
  BOOST_TEST(text_of(m).empty());
}

BOOST_AUTO_TEST_CASE(bits_say_which_pipes_come_along) {
  BOOST_TEST(stdio_bits({3, 4, 5}) == 7U);
  BOOST_TEST(stdio_bits({3, 4, -1}) == 3U);
  BOOST_TEST(stdio_bits({-1, 0, -1}) == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
