// See history_file.hpp: what is read. A question that would take too long is given up: the thread that answers it has
// records to write. Must not change anything.
#include "platform/history_statement.hpp"

#include <algorithm>
#include <utility>

namespace troupe::platform {

namespace {

constexpr std::string_view columns = "id, at, kind, name, who, serial, what";
constexpr std::size_t most_names = 500;      ///< in a statement; of more each row is looked at
constexpr std::int64_t few_records = 20'000; ///< that may be sorted

} // namespace

void history_file::limit_reads(bool on) {
  constexpr int steps = 20'000;
  deadline_ = std::chrono::steady_clock::now() + read_limit;
  auto look = [](void* me) {
    const auto& self = *static_cast<const history_file*>(me);
    return std::chrono::steady_clock::now() > self.deadline_ || (self.interrupt_ && *self.interrupt_) ? 1 : 0;
  };
  sqlite()->progress_handler(base_, on ? steps : 0, on ? +look : nullptr, on ? this : nullptr);
}

/// By an index where that leaves few records; else along the ids, where those that fit are soon found.
std::string history_file::query_of(const history_question& what, std::size_t names) {
  std::string where = "kind IN (-1";
  for (std::size_t i = 0; i < config::history_kinds.size(); ++i)
    if ((what.kinds & bit(static_cast<config::history_kind>(i))) != 0)
      where += ',' + std::to_string(i);
  where += ')';
  std::string times;
  if (what.since)
    times += " AND at >= " + std::to_string(*what.since);
  if (what.until)
    times += " AND at <= " + std::to_string(*what.until);
  std::string by;
  if (names > 0) {
    where += " AND name IN (?";
    for (std::size_t i = 1; i < names; ++i)
      where += ",?";
    where += ')';
    by = " INDEXED BY record_name";
  } else if (!times.empty()) {
    std::int64_t count = 0;
    (void)number("SELECT count(*) FROM (SELECT 1 FROM record INDEXED BY record_at WHERE " + times.substr(5) +
                   " LIMIT " + std::to_string(few_records) + ')',
                 count);
    by = count < few_records ? " INDEXED BY record_at" : " NOT INDEXED";
  }
  if (what.after > 0)
    where += " AND id > " + std::to_string(what.after);
  return "SELECT " + std::string(columns) + " FROM record" + by + " WHERE " + where + times + " ORDER BY id" +
         (what.after > 0 ? "" : " DESC") +
         (what.shown || names != what.names.size() ? "" : " LIMIT " + std::to_string(what.limit));
}

history_failure history_file::read(const history_question& what, const row_teller& tell) {
  if (what.limit == 0)
    return {};
  auto names = what.names.size() <= most_names ? what.names.size() : 0;
  auto wanted = what.names;
  std::sort(wanted.begin(), wanted.end());
  limit_reads(true);
  history_failure failure;
  {
    statement query{*this, query_of(what, names)};
    for (std::size_t i = 0; i < names; ++i)
      query.bind(static_cast<int>(i) + 1, what.names[i]);
    std::size_t told = 0;
    while (told < what.limit && query.next()) {
      auto name = query.text(3);
      bool meant = wanted.empty() || std::binary_search(wanted.begin(), wanted.end(), name);
      if (!meant || (what.shown && !what.shown(name)))
        continue;
      ++told;
      if (!tell({query.number(0), query.number(1), static_cast<config::history_kind>(query.number(2)), std::move(name),
                 query.text(4), query.number(5), query.text(6)}))
        break;
    }
    failure = query.failure();
  }
  limit_reads(false);
  return failure;
}

history_failure history_file::read_states(std::int64_t at, const row_teller& tell) {
  limit_reads(true);
  history_failure failure;
  std::string name;
  for (bool go_on = true; go_on && !failure;) {
    {
      statement following{*this, "SELECT name FROM record INDEXED BY record_name WHERE name > ? ORDER BY name LIMIT 1"};
      following.bind(1, name);
      go_on = following.next();
      failure = following.failure();
      if (go_on)
        name = following.text(0);
    }
    if (!go_on || failure)
      break;
    statement newest{*this, "SELECT " + std::string(columns) +
                              " FROM record INDEXED BY record_name WHERE name = ? AND kind = 0 AND at <= ? "
                              "ORDER BY id DESC LIMIT 1"};
    newest.bind(1, name);
    newest.bind(2, at);
    if (newest.next())
      go_on = tell({newest.number(0), newest.number(1), config::history_kind::state, newest.text(3), newest.text(4),
                    newest.number(5), newest.text(6)});
    failure = newest.failure();
  }
  limit_reads(false);
  return failure;
}

} // namespace troupe::platform
