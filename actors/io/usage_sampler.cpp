// See usage_sampler.hpp.
#include "actors/io/usage_sampler.hpp"

#include "platform/tree_usage.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace troupe::actors {

namespace {

constexpr std::size_t at_a_time = 32;                 // then the clients get their turn
constexpr auto usual_pause = std::chrono::seconds{2}; // between samples
constexpr auto first_pause = std::chrono::seconds{1}; // processor time needs two of them
constexpr int pauses_per_work = 200;                  // half a per cent
constexpr double visible = 0.01;                      // of memory

bool differs(const process_usage& a, const process_usage& b) {
  auto more = static_cast<double>(std::max(a.resident_bytes, b.resident_bytes));
  return a.cpu_percent != b.cpu_percent || a.processes != b.processes ||
         std::abs(static_cast<double>(a.resident_bytes - b.resident_bytes)) > more * visible;
}

} // namespace

usage_sampler::usage_sampler(boost::asio::io_context& io, const status_board& board,
                             std::function<void(const std::vector<std::uint64_t>&)> changed)
    : io_(io), board_(board), changed_(std::move(changed)), timer_(io) {}

void usage_sampler::start() {
  if (std::exchange(running_, true))
    return;
  round_ = 0;
  samples_.clear();
  begin_round();
}

void usage_sampler::stop() {
  running_ = false;
  ++run_;
  timer_.cancel();
  samples_.clear();
  todo_.clear();
}

const process_usage* usage_sampler::find(std::uint64_t process) const {
  auto found = samples_.find(process);
  return found == samples_.end() ? nullptr : &found->second.shown;
}

void usage_sampler::begin_round() {
  ++round_;
  spent_ = {};
  changes_.clear();
  todo_ = board_.all();
  std::erase_if(todo_, [](auto& process) { return process->pid == 0; });
  sample_some();
}

void usage_sampler::sample_some() {
  auto began = clock::now();
  for (std::size_t i = 0; i < at_a_time && !todo_.empty(); ++i) {
    take(*todo_.back());
    todo_.pop_back();
  }
  spent_ += clock::now() - began;
  if (todo_.empty())
    return end_round();
  boost::asio::post(io_, [this, run = run_, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired() && run == run_)
      sample_some();
  });
}

void usage_sampler::take(const process_status& process) {
  auto usage = platform::usage_of_tree(process.pid);
  if (!usage)
    return;
  auto now = clock::now();
  auto& last = samples_[process.who->id];
  process_usage shown{0, usage->resident_bytes, usage->processes};
  if (last.pid == process.pid && now > last.at) {
    auto used = static_cast<double>(std::max<std::int64_t>(usage->cpu_microseconds - last.cpu_microseconds, 0));
    auto passed = std::chrono::duration<double, std::micro>(now - last.at).count();
    shown.cpu_percent = std::round(1000 * used / passed) / 10;
  }
  if (last.pid != process.pid || differs(shown, last.shown))
    changes_.push_back(process.who->id);
  else
    shown = last.shown; // small steps add up until they show
  last = {process.pid, usage->cpu_microseconds, now, shown, round_};
}

void usage_sampler::end_round() {
  std::erase_if(samples_, [this](auto& entry) {
    bool gone = entry.second.round != round_;
    if (gone)
      changes_.push_back(entry.first);
    return gone;
  });
  if (!changes_.empty())
    changed_(changes_);
  if (running_)
    wait(std::max<clock::duration>(round_ == 1 ? first_pause : usual_pause, spent_ * pauses_per_work));
}

void usage_sampler::wait(clock::duration pause) {
  timer_.expires_after(pause);
  timer_.async_wait([this, run = run_, alive = std::weak_ptr<int>(alive_)](const boost::system::error_code& failed) {
    if (!failed && !alive.expired() && run == run_)
      begin_round();
  });
}

} // namespace troupe::actors
