// See history_writing.hpp.
#include "actors/io/history_writing.hpp"

#include "platform/patience.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace troupe::actors {

using config::log_level;
using kind = platform::history_failure::kind;

namespace {

constexpr std::chrono::seconds pause{10};
constexpr std::size_t most_in_one = 500; ///< records of a transaction
constexpr std::size_t trim_after = 1000; ///< records
constexpr std::size_t trim_after_bytes = 256 << 10;
constexpr int most_set_aside = 3; ///< files, in the life of a daemon: a bad disk would fill itself
constexpr int most_trims = 1000;  ///< at a time

} // namespace

/// What went wrong is said once, until it works again.
bool history_writing::good(const platform::history_failure& failure, std::uint64_t waiting, std::int64_t now) {
  platform::stay_if_left_behind();
  auto name = "history " + options_.file;
  if (!failure) {
    if (std::exchange(trouble_, {}))
      say_(log_level::warn, name + " is written again");
    retry_at_ = {};
    return true;
  }
  if (failure.is == kind::damaged && set_aside_ < most_set_aside) {
    file_.close();
    if (auto aside = platform::set_history_aside(options_.file, now); !aside.empty()) {
      ++set_aside_;
      say_(log_level::error,
           name + " cannot be used: " + failure.why + "; it is now " + aside + ", and a new one begins");
      retry_at_ = {};
      return false;
    }
  }
  if (failure.is != kind::full && failure.is != kind::overdue)
    file_.close();
  if (trouble_.is != failure.is)
    say_(log_level::error, name + ": " + failure.why + "; " + std::to_string(waiting) + " records wait");
  trouble_ = failure;
  retry_at_ = clock::now() + pause;
  return false;
}

/// Numbers go on from what the file has. One that was given to it may be in it though it said otherwise.
bool history_writing::open(std::uint64_t waiting, std::int64_t now) {
  if (file_.is_open())
    return true;
  if (!good(file_.open(), waiting, now)) {
    if (!ready() || !good(file_.open(), waiting, now)) // a damaged one has been set aside
      return false;
  }
  auto attempted = base_ + static_cast<std::int64_t>(attempted_);
  if (!std::exchange(was_open_, true) || file_.last_id() > attempted)
    base_ = file_.last_id() - static_cast<std::int64_t>(written_);
  return trim(now);
}

platform::history_file& history_writing::file(std::int64_t now) {
  if (!file_.is_open() && ready())
    (void)open(0, now);
  return file_;
}

std::vector<platform::history_row> history_writing::rows_of(const history_ring::piece& of) const {
  std::vector<platform::history_row> rows;
  rows.reserve(of.count() + 1);
  auto id_of = [this](std::uint64_t number) { return base_ + static_cast<std::int64_t>(number); };
  if (of.lost.count > 0 && of.lost.last > written_)
    rows.push_back({id_of(of.lost.last),
                    of.lost.at,
                    config::history_kind::daemon,
                    {},
                    {},
                    0,
                    R"({"event":"lost","count":)" + std::to_string(of.lost.count) + '}'});
  of.for_each([&](std::uint64_t number, const history_note& note) {
    if (number <= written_)
      return;
    rows.push_back({id_of(number), note.at, note.kind, std::string(note.name), std::string(note.who), note.serial,
                    std::string(note.what)});
    auto& what = rows.back().what;
    if (note.of != 0 && what.ends_with('}'))
      what.insert(what.size() - 1, (what.size() > 2 ? R"(,"of":)" : R"("of":)") + std::to_string(id_of(note.of)));
  });
  return rows;
}

bool history_writing::write(const history_ring::piece& of, std::uint64_t behind, std::int64_t now) {
  if (!open(of.count() + behind, now))
    return false;
  auto rows = rows_of(of);
  for (std::span<const platform::history_row> rest = rows; !rest.empty();) {
    auto some = rest.first(std::min(rest.size(), most_in_one));
    rest = rest.subspan(some.size());
    auto last = static_cast<std::uint64_t>(some.back().id - base_);
    attempted_ = std::max(attempted_, last);
    if (!good(file_.write(some), some.size() + rest.size() + behind, now))
      return false;
    written_ = last;
    since_trim_ += some.size();
    for (const auto& row : some)
      bytes_since_trim_ += row.name.size() + row.who.size() + row.what.size();
    if ((since_trim_ >= trim_after || bytes_since_trim_ >= trim_after_bytes) && !trim(now))
      return rest.empty(); // they are in the file
  }
  written_ = std::max(written_, of.count() > 0 ? of.last() : written_);
  return true;
}

bool history_writing::trim(std::int64_t now) {
  since_trim_ = bytes_since_trim_ = 0;
  auto oldest = options_.maxage > 0 ? now - options_.maxage * 1'000'000 : 0;
  bool more = true;
  for (int i = 0; more && i < most_trims; ++i)
    if (!good(file_.trim(options_.maxbytes, oldest, more), 0, now))
      return false;
  return true;
}

} // namespace troupe::actors
