// See death_book.hpp.
#include "actors/core/death_book.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace troupe::actors {

int hour_count::add(std::int64_t second) {
  auto size = static_cast<std::int64_t>(minutes.size());
  auto minute = std::max(second / 60, last); // a clock that was set back stands still
  for (auto next = std::max(last + 1, minute - size + 1); next <= minute; ++next)
    minutes[static_cast<std::size_t>(next % size)] = 0;
  last = minute;
  auto& now = minutes[static_cast<std::size_t>(minute % size)];
  now = static_cast<std::uint16_t>(std::min(now + 1, 65535));
  return std::accumulate(minutes.begin(), minutes.end(), 0);
}

death_book::process& death_book::at(const text& group, const text& name) {
  auto [found, fresh] = processes_.try_emplace({group, name});
  auto& p = found->second;
  if (fresh)
    p.heard_of = heard_of_.insert(heard_of_.end(), &found->first);
  else
    heard_of_.splice(heard_of_.end(), heard_of_, p.heard_of);
  if (processes_.size() > most_names)
    forget(processes_.find(*heard_of_.front()));
  return p;
}

void death_book::forget(std::map<key, process>::iterator one) {
  while (!one->second.reports.empty())
    drop_oldest(one->second);
  heard_of_.erase(one->second.heard_of);
  processes_.erase(one);
}

void death_book::drop_oldest(process& of) {
  bytes_ -= std::min(bytes_, protocols::memory_of(*of.reports.front()));
  of.reports.erase(of.reports.begin());
}

void death_book::ran_well(const text& group, const text& name, good_life how) {
  std::lock_guard lock{mutex_};
  how.configuration = configuration_;
  at(group, name).good = std::move(how);
}

std::optional<death_book::good_life> death_book::good(const text& group, const text& name) const {
  std::lock_guard lock{mutex_};
  auto found = processes_.find({group, name});
  return found == processes_.end() ? std::nullopt : found->second.good;
}

int death_book::count_end(const text& group, const text& name, std::int64_t second) {
  std::lock_guard lock{mutex_};
  auto& ends = at(group, name).ends;
  if (!ends)
    ends = std::make_unique<hour_count>();
  return ends->add(second);
}

void death_book::add(death_report_ptr report) {
  std::lock_guard lock{mutex_};
  auto& p = at(report->group, report->name);
  while (p.reports.size() >= most_of_one)
    drop_oldest(p);
  bytes_ += protocols::memory_of(*report);
  order_.push_back(report);
  p.reports.push_back(std::move(report));
  while (!order_.empty() && (bytes_ > most_bytes || order_.front().expired())) {
    if (auto oldest = order_.front().lock()) { // it may be held by a reader only
      auto of = processes_.find({oldest->group, oldest->name});
      if (of != processes_.end() && !of->second.reports.empty() && of->second.reports.front() == oldest)
        drop_oldest(of->second);
    }
    order_.pop_front();
  }
  if (order_.size() < tidy_at_)
    return;
  std::erase_if(order_, [](const auto& one) { return one.expired(); }); // those that went from between
  tidy_at_ = 2 * order_.size() + 64;
}

std::vector<death_report_ptr> death_book::of(const text& group, const text& name) const {
  std::lock_guard lock{mutex_};
  auto found = processes_.find({group, name});
  if (found == processes_.end())
    return {};
  return {found->second.reports.rbegin(), found->second.reports.rend()};
}

std::vector<death_book::page> death_book::pages() const {
  std::lock_guard lock{mutex_};
  std::vector<page> all;
  for (const auto* name : heard_of_) {
    const auto& p = processes_.at(*name);
    all.push_back({name->first.str(), name->second.str(), {p.reports.begin(), p.reports.end()}, p.good, {}});
    if (p.ends)
      all.back().ends = *p.ends;
  }
  return all;
}

void death_book::put_back(std::vector<page> pages, std::int64_t configurations) {
  std::vector<death_report_ptr> reports;
  for (auto& one : pages) {
    std::lock_guard lock{mutex_};
    auto& p = at(one.group, one.process);
    p.good = std::move(one.good);
    if (one.ends)
      p.ends = std::make_unique<hour_count>(*one.ends);
    for (auto& report : one.reports)
      if (report && report->group == one.group && report->name == one.process)
        reports.push_back(std::move(report));
  }
  std::stable_sort(reports.begin(), reports.end(), [](const auto& a, const auto& b) { return a->at < b->at; });
  for (auto& report : reports)
    add(std::move(report));
  std::lock_guard lock{mutex_};
  configuration_ = configurations;
}

void death_book::configuration_read() {
  std::lock_guard lock{mutex_};
  ++configuration_;
}

std::int64_t death_book::configuration() const {
  std::lock_guard lock{mutex_};
  return configuration_;
}

} // namespace troupe::actors
