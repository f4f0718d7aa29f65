// See half_batches.hpp. May be killed itself at any point, and begun again by the next worker.
#include "actors/io/half_batches.hpp"

#include "platform/fault_point.hpp"
#include "platform/log_path.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::actors {

namespace {

constexpr std::int64_t most_backups = 100; ///< that are looked through

using platform::batch_record;
using platform::batch_recovery_plan;

/// The file that was written to, under the log's name or one that a rotation gave it. Empty: it has another.
platform::unique_fd find_log(const batch_record& r, const log_names& names) {
  auto open = [&](const std::string& path) {
    platform::unique_fd fd{platform::open_log_path(path, O_RDWR | O_APPEND)};
    return fd && platform::is_log_of(r, fd.get()) ? std::move(fd) : platform::unique_fd{};
  };
  auto log = open(names.path);
  if (log)
    return log;
  auto stem = platform::rotation_of(names.path).path;
  auto last = std::clamp<std::int64_t>(names.backups, 1, most_backups); // 1: others rotate, too
  for (std::int64_t i = 1; !log && i <= last; ++i)
    log = open(stem + std::to_string(i));
  return log;
}

/// Until a disk takes no more: what has arrived can be told afterwards.
void append(int log, std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::write(log, bytes.data(), bytes.size());
    if (n > 0)
      bytes.remove_prefix(static_cast<std::size_t>(n));
    else if (n == 0 || errno != EINTR)
      return;
  }
}

class finishing {
public:
  finishing(const pump_room::lease& place, const log_finder& log_of)
      : record_(place.record()), stash_(place.stash()),
        stage_(static_cast<platform::batch_stage>(record_.stage.load())) {
    if (stage_ != platform::batch_stage::writing || record_.log_is_file == 0)
      return;
    if (auto names = log_of(record_.slot, record_.channel))
      log_ = find_log(record_, *names);
  }

  batch_recovery_plan plan() const {
    return platform::batch_recovery(stage_, platform::facts_of(record_, stash_, log_.get()));
  }
  std::string_view missing(const batch_recovery_plan& plan) const {
    return {stash_.data + *plan.from, static_cast<std::size_t>(plan.size - *plan.from)};
  }
  /// Where the log itself tells what it lacks.
  bool can_append(const batch_recovery_plan& plan) const { return log_ && plan.from && !plan.may_double; }
  void append_missing() const { append(log_.get(), missing(plan())); }

private:
  batch_record& record_;
  platform::stash stash_;
  platform::batch_stage stage_;
  platform::unique_fd log_;
};

} // namespace

finished_batches finish_half_batches(pump_room& room, const log_finder& log_of) {
  finished_batches result;
  for (auto& place : room.left_behind()) {
    finishing batch{place, log_of};
    auto plan = batch.plan();
    if (batch.can_append(plan)) {
      batch.append_missing();
      platform::fault_point("resume.appended");
      plan = batch.plan();
      result.appended += plan.from ? 0 : 1;
    }
    if (!plan.from)
      continue;
    platform::read_again(place.record(), place.stash(), plan);
    platform::fault_point("resume.again");
    result.doubtful += plan.may_double ? 1 : 0;
    result.again.push_back({place.record().slot, place.record().channel, batch.missing(plan), std::move(place)});
  }
  return result;
}

std::vector<half_batch> take_half_batches(std::vector<half_batch>& from, std::uint32_t slot, std::uint32_t channel) {
  auto others = std::stable_partition(from.begin(), from.end(),
                                      [&](const half_batch& b) { return b.slot == slot && b.channel == channel; });
  std::vector<half_batch> taken(std::make_move_iterator(from.begin()), std::make_move_iterator(others));
  from.erase(from.begin(), others);
  return taken;
}

} // namespace troupe::actors
