// See audit_pace.hpp.
#include "protocols/audit_pace.hpp"

#include <utility>

namespace troupe::protocols {

std::optional<std::uint64_t> audit_pace::next(std::string_view caller, time_point now) {
  auto& his = callers_.touch(caller, [this](const auto& gone) { others_ += gone.value.suppressed; });
  if (his.told == 0 || is_over(his, now)) {
    his.since = now;
    his.told = 0;
  }
  if (his.told == a_second) {
    ++his.suppressed;
    return {};
  }
  ++his.told;
  return std::exchange(his.suppressed, 0);
}

std::vector<std::pair<std::string, std::uint64_t>> audit_pace::left_over(time_point now) {
  std::vector<std::pair<std::string, std::uint64_t>> left;
  std::vector<std::string> over;
  callers_.for_each([&](const auto& entry) {
    if (!is_over(entry.value, now))
      return;
    over.push_back(entry.key);
    if (entry.value.suppressed != 0)
      left.emplace_back(entry.key, entry.value.suppressed);
  });
  for (const auto& caller : over)
    callers_.erase(caller);
  if (auto others = std::exchange(others_, 0); others != 0)
    left.emplace_back("", others);
  return left;
}

} // namespace troupe::protocols
