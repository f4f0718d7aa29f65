// See completion.hpp.
#include "apps/ctl/completion.hpp"

#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "config/access_rights.hpp"

#include <algorithm>
#include <set>

namespace troupe::ctl {

namespace {

/// An action's name is offered if it is listed; the others once nothing listed begins like what is typed, so that Tab
/// does for the words of old what it always did.
std::vector<std::string> names_of_actions(std::string_view typed) {
  std::vector<std::string> listed = {"help"}, unlisted;
  for (const auto& a : actions())
    if (a.shown == action::place::listed)
      listed.emplace_back(a.name);
    else if (!a.help.empty())
      unlisted.emplace_back(a.name);
  bool known = std::any_of(listed.begin(), listed.end(), [&](auto& name) { return name.starts_with(typed); });
  return known ? listed : unlisted;
}

/// `which`: the word's place behind the action, from 0.
action::completion completed_at(const action& a, std::size_t which) {
  using enum action::completion;
  if (a.completes == right_and_processes && which > 0)
    return processes;
  return a.completes == token_word && which > 0 ? nothing : a.completes;
}

} // namespace

std::vector<std::string> candidates(std::string_view line,
                                    const std::function<const std::vector<process_row>&()>& rows) {
  while (line.starts_with(' ') || line.starts_with('\t'))
    line.remove_prefix(1);
  auto blank = line.find_last_of(" \t");
  auto word = blank == std::string_view::npos ? line : line.substr(blank + 1);
  auto kind = action::completion::actions;
  if (blank != std::string_view::npos) {
    auto known = find_action(line.substr(0, line.find_first_of(" \t")));
    auto words_before = split_words(line.substr(0, blank)).size();
    kind = known ? completed_at(*known, words_before - 1) : action::completion::nothing;
  }
  std::set<std::string> words;
  auto offer = [&](std::string candidate) {
    if (candidate.starts_with(word) && printable(candidate) == candidate) // the daemon's words, on the user's line
      words.insert(std::move(candidate));
  };
  bool colon = word.find(':') != std::string_view::npos;
  switch (kind) {
  case action::completion::nothing:
    break;
  case action::completion::actions:
    for (auto& name : names_of_actions(word))
      offer(std::move(name));
    break;
  case action::completion::right_and_processes:
    for (const auto& row : config::right_table)
      offer(std::string(row.word));
    break;
  case action::completion::token_word:
    for (auto name : {"create", "list", "revoke"})
      offer(name);
    break;
  case action::completion::groups:
    for (const auto& row : rows())
      offer(row.group);
    break;
  case action::completion::processes:
    for (const auto& row : rows()) {
      offer(colon ? row.group + ":" + row.name : row.shown());
      offer(row.group + ":*");
    }
    break;
  }
  return {words.begin(), words.end()};
}

std::vector<std::string> completer::operator()(std::string_view before_cursor) {
  return candidates(before_cursor, [this]() -> const std::vector<process_row>& {
    if (!rows_) {
      try {
        rows_ = all_processes(session_);
      } catch (const trouble&) {
        rows_.emplace();
      } catch (const interrupted&) {
        rows_.emplace();
      }
      session_.outside().hang_up();
    }
    return *rows_;
  });
}

} // namespace troupe::ctl
