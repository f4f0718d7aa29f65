// See processes.hpp.
#include "apps/ctl/processes.hpp"

#include "apps/ctl/hints.hpp"
#include "apps/ctl/names.hpp"

#include <algorithm>

namespace troupe::ctl {

namespace {

using protocols::rpc_value;

std::string text_of(const rpc_value& value) { return value.string() ? *value.string() : std::string(); }
std::int64_t number_of(const rpc_value& value) { return value.integer() ? *value.integer() : 0; }

bool is_named(const process_row& row, const name_form& name) {
  return row.group == name.group && (!name.process || row.name == *name.process);
}

bool literal_or_match(std::string_view pattern, std::string_view text) {
  return pattern == text || pattern_matches(pattern, text);
}

bool is_matched(const process_row& row, std::string_view pattern) {
  auto colon = pattern.find(':');
  if (colon == std::string_view::npos)
    return pattern_matches(pattern, row.name);
  return literal_or_match(pattern.substr(0, colon), row.group) && literal_or_match(pattern.substr(colon + 1), row.name);
}

std::vector<std::string> matches(const std::vector<process_row>& rows, const std::string& word) {
  auto name = split_name(word);
  std::vector<std::string> found;
  if (is_pattern(word) && std::none_of(rows.begin(), rows.end(), [&](auto& r) { return is_named(r, name); }))
    for (const auto& row : rows)
      if (is_matched(row, word))
        found.push_back(row.group + ":" + row.name);
  return found;
}

std::vector<std::string> expanded(const std::vector<process_row>& rows, std::vector<std::string> words) {
  std::vector<std::string> all;
  for (auto& word : words) {
    auto found = matches(rows, word);
    if (found.empty())
      all.push_back(std::move(word));
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

bool has_pattern(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [](auto& w) { return is_pattern(w); });
}

} // namespace

std::string process_row::shown() const { return shown_name(group, name); }

process_row to_row(const rpc_value& info) {
  process_row row;
  auto members = info.members();
  if (!members)
    return row;
  for (const auto& [key, value] : *members) // of two with one name, the last counts
    if (key == "group")
      row.group = text_of(value);
    else if (key == "name")
      row.name = text_of(value);
    else if (key == "state")
      row.state = static_cast<protocols::process_state>(number_of(value));
    else if (key == "statename")
      row.statename = text_of(value);
    else if (key == "description")
      row.description = text_of(value);
    else if (key == "spawnerr")
      row.spawnerr = text_of(value);
    else if (key == "pid")
      row.pid = number_of(value);
  return row;
}

std::vector<process_row> all_processes(session& s) {
  std::vector<process_row> rows;
  auto count = s.demand_items("supervisor.getAllProcessInfo", [&](std::size_t which, rpc_value& info) {
    rows.resize(which); // those behind it were told before
    rows.push_back(to_row(info));
    if (s.chosen().json)
      rows.back().all = std::move(info);
  });
  rows.resize(count);
  return rows;
}

selection select(const std::vector<process_row>& rows, const std::vector<std::string>& given) {
  selection chosen;
  if (given.empty() || has_all(given)) {
    for (const auto& row : rows)
      chosen.found.push_back(&row);
    return chosen;
  }
  for (const auto& word : has_pattern(given) ? expanded(rows, given) : given) {
    auto name = split_name(word);
    auto before = chosen.found.size();
    for (const auto& row : rows)
      if (is_named(row, name))
        chosen.found.push_back(&row);
    if (chosen.found.size() == before)
      chosen.unknown.push_back(name.process ? word + ": ERROR (no such process)"
                                            : name.group + ": ERROR (no such group)");
  }
  return chosen;
}

std::vector<std::string> matching(const std::vector<process_row>& rows, const std::string& word) {
  return expanded(rows, {word});
}

void suggest(session& s, const std::string& word) try {
  constexpr std::size_t most = 3;
  auto name = split_name(word);
  if (!name.process || is_pattern(word))
    return;
  std::vector<std::string> meant;
  auto rows = all_processes(s);
  if (auto text = s.may_advise() ? hint_for_name(rows, word) : std::string(); !text.empty()) {
    s.advise(text);
    if (s.outside().terminal().err)
      return;
  }
  for (const auto& row : rows) {
    auto candidate = row.name == *name.process ? row.shown() : row.group == word ? row.group + ":*" : std::string();
    if (!candidate.empty() && std::find(meant.begin(), meant.end(), candidate) == meant.end())
      meant.push_back(candidate);
  }
  if (meant.empty() || meant.size() > most)
    return;
  std::string text = "did you mean ";
  for (std::size_t i = 0; i < meant.size(); ++i)
    (text += i == 0 ? "" : i + 1 == meant.size() ? " or " : ", ") += meant[i];
  s.hint(text + "?");
} catch (const trouble&) {
  // it was a kindness
}

std::vector<std::string> expanded(session& s, std::vector<std::string> words) {
  if (!has_pattern(words))
    return words;
  return expanded(all_processes(s), std::move(words));
}

bool has_all(const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), "all") != words.end();
}

bool take_flag(std::vector<std::string>& words, std::string_view word) { return std::erase(words, word) > 0; }

bool takes_json(session& s, std::vector<std::string>& words) {
  s.chosen().json = take_flag(words, "--json") || s.chosen().json;
  return s.chosen().json;
}

std::optional<std::string> take_value(std::vector<std::string>& words, std::string_view flag) {
  std::optional<std::string> value;
  for (auto word = words.begin(); word != words.end();) {
    if (*word == flag && word + 1 != words.end()) {
      value = *(word + 1);
      word = words.erase(word, word + 2);
    } else if (word->starts_with(flag) && word->size() > flag.size() + 1 && (*word)[flag.size()] == '=') {
      value = word->substr(flag.size() + 1);
      word = words.erase(word);
    } else {
      ++word;
    }
  }
  return value;
}

} // namespace troupe::ctl
