// A pool of listeners as tables of stimulus and record: vectors V142 to V165 of docs/contract/lifecycle.md as far as
// they concern one pool, and the rules of 7.3 to 7.5. The pipes are a harness that says who has closed its stdin.
// Must not hold threads, files or processes.
#include "actors/core/pool_fsm.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <limits>
#include <random>
#include <set>

BOOST_AUTO_TEST_SUITE(pool_fsm_test)

using namespace troupe;
using namespace troupe::actors;
using boost::test_tools::per_element;
using strings = std::vector<std::string>;

namespace {

const std::string unknown_warning = ": has entered the UNKNOWN state and will no longer receive events, this usually "
                                    "indicates the process violated the eventlistener protocol";

struct harness {
  explicit harness(std::size_t members = 1, std::size_t buffer_size = 10) {
    p.name = "lst";
    p.buffer_size = buffer_size;
    p.verbose = true;
    for (std::size_t i = 0; i < members; ++i)
      p.members.push_back({.name = members == 1 ? "l" : "l" + std::to_string(i)});
  }

  void tell(const pool_happening& happened) {
    auto effects = step(p, happened);
    for (std::size_t i = 0; i < effects.size(); ++i) {
      if (auto* log = std::get_if<pool_effect::log>(&effects[i])) {
        records.push_back((log->level == config::log_level::debug  ? "DEBG "
                           : log->level == config::log_level::warn ? "WARN "
                                                                   : "ERRO ") +
                          log->text);
        continue;
      }
      if (auto* handler = std::get_if<pool_effect::handler>(&effects[i])) {
        asked.push_back({handler->question, std::to_string(handler->event.serial) + ": " + handler->result});
        continue;
      }
      BOOST_TEST_REQUIRE(i + 1 == effects.size(), "a send is the last effect");
      const auto& send = std::get<pool_effect::send>(effects[i]);
      bool taken = !closed.contains(send.member);
      if (taken)
        sent.push_back(std::to_string(send.event.serial) + '>' + p.members[send.member].name);
      return tell(pool_event::answered{taken});
    }
  }

  void publish(int count = 1) {
    for (int i = 0; i < count; ++i, ++serial)
      tell(pool_event::published{std::make_shared<const protocols::event>(), serial});
  }
  void say(const char* bytes, std::size_t member = 0) { tell(pool_event::said{member, bytes}); }
  void run(std::size_t member = 0) { tell(pool_event::running{member, true}); }
  void get_ready(std::size_t member = 0) {
    run(member);
    say("READY\n", member);
  }
  /// Ready and given one event; the records of that are forgotten.
  void get_busy() {
    get_ready();
    publish();
    records.clear();
  }
  strings buffered() const {
    strings serials;
    for (const auto& e : p.buffer)
      serials.push_back(std::to_string(e.serial));
    return serials;
  }
  strings take_records() { return std::exchange(records, {}); }
  protocols::listener_state state(std::size_t member = 0) const { return p.members[member].talk.state; }

  pool p;
  std::int64_t serial = 0;
  std::set<std::size_t> closed;
  strings records, sent;
  std::vector<std::pair<std::uint64_t, std::string>> asked; ///< questions: serial and result
};

/// Results are handled elsewhere.
struct patient_harness : harness {
  explicit patient_harness(std::size_t members = 1) : harness(members) { p.handled_elsewhere = true; }
  void handler(std::size_t which, protocols::handler_verdict verdict) {
    tell(pool_event::handled{asked.at(which).first, verdict});
  }
};

using enum protocols::listener_state;

bool is(protocols::listener_state a, protocols::listener_state b) { return a == b; }

} // namespace

// -- what a listener says ---------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(v138_ready) {
  harness l;
  l.say("RE");
  BOOST_TEST(l.records.empty());
  l.say("ADY\n");
  BOOST_TEST(l.records == (strings{"DEBG l: ACKNOWLEDGED -> READY"}), per_element());
}

BOOST_AUTO_TEST_CASE(one_that_runs_before_its_pipes_are_there_gets_events) {
  harness l;
  l.run(); // startsecs=0, and an exec that takes long: it is told of before that
  l.tell(pool_event::spawned{0});
  l.say("READY\n");
  l.publish();
  BOOST_TEST(l.sent == (strings{"0>l"}), per_element());
}

BOOST_AUTO_TEST_CASE(v140_v141_protocol_violations) {
  harness l;
  l.say("hello world\n");
  BOOST_TEST(l.take_records() == (strings{"DEBG l: ACKNOWLEDGED -> UNKNOWN", "WARN l" + unknown_warning}),
             per_element());
  l.say("READY\n"); // V164
  BOOST_TEST(l.records.empty());
  l.tell(pool_event::spawned{0}); // V165
  l.get_ready();
  l.publish();
  BOOST_TEST(l.sent == (strings{"0>l"}), per_element());
  l.tell(pool_event::spawned{0});
  l.take_records();
  l.say("READY\nx");
  BOOST_TEST(l.records ==
               (strings{"DEBG l: ACKNOWLEDGED -> READY", "DEBG l: READY -> UNKNOWN", "WARN l" + unknown_warning}),
             per_element());
}

BOOST_AUTO_TEST_CASE(v142_processed) {
  harness l;
  l.get_busy();
  l.say("RESULT 2\nOK");
  BOOST_TEST(l.records == (strings{"DEBG l: event was processed", "DEBG l: BUSY -> ACKNOWLEDGED"}), per_element());
  BOOST_TEST(!l.p.members[0].held);
  BOOST_TEST(l.p.buffer.empty());
}

BOOST_AUTO_TEST_CASE(v145_violation_after_the_result_rejects_nothing) {
  harness l;
  l.get_busy();
  l.say("RESULT 2\nOKbogus data\n");
  BOOST_TEST(is(l.state(), unknown));
  BOOST_TEST(l.p.buffer.empty());
}

BOOST_AUTO_TEST_CASE(v146_rejected) {
  harness l;
  l.get_busy();
  l.say("RESULT 4\nFAIL");
  BOOST_TEST(l.records == (strings{"WARN l: event was rejected", "DEBG l: BUSY -> ACKNOWLEDGED",
                                   "DEBG rebuffering event 0 for pool lst (buf size=0, max=10)"}),
             per_element());
  BOOST_TEST(l.buffered() == (strings{"0"}), per_element());
}

BOOST_AUTO_TEST_CASE(v149_v150_bad_result_lines) {
  const std::pair<const char*, const char*> lines[] = {{"READY\n", "READY"},
                                                       {"bogus data\n", "bogus data"},
                                                       {"RESULT \xff\n", "Undecodable: b'RESULT \\xff'"},
                                                       {"RESULT -1\nabc", "RESULT -1"}};
  for (auto [input, shown] : lines) {
    harness l;
    l.get_busy();
    l.say(input);
    BOOST_TEST(l.records ==
                 (strings{"WARN l: bad result line: '" + std::string(shown) + "'", "DEBG l: BUSY -> UNKNOWN",
                          "WARN l" + unknown_warning, "DEBG rebuffering event 0 for pool lst (buf size=0, max=10)"}),
               per_element());
    BOOST_TEST(l.buffered() == (strings{"0"}), per_element());
  }
}

BOOST_AUTO_TEST_CASE(a_rejected_event_is_offered_again_at_once) { // 7.5, V163: as often as it is rejected
  harness l;
  l.get_ready();
  l.publish();
  l.say("RESULT 4\nFAILREADY\n");
  l.say("RESULT 4\nFAILREADY\n");
  l.say("RESULT 2\nOKREADY\n");
  BOOST_TEST(l.sent == (strings{"0>l", "0>l", "0>l"}), per_element());
  BOOST_TEST(l.p.buffer.empty());
}

BOOST_AUTO_TEST_CASE(one_answer_counts_for_one_event) { // answers that were written in advance are a violation
  harness l;
  l.get_ready();
  l.publish(3);
  l.say("RESULT 4\nFAILREADY\nRESULT 4\nFAILREADY\n");
  BOOST_TEST(is(l.state(), unknown));
  BOOST_TEST(l.sent == (strings{"0>l"}), per_element());
  BOOST_TEST(l.buffered() == (strings{"0", "1", "2"}), per_element());
}

// -- death ------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(v156_dies_busy) {
  harness l;
  l.get_busy();
  l.tell(pool_event::running{0, false}); // dead
  l.tell(pool_event::ended{0});          // and said so
  BOOST_TEST(l.records == (strings{"DEBG rebuffering event 0 for pool lst (buf size=0, max=10)"}), per_element());
  l.tell(pool_event::spawned{0});
  l.get_ready();
  BOOST_TEST(l.sent == (strings{"0>l", "0>l"}), per_element());
}

BOOST_AUTO_TEST_CASE(v157_last_words_count) {
  harness l;
  l.get_busy();
  l.publish();
  l.tell(pool_event::running{0, false});
  l.say("RESULT 2\nOKREADY\n");
  l.tell(pool_event::ended{0});
  BOOST_TEST(l.sent == (strings{"0>l"}), per_element()); // nothing is handed to the dead
  BOOST_TEST(l.buffered() == (strings{"1"}), per_element());
}

BOOST_AUTO_TEST_CASE(what_a_dead_member_held_goes_to_another) {
  harness l(2);
  l.get_ready(0);
  l.get_ready(1);
  l.publish();
  l.tell(pool_event::ended{0});
  BOOST_TEST(l.sent == (strings{"0>l0", "0>l1"}), per_element());
}

BOOST_AUTO_TEST_CASE(an_end_that_nobody_told_of_is_found_at_the_next_spawn) {
  harness l;
  l.get_busy();
  l.tell(pool_event::spawned{0});
  BOOST_TEST(l.buffered() == (strings{"0"}), per_element());
  BOOST_TEST(is(l.state(), acknowledged));
}

BOOST_AUTO_TEST_CASE(half_a_token_dies_with_its_process) {
  harness l;
  l.say("REA");
  l.tell(pool_event::spawned{0});
  l.say("DY\n....");
  BOOST_TEST(is(l.state(), unknown));
}

// -- results that are handled elsewhere ---------------------------------------------------------------

using protocols::handler_verdict;

BOOST_AUTO_TEST_CASE(a_result_waits_for_its_verdict) {
  patient_harness l;
  l.get_busy();
  l.publish();
  l.say("RESULT 2\nOKREADY\n");
  BOOST_TEST(l.asked.at(0).second == "0: OK");
  BOOST_TEST(l.sent == (strings{"0>l"}), per_element()); // the next one waits
  BOOST_TEST(is(l.state(), busy));
  l.take_records();
  l.handler(0, handler_verdict::accept);
  BOOST_TEST(l.sent == (strings{"0>l", "1>l"}), per_element());
  BOOST_TEST(l.take_records() == (strings{"DEBG l: event was processed", "DEBG l: BUSY -> ACKNOWLEDGED",
                                          "DEBG l: ACKNOWLEDGED -> READY", "DEBG event 1 sent to listener l"}),
             per_element());
}

BOOST_AUTO_TEST_CASE(others_go_on_while_one_is_judged) {
  patient_harness l(2);
  l.get_ready(0);
  l.get_ready(1);
  l.publish(3);
  l.say("RESULT 1\naREADY\n", 0);
  l.say("RESULT 1\nbREADY\n", 1);
  l.handler(1, handler_verdict::accept); // the second one first
  BOOST_TEST(l.sent == (strings{"0>l0", "1>l1", "2>l1"}), per_element());
  l.handler(0, handler_verdict::reject);
  BOOST_TEST(l.sent.back() == "0>l0");
}

BOOST_AUTO_TEST_CASE(a_late_mistake_sends_the_event_to_another) {
  patient_harness l(2);
  l.get_ready(0);
  l.get_ready(1);
  l.publish();
  l.say("RESULT 2\nOK", 0);
  l.handler(0, handler_verdict::error);
  BOOST_TEST(is(l.state(0), unknown));
  BOOST_TEST(l.sent == (strings{"0>l0", "0>l1"}), per_element());
}

BOOST_AUTO_TEST_CASE(last_words_are_judged_though_their_listener_is_gone) { // V157
  const struct {
    handler_verdict verdict;
    strings sent;
    std::string record;
  } rows[] = {{handler_verdict::accept, {"0>l"}, "DEBG l: event was processed"},
              {handler_verdict::reject, {"0>l", "0>l"}, "WARN l: event was rejected"},
              {handler_verdict::error, {"0>l", "0>l"}, "WARN l: event caused an error"}};
  for (const auto& r : rows) {
    patient_harness l;
    l.get_busy();
    l.say("RESULT 2\nOK");
    l.tell(pool_event::ended{0});
    l.tell(pool_event::spawned{0});
    l.get_ready(); // before the verdict: the event is not given to it yet
    BOOST_TEST(l.sent == (strings{"0>l"}), per_element());
    l.take_records();
    l.handler(0, r.verdict);
    BOOST_TEST(l.take_records().front() == r.record);
    BOOST_TEST(l.sent == r.sent, per_element());
    l.handler(0, r.verdict); // once
    BOOST_TEST(l.sent == r.sent, per_element());
  }
}

BOOST_AUTO_TEST_CASE(listeners_that_die_while_a_judge_hangs_make_no_pile) {
  patient_harness l;
  l.publish(30);
  for (int i = 0; i < 30; ++i) {
    l.get_ready();
    l.say("RESULT 2\nOK");
    l.tell(pool_event::ended{0});
    l.tell(pool_event::spawned{0});
  }
  BOOST_TEST(l.p.leftovers.size() == 10u); // all that its buffer kept
  patient_harness longer;
  longer.p.buffer_size = 100;
  longer.publish(100);
  for (int i = 0; i < 100; ++i) {
    longer.get_ready();
    longer.say("RESULT 2\nOK");
    longer.tell(pool_event::ended{0});
    longer.tell(pool_event::spawned{0});
  }
  BOOST_TEST(longer.p.leftovers.size() == 16u);
  BOOST_TEST(longer.p.buffer.size() == 84u);   // without a verdict, and not lost
  longer.handler(50, handler_verdict::accept); // of one that went back
  BOOST_TEST(longer.p.buffer.size() == 84u);
}

// -- who gets what ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(v158_waits_for_running) {
  harness l;
  l.say("READY\n");
  l.publish();
  BOOST_TEST(l.sent.empty());
  l.take_records();
  l.run();
  BOOST_TEST(l.records == (strings{"DEBG event 0 sent to listener l"}), per_element());
}

BOOST_AUTO_TEST_CASE(v161_in_table_order_without_round_robin) {
  harness l(2);
  l.get_ready(0);
  l.get_ready(1);
  l.publish(5);
  BOOST_TEST(l.sent == (strings{"0>l0", "1>l1"}), per_element());
  l.say("RESULT 2\nOKREADY\n", 1);
  l.say("RESULT 2\nOKREADY\n", 0);
  l.say("RESULT 2\nOKREADY\n", 0);
  BOOST_TEST(l.sent == (strings{"0>l0", "1>l1", "2>l1", "3>l0", "4>l0"}), per_element());
  l.say("RESULT 2\nOKREADY\n", 1);
  l.say("RESULT 2\nOKREADY\n", 0);
  l.publish();
  BOOST_TEST(l.sent.back() == "5>l0");
}

BOOST_AUTO_TEST_CASE(a_buffer_leaves_in_order_and_says_who_waits) {
  harness l;
  l.publish(3);
  l.get_ready();
  BOOST_TEST(l.take_records() == (strings{"DEBG l: ACKNOWLEDGED -> READY", "DEBG event 0 sent to listener l",
                                          "DEBG rebuffering event 1 for pool lst (buf size=1, max=10)"}),
             per_element());
  l.say("RESULT 2\nOKREADY\n");
  l.say("RESULT 2\nOKREADY\n");
  l.say("RESULT 2\nOKREADY\n");
  BOOST_TEST(l.sent == (strings{"0>l", "1>l", "2>l"}), per_element());
}

BOOST_AUTO_TEST_CASE(v162_closed_stdin) {
  harness l;
  l.serial = 9;
  l.closed.insert(0);
  l.get_ready();
  l.take_records();
  l.publish();
  BOOST_TEST(l.records == (strings{"DEBG epipe occurred while sending event 9 to listener l, listener state unchanged",
                                   "DEBG rebuffering event 9 for pool lst (buf size=0, max=10)"}),
             per_element());
  BOOST_TEST(is(l.state(), ready));
}

BOOST_AUTO_TEST_CASE(a_closed_stdin_is_passed_over) {
  harness l(3);
  for (std::size_t i = 0; i < 3; ++i)
    l.get_ready(i);
  l.closed = {0, 1};
  l.publish(2);
  BOOST_TEST(l.sent == (strings{"0>l2"}), per_element());
  BOOST_TEST(l.buffered() == (strings{"1"}), per_element());
  l.say("RESULT 2\nOKREADY\n", 2);
  BOOST_TEST(l.sent == (strings{"0>l2", "1>l2"}), per_element());
}

BOOST_AUTO_TEST_CASE(v091_a_pool_about_to_stop_hands_nothing_out) {
  harness l;
  l.get_ready();
  l.tell(pool_event::closing{});
  l.publish();
  l.run();
  BOOST_TEST(l.sent.empty());
  BOOST_TEST(l.buffered() == (strings{"0"}), per_element());
}

// -- what else there is to say ------------------------------------------------------------------------

namespace {

std::shared_ptr<const protocols::event> event_about(std::uint64_t number) {
  protocols::event made;
  made.body = "body";
  made.about = number;
  return std::make_shared<const protocols::event>(made);
}

} // namespace

BOOST_AUTO_TEST_CASE(an_event_waits_for_its_detail_and_those_behind_it_too) { // survival.md 8.4, 157
  harness l(2);
  l.p.detail = true;
  l.get_ready(0);
  l.get_ready(1);
  l.tell(pool_event::published{event_about(7), 0});
  l.tell(pool_event::published{event_about(0), 1});
  BOOST_TEST(l.sent.empty());
  l.tell(pool_event::detailed{8, " of another"});
  BOOST_TEST(l.sent.empty());
  l.tell(pool_event::detailed{7, " and more"});
  BOOST_TEST(l.sent == (strings{"0>l0", "1>l1"}), per_element());
  BOOST_TEST(l.p.members[0].held->what->body == "body and more");
  BOOST_TEST(l.p.members[1].held->what->body == "body");
  l.tell(pool_event::detailed{7, " too late"});
  BOOST_TEST(l.p.members[0].held->what->body == "body and more");
}

BOOST_AUTO_TEST_CASE(two_events_of_one_end_get_the_same_detail) {
  harness l(1);
  l.p.detail = true;
  l.tell(pool_event::published{event_about(7), 0});
  l.tell(pool_event::published{event_about(7), 1});
  l.tell(pool_event::detailed{7, "!"});
  BOOST_TEST(l.p.bytes == 10u);
  BOOST_TEST(l.p.buffer[0].what->body == "body!");
  BOOST_TEST(l.p.buffer[1].what->body == "body!");
}

BOOST_AUTO_TEST_CASE(who_does_not_ask_for_details_waits_for_none) {
  harness l(1);
  l.get_ready();
  l.tell(pool_event::published{event_about(7), 0});
  BOOST_TEST(l.sent == (strings{"0>l"}), per_element());
  BOOST_TEST(l.p.members[0].held->what->body == "body");
}

// -- the buffer -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(v159_overflow_drops_the_oldest) {
  harness l(1, 3);
  l.publish(5);
  BOOST_TEST(l.records == (strings{"ERRO pool lst event buffer overflowed, discarding event 0",
                                   "ERRO pool lst event buffer overflowed, discarding event 1"}),
             per_element());
  BOOST_TEST(l.buffered() == (strings{"2", "3", "4"}), per_element());
}

BOOST_AUTO_TEST_CASE(v160_a_returned_event_evicts_the_oldest_and_becomes_it) {
  harness l(1, 3);
  l.get_ready();
  l.publish(4);
  l.take_records();
  l.say("RESULT 4\nFAIL");
  BOOST_TEST(l.records == (strings{"WARN l: event was rejected", "DEBG l: BUSY -> ACKNOWLEDGED",
                                   "DEBG rebuffering event 0 for pool lst (buf size=3, max=3)",
                                   "ERRO pool lst event buffer overflowed, discarding event 1"}),
             per_element());
  BOOST_TEST(l.buffered() == (strings{"0", "2", "3"}), per_element());
}

BOOST_AUTO_TEST_CASE(a_buffer_of_one) {
  harness l(1, 1);
  l.publish(3);
  BOOST_TEST(l.buffered() == (strings{"2"}), per_element());
}

BOOST_AUTO_TEST_CASE(bytes_are_bounded_as_well) {
  harness l(1, 1000);
  l.p.buffer_bytes = 100;
  auto publish = [&](std::size_t bytes) {
    protocols::event e;
    e.body.assign(bytes, 'x');
    l.tell(pool_event::published{std::make_shared<const protocols::event>(std::move(e)), l.serial++});
  };
  for (int i = 0; i < 3; ++i)
    publish(40);
  BOOST_TEST(l.records == (strings{"ERRO pool lst event buffer overflowed, discarding event 0"}), per_element());
  BOOST_TEST(l.buffered() == (strings{"1", "2"}), per_element());
  publish(500); // alone it is kept
  BOOST_TEST(l.buffered() == (strings{"3"}), per_element());
  publish(1);
  BOOST_TEST(l.buffered() == (strings{"4"}), per_element());
  l.get_ready();
  BOOST_TEST(l.buffered().empty());
  BOOST_TEST(l.p.bytes == 0u);
  publish(60);
  publish(40);
  BOOST_TEST(l.buffered() == (strings{"5", "6"}), per_element());
  l.take_records();
  l.say("RESULT 4\nFAIL"); // what comes back needs room, too
  BOOST_TEST(l.buffered() == (strings{"4", "6"}), per_element());
  BOOST_TEST(l.p.bytes == 41u);
}

BOOST_AUTO_TEST_CASE(pool_serials_count_what_was_accepted) { // 6.3; a re-buffered event keeps both numbers
  harness l(1, 2);
  l.serial = 100;
  l.publish(3);
  BOOST_TEST(l.p.buffer[0].serial == 101);
  BOOST_TEST(l.p.buffer[0].pool_serial == 1);
  l.get_ready();
  l.say("RESULT 4\nFAIL");
  BOOST_TEST(l.p.buffer[0].serial == 101);
  BOOST_TEST(l.p.buffer[0].pool_serial == 1);
  BOOST_TEST(next_serial(std::numeric_limits<std::int64_t>::max()) == 0);
}

BOOST_AUTO_TEST_CASE(without_debug_only_the_contract_s_warnings) {
  harness l(1, 1);
  l.p.verbose = false;
  l.get_ready();
  l.publish(3);
  l.say("RESULT 2\nOKREADY\n");
  l.say("RESULT 4\nFAIL");
  BOOST_TEST(l.records ==
               (strings{"ERRO pool lst event buffer overflowed, discarding event 1", "WARN l: event was rejected"}),
             per_element());
}

// -- whatever happens -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(nothing_is_lost_or_doubled_in_any_order_of_things) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    harness l(3, 1000);
    l.p.verbose = false;
    l.p.handled_elsewhere = seed % 2 == 0;
    std::set<std::int64_t> done;
    auto finish = [&](std::size_t m, const char* bytes, bool accepts) {
      if (accepts && l.p.members[m].held && !l.p.handled_elsewhere)
        BOOST_TEST(done.insert(l.p.members[m].held->serial).second);
      l.say(bytes, m);
    };
    auto handler = [&] { // any question that is open, in any order
      if (l.asked.empty())
        return;
      auto which = l.asked.begin() + static_cast<std::ptrdiff_t>(random() % l.asked.size());
      auto question = which->first;
      auto text = which->second;
      l.asked.erase(which);
      bool accepts = text.ends_with(": OK");
      auto open = [&](auto& of) { return of.question == question; };
      if (accepts && (std::any_of(l.p.members.begin(), l.p.members.end(), open) ||
                      std::any_of(l.p.leftovers.begin(), l.p.leftovers.end(), open)))
        BOOST_TEST(done.insert(std::stoll(text)).second);
      l.tell(pool_event::handled{question, accepts ? handler_verdict::accept : handler_verdict::reject});
    };
    for (int i = 0; i < 500; ++i) {
      auto m = random() % 3;
      switch (random() % 9) {
      case 8:
        handler();
        break;
      case 0:
      case 1:
        l.publish();
        break;
      case 2:
        if (is(l.state(m), busy))
          finish(m, "RESULT 2\nOK", true);
        break;
      case 3:
        if (is(l.state(m), busy))
          finish(m, "RESULT 4\nFAIL", false);
        break;
      case 4:
        if (is(l.state(m), acknowledged))
          l.say("READY\n", m);
        break;
      case 5:
        l.tell(pool_event::running{m, random() % 4 != 0});
        break;
      case 6:
        if (random() % 4 == 0) {
          l.tell(pool_event::ended{m});
          l.tell(pool_event::spawned{m});
        }
        break;
      default:
        if (random() % 8 == 0)
          l.closed = random() % 2 == 0 ? std::set<std::size_t>{m} : std::set<std::size_t>{};
      }
      std::set<std::int64_t> all = done;
      std::size_t count = done.size() + l.p.buffer.size() + l.p.leftovers.size();
      for (const auto& left : l.p.leftovers)
        all.insert(left.event.serial);
      for (const auto& e : l.p.buffer)
        all.insert(e.serial);
      for (const auto& member : l.p.members) {
        BOOST_TEST_REQUIRE(member.held.has_value() == is(member.talk.state, busy));
        if (member.held) {
          all.insert(member.held->serial);
          ++count;
        }
      }
      BOOST_TEST_REQUIRE(all.size() == static_cast<std::size_t>(l.serial), "seed " << seed);
      BOOST_TEST_REQUIRE(count == static_cast<std::size_t>(l.serial), "seed " << seed);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
