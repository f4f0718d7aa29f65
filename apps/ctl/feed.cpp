// See feed.hpp.
#include "apps/ctl/feed.hpp"

#include "apps/ctl/json_read.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace troupe::ctl {

using protocols::rpc_value;

void event_reader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    auto end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    if (end == bytes.npos)
      return;
    bytes.remove_prefix(end + 1);
    take_line(std::exchange(line_, {}));
  }
}

void event_reader::take_line(std::string_view line) {
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  if (line.empty()) {
    auto name = std::exchange(name_, {});
    auto data = std::exchange(data_, {});
    return name.empty() && data.empty() ? void() : tell_(name, data);
  }
  auto value_of = [&](std::string_view field) {
    auto value = line.substr(field.size());
    return value.substr(value.starts_with(' ') ? 1 : 0);
  };
  if (line.starts_with("event:"))
    name_ = value_of("event:");
  else if (line.starts_with("data:"))
    (data_ += data_.empty() ? "" : "\n") += value_of("data:");
}

process_facts to_facts(const rpc_value& row) {
  process_facts facts;
  facts.cpu = number_in(row, "cpu");
  if (row.member("memory"))
    facts.memory = integer_in(row, "memory");
  facts.restarts = integer_in(row, "restarts");
  facts.last_end = text_in(row, "last_end");
  facts.start = number_in(row, "start").value_or(0);
  facts.stop = number_in(row, "stop").value_or(0);
  facts.has_stdout = flag_in(row, "stdout");
  facts.has_stderr = flag_in(row, "stderr");
  return facts;
}

std::string key_of(const process_row& row) { return row.group + ":" + row.name; }

const process_facts* facts_of(const facts_book& book, const process_row& row) {
  auto found = book.find(key_of(row));
  return found == book.end() ? nullptr : &found->second;
}

void process_feed::take_row(const rpc_value& told) {
  process_row row;
  row.group = text_in(told, "group");
  row.name = text_in(told, "process");
  row.state = static_cast<protocols::process_state>(integer_in(told, "statecode"));
  row.statename = text_in(told, "state");
  row.description = text_in(told, "description");
  row.pid = integer_in(told, "pid");
  auto facts = to_facts(told);
  auto& known = all_[integer_in(told, "id")];
  if (!facts.cpu && !facts.memory && known.row.pid == row.pid) // it is not measured again for each change
    facts.cpu = known.facts.cpu, facts.memory = known.facts.memory;
  known = {std::move(row), std::move(facts)};
}

bool process_feed::take_usage(const rpc_value& all) {
  bool any = false;
  for (const auto& told : all.items() ? *all.items() : rpc_value::array()) {
    auto known = all_.find(integer_in(told, "id"));
    if (known == all_.end())
      continue;
    any = true;
    known->second.facts.cpu = number_in(told, "cpu");
    known->second.facts.memory = told.member("memory") ? std::optional(integer_in(told, "memory")) : std::nullopt;
  }
  has_usage_ = true;
  return any;
}

bool process_feed::take(std::string_view event, std::string_view data) {
  if (event != "status" && event != "change" && event != "usage")
    return false;
  auto told = from_json(data);
  if (!told)
    return false;
  if (event == "usage")
    return take_usage(*told);
  now_ = number_in(*told, "now").value_or(0);
  if (event == "status") {
    all_.clear();
    has_status_ = true;
  }
  auto rows = told->member(event == "status" ? "processes" : "changed");
  for (const auto& row : rows && rows->items() ? *rows->items() : rpc_value::array())
    take_row(row);
  auto removed = told->member("removed");
  for (const auto& id : removed && removed->items() ? *removed->items() : rpc_value::array())
    if (id.integer())
      all_.erase(*id.integer());
  return true;
}

std::vector<process_row> process_feed::rows() const {
  std::vector<process_row> sorted;
  for (const auto& [id, known] : all_)
    sorted.push_back(known.row);
  std::sort(sorted.begin(), sorted.end(),
            [](auto& a, auto& b) { return std::tie(a.group, a.name) < std::tie(b.group, b.name); });
  return sorted;
}

facts_book process_feed::facts() const {
  facts_book book;
  for (const auto& [id, known] : all_)
    book[key_of(known.row)] = known.facts;
  return book;
}

} // namespace troupe::ctl
