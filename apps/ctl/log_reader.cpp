// See log_reader.hpp.
#include "apps/ctl/log_reader.hpp"

#include "apps/ctl/names.hpp"
#include "apps/ctl/shown_text.hpp"
#include "apps/ctl/status.hpp"
#include "protocols/faults.hpp"
#include "protocols/time_words.hpp"

#include <algorithm>
#include <utility>

namespace troupe::ctl {

using protocols::rpc_fault;
using protocols::rpc_value;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds long_enough{300};
constexpr milliseconds quiet{60};           ///< of a log that has nothing more to tell for now
constexpr milliseconds longest_quiet{2000}; ///< for a log that never is
constexpr milliseconds between_looks{20};
constexpr milliseconds endless{-1};
constexpr std::size_t most_at_once = 32;
constexpr std::int64_t of_newcomers = 64 << 10; ///< bytes
constexpr std::int64_t of_old_streams = 1024;
constexpr std::size_t longest_tail = 1024;
constexpr milliseconds until_back{5000}; ///< the daemon, after its worker died or another binary took over
constexpr int good = 200, not_found = 404, forbidden = 403;

/// `12:03:20.123`.
std::string time_now() {
  using namespace std::chrono;
  auto now = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  auto text = protocols::moment_text(now);
  return text.substr(text.find(' ') + 1);
}

bool grows(const logs_request& wanted) {
  auto is_open = [](const std::string& word) { return word == "all" || is_pattern(word) || !split_name(word).process; };
  return wanted.follow && (wanted.names.empty() || std::any_of(wanted.names.begin(), wanted.names.end(), is_open));
}

} // namespace

log_reader::log_reader(session& s, const logs_request& wanted, bool ours)
    : s_(s), wanted_(wanted), ours_(ours), writer_({}),
      reader_([this](auto name, auto data) { is_news_ = feed_.take(name, data) || is_news_; }) {}

void log_reader::open(const log_source& source, std::optional<std::int64_t> bytes, bool follows) {
  auto path = ours_ ? path_of(source, bytes, follows) : old_path_of(source);
  auto number = streams_->open(path);
  auto keeps = wanted_.since ? std::nullopt : wanted_.lines;
  writer_.make_room_for(source);
  logs_.emplace(number, open_log{.source = source, .splitter = {}, .held = last_lines(keeps), .heard = clock::now()});
}

void log_reader::print(const log_source& source, const log_piece& piece, bool is_new) {
  auto text = writer_.text_of(source, piece, is_new && wanted_.timestamps ? time_now() : std::string());
  if (s_.chosen().json)
    s_.print_json(text);
  else
    s_.print(text);
}

/// The daemon has no such log, or not for us; or it has gone.
void log_reader::refused(open_log& log, const stream_piece& piece) {
  log.over = true;
  constexpr int gone = 410; // what Supervisor's daemon says of a log that there is not
  bool was_guessed = !ours_ && wanted_.from_stdout && wanted_.from_stderr;
  if (was_guessed && (piece.status == not_found || piece.status == gone))
    return;
  auto why = piece.status == forbidden   ? std::string("not permitted")
             : piece.status == not_found ? "no log file"
             : piece.status              ? "status " + std::to_string(piece.status)
             : piece.why                 ? piece.why->text
                                         : "no answer";
  s_.wrong(displayable(log.source.name) + ": ERROR (" + displayable(why) + ")");
  s_.fail(piece.status == forbidden ? exit_status::insufficient_privileges : exit_status::generic);
}

void log_reader::take(const stream_piece& piece) {
  auto found = logs_.find(piece.which);
  if (found == logs_.end() || found->second.over)
    return;
  auto& log = found->second;
  if (piece.status == 0 && log.served) // it broke off before it went on
    return end_of(log);
  if (piece.status != good)
    return refused(log, piece);
  log.bytes += static_cast<std::int64_t>(piece.bytes.size());
  log.heard = clock::now();
  if (!log.begun)
    log.answered = log.heard;
  log.begun = log.served = true;
  if (log.resumes)
    log.again += piece.bytes;
  else
    feed(log, piece.bytes);
  if (piece.over)
    end_of(log);
}

void log_reader::feed(open_log& log, std::string_view bytes) {
  log.tail += bytes;
  if (log.tail.size() > longest_tail)
    log.tail.erase(0, log.tail.size() - longest_tail);
  for (auto& part : log.splitter.feed(bytes))
    if (log.live)
      print(log.source, part, true);
    else
      log.held.add(std::move(part));
}

void log_reader::end_of(open_log& log) {
  log.over = true;
  if (log.live && wanted_.follow) // it may go on in another stream
    return;
  auto rest = log.splitter.rest();
  if (rest && log.live)
    print(log.source, *rest, false);
  else if (rest)
    log.held.add(*std::move(rest));
}

/// What was there has come; of a log that grows all the time that is taken to be so after a while.
bool log_reader::is_quiet(const open_log& log) {
  auto now = clock::now();
  return log.over || (log.begun && (now - log.heard >= quiet || now - log.answered >= long_enough));
}

bool log_reader::is_settled(const open_log& log) const {
  return log.live || log.bytes >= bytes_for(wanted_) || is_quiet(log);
}

bool log_reader::is_over() const {
  return std::all_of(logs_.begin(), logs_.end(), [](auto& log) { return log.second.over; });
}

/// What is held of each log, in the order in which they were opened.
std::vector<std::deque<log_piece>> log_reader::history() {
  std::vector<std::deque<log_piece>> all;
  for (auto& [number, log] : logs_) {
    if (!log.live && log.bytes >= (ours_ || !wanted_.follow ? asked_ : of_old_streams))
      log.held.drop_cut_line();
    auto pieces = log.held.take();
    if (wanted_.since) {
      auto young = lines_since(pieces, *wanted_.since);
      if (!young) {
        s_.outside().err(displayable(log.source.name) + ": its lines have no time: --since does not count for it\n");
        last_lines last(wanted_.lines);
        for (auto& piece : pieces)
          last.add(std::move(piece));
        young = last.take();
      }
      pieces = *std::move(young);
    }
    all.push_back(std::move(pieces));
  }
  return all;
}

void log_reader::settle() {
  std::vector<const open_log*> by_place;
  for (const auto& [number, log] : logs_)
    by_place.push_back(&log);
  for (const auto& [place, piece] : merged(history()))
    print(by_place[place]->source, piece, false);
  for (auto& [number, log] : logs_)
    log.live = true;
  settled_ = true;
}

// -- once ----------------------------------------------------------------------------------------------

void log_reader::show(const std::vector<log_source>& sources) {
  writer_ = log_writer({wanted_.prefix && sources.size() > 1, s_.has_color(), s_.outside().terminal().out,
                        s_.chosen().json, wanted_.timestamps});
  for (const auto& source : sources)
    writer_.make_room_for(source);
  if (!ours_)
    return show_old(sources);
  streams_ = s_.outside().open_streams(s_.chosen().daemon);
  bool whole = !wanted_.lines && !wanted_.since;
  read_all(sources, whole ? std::nullopt : std::optional(bytes_for(wanted_)));
  if (!whole && wants_more(bytes_for(wanted_))) { // long lines
    std::vector<log_source> there;
    for (const auto& [number, log] : std::exchange(logs_, {}))
      if (log.served)
        there.push_back(log.source);
    read_all(there, most_bytes);
  }
  settle();
  s_.print(writer_.finish());
}

bool log_reader::wants_more(std::int64_t bytes) const {
  return bytes < most_bytes && std::any_of(logs_.begin(), logs_.end(), [&](auto& log) {
           return log.second.bytes >= bytes && log.second.held.is_short();
         });
}

/// All of them at once would take all that the daemon has for its clients. Whole logs may be of any size: they pass
/// through, one by one.
void log_reader::read_all(const std::vector<log_source>& sources, std::optional<std::int64_t> bytes) {
  asked_ = bytes.value_or(most_bytes);
  auto at_once = bytes ? most_at_once : 1;
  for (std::size_t next = 0; next < sources.size() || !is_over();) {
    auto live = std::count_if(logs_.begin(), logs_.end(), [](auto& log) { return !log.second.over; });
    if (next < sources.size() && static_cast<std::size_t>(live) < at_once) {
      open(sources[next++], bytes, false);
      logs_.rbegin()->second.live = !bytes;
      continue;
    }
    if (auto piece = streams_->next(endless))
      take(*piece);
  }
}

/// A log that the daemon cannot put into XML is a fault of that log alone.
protocols::rpc_response log_reader::read_old(const log_source& source, std::int64_t bytes) try {
  if (source.full.empty())
    return s_.call("supervisor.readLog", {-bytes, 0});
  return s_.call(source.is_stderr ? "supervisor.readProcessStderrLog" : "supervisor.readProcessStdoutLog",
                 {source.full, -bytes, 0});
} catch (const trouble& why) {
  if (why.why != trouble::kind::other || why.unreached)
    throw;
  return rpc_fault{0, why.text};
}

/// By XML-RPC.
void log_reader::show_old(const std::vector<log_source>& sources) {
  std::size_t number = 0;
  for (const auto& source : sources) {
    auto bytes = asked_ = bytes_for(wanted_);
    auto& log = logs_.emplace(number++, open_log{.source = source, .splitter = {}, .held = last_lines(wanted_.lines)})
                  .first->second;
    auto response = read_old(source, bytes);
    if (auto fault = std::get_if<rpc_fault>(&response)) {
      if (fault->code != protocols::fault_code::no_file) // of each of two channels, without being asked for
        s_.wrong(displayable(source.name) + ": ERROR (" + displayable(fault->text) + ")"),
          s_.fail(exit_status::generic);
      continue;
    }
    const auto* text = std::get<rpc_value>(response).string();
    log.bytes = text && static_cast<std::int64_t>(text->size()) >= bytes ? bytes : 0;
    for (auto& piece : log.splitter.feed(text ? *text : ""))
      log.held.add(std::move(piece));
    end_of(log);
  }
  settle();
}

// -- for ever ------------------------------------------------------------------------------------------

void log_reader::note_changes(const stream_piece& piece) {
  if (piece.status == good)
    reader_.feed(piece.bytes);
  if (piece.over)
    events_.reset();
  if (!std::exchange(is_news_, false) || !settled_)
    return;
  auto rows = feed_.rows();
  for (const auto& source : choose_logs(wanted_, rows, feed_.facts()).sources) {
    bool is_open = std::any_of(logs_.begin(), logs_.end(),
                               [&](auto& log) { return log.second.source == source && !log.second.over; });
    bool was_there = std::any_of(logs_.begin(), logs_.end(), [&](auto& log) { return log.second.source == source; });
    if (is_open || source.full.empty())
      continue;
    open(source, was_there ? 0 : of_newcomers, true);
    logs_.rbegin()->second.live = true;
  }
}

void log_reader::follow(const std::vector<log_source>& sources, process_feed known) {
  bool alone = sources.size() == 1 && !grows(wanted_);
  writer_ = log_writer(
    {wanted_.prefix && !alone, s_.has_color(), s_.outside().terminal().out, s_.chosen().json, wanted_.timestamps});
  feed_ = std::move(known);
  streams_ = s_.outside().open_streams(s_.chosen().daemon);
  for (const auto& source : sources)
    writer_.make_room_for(source);
  if (ours_)
    events_ = streams_->open(std::string(events_path)); // first: nobody comes unseen
  asked_ = bytes_for(wanted_);
  for (const auto& source : sources)
    open(source, asked_, true);
  do
    follow_to_end();
  while (is_back());
  for (auto& [number, log] : logs_)
    if (auto rest = log.splitter.rest())
      print(log.source, *rest, true);
  s_.print(writer_.finish());
  tell_end();
}

/// Nobody follows logs in order to see them end.
void log_reader::tell_end() {
  if (absence_ == absence::none)
    return;
  s_.tell_apart(s_.url() +
                (absence_ == absence::refuses  ? " refused connection"
                 : absence_ == absence::silent ? " does not answer"
                                               : " no such file") +
                ": the daemon has ended");
  s_.fail(absence_ == absence::refuses ? exit_status::insufficient_privileges : exit_status::not_running);
}

bool log_reader::is_unsettled() const {
  return !settled_ || std::any_of(logs_.begin(), logs_.end(), [](auto& log) { return log.second.resumes; });
}

/// As long as there is a stream.
void log_reader::follow_to_end() {
  auto begun = clock::now();
  while (!is_over() || (events_ && grows(wanted_))) {
    auto piece = streams_->next(is_unsettled() ? between_looks : endless);
    if (piece && events_ == piece->which)
      note_changes(*piece);
    else if (piece)
      take(*piece);
    resume_quiet_ones();
    bool all_quiet = std::all_of(logs_.begin(), logs_.end(), [this](auto& log) { return is_settled(log.second); });
    if (!settled_ && (all_quiet || clock::now() - begun > longest_quiet))
      settle();
  }
  if (!settled_)
    settle();
}

void log_reader::resume_quiet_ones() {
  for (auto& [number, log] : logs_)
    if (log.resumes && (is_quiet(log) || std::int64_t(log.again.size()) >= of_newcomers))
      resume(log);
}

void log_reader::resume(open_log& log) {
  log.resumes = false;
  auto again = std::exchange(log.again, {});
  auto rest = after_tail(again, log.tail);
  if (!rest)
    s_.outside().err(displayable(log.source.name) + ": some lines may be missing\n");
  feed(log, rest.value_or(""));
}

/// All streams have ended; true: they are there again, since only a worker or a binary of the daemon did.
bool log_reader::is_back() {
  bool was_served = std::any_of(logs_.begin(), logs_.end(), [](auto& log) { return log.second.served; });
  if (!was_served)
    return false;
  s_.outside().pause(quiet);
  for (auto until = s_.outside().now() + until_back; s_.outside().now() < until; s_.outside().pause(between_looks))
    try {
      auto response = s_.call("supervisor.getVersion");
      if (std::holds_alternative<rpc_fault>(response)) { // it shuts down
        absence_ = absence::no_socket;
        continue;
      }
      if (!ours_)
        return false;
      absence_ = absence::none;
      open_again();
      return true;
    } catch (const trouble& why) {
      absence_ = why.why == trouble::kind::refused     ? absence::refuses
                 : why.why == trouble::kind::no_socket ? absence::no_socket
                                                       : absence::silent;
      if (absence_ != absence::silent)
        return false;
    }
  return false;
}

void log_reader::open_again() {
  auto before = std::exchange(logs_, {});
  events_ = streams_->open(std::string(events_path));
  for (auto at = before.rbegin(); at != before.rend(); ++at) { // of two for one log the later one
    auto& log = at->second;
    bool is_known = std::any_of(logs_.begin(), logs_.end(), [&](auto& one) { return one.second.source == log.source; });
    if (!log.served || is_known)
      continue;
    open(log.source, of_newcomers, true);
    auto& now = logs_.rbegin()->second;
    now.live = now.resumes = now.served = true;
    now.tail = std::move(log.tail);
    now.splitter = std::move(log.splitter);
  }
}

} // namespace troupe::ctl
