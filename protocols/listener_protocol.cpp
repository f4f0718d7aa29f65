// See listener_protocol.hpp. One function per state; each takes what it understands off the front of the bytes and
// says whether the rest can be looked at already.
#include "protocols/listener_protocol.hpp"

#include "config/datatypes.hpp"

#include <algorithm>
#include <utility>

namespace troupe::protocols {

namespace {

constexpr std::string_view ready_token = "READY\n";
constexpr std::size_t result_prefix = 7; ///< "RESULT ", which is not compared (kept quirk 9.4)
constexpr std::string_view accepted_result = "OK";

/// Optional ASCII blanks around an integer >= 0 as Python reads it; nothing else (10.6).
std::optional<std::int64_t> result_length(std::string_view line) {
  constexpr std::string_view blanks = " \t\n\v\f\r";
  line.remove_prefix(std::min(result_prefix, line.size()));
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  line = line.substr(0, line.find_last_not_of(blanks) + 1);
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  bool bare = !line.empty() && (is_digit(line.front()) || line.front() == '+' || line.front() == '-') &&
              is_digit(line.back()); // integer() would take more kinds of blanks off its ends
  if (!bare)
    return {};
  auto length = config::integer(line);
  if (!length || *length < 0)
    return {};
  return *length;
}

struct listening {
  listener_talk& talk;
  std::vector<listener_token>& tokens;
  const bound_result_handler& handler;
  bool elsewhere = false;

  /// False: more bytes are needed. What is kept of them is in `talk`.
  bool step(std::string_view& bytes) {
    if (talk.handled)
      return await_verdict(bytes);
    switch (talk.state) {
    case listener_state::acknowledged:
      return await_ready(bytes);
    case listener_state::busy:
      return talk.result_missing ? collect_result(bytes) : await_result_line(bytes);
    case listener_state::ready: // it was not asked
      change(listener_state::unknown);
      return true;
    case listener_state::unknown:
      break;
    }
    bytes = {};
    return false;
  }

  bool await_ready(std::string_view& bytes) {
    take(bytes, ready_token.size() - talk.pending.size());
    if (talk.pending.size() < ready_token.size())
      return false;
    change(talk.pending == ready_token ? listener_state::ready : listener_state::unknown);
    talk.pending.clear();
    return !bytes.empty();
  }

  /// No event is sent meanwhile: all that can mean anything is one READY, and that there is more behind it.
  bool await_verdict(std::string_view& bytes) {
    take(bytes, ready_token.size() + 1 - talk.pending.size());
    bytes = {};
    return false;
  }

  bool await_result_line(std::string_view& bytes) {
    auto end = bytes.substr(0, most_result_line + 1 - talk.pending.size()).find('\n');
    if (end == std::string_view::npos) {
      take(bytes, most_result_line - talk.pending.size());
      if (bytes.empty())
        return false;
      refuse(std::move(talk.pending)); // longer than anything that means something
      return true;
    }
    take(bytes, end);
    bytes.remove_prefix(1);
    auto line = std::exchange(talk.pending, {});
    talk.result_missing = result_length(line);
    if (!talk.result_missing)
      refuse(std::move(line));
    return true; // an empty result is complete without another byte (10.5)
  }

  bool collect_result(std::string_view& bytes) {
    auto part = bytes.substr(
      0, static_cast<std::size_t>(std::min(*talk.result_missing, static_cast<std::int64_t>(bytes.size()))));
    auto kept =
      (handler || elsewhere ? most_handled_result : accepted_result.size()) + 1; // one more tells that it is longer
    talk.result += part.substr(0, kept - talk.result.size());
    bytes.remove_prefix(part.size());
    *talk.result_missing -= static_cast<std::int64_t>(part.size());
    if (*talk.result_missing > 0)
      return false;
    talk.result_missing.reset();
    auto result = std::exchange(talk.result, {});
    if (elsewhere && result.size() <= most_handled_result) {
      talk.handled = true;
      tokens.emplace_back(heard::result{std::move(result)});
    } else {
      finish(verdict(result));
    }
    return !bytes.empty();
  }

  void finish(handler_verdict came) {
    switch (came) {
    case handler_verdict::accept:
      tokens.emplace_back(heard::processed{});
      break;
    case handler_verdict::reject:
      tokens.emplace_back(heard::rejected{});
      break;
    case handler_verdict::error:
      tokens.emplace_back(heard::failed{});
      break;
    }
    change(came == handler_verdict::error ? listener_state::unknown : listener_state::acknowledged);
    if (came != handler_verdict::accept)
      tokens.emplace_back(heard::returned{});
  }

  handler_verdict verdict(const std::string& result) const {
    if (result.size() > most_handled_result)
      return handler_verdict::reject;
    if (!handler)
      return result == accepted_result ? handler_verdict::accept : handler_verdict::reject;
    return handler(result);
  }

  void refuse(std::string line) {
    talk.pending.clear();
    tokens.emplace_back(heard::bad_line{std::move(line)});
    change(listener_state::unknown);
    tokens.emplace_back(heard::returned{});
  }

  void take(std::string_view& bytes, std::size_t most) {
    auto part = bytes.substr(0, most);
    talk.pending += part;
    bytes.remove_prefix(part.size());
  }

  void change(listener_state to) { tokens.emplace_back(heard::changed{std::exchange(talk.state, to), to}); }
};

} // namespace

std::string_view to_string(listener_state state) {
  switch (state) {
  case listener_state::ready:
    return "READY";
  case listener_state::busy:
    return "BUSY";
  case listener_state::acknowledged:
    return "ACKNOWLEDGED";
  case listener_state::unknown:
    break;
  }
  return "UNKNOWN";
}

std::vector<listener_token> hear(listener_talk& talk, std::string_view bytes, const bound_result_handler& handler,
                                 bool elsewhere) {
  std::vector<listener_token> tokens;
  if (bytes.empty())
    return tokens;
  tokens.reserve(4); // RESULT and READY in one read
  listening machine{talk, tokens, handler, elsewhere};
  while (machine.step(bytes)) {
  }
  return tokens;
}

std::vector<listener_token> conclude(listener_talk& talk, handler_verdict verdict) {
  std::vector<listener_token> tokens;
  if (!std::exchange(talk.handled, false))
    return tokens;
  auto said = std::exchange(talk.pending, {});
  listening machine{talk, tokens, {}};
  machine.finish(verdict);
  for (std::string_view rest = said; !rest.empty() && machine.step(rest);) {
  }
  return tokens;
}

void begin_event(listener_talk& talk) { talk.state = listener_state::busy; }

} // namespace troupe::protocols
