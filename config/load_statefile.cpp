// See section_reader.hpp: whether what has to be remembered can be, once all groups have been read. Must not look for
// the file. Source: docs/contract/programs.md, 0.3 and 11. Cases: tests/config/enable_options_test.cpp.
#include "config/section_reader.hpp"

#include <set>
#include <string_view>

namespace troupe::config {

result<void> check_statefile(loading& from) {
  if (!from.cfg.supervisord.statefile.empty())
    return {};
  std::set<std::string_view> told; // once for a section, however many processes it has
  for (const auto& group : from.cfg.groups)
    for (const auto& process : group->processes) {
      if (!process->starts_as_last() || !told.insert(process->section.view()).second)
        continue;
      auto name = process->section.str();
      section_reader section{from, name, *from.document.section(name)};
      auto wrong = section.wrapped(fault("autostart=last needs statefile in [supervisord]"), "autostart");
      if (auto done = from.noted(std::move(wrong)); !done)
        return done;
    }
  return {};
}

} // namespace troupe::config
