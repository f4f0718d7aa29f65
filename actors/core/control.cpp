// See control.hpp.
#include "actors/core/control.hpp"

#include <algorithm>

namespace troupe::actors {

gathering::~gathering() {
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const entry& a, const entry& b) { return a.came != b.came ? a.came < b.came : a.rank < b.rank; });
  process_results results;
  for (auto& e : entries_)
    if (!e.absent)
      results.push_back(std::move(e.result));
  (*answer_)(std::move(results));
}

process_answer gathering::add(const std::shared_ptr<gathering>& all, std::size_t rank, std::string name,
                              std::string group) {
  std::size_t place = 0;
  {
    std::lock_guard lock{all->mutex_};
    place = all->entries_.size();
    all->entries_.push_back({rank, {std::move(name), std::move(group), 0, {}}});
  }
  return again(all, place);
}

process_answer gathering::again(const std::shared_ptr<gathering>& all, std::size_t place) {
  process_outcome lost;
  {
    std::lock_guard lock{all->mutex_};
    const auto& of = all->entries_.at(place).result;
    lost = process_outcome::of(protocols::make_fault(protocols::fault::failed, full_name(of.group, of.name)));
  }
  return std::make_shared<reply_promise<process_outcome>>(
    [all, place](const process_outcome& outcome) { all->set(place, outcome); }, std::move(lost));
}

gathering::gathering(control_answer_to answer, std::vector<entry> before)
    : entries_(std::move(before)), answer_(std::move(answer)) {
  for (const auto& e : entries_)
    last_ = std::max(last_, e.came);
}

std::vector<gathering::entry> gathering::entries() const {
  std::lock_guard lock{mutex_};
  return entries_;
}

void gathering::set(std::size_t place, const process_outcome& outcome) {
  std::lock_guard lock{mutex_};
  auto& e = entries_[place];
  e.result.status = outcome.status;
  e.result.description = outcome.text;
  e.absent = outcome.absent;
  e.decided = true;
  e.came = outcome.deferred ? ++last_ : 0;
}

protocols::rpc_fault goes_on() {
  return protocols::make_fault(protocols::fault::failed, "supervisord was upgraded; the request goes on");
}

process_name split_name(const std::string& name) {
  auto colon = name.find(':');
  if (colon == name.npos)
    return {name, name};
  auto process = name.substr(colon + 1);
  if (process.empty() || process == "*")
    return {name.substr(0, colon), std::nullopt};
  return {name.substr(0, colon), std::move(process)};
}

std::string full_name(const std::string& group, const std::string& process) {
  return group == process ? process : group + ':' + process;
}

} // namespace troupe::actors
