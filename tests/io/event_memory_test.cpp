// What a worker that follows finds of pools and events: whatever a pool did, and wherever its daemon was killed, it is
// as after its last step or as before it.
#include "actors/io/event_memory.hpp"
#include "actors/io/found_events.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(event_memory_test)

using namespace troupe;
using namespace troupe::actors;
using strings = std::vector<std::string>;

namespace {

struct killed {};

std::shared_ptr<const protocols::event> event_of(std::string body, std::uint64_t about = 0) {
  return std::make_shared<const protocols::event>(
    protocols::event{protocols::event_type::remote_communication, std::move(body), about});
}

std::string words(const pooled_event& e) {
  return e.what->body.substr(0, 20) + '/' + std::to_string(e.serial) + '/' + std::to_string(e.pool_serial) + '/' +
         std::to_string(e.waits_for) + '/' + std::to_string(e.what->about) + '/' + std::to_string(e.what->body.size());
}

template <class Events>
std::string words_of_all(const Events& events) {
  std::string all;
  for (const auto& e : events)
    all += words(e) + ' ';
  return all;
}

std::string words(const pool_member& m) {
  return std::string(to_string(m.talk.state)) + (m.running ? " runs" : "") + (m.lost ? " lost" : "") + " pending '" +
         m.talk.pending + "' result '" + m.talk.result + "' of " + std::to_string(m.talk.result_missing.value_or(-1)) +
         " heard " + std::to_string(m.heard) + " held " + (m.held ? words(*m.held) : "nothing");
}

strings words(const std::string& name, const std::vector<pool_member>& members, const std::string& waiting,
              std::int64_t next, bool overflowing, bool closed) {
  strings all{name + " waiting " + waiting + "next " + std::to_string(next) + (overflowing ? " overflowing" : "") +
              (closed ? " closed" : "")};
  for (const auto& m : members)
    all.push_back(words(m));
  return all;
}

strings words(const pool& p) {
  return words(p.name, p.members, words_of_all(p.buffer), p.next_serial, p.overflowing, p.closed);
}
strings words(const carried_pool& p) {
  return words(p.name, p.members, words_of_all(p.buffer), p.next_serial, p.overflowing, p.closed);
}

/// A daemon with one pool or more, killed and followed by another one.
struct harness {
  harness() {
    memory = event_memory::make([this](const std::string& name, int fd) {
      if (fd < 0) {
        keys.erase(name);
        return 0U;
      }
      keys[name] = {++last_key, fd};
      return last_key;
    });
    BOOST_REQUIRE(memory);
  }

  pool& add(const std::string& name, std::size_t members = 1, std::size_t buffer_size = 10) {
    auto& p = pools.emplace_back();
    p.name = name;
    p.buffer_size = buffer_size;
    for (std::size_t i = 0; i < members; ++i)
      p.members.push_back({.name = name + std::to_string(i), .running = true});
    places.push_back(memory->add(p));
    memory->commit(serial);
    return p;
  }

  /// One step of the first pool; a send stays unanswered.
  void tell(const pool_happening& happened, std::size_t of = 0) {
    step(pools[of], happened);
    memory->note(*places[of], pools[of]);
    memory->commit(serial);
  }
  void publish(std::string body, std::uint64_t about = 0) {
    tell(pool_event::published{event_of(std::move(body), about), serial++});
  }
  void say(std::string_view bytes, std::size_t member = 0) { tell(pool_event::said{member, bytes, ++batch}); }

  std::optional<found_events> found() {
    return find_events(platform::unique_fd{::fcntl(memory->fd(), F_DUPFD_CLOEXEC, 3)}, [this](std::uint32_t key) {
      for (const auto& [name, held] : keys)
        if (held.first == key)
          return ::fcntl(held.second, F_DUPFD_CLOEXEC, 3);
      return -1;
    });
  }

  std::map<std::string, std::pair<std::uint32_t, int>> keys;
  std::uint32_t last_key = 15;
  std::deque<pool> pools;
  std::unique_ptr<event_memory> memory;
  std::vector<std::shared_ptr<event_memory::place>> places;
  std::int64_t serial = 7;
  std::uint64_t batch = 0;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(nobody_has_noted_anything, harness) { BOOST_TEST(!found()); }

BOOST_FIXTURE_TEST_CASE(what_waits_is_found_with_its_numbers, harness) {
  auto& p = add("lst", 2);
  publish("one");
  publish(std::string(5000, 'l'));
  say("REA");
  say("READY\nRESULT 20\nabc", 1); // nothing was sent to it: UNKNOWN
  BOOST_TEST_REQUIRE(found().has_value());
  auto now = *found();
  BOOST_TEST_REQUIRE(now.pools.size() == 1U);
  p.members[0].name = p.members[1].name = ""; // its options know them
  BOOST_TEST(words(now.pools[0]) == words(p), boost::test_tools::per_element());
  BOOST_TEST(words(now.pools[0].buffer[0]) == "one/7/0/0/0/3");
  BOOST_TEST(now.pools[0].buffer[1].what->body == std::string(5000, 'l'));
  BOOST_TEST(now.pools[0].members[0].talk.pending == "REA");
  BOOST_TEST(now.next_serial == 9);
  BOOST_TEST(now.lost == 0U);
}

BOOST_FIXTURE_TEST_CASE(of_a_larger_buffer_those_are_kept_whose_turn_comes_first, harness) {
  constexpr std::size_t most = 16384;
  auto& p = add("lst", 1, 20'000);
  auto one = event_of("e"); // of which the body is kept once
  for (std::size_t i = 0; i < most + 3; ++i)
    p.buffer.push_back({.what = one, .serial = serial++, .pool_serial = static_cast<std::int64_t>(i)});
  memory->note(*places[0], p);
  memory->commit(serial);
  auto now = *found();
  BOOST_TEST_REQUIRE(now.pools.size() == 1U);
  BOOST_TEST(now.pools[0].buffer.size() == most);
  BOOST_TEST(now.pools[0].buffer.front().serial == 7);
  p.buffer.pop_front();
  p.buffer.pop_front(); // there is room for two
  memory->note(*places[0], p);
  memory->commit(serial);
  now = *found();
  BOOST_TEST(now.pools[0].buffer.size() == most);
  BOOST_TEST(now.pools[0].buffer.front().serial == 9);
  BOOST_TEST(now.pools[0].buffer.back().serial == 8 + static_cast<std::int64_t>(most));
}

BOOST_FIXTURE_TEST_CASE(a_listener_at_work_holds_its_event_and_half_a_result, harness) {
  add("lst");
  say("READY\n");
  publish("one"); // offered to it
  tell(pool_event::answered{true});
  say("RESULT 2\nO");
  auto member = found()->pools.at(0).members.at(0);
  BOOST_TEST(words(member) == "BUSY runs pending '' result 'O' of 1 heard 2 held one/7/0/0/0/3");
  say("K");
  BOOST_TEST(words(found()->pools.at(0).members.at(0)) ==
             "ACKNOWLEDGED runs pending '' result '' of -1 heard 3 held nothing");
}

BOOST_FIXTURE_TEST_CASE(an_event_whose_send_had_begun, harness) {
  auto& p = add("lst");
  say("READY\n");
  publish("one");
  BOOST_TEST_REQUIRE(p.offered.has_value());
  auto box = memory->outbox_of(*places[0], 0);
  BOOST_TEST(words_of_all(found()->pools[0].buffer) == "one/7/0/0/0/3 "); // not a byte was put in
  BOOST_TEST_REQUIRE(box->fill("ver:3.0 ...\none"));
  auto now = *found();
  BOOST_TEST(words(now.pools[0].members[0]) == "BUSY runs pending '' result '' of -1 heard 1 held one/7/0/0/0/3");
  BOOST_TEST(now.pools[0].buffer.empty());
  BOOST_TEST(now.outboxes.size() == 1U); // the rest is in it
  box->take_back();
  box->go_past();
  now = *found();
  BOOST_TEST(now.pools[0].members[0].lost);
  BOOST_TEST(now.outboxes.empty());
}

BOOST_FIXTURE_TEST_CASE(an_event_that_comes_back_is_in_front, harness) {
  auto& p = add("lst", 1, 3);
  say("READY\n");
  for (auto* body : {"one", "two", "three", "four"})
    publish(body);
  tell(pool_event::answered{true});
  BOOST_TEST(words_of_all(found()->pools[0].buffer) == "two/8/1/0/0/3 three/9/2/0/0/5 four/10/3/0/0/4 ");
  say("RESULT 4\nFAIL"); // put back; the oldest that waits goes for it
  BOOST_TEST(words_of_all(found()->pools[0].buffer) == "one/7/0/0/0/3 three/9/2/0/0/5 four/10/3/0/0/4 ");
  BOOST_TEST(found()->pools[0].overflowing == p.overflowing);
}

BOOST_FIXTURE_TEST_CASE(details_that_came_later_are_there, harness) {
  add("lst").detail = true;
  publish("one", 5);
  publish("two", 6);
  BOOST_TEST(words_of_all(found()->pools[0].buffer) == "one/7/0/5/5/3 two/8/1/6/6/3 ");
  tell(pool_event::detailed{6, " more"});
  BOOST_TEST(words_of_all(found()->pools[0].buffer) == "one/7/0/5/5/3 two more/8/1/0/6/8 ");
}

BOOST_FIXTURE_TEST_CASE(what_has_no_room_is_counted_and_said_once, harness) {
  add("lst");
  publish(std::string(std::size_t{5} << 20, 'x'));
  BOOST_TEST(memory->take_warning());
  publish("small");
  publish(std::string(std::size_t{5} << 20, 'y'));
  BOOST_TEST(!memory->take_warning());
  auto now = *found();
  BOOST_TEST(words_of_all(now.pools[0].buffer) == "small/8/1/0/0/5 ");
  BOOST_TEST(now.lost == 2U);
}

BOOST_FIXTURE_TEST_CASE(memory_is_used_again, harness) {
  auto& p = add("lst", 1, 2);
  for (int i = 0; i < 3000; ++i) // some hundred times as much as there is
    publish(std::string(100'000, 'x'));
  BOOST_TEST(!memory->take_warning());
  BOOST_TEST(found()->lost == 0U);
  BOOST_TEST(words_of_all(found()->pools[0].buffer) == words_of_all(p.buffer));
}

BOOST_FIXTURE_TEST_CASE(a_pool_that_is_gone_leaves_its_place_to_others, harness) {
  for (std::size_t i = 0; i < 100; ++i) {
    pools.clear();
    places.clear();
    add("pool" + std::to_string(i), 20);
    publish("waits");
    memory->outbox_of(*places[0], 3);
    BOOST_TEST_REQUIRE(found()->pools.size() == 1U);
    BOOST_TEST_REQUIRE(words_of_all(found()->pools[0].buffer).starts_with("waits/"));
    memory->remove(places[0]);
    memory->commit(serial);
    BOOST_TEST_REQUIRE(keys.empty());
  }
  BOOST_TEST(found()->pools.empty());
}

BOOST_FIXTURE_TEST_CASE(nobody_holds_its_outboxes_for_it_when_it_is_gone, harness) {
  add("first", 2);
  add("second");
  memory->outbox_of(*places[0], 1);
  memory->outbox_of(*places[1], 0);
  BOOST_TEST(keys.size() == 4U);
  memory.reset();
  BOOST_TEST(keys.empty());
}

BOOST_FIXTURE_TEST_CASE(there_is_room_for_so_many, harness) {
  for (int i = 0; i < 32; ++i)
    add("pool" + std::to_string(i));
  BOOST_TEST(!std::count(places.begin(), places.end(), nullptr));
  pool one_more;
  one_more.name = "more";
  BOOST_TEST(!memory->add(one_more));
}

/// A walk of a thousand steps, each killed at each of its stores: what is found is what was before, or what is after.
BOOST_FIXTURE_TEST_CASE(a_random_walk_with_a_death_at_each_step, harness) {
  auto& p = add("lst", 3, 6);
  for (auto& m : p.members)
    m.name = "";
  std::mt19937 random{42};
  auto pick = [&](std::size_t below) { return random() % below; };
  auto seen = words(p);
  std::size_t walked = 0;
  std::size_t deaths = 0;
  auto step_of = [&] {
    if (p.offered) // nothing else may happen to the pool before
      return step(p, pool_event::answered{pick(5) > 0});
    auto member = pick(p.members.size());
    static const char* said[] = {"READY\n", "RESULT 2\nOK", "RESULT 4\nFAIL",  "RESULT 2\nO",
                                 "K",       "RES",          "ULT 2\nOKREADY\n"};
    switch (pick(7)) {
    case 0:
    case 1:
    case 2:
      return step(p, pool_event::published{event_of(std::string(pick(4000), 'e'), 0), serial++});
    case 3:
      return step(p, pool_event::ended{member});
    case 4:
      return step(p, pool_event::spawned{member});
    case 5:
      return step(p, pool_event::running{member, true});
    default:
      return step(p, pool_event::said{member, said[pick(std::size(said))], ++batch});
    }
  };
  auto as_found = [&] {
    auto now = *found();
    BOOST_TEST_REQUIRE(now.pools.size() == 1U);
    return words(now.pools[0]);
  };
  for (; walked < 1000; ++walked) {
    auto before = as_found();
    step_of();
    memory->note(*places[0], p);
    std::vector<strings> kinds;
    memory->memory().after_step = [&] {
      ++deaths;
      kinds.push_back(as_found());
    };
    memory->commit(serial);
    memory->memory().after_step = nullptr;
    auto after = as_found();
    for (const auto& kind : kinds)
      BOOST_TEST_REQUIRE((kind == before || kind == after));
    if (!p.offered)
      BOOST_TEST_REQUIRE(after == words(p), boost::test_tools::per_element());
  }
  BOOST_TEST(deaths > 1000U);
}

BOOST_AUTO_TEST_SUITE_END()
