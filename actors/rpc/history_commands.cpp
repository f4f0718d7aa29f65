// See history_commands.hpp.
#include "actors/rpc/history_commands.hpp"

#include "protocols/history_record.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using protocols::audit_record;

namespace {

std::string key_of(const audit_record& of) { return of.id + '\n' + of.call + '\n' + of.target; }

} // namespace

void history_commands::note(const audit_record& of) {
  constexpr auto kind = config::history_kind::command;
  if (!protocols::is_history(of) || !to_->keeps(kind))
    return;
  auto key = key_of(of);
  auto name = of.names.size() == 1 ? of.names.front() : std::string();
  std::uint64_t before = 0;
  if (auto found = begun_.find(key); found != begun_.end() && of.came != audit_record::outcome::begun) {
    before = found->second.number;
    name = found->second.name;
    begun_.erase(found);
    std::erase(order_, key);
  }
  auto number = to_->tell(kind, name, protocols::history_json(of), protocols::history_who(of), before);
  if (of.came != audit_record::outcome::begun || number == 0)
    return;
  if (begun_.size() >= most_under_way) {
    begun_.erase(order_.front());
    order_.pop_front();
  }
  if (begun_.insert_or_assign(key, call{number, std::move(name)}).second)
    order_.push_back(std::move(key));
}

} // namespace troupe::actors
