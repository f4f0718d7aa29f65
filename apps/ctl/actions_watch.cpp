// status -v and --watch: what the daemon's event stream tells, once or as it comes. Asks again and again only where
// there is no such stream. Must not decide what a row looks like (status_view.cpp). Source: docs/supervisorctl.md.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/shown_text.hpp"
#include "apps/ctl/status.hpp"
#include "protocols/descriptions.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace troupe::ctl {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds for_usage{2500}; ///< processor time is known after a second, of very many processes later
constexpr milliseconds endless{-1};
constexpr int good = 200, forbidden = 403;

std::string why_no_facts(int status) {
  return status == forbidden ? "CPU, memory, restarts and last ends are not for you: the right `events` is missing"
                             : "CPU, memory, restarts and last ends are unknown: this daemon has no /api/v1";
}

/// Whether the rows that run have been measured.
bool is_measured(const process_feed& feed) {
  auto facts = feed.facts();
  auto rows = feed.rows();
  return feed.has_usage() || std::all_of(rows.begin(), rows.end(), [&](auto& row) {
           auto known = facts_of(facts, row);
           return row.pid == 0 || (known && known->cpu);
         });
}

} // namespace

facts_book known_facts(session& s) try {
  auto streams = s.outside().open_streams(s.chosen().daemon);
  streams->open(std::string(events_path));
  process_feed feed;
  event_reader reader([&](auto name, auto data) { feed.take(name, data); });
  auto until = s.outside().now() + for_usage;
  while (!feed.has_status() || !is_measured(feed)) {
    auto left = std::chrono::ceil<milliseconds>(until - s.outside().now());
    auto piece = left.count() > 0 ? streams->next(left) : std::nullopt;
    if (!piece)
      break;
    if (piece->status != good) {
      s.outside().err(why_no_facts(piece->status) + "\n");
      break;
    }
    reader.feed(piece->bytes);
    if (piece->over)
      break;
  }
  return feed.facts();
} catch (const interrupted&) {
  s.fail(exit_status::generic);
  return {};
}

// -- watch ---------------------------------------------------------------------------------------------

namespace {

/// What is on the screen, or went to stdout last.
class picture {
public:
  picture(session& s, const status_request& wanted) : s_(s), wanted_(wanted) {}

  /// The rows by XML-RPC.
  void show_asked() { show(all_processes(s_), {}); }

  /// The rows of the stream. Uptimes go on by our own clock, on a terminal.
  void show(const process_feed& feed) {
    auto rows = feed.rows();
    auto facts = feed.facts();
    auto passed = std::chrono::duration<double>(s_.outside().now() - heard_).count();
    auto now = static_cast<std::int64_t>(feed.now() + passed);
    if (s_.outside().terminal().out)
      for (auto& row : rows)
        if (auto known = facts_of(facts, row); row.state == protocols::process_state::running && known)
          row.description = protocols::describe(row.state, row.name, static_cast<int>(row.pid), "",
                                                static_cast<std::int64_t>(known->start), 0, now);
    show(rows, facts);
  }
  void heard() { heard_ = s_.outside().now(); }

private:
  void show(const std::vector<process_row>& rows, const facts_book& facts) {
    auto [found, unknown] = select(rows, wanted_.names);
    std::string text;
    for (const auto& line : unknown)
      text += displayable(line) + "\n";
    auto shown = arranged(found, wanted_, facts);
    text += status_table(shown, look_of(s_, wanted_), facts);
    if (text != last_)
      draw(text);
    last_ = std::move(text);
  }

  void draw(const std::string& text) {
    auto facts = s_.outside().terminal();
    if (!facts.out)
      return s_.print(std::exchange(is_first_, false) ? text : "\n" + text);
    std::string screen = "\x1b[H";
    std::size_t lines = 0;
    for (std::size_t at = 0; at < text.size() && lines + 1 < facts.lines; ++lines) {
      auto end = text.find('\n', at);
      screen += cut_to_columns(std::string_view(text).substr(at, end - at), facts.columns) + "\x1b[K\n";
      at = end + 1;
    }
    s_.print(screen + "\x1b[J");
  }

  session& s_;
  const status_request& wanted_;
  std::string last_ = "\n"; ///< nothing that a table could be
  bool is_first_ = true;
  std::chrono::steady_clock::time_point heard_{};
};

/// As long as the stream lasts. False: there is none, by that status.
bool follow_events(session& s, stream_set& streams, picture& on, milliseconds tick, int& status) {
  process_feed feed;
  bool changed = false;
  event_reader reader([&](auto name, auto data) {
    auto before = feed.now();
    changed = feed.take(name, data) || changed;
    if (feed.now() != before) // not each event tells the time
      on.heard();
  });
  streams.open(std::string(events_path));
  for (;;) {
    auto piece = streams.next(s.outside().terminal().out ? tick : endless);
    status = piece ? piece->status : good;
    if (status != good)
      return false;
    if (piece)
      reader.feed(piece->bytes);
    if (feed.has_status() && (!piece || std::exchange(changed, false)))
      on.show(feed);
    if (piece && piece->over)
      return true;
  }
}

} // namespace

void watch_status(session& s, const status_request& wanted) try {
  auto tick = std::chrono::duration_cast<milliseconds>(std::chrono::duration<double>(*wanted.watch));
  auto streams = s.outside().open_streams(s.chosen().daemon); // Ctrl-C ends us, not the program
  picture on(s, wanted);
  for (int status = good;; s.outside().pause(tick)) {
    if (!s.check_daemon())
      return s.fail(exit_status::status_unknown);
    if (status == good && follow_events(s, *streams, on, tick, status))
      continue;
    if (wanted.needs_facts() && status != good)
      s.hint(why_no_facts(status));
    if (status != 0) // 0: it went away before it had answered
      on.show_asked();
    else
      status = good;
  }
} catch (const interrupted&) {
  s.fail(exit_status::success);
}

} // namespace troupe::ctl
