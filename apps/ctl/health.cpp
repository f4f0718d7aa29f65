// See health.hpp.
#include "apps/ctl/health.hpp"

#include "apps/ctl/feed.hpp"
#include "apps/ctl/json_read.hpp"
#include "apps/ctl/shown_text.hpp"

#include <optional>
#include <utility>

namespace troupe::ctl {

namespace {

using protocols::process_state;
using protocols::rpc_value;

constexpr std::size_t most_bytes = 4096;
constexpr std::size_t room_for_more = 32; ///< "and 1000000 more"
constexpr std::size_t most_columns = 400; ///< of a line: a text is whatever a program wrote

/// Nothing: it is well.
std::optional<ailment> ailment_of(const process_row& row, const unhealthy_book& unhealthy, bool ready) {
  switch (row.state) {
  case process_state::running:
    if (auto found = unhealthy.find(key_of(row)); found != unhealthy.end())
      return ailment{row.shown(), row.statename, "unhealthy" + (found->second.empty() ? "" : ": " + found->second)};
    return std::nullopt;
  case process_state::starting:
    return ready ? std::optional(ailment{row.shown(), row.statename, row.description}) : std::nullopt;
  case process_state::exited: // both daemons leave a word there if the status is none of its exitcodes
    return row.spawnerr.empty() ? std::nullopt : std::optional(ailment{row.shown(), row.statename, row.spawnerr});
  case process_state::stopped:
  case process_state::stopping:
    return std::nullopt;
  default:
    return ailment{row.shown(), row.statename, row.description};
  }
}

std::string line_of(const ailment& a) {
  std::string line;
  for (const auto* word : {&a.name, &a.state, &a.text})
    if (!word->empty())
      (line += line.empty() ? "" : " ") += *word;
  return cut_to_columns(displayable(line), most_columns);
}

} // namespace

unhealthy_book to_unhealthy(std::string_view json) {
  unhealthy_book book;
  auto told = from_json(json);
  auto rows = told ? told->member("processes") : nullptr;
  for (const auto& row : rows && rows->items() ? *rows->items() : rpc_value::array())
    if (text_in(row, "health") == "unhealthy")
      book.emplace(text_in(row, "group") + ":" + text_in(row, "process"), text_in(row, "health_detail"));
  return book;
}

std::vector<ailment> ailments_of(const std::vector<const process_row*>& rows, const unhealthy_book& unhealthy,
                                 bool ready) {
  std::vector<ailment> all;
  for (auto row : rows)
    if (auto found = ailment_of(*row, unhealthy, ready))
      all.push_back(*std::move(found));
  return all;
}

std::string lines_of(const std::vector<ailment>& all) {
  std::string text;
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto line = line_of(all[i]) + "\n";
    auto reserved = i + 1 < all.size() ? room_for_more : 0;
    if (text.size() + line.size() + reserved <= most_bytes) {
      text += line;
      continue;
    }
    return text + "and " + std::to_string(all.size() - i) + " more\n";
  }
  return text;
}

} // namespace troupe::ctl
