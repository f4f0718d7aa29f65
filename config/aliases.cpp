// See section_reader.hpp: options written by their other name get their own, before anybody reads or inherits them: so
// nobody else has to know of two. Must not know which options those are: the rows of schema.cpp say it. Source:
// docs/contract/programs.md, 0.3, rule 1. Cases: tests/config/dependency_load_test.cpp.
#include "config/section_reader.hpp"

#include <string>
#include <utility>
#include <vector>

namespace troupe::config {

namespace {

/// Whose rows count in a section: in [DEFAULT] and in templates those of programs.
std::string_view kind_of(std::string_view section) {
  for (std::string_view kind :
       {"program:", "program-default", "template:", "fcgi-program:", "eventlistener:", "DEFAULT"})
    if (section.starts_with(kind))
      return "program";
  return section.starts_with("group:") ? "group" : "";
}

error both_given(const section_reader& section, const option_row& row) {
  auto text = std::string(row.key) + " and " + std::string(row.alias) + " name one option: give only one";
  auto told = section.at(row.alias, text);
  return row.section == "program" ? section.wrapped(std::move(told), row.alias) : told;
}

} // namespace

result<void> settle_aliases(loading& from) {
  std::vector<const option_row*> with_alias;
  for (const auto& row : schema())
    if (!row.alias.empty())
      with_alias.push_back(&row);
  std::vector<std::pair<std::string, const option_row*>> to_rename; // the document changes below
  auto look_at = [&](const std::string& name, const ini_section& section) -> result<void> {
    for (const auto* row : with_alias) {
      if (kind_of(name) != row->section || !section.find(row->alias))
        continue;
      if (!section.find(row->key))
        to_rename.emplace_back(name, row);
      else if (auto done = from.noted(both_given({from, name, section}, *row)); !done)
        return done;
    }
    return {};
  };
  if (auto done = look_at("DEFAULT", from.document.defaults()); !done)
    return done;
  for (const auto& [name, node] : from.document.sections())
    if (auto done = look_at(name, node.data()); !done)
      return done;
  for (const auto& [name, row] : to_rename)
    from.document.rename(name, row->alias, row->key);
  return {};
}

} // namespace troupe::config
