// logs: lines of many logs beside each other. What `tail` does for one, in bytes, is actions_logs.cpp. Must not read
// sockets. Source: docs/supervisorctl.md, "Logs".
#include "apps/ctl/actions.hpp"
#include "apps/ctl/log_reader.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/status.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace troupe::ctl {

namespace {

constexpr int good = 200;
constexpr std::chrono::milliseconds endless{-1};

std::int64_t moment_now() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

/// The whole of GET /api/v1/status; nothing: this daemon has no such thing.
std::optional<process_feed> status_of_all(session& s) {
  auto streams = s.outside().open_streams(s.chosen().daemon);
  streams->open("/api/v1/status");
  std::string body;
  for (;;) {
    auto piece = streams->next(endless);
    if (!piece)
      continue;
    if (piece->status != good)
      return std::nullopt;
    body += piece->bytes;
    if (!piece->over)
      continue;
    process_feed known;
    known.take("status", body);
    return known.has_status() ? std::optional(std::move(known)) : std::nullopt;
  }
}

void show_logs(session& s, const logs_request& wanted) {
  auto known = status_of_all(s);
  auto rows = known ? known->rows() : all_processes(s);
  auto chosen = choose_logs(wanted, rows, known ? known->facts() : facts_book());
  for (const auto& line : chosen.unknown)
    s.wrong(line), s.fail(exit_status::generic);
  for (const auto& word : wanted.names)
    if (word != "supervisord" && select(rows, {word}).found.empty())
      suggest(s, word);
  if (!known && wanted.follow)
    s.outside().err("this daemon has no /api/v1: of each log its last 1,024 bytes, and nobody who comes later\n");
  bool waits = wanted.follow && chosen.unknown.empty();
  if (chosen.sources.empty() && !waits)
    return;
  log_reader reader(s, wanted, known.has_value());
  if (wanted.follow)
    reader.follow(chosen.sources, known ? *std::move(known) : process_feed());
  else
    reader.show(chosen.sources);
}

} // namespace

void do_logs(session& s, const std::string& arguments) try {
  auto words = split_words(arguments);
  takes_json(s, words);
  auto wanted = to_logs_request(std::move(words), moment_now());
  if (!wanted)
    return usage_error(s, "logs", wanted.error().what, exit_status::invalid_arguments);
  if (s.check_daemon())
    show_logs(s, *wanted);
} catch (const interrupted&) {
  if (s.chosen().shell) // the prompt stands in a line of its own
    s.print("\n");
}

} // namespace troupe::ctl
