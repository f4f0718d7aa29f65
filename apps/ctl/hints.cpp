// See hints.hpp.
#include "apps/ctl/hints.hpp"

#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/shown_text.hpp"
#include "config/nearest.hpp"

#include <algorithm>
#include <cstdio>

namespace troupe::ctl {

std::string hint_for_refusal(std::string_view url) {
  if (url.starts_with("unix:"))
    return "the socket is there, but nobody listens: the daemon ended without removing it";
  return "nobody listens at that address: the daemon is down, or has another one in [inet_http_server]";
}

std::string hint_for_closed_socket(std::string_view owner, unsigned mode) {
  char digits[8];
  std::snprintf(digits, sizeof digits, "%04o", mode & 07777);
  return "the socket belongs to " + std::string(owner) + ", mode " + digits +
         ": use sudo, or set chmod=0770 and chown=" + std::string(owner) + ":GROUP in [unix_http_server]";
}

std::string hint_for_action(std::string_view typed) {
  std::vector<std::string_view> known;
  for (const auto& a : actions())
    if (!a.help.empty())
      known.push_back(a.name);
  auto found = config::nearest(typed, known);
  return found ? "did you mean " + std::string(*found) + "?" : std::string();
}

std::string hint_for_name(const std::vector<process_row>& rows, std::string_view typed) {
  auto name = split_name(typed);
  if (!name.process)
    return {};
  std::vector<const process_row*> namesakes;
  std::vector<std::string> shown;
  for (const auto& row : rows) {
    if (row.group == typed) // a group: told by whoever knows what may be done to it
      return {};
    if (row.name == *name.process)
      namesakes.push_back(&row);
    shown.push_back(row.shown());
  }
  if (namesakes.size() == 1)
    return "group " + displayable(namesakes[0]->group) + " has it as " +
           displayable(namesakes[0]->group + ":" + namesakes[0]->name);
  if (!namesakes.empty()) // told by whoever knows them all
    return {};
  std::vector<std::string_view> known(shown.begin(), shown.end());
  auto found = config::nearest(typed, known);
  return found ? "did you mean " + displayable(*found) + "?" : std::string();
}

std::string hint_for_configuration(std::string_view file) {
  return "supervisord --test -c " + (file.empty() ? std::string("FILE") : displayable(file)) + " lists every fault";
}

std::string hint_for_start(std::string_view name, std::string_view spawnerr, std::string_view last_line) {
  std::string text(displayable(name));
  if (!spawnerr.empty())
    text += ": " + displayable(spawnerr);
  if (!last_line.empty())
    text += "; its stderr ends: " + cut_to_columns(displayable(last_line), 200);
  return text + "; supervisorctl tail " + displayable(name) + " stderr";
}

std::string_view last_line_of(std::string_view log) {
  while (!log.empty()) {
    auto end = log.find_last_not_of(" \t\r\n");
    if (end == log.npos)
      return {};
    log = log.substr(0, end + 1);
    auto line = log.rfind('\n');
    return line == log.npos ? log : log.substr(line + 1);
  }
  return {};
}

} // namespace troupe::ctl
