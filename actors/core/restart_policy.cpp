// See restart_policy.hpp.
#include "actors/core/restart_policy.hpp"

#include "actors/core/process_fsm.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <sys/wait.h>

namespace troupe::actors {

namespace {

using config::backoff_kind;
using std::chrono::milliseconds;

/// A century: as good as never, and far from the end of what a clock can say.
constexpr double longest_wait = 3'153'600'000.0; // s
constexpr std::chrono::seconds growing_for_ever{60};

double seconds_of(milliseconds time) { return std::chrono::duration<double>(time).count(); }

double cap_of(const config::process_options& options) {
  const auto& restarts = options.restarts();
  if (restarts.backoffmax)
    return seconds_of(*restarts.backoffmax);
  bool grows_for_ever = restarts.backoff == backoff_kind::exponential || options.startretries == config::endless;
  return grows_for_ever ? seconds_of(growing_for_ever) : longest_wait;
}

std::uint64_t mixed(std::uint64_t x) { // splitmix64, public domain
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// As exitcodes have it; nothing: it is not known how it ended.
std::optional<int> status_code(int wait_status) {
  if (wait_status == unknown_end)
    return {};
  if (WIFEXITED(wait_status))
    return WEXITSTATUS(wait_status);
  if (WIFSIGNALED(wait_status))
    return -WTERMSIG(wait_status);
  return {};
}

bool is_in(const config::exit_code_list& list, int wait_status) {
  auto code = status_code(wait_status);
  return code && list.holds(*code);
}

} // namespace

clock::duration backoff_wait(const config::process_options& options, std::int64_t failures, std::uint64_t chance) {
  const auto& restarts = options.restarts();
  auto count = static_cast<double>(std::max<std::int64_t>(failures, 0));
  auto wait = seconds_of(restarts.backoffmin);
  if (restarts.backoff == backoff_kind::linear)
    wait *= count;
  else if (restarts.backoff == backoff_kind::exponential && wait > 0) // no zero times infinity
    wait *= std::pow(restarts.backofffactor, std::max(count - 1, 0.0));
  wait = std::min({wait, cap_of(options), longest_wait});
  if (restarts.backoffjitter > 0) {
    constexpr int kept_bits = 53;                                                               // what a double holds
    auto part = std::ldexp(static_cast<double>(chance >> (64 - kept_bits)), 1 - kept_bits) - 1; // [-1, 1)
    wait *= 1 + part * restarts.backoffjitter;
  }
  return std::chrono::microseconds{std::llround(std::min(wait, longest_wait) * 1e6)};
}

std::uint64_t chance_of(std::uint64_t name, std::uint64_t spawns) { return mixed(name ^ mixed(spawns)); }

std::uint64_t hash_of_name(std::string_view group, std::string_view process) {
  std::uint64_t hash = 0xcbf29ce484222325; // FNV-1a
  auto add = [&hash](std::string_view text) {
    for (unsigned char c : text)
      hash = (hash ^ c) * 0x100000001b3;
  };
  add(group);
  add(":");
  add(process);
  return hash;
}

std::optional<time_point> refused_until(const restart_book& book, const std::optional<config::rate>& limit,
                                        time_point due) {
  if (!limit)
    return {};
  auto first = std::upper_bound(book.recent.begin(), book.recent.end(), due - limit->time); // older ones do not count
  auto count = book.recent.end() - first;
  if (count < limit->count)
    return {};
  return *(book.recent.end() - limit->count) + limit->time;
}

bool note_restart(restart_book& book, const std::optional<config::rate>& limit, time_point now) {
  if (limit) {
    book.recent.push_back(now);
    auto many = static_cast<std::int64_t>(book.recent.size()) - limit->count;
    if (many > 0)
      book.recent.erase(book.recent.begin(), book.recent.begin() + many);
  } else {
    book.recent.clear();
  }
  constexpr std::chrono::seconds minute{60};
  constexpr std::chrono::minutes between_warnings{10};
  constexpr std::int64_t too_many = 30;
  if (book.in_minute == 0 || now - book.minute_begins >= minute) {
    book.minute_begins = now;
    book.in_minute = 0;
  }
  if (++book.in_minute < too_many || (book.warned_at && now - *book.warned_at < between_warnings))
    return false;
  book.warned_at = now;
  return true;
}

std::string seconds_text(milliseconds time) {
  char text[48];
  if (time.count() % 1000 == 0)
    std::snprintf(text, sizeof text, "%lld", static_cast<long long>(time.count() / 1000));
  else
    std::snprintf(text, sizeof text, "%.10g", seconds_of(time));
  return std::string(text) + (time == std::chrono::seconds{1} ? " second" : " seconds");
}

std::string limit_text(const config::rate& limit) {
  return "restart limit: " + std::to_string(limit.count) + (limit.count == 1 ? " restart in " : " restarts in ") +
         seconds_text(limit.time);
}

bool is_expected(const config::process_options& options, int wait_status) {
  return is_in(options.exitcodes, wait_status) || is_in(options.restarts().successexitcodes, wait_status);
}

bool ends_for_good(const config::process_options& options, int wait_status) {
  return is_in(options.restarts().norestartexitcodes, wait_status);
}

bool is_no_failure(const config::process_options& options, int wait_status) {
  return is_in(options.restarts().successexitcodes, wait_status) || ends_for_good(options, wait_status);
}

} // namespace troupe::actors
