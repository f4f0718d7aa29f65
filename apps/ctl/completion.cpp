// See completion.hpp.
#include "apps/ctl/completion.hpp"

#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"

#include <set>

namespace troupe::ctl {

std::vector<std::string> candidates(std::string_view line,
                                    const std::function<const std::vector<process_row>&()>& rows) {
  while (line.starts_with(' ') || line.starts_with('\t'))
    line.remove_prefix(1);
  auto blank = line.find_last_of(" \t");
  auto word = blank == std::string_view::npos ? line : line.substr(blank + 1);
  auto kind = action::completion::actions;
  if (blank != std::string_view::npos) {
    auto known = find_action(line.substr(0, line.find_first_of(" \t")));
    kind = known ? known->completes : action::completion::nothing;
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
    offer("help");
    for (const auto& a : actions())
      if (a.shown == action::place::listed)
        offer(std::string(a.name));
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
