// See sweep_run.hpp: one sweep.
#include "actors/io/sweep_run.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds between_ends = 20ms;   ///< those that end together are looked for together
constexpr std::chrono::milliseconds between_looks = 100ms; ///< for whom there was no descriptor to wait with
constexpr std::size_t most_named = 10;

std::string names_of(const std::vector<platform::left_process>& left) {
  std::string names;
  for (std::size_t i = 0; i < left.size() && i < most_named; ++i)
    if (!left[i].name.empty())
      names += (names.empty() ? "" : ", ") + std::to_string(left[i].key.pid) + " (" + left[i].name + ')';
  return names;
}

} // namespace

sweep_run::sweep_run(std::shared_ptr<sweep_looks> looks, const sweep_order& order, sweep_told told)
    : looks_(std::move(looks)), order_(order), told_(std::move(told)), timer_(looks_->io()) {
  if (auto fd = order.leader_lives ? platform::hold_leader(order.leader) : platform::unique_fd())
    leader_ = std::make_shared<const platform::unique_fd>(std::move(fd));
}

sweep_run::~sweep_run() { drop(); }

void sweep_run::drop() {
  told_ = nullptr;
  timer_.cancel();
  looks_->held -= watched_.size();
  watched_.clear();
}

void sweep_run::signal(int signo) {
  if (signo > 0 && std::find(signals_.begin(), signals_.end(), signo) == signals_.end())
    signals_.push_back(signo);
  asked_ = true;
  want();
}

void sweep_run::want() {
  if (!std::exchange(wanting_, true))
    looks_->want(weak_from_this());
}

/// Unless that is going to happen earlier.
void sweep_run::want_in(std::chrono::milliseconds time) {
  auto at = clock::now() + time;
  if (wanting_ || (due_ && *due_ <= at))
    return;
  due_ = at;
  timer_.expires_at(at);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
    auto us = weak.lock();
    if (us && !cancelled && us->told_)
      us->want();
  });
}

void sweep_run::give(sweep_item& item) {
  timer_.cancel();
  due_.reset();
  item.run = weak_from_this();
  item.reach = {order_.reach, order_.leader, false, order_.spawn_id};
  item.leader = leader_;
  item.signals = signals_;
  if (signals_.empty()) {
    item.left = left_;
    for (const auto& process : left_)
      item.known.insert(process.key);
  }
  for (const auto& [key, descriptor] : watched_)
    item.watched.insert(key);
  sending_ = std::exchange(signals_, {});
  asking_ = std::exchange(asked_, false);
  wanting_ = false;
}

/// Signals that are sent once more do no harm.
void sweep_run::take_back() {
  for (int later : signals_)
    if (std::find(sending_.begin(), sending_.end(), later) == sending_.end())
      sending_.push_back(later);
  signals_ = std::exchange(sending_, {});
  asked_ |= std::exchange(asking_, false);
  want();
}

void sweep_run::take(sweep_item& found) {
  if (!told_)
    return;
  sending_.clear();
  bool asked = std::exchange(asking_, false);
  left_ = std::move(found.left);
  forget_gone();
  for (auto& [key, fd] : found.held)
    watch(key, std::move(fd));
  if (found.changed)
    want_in(between_ends);
  else if (watched_.size() < left_.size())
    want_in(between_looks);
  if (found.changed && left_.empty()) { // who knows
    asked_ |= asked;
    return;
  }
  left_behind now{static_cast<std::int64_t>(left_.size()), names_of(left_)};
  if (!asked && now.count >= last_told_)
    return;
  last_told_ = now.count;
  auto self = shared_from_this(); // what is told may end this
  auto tell = told_;
  tell(now);
}

void sweep_run::forget_gone() {
  for (auto at = watched_.begin(); at != watched_.end();) {
    bool is_left = std::any_of(left_.begin(), left_.end(), [&](const auto& p) { return p.key == at->first; });
    looks_->held -= is_left ? 0 : 1;
    at = is_left ? std::next(at) : watched_.erase(at);
  }
}

/// Where the loop has no room for it: as without a descriptor.
void sweep_run::watch(const platform::process_key& key, platform::unique_fd fd) {
  boost::asio::posix::stream_descriptor descriptor(looks_->io());
  boost::system::error_code failed;
  descriptor.assign(fd.get(), failed);
  if (failed)
    return;
  fd.release();
  auto [at, is_new] = watched_.try_emplace(key, std::move(descriptor));
  if (!is_new)
    return;
  ++looks_->held;
  at->second.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                        [weak = weak_from_this(), key](const boost::system::error_code& cancelled) {
                          if (auto us = weak.lock(); us && !cancelled)
                            us->ended(key);
                        });
}

void sweep_run::ended(const platform::process_key& key) {
  if (watched_.erase(key) == 0)
    return;
  --looks_->held;
  std::erase_if(left_, [&](const auto& p) { return p.key == key; });
  if (left_.empty())
    want();
  else
    want_in(between_ends);
}

} // namespace troupe::actors
