// Any bytes as the life of a pool: what three listeners say, in any pieces, their deaths, events published meanwhile.
// Whatever they are, nothing crashes, no event is lost or doubled, and what is kept is bounded; and what one listener
// says means the same however it is cut. A plain program with its own inputs for the suite; with
// -DTROUPE_LIBFUZZER -fsanitize=fuzzer it is a fuzzer's target. Must not hold expectations of single cases.
#include "actors/core/pool_fsm.hpp"

#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>

using namespace troupe;
using namespace troupe::actors;

namespace {

void require(bool holds, const char* what) {
  if (holds)
    return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// -- one listener, cut anywhere ---------------------------------------------------------------------

std::string trace(protocols::listener_talk& talk, std::string_view bytes) {
  std::string out;
  for (const auto& token : protocols::hear(talk, bytes)) {
    out += static_cast<char>('a' + token.index());
    if (const auto* changed = std::get_if<protocols::heard::changed>(&token))
      out += to_string(changed->to);
    if (const auto* line = std::get_if<protocols::heard::bad_line>(&token))
      out += line->line;
  }
  require(talk.pending.size() <= protocols::most_result_line, "what a listener said is kept within its limit");
  require(talk.result.size() <= 3, "a result is kept as far as it matters");
  return out;
}

void cut_anywhere(std::string_view bytes, bool busy, std::size_t cut) {
  protocols::listener_talk whole, parts;
  for (auto* talk : {&whole, &parts})
    if (busy) {
      protocols::hear(*talk, "READY\n");
      protocols::begin_event(*talk);
    }
  auto wanted = trace(whole, bytes);
  auto heard = trace(parts, bytes.substr(0, cut));
  heard += trace(parts, bytes.substr(cut));
  require(heard == wanted && whole.state == parts.state, "bytes mean the same however they are cut");
}

// -- a pool -----------------------------------------------------------------------------------------

struct stage {
  pool p{.name = "p", .buffer_size = 4, .verbose = true};
  std::int64_t published = 0;
  std::int64_t discarded = 0;
  std::int64_t processed = 0;
  bool closed[3] = {};

  stage() {
    for (auto name : {"a", "b", "c"})
      p.members.push_back({.name = name});
  }

  void tell(const pool_happening& happened) {
    auto effects = step(p, happened);
    for (const auto& effect : effects) {
      if (const auto* send = std::get_if<pool_effect::send>(&effect)) {
        require(&effect == &effects.back(), "a send is the last effect");
        require(p.members[send->member].running, "only RUNNING members receive");
        tell(pool_event::answered{!closed[send->member]});
        return;
      }
      const auto& record = std::get<pool_effect::log>(effect);
      discarded += record.level == config::log_level::error;
      processed += record.level == config::log_level::debug && record.text.ends_with(": event was processed");
    }
  }

  void check() const {
    std::set<std::int64_t> serials;
    std::size_t count = p.buffer.size();
    for (const auto& e : p.buffer)
      serials.insert(e.serial);
    for (const auto& m : p.members) {
      require(m.held.has_value() == (m.talk.state == protocols::listener_state::busy), "who is BUSY holds an event");
      if (m.held) {
        serials.insert(m.held->serial);
        ++count;
      }
    }
    require(!p.offered, "no send is left open");
    require(p.buffer.size() <= p.buffer_size, "the buffer is bounded");
    require(serials.size() == count, "no event is doubled");
    require(published == discarded + processed + static_cast<std::int64_t>(count), "no event is lost");
  }
};

void live(std::string_view bytes) {
  stage s;
  auto next = [&]() -> unsigned char {
    if (bytes.empty())
      return 0;
    auto c = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    return c;
  };
  auto say = [&](std::size_t member, std::string_view what) { s.tell(pool_event::said{member, what}); };
  while (!bytes.empty()) {
    auto op = next();
    std::size_t member = (op >> 4) % 3;
    switch (op % 10) {
    case 0: {
      std::size_t wanted = next();
      auto size = std::min(wanted, bytes.size());
      say(member, bytes.substr(0, size));
      bytes.remove_prefix(size);
      break;
    }
    case 1:
    case 2:
      s.tell(pool_event::published{std::make_shared<const protocols::event>(), s.published++});
      break;
    case 3:
      s.tell(pool_event::running{member, next() % 4 != 0});
      break;
    case 4:
      s.tell(pool_event::ended{member});
      s.p.members[member].talk = {}; // its bytes end with it
      break;
    case 5:
      s.tell(pool_event::spawned{member});
      break;
    case 6:
      s.closed[member] = next() % 2 != 0;
      break;
    case 7:
      say(member, "READY\n");
      break;
    case 8:
      say(member, "RESULT 2\nOK");
      break;
    case 9:
      say(member, "RESULT 4\nFAIL");
      break;
    }
    s.check();
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  live(bytes);
  if (size > 1) {
    auto cut = static_cast<std::size_t>(data[0]) % size;
    cut_anywhere(bytes.substr(1), data[0] % 2 != 0, std::min(cut, size - 1));
  }
  return 0;
}

#ifndef TROUPE_LIBFUZZER
int main() {
  const std::string_view words[] = {
    "READY\n", "RESULT ", "2\nOK",    "4\nFAIL", "0\n", "-1\n", "1_0\n",
    "\n",      "OK",      "RESULT 2", " ",       "_",   "\xff", "9999999999999999999\n"};
  std::mt19937 random(20240817); // always the same inputs
  for (int i = 0; i < 200'000; ++i) {
    std::string input;
    for (auto pieces = random() % 60; pieces > 0; --pieces)
      if (random() % 2 == 0)
        input += words[random() % std::size(words)];
      else
        for (auto n = random() % 6; n > 0; --n)
          input += static_cast<char>(random());
    if (i % 1000 == 0)
      input.insert(random() % (input.size() + 1), std::string(random() % 10'000, 'x'));
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  }
  std::puts("200000 inputs");
}
#endif
