// See section_reader.hpp: options written by their other name get their own, before anybody reads or inherits them: so
// nobody else has to know of two. Must not know which options those are: the rows of schema.cpp say it. Source:
// docs/contract/programs.md, 0.3, rule 1. Cases: tests/config/dependency_load_test.cpp.
#include "config/section_reader.hpp"

#include <algorithm>
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

error both_given(const section_reader& section, const option_row& row, std::string_view one, std::string_view other) {
  auto text = std::string(one) + " and " + std::string(other) + " name one option: give only one";
  auto told = section.at(other, text);
  return row.section == "program" ? section.wrapped(std::move(told), other) : told;
}

} // namespace

std::vector<std::string_view> aliases_of(const option_row& row) {
  std::vector<std::string_view> names;
  for (auto rest = row.alias; !rest.empty();) {
    auto end = std::min(rest.find(' '), rest.size());
    names.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return names;
}

result<void> settle_aliases(loading& from) {
  std::vector<const option_row*> with_alias;
  for (const auto& row : schema())
    if (!row.alias.empty())
      with_alias.push_back(&row);
  struct renaming {
    std::string section;
    const option_row* row;
    std::string_view alias;
  };
  std::vector<renaming> to_rename; // the document changes below
  auto look_at = [&](const std::string& name, const ini_section& section) -> result<void> {
    for (const auto* row : with_alias) {
      if (kind_of(name) != row->section)
        continue;
      auto given = section.find(row->key) ? row->key : std::string_view{};
      for (auto alias : aliases_of(*row)) {
        if (!section.find(alias))
          continue;
        if (given.empty()) {
          to_rename.push_back({name, row, alias});
          given = alias;
        } else if (auto done = from.noted(both_given({from, name, section}, *row, given, alias)); !done) {
          return done;
        }
      }
    }
    return {};
  };
  if (auto done = look_at("DEFAULT", from.document.defaults()); !done)
    return done;
  for (const auto& [name, node] : from.document.sections())
    if (auto done = look_at(name, node.data()); !done)
      return done;
  for (const auto& [name, row, alias] : to_rename)
    from.document.rename(name, alias, row->key);
  return {};
}

} // namespace troupe::config
