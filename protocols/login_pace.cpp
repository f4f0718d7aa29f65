// See login_pace.hpp.
#include "protocols/login_pace.hpp"

#include <algorithm>

namespace troupe::protocols {

namespace {

login_pace::duration pause_after(int failures) {
  if (failures < login_pace::free_failures)
    return {};
  auto doublings = std::min(failures - login_pace::free_failures, 16);
  return std::min<login_pace::duration>(login_pace::first_pause * (1 << doublings), login_pace::longest_pause);
}

} // namespace

std::optional<login_pace::duration> login_pace::turn(const std::string& address, clock::time_point now) {
  auto found = known_.find(address);
  if (found == known_.end())
    return duration{};
  auto& seen = found->second;
  if (now - seen.last >= forgotten) {
    known_.erase(found);
    return duration{};
  }
  auto at = std::max(seen.next, now);
  if (at - now > most_waiting)
    return {};
  seen.next = at + pause_after(seen.failures);
  return at - now;
}

int login_pace::failed(const std::string& address, clock::time_point now) {
  if (!known_.contains(address))
    make_room(now);
  auto& seen = known_[address];
  ++seen.failures;
  seen.last = now;
  seen.next = std::max(seen.next, now + pause_after(seen.failures));
  return seen.failures;
}

void login_pace::make_room(clock::time_point now) {
  if (known_.size() < most_addresses)
    return;
  std::erase_if(known_, [&](const auto& entry) { return now - entry.second.last >= forgotten; });
  if (known_.size() < most_addresses)
    return;
  known_.erase(std::min_element(known_.begin(), known_.end(),
                                [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
}

} // namespace troupe::protocols
