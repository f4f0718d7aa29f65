// See section_reader.hpp: what sections of programs have from [program-default] and from each [template:x], put into
// them before anybody reads them: an option keeps its place, so that an error points to where it stands. Must not know
// what an option means, but for `template` and `environment`. Source: docs/contract/programs.md, 10.1. Cases:
// tests/config/templates_test.cpp.
#include "config/section_reader.hpp"

#include "config/datatypes.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace troupe::config {

namespace {

constexpr std::string_view prefix = "template:";
constexpr std::string_view key = "template";

using names = std::vector<std::string>;

/// What `template=` of a section says.
result<names> named_templates(loading& from, const section_reader& section) {
  names all;
  auto text = section.text(key, section.narrow());
  if (!text)
    return section.wrapped(text.error(), key);
  if (!*text)
    return all;
  for (auto& name : comma_list(**text)) {
    if (!from.document.section(std::string(prefix) + name))
      return section.wrapped(fault("template names unknown template " + quoted(name)), key);
    all.push_back(std::move(name));
  }
  return all;
}

class inheritance {
public:
  explicit inheritance(loading& from) : from_(from) {}

  /// No template may lead back to itself. False: one does, or is not there; it has been noted.
  result<bool> check() {
    bool fine = true;
    for (const auto& [name, node] : from_.document.sections())
      if (name.starts_with(prefix)) {
        auto good = check_one(name);
        fine = fine && good;
        if (auto done = from_.noted(good); !done)
          return done.error();
      }
    return fine;
  }

  result<void> apply() {
    const auto* usual = from_.document.section("program-default");
    names sections; // the document changes below
    for (const auto& [name, node] : from_.document.sections())
      if (name.starts_with("program:") || name.starts_with("fcgi-program:") || name.starts_with("eventlistener:"))
        sections.push_back(name);
    for (const auto& name : sections) {
      auto beneath = named_templates(from_, {from_, name, *from_.document.section(name)});
      if (auto done = from_.noted(beneath ? put_beneath(name, *beneath) : beneath.error()); !done)
        return done;
      if (usual && !name.starts_with("eventlistener:"))
        from_.document.inherit(name, *usual);
    }
    return {};
  }

private:
  result<names> parents_of(const std::string& name) {
    auto section = std::string(prefix) + name;
    return named_templates(from_,
                           {from_, section, *from_.document.section(section), section_reader::defaults::do_not_reach});
  }

  result<void> check_one(const std::string& name) {
    names way{name.substr(prefix.size())};
    auto found = leads_back(way);
    if (!found)
      return found.error();
    if (!*found)
      return {};
    std::string steps;
    for (const auto& step : way)
      steps += step + " -> ";
    section_reader section{from_, name, *from_.document.section(name), section_reader::defaults::do_not_reach};
    return section.wrapped(fault("template leads back to itself: " + steps + way.front()), key);
  }

  /// Whether some way from the last of `way` leads to its first; then it is that way.
  result<bool> leads_back(names& way) {
    auto parents = parents_of(way.back());
    if (!parents)
      return parents.error();
    for (const auto& parent : *parents) {
      if (parent == way.front())
        return true;
      if (std::find(way.begin(), way.end(), parent) != way.end())
        continue; // a circle that the first is not part of: its own turn comes
      way.push_back(parent);
      auto found = leads_back(way);
      if (!found || *found)
        return found;
      way.pop_back();
    }
    return false;
  }

  /// What the section has not got yet: from the last template to the first, each before what it has itself.
  result<void> put_beneath(const std::string& section, const names& templates) {
    for (auto each = templates.rbegin(); each != templates.rend(); ++each) {
      from_.document.inherit(section, *from_.document.section(std::string(prefix) + *each));
      auto parents = parents_of(*each);
      if (!parents)
        return parents.error();
      if (auto done = put_beneath(section, *parents); !done)
        return done;
    }
    return {};
  }

  loading& from_;
};

} // namespace

result<void> read_templates(loading& from) {
  inheritance all{from};
  auto fine = all.check();
  if (!fine)
    return fine.error();
  return *fine ? all.apply() : result<void>{};
}

} // namespace troupe::config
