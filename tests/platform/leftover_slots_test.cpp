// Who is a leftover, by the register of a daemon that died whole and the times at which processes began; how he gets
// into the register after it. Vectors 86 to 88, 91 of docs/contract/survival.md.
#include "platform/leftovers.hpp"

#include "platform/stranger.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstring>
#include <map>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(leftover_slots_test)

using namespace troupe::platform;
namespace data = boost::unit_test::data;

namespace {

constexpr std::uint64_t spawned = 10'000'000; // µs
constexpr pid_t of_a = 4242;

std::ostream& print(std::ostream& out, const leftover& one) {
  return out << one.name << ' ' << one.pid << ' ' << one.stop_signal << (one.stop_to_group ? " to group" : "")
             << ", after " << one.stop_wait << " s KILL" << (one.kill_to_group ? " to group" : "");
}

std::string text(const std::vector<leftover>& all) {
  std::ostringstream out;
  for (const auto& one : all)
    print(out, one) << '\n';
  return out.str();
}

/// Slot 0 is a:a, which runs and has ten seconds to hear TERM.
std::unique_ptr<register_memory> register_of_a() {
  auto memory = std::make_unique<register_memory>();
  memory->header.slots_used = 1;
  std::strcpy(memory->names[0], "a:a");
  auto& slot = memory->slots[0];
  slot.life = 3;
  slot.ended_life = 2;
  slot.pid = of_a;
  slot.stop_signal = SIGTERM;
  slot.stop_wait = 10;
  slot.spawned_at = spawned;
  return memory;
}

struct row {
  const char* when;
  void (*change)(register_memory&);
  std::uint64_t running_since;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }

const char* const a = "a:a 4242 15, after 10 s KILL\n";
const auto nothing = [](register_memory&) {};

// clang-format off
const row rows[] = {
  {"it runs", nothing, spawned + 10'000, a},
  {"its clock ticks are coarse", nothing, spawned - 10'000, a},
  {"at the edge", nothing, spawned + 500'000, a},
  {"another has its pid by now", nothing, spawned + 500'001, ""},
  {"another had it before", nothing, spawned - 20'001, ""},
  {"it has ended", nothing, 0, ""},
  {"the keeper has seen its end", [](register_memory& m) { m.slots[0].ended_life = 3; }, spawned, ""},
  {"it was to be made", [](register_memory& m) { m.slots[0].pid = 0; }, spawned, ""},
  {"never used", [](register_memory& m) { m.slots[0].life = 0; m.slots[0].ended_life = 0; }, spawned, ""},
  {"beyond the slots that were taken", [](register_memory& m) { m.header.slots_used = 0; }, spawned, ""},
  {"init's pid", [](register_memory& m) { m.slots[0].pid = 1; }, spawned, ""},
  {"a group's number", [](register_memory& m) { m.slots[0].pid = -4242; }, spawned, ""},
  {"with its group", [](register_memory& m) { m.slots[0].flags = stop_to_group | kill_to_group; }, spawned,
   "a:a 4242 15 to group, after 10 s KILL to group\n"},
  {"killed with its group", [](register_memory& m) { m.slots[0].flags = kill_to_group; }, spawned,
   "a:a 4242 15, after 10 s KILL to group\n"},
  {"a signal and a time of its own", [](register_memory& m) { m.slots[0].stop_signal = SIGINT; m.slots[0].stop_wait = 65535; }, spawned,
   "a:a 4242 2, after 65535 s KILL\n"},
  {"no signal", [](register_memory& m) { m.slots[0].stop_signal = 0; }, spawned, a},
  {"a signal that is none", [](register_memory& m) { m.slots[0].stop_signal = 200; }, spawned, a},
  {"a helper", [](register_memory& m) { std::strcpy(m.names[0], "helper"); m.slots[0].flags = helper_child;
                                        m.slots[0].stop_signal = SIGKILL; m.slots[0].stop_wait = 0; }, spawned,
   "helper 4242 9 to group, after 0 s KILL to group\n"},
  {"a stop was sent", [](register_memory& m) { m.slots[0].flags = stop_sent | listener_child | stranger_child; }, spawned, a},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(of_a_register, data::make(rows), r) {
  auto left = register_of_a();
  r.change(*left);
  pid_t asked = 0;
  auto found = leftovers_in(*left, [&](pid_t pid) {
    asked = pid;
    return r.running_since;
  });
  BOOST_TEST(text(found) == r.expected);
  BOOST_TEST((asked == 0 || asked == of_a));
}

BOOST_AUTO_TEST_CASE(a_register_gone_mad_is_not_read_beyond_its_end) {
  auto left = register_of_a();
  left->header.slots_used = UINT32_MAX;
  auto& last = left->slots[most_slots - 1];
  last.life = 1;
  last.pid = 77;
  last.spawned_at = spawned;
  std::memset(left->names[most_slots - 1], 'n', slot_name_size);
  auto found = leftovers_in(*left, [](pid_t) { return spawned; });
  BOOST_TEST_REQUIRE(found.size() == 2U);
  BOOST_TEST(found[1].name == std::string(slot_name_size, 'n'));
}

/// Killed whole a second time, what the first one has left is known, too.
BOOST_AUTO_TEST_CASE(the_register_after_it_knows_them_as_well) {
  auto left = register_of_a();
  left->slots[0].flags = stop_to_group | listener_child | stop_sent;
  std::map<pid_t, std::uint64_t> running{{of_a, spawned}};
  auto since = [&](pid_t pid) { return running[pid]; };
  auto first = leftovers_in(*left, since);
  auto next = std::make_unique<register_memory>();
  note_leftovers(*next, first);
  BOOST_TEST((leftovers_in(*next, since) == first));
  BOOST_TEST(next->header.slots_used == 1U);
  BOOST_TEST(static_cast<int>(next->slots[0].flags.load()) == (stop_to_group | stranger_child | leftover_child));
  running[of_a] = 0;
  BOOST_TEST(leftovers_in(*next, since).empty());
}

BOOST_AUTO_TEST_CASE(names) {
  BOOST_TEST(slot_name("g", "p") == "g:p");
  BOOST_TEST(slot_name("g", std::string(300, 'p')).size() == slot_name_size - 1);
  BOOST_TEST(shown_name("g:p") == "g:p");
  BOOST_TEST(shown_name("p:p") == "p");
  BOOST_TEST(shown_name("helper") == "helper");
  BOOST_TEST(shown_name("") == "");
}

BOOST_AUTO_TEST_SUITE_END()
