// history: what has happened, the states at a moment, a copy of it all. Must not read the file: the daemon does. Times
// are those of this machine, as typed and as shown. Source: docs/contract/history.md, 7.4. What the daemon is taken to
// answer:
//   troupe.getHistory({name: array, kind, since, until, n}) -> {records: array, more: boolean}
//   with {at}: {at, running, records}; fault 3 where no record is that old
//   with {export}: {exported}
// A daemon without [history] has no such method: fault 1.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/processes.hpp"
#include "protocols/history_record.hpp"
#include "protocols/time_words.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::ctl {

namespace {

using protocols::rpc_fault;
using protocols::rpc_value;
using words = std::vector<std::string>;

constexpr std::int64_t most_records = 1000;

std::int64_t wall_now() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

struct request {
  rpc_value::structure asked;
  rpc_value::array names;
  bool states = false;
  bool copy = false;
};

/// Takes the words off one by one.
class reader {
public:
  explicit reader(words given) : given_(std::move(given)) {}
  bool empty() const { return at_ == given_.size(); }
  std::string next() { return given_[at_++]; }

  /// Of `--since T` and `--since=T`. A date and a time may be two words.
  config::result<std::string> value_of(const std::string& word, std::string_view option, bool is_time) {
    std::string value;
    if (word.size() > option.size())
      value = word.substr(option.size() + 1);
    else if (empty())
      return config::fault(std::string(option) + " requires an argument");
    else
      value = next();
    if (is_time && is_date(value) && !empty() && is_clock(given_[at_]))
      value += ' ' + next();
    return value;
  }
  config::result<std::string> moment(const std::string& text) {
    auto whole = is_date(text) && !empty() && is_clock(given_[at_]) ? text + ' ' + next() : text;
    auto found = protocols::moment_of(whole, wall_now());
    return found ? config::result<std::string>(protocols::moment_iso(*found)) : found.error();
  }

private:
  static bool is_date(const std::string& word) {
    return word.size() == 10 && word[4] == '-' && word[7] == '-' && word.find_first_not_of("0123456789-") == word.npos;
  }
  static bool is_clock(const std::string& word) {
    return word.size() >= 5 && word[2] == ':' && word.find_first_not_of("0123456789:.,") == word.npos;
  }

  words given_;
  std::size_t at_ = 0;
};

bool is(const std::string& word, std::string_view option) {
  return word == option || (option.starts_with("--") && word.starts_with(std::string(option) + '='));
}

config::result<void> take_option(reader& from, const std::string& word, request& into) {
  for (const char* option : {"--since", "--until"})
    if (is(word, option)) {
      auto text = from.value_of(word, option, true);
      auto moment = text ? from.moment(*text) : text;
      if (!moment)
        return moment.error();
      into.asked.emplace_back(option + 2, *moment);
      return {};
    }
  for (const char* option : {"--kind", "--export", "-n"})
    if (is(word, option)) {
      auto text = from.value_of(word, option, false);
      if (!text)
        return text.error();
      std::int64_t count = 0;
      bool is_count = option == std::string_view("-n");
      if (is_count && (!protocols::parse_integer(*text, count) || count < 1 || count > most_records))
        return config::fault("-n takes a number from 1 to " + std::to_string(most_records));
      into.copy = into.copy || option == std::string_view("--export");
      into.asked.emplace_back(option + (is_count ? 1 : 2), is_count ? rpc_value(count) : rpc_value(*text));
      return {};
    }
  return config::fault("no such option " + word);
}

/// The error is for usage_error.
config::result<request> request_of(const words& given) {
  request made;
  reader from{given};
  bool first = true;
  while (!from.empty()) {
    auto word = from.next();
    if (std::exchange(first, false) && word == "at") {
      if (from.empty())
        return config::fault("history at requires a time");
      auto moment = from.moment(from.next());
      if (!moment)
        return moment.error();
      made.states = true;
      made.asked.emplace_back("at", *moment);
    } else if (word.starts_with('-')) {
      if (auto done = take_option(from, word, made); !done)
        return done.error();
    } else {
      made.names.emplace_back(word);
    }
  }
  if (!made.names.empty())
    made.asked.emplace_back("name", made.names);
  return made;
}

void refuse(session& s, const rpc_fault& fault) {
  if (fault.code == fault_code::unknown_method)
    s.complain("ERROR: history is off ([history] file=... switches it on)");
  else if (fault.code == fault_code::not_permitted)
    s.complain("ERROR: not permitted");
  else
    s.complain("ERROR: " + fault.text.substr(fault.text.starts_with("FAILED: ") ? 8 : 0));
  s.fail(fault.code == fault_code::not_permitted ? exit_status::insufficient_privileges : exit_status::generic);
}

void show(session& s, const request& asked, const rpc_value& answer) {
  const auto* records = answer.member("records");
  auto all = records && records->items() ? *records->items() : rpc_value::array{};
  if (s.chosen().json)
    return s.document(asked.states ? answer : rpc_value(std::move(all)));
  const auto* running = answer.member("running");
  if (asked.states && running && running->boolean() && !*running->boolean())
    return s.out("supervisord was not running");
  for (const auto& line : asked.states ? protocols::states_text(all) : protocols::history_text(all))
    s.out(line);
}

} // namespace

void do_history(session& s, const std::string& arguments) {
  auto given = split_words(arguments);
  takes_json(s, given);
  auto asked = request_of(given);
  if (!asked)
    return usage_error(s, "history", asked.error().what, exit_status::invalid_arguments);
  auto response = s.call("troupe.getHistory", {asked->asked});
  if (const auto* fault = std::get_if<rpc_fault>(&response)) {
    constexpr std::string_view old = "BAD_ARGUMENTS: no record that old";
    if (!asked->states || fault->text != old)
      return refuse(s, *fault);
    s.complain("no record that old");
    return s.fail(exit_status::generic);
  }
  const auto& answer = std::get<rpc_value>(response);
  if (asked->copy)
    return s.out("exported");
  show(s, *asked, answer);
}

} // namespace troupe::ctl
