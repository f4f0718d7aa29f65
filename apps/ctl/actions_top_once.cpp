// top --once: one picture of the table, for who has no terminal. Must not read keys. Source:
// docs/contract/packaging.md, 6.4.
#include "apps/ctl/color.hpp"
#include "apps/ctl/progress.hpp"
#include "apps/ctl/status.hpp"
#include "apps/ctl/top_board.hpp"

#include <ctime>
#include <string>
#include <utility>

namespace troupe::ctl {

namespace {

std::string_view sgr_of(shade as) {
  switch (as) {
  case shade::good:
    return "32";
  case shade::busy:
    return "33";
  case shade::bad:
    return "31";
  case shade::faint:
    return "2";
  case shade::head:
    return "1";
  default:
    return {};
  }
}

} // namespace

void print_top(session& s, const std::string& version) {
  auto rows = all_processes(s);
  auto lines = rows.size() + 3;
  top_board board;
  auto facts = known_facts(s);
  board.take({std::move(rows), std::move(facts), static_cast<double>(std::time(nullptr)), version, {}});
  auto picture = board.draw({s.outside().terminal().columns, lines, terminal_is_utf8()});
  picture.pop_back(); // for keys
  for (const auto& line : picture) {
    std::string text;
    for (const auto& part : line)
      text += s.has_color() ? in_color(sgr_of(part.as), part.text) : part.text;
    s.print(text.substr(0, text.find_last_not_of(' ') + 1) + "\n");
  }
}

} // namespace troupe::ctl
