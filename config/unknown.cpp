// See section_reader.hpp: warnings about sections and options that nobody reads, with the nearest known name.
// They load all the same (K4): a file that Supervisor accepts is accepted.
#include "config/section_reader.hpp"

#include "config/nearest.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>
#include <utility>

namespace troupe::config {

namespace {

/// How the header of a section goes on after its kind.
enum class header { ends, ends_somehow, names }; ///< [KIND]; whatever follows a server's (K8); [KIND:NAME]

struct kind_row {
  std::string_view name;
  header rest;
  std::string_view also = {};  ///< the kind whose options it takes, too
  bool takes_whatever = false; ///< options are for whoever the section names, or its reader judges them
};

// clang-format off
constexpr kind_row kinds[] = {
  {"supervisord", header::ends},
  {"supervisorctl", header::ends},
  {"include", header::ends},
  {"unix_http_server", header::ends_somehow},
  {"inet_http_server", header::ends_somehow},
  {"program", header::names},
  {"program-default", header::ends, {}, true}, // whoever has options of them is judged
  {"template", header::names, {}, true},
  {"group", header::names},
  {"eventlistener", header::names, "program"},
  {"fcgi-program", header::names, "program"},
  {"rpcinterface", header::names, {}, true},
  {"ctlplugin", header::names, {}, true},
  {"access", header::ends, {}, true},
  {"user", header::names, {}, true},
  {"role", header::names, {}, true},
  {"audit", header::ends, {}, true},
  {"history", header::ends},
};
// clang-format on

bool goes_on_as(header how, std::string_view rest) {
  switch (how) {
  case header::ends:
    return rest.empty();
  case header::ends_somehow:
    return true;
  case header::names:
    return rest.starts_with(':');
  }
  return false;
}

/// Of which kind a section is; null where no reader takes it.
const kind_row* kind_of(std::string_view section) {
  for (const auto& row : kinds)
    if (section.starts_with(row.name) && goes_on_as(row.rest, section.substr(row.name.size())))
      return &row;
  return nullptr;
}

/// The options that some reader of the kind takes, sorted; empty: whatever there is.
std::vector<std::string_view> options_of(const kind_row& kind) {
  std::vector<std::string_view> keys;
  if (kind.takes_whatever)
    return keys;
  for (auto section : {kind.name, kind.also})
    for (const auto& row : schema_of(section)) {
      keys.push_back(row.key);
      for (auto alias : aliases_of(row)) // left where both are given
        keys.push_back(alias);
    }
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::string did_you_mean(std::string_view word) { return " (did you mean '" + std::string(word) + "'?)"; }

std::string suggested_option(std::string_view word, std::span<const std::string_view> known) {
  auto near = nearest(word, known);
  return near ? did_you_mean(*near) : std::string();
}

std::string suggested_section(std::string_view word) {
  std::vector<std::string_view> names;
  for (const auto& row : kinds)
    names.push_back(row.name);
  auto near = nearest(word, names);
  if (!near)
    return {};
  bool named = std::any_of(std::begin(kinds), std::end(kinds),
                           [&](auto& row) { return row.name == *near && row.rest == header::names; });
  return did_you_mean(std::string(*near) + (named ? ":NAME" : ""));
}

} // namespace

result<void> warn_of_unknown(loading& from) {
  std::set<std::pair<int, int>> told; // an option of a template belongs to whoever has it
  auto tell = [&](ini_place what, const std::string& unknown, const std::string& suggestion) -> result<void> {
    if (!told.emplace(what.file, what.line).second)
      return {};
    if (from.request.start.strict)
      return from.noted(error{from.document.where(what), unknown + suggestion});
    from.warn_at(from.document.where(what), unknown + " is ignored" + suggestion);
    return {};
  };
  struct known_options {
    std::vector<std::string_view> all; ///< for suggestions
    std::unordered_set<std::string_view> keys;
  };
  std::map<const kind_row*, known_options> options;
  for (const auto& [name, node] : from.document.sections()) {
    const auto* kind = kind_of(name);
    if (!kind) {
      auto word = std::string_view(name).substr(0, name.find(':'));
      if (auto done = tell(node.data().at, "unknown section [" + name + "]", suggested_section(word)); !done)
        return done;
      continue;
    }
    auto [found, is_new] = options.try_emplace(kind);
    auto& known = found->second;
    if (is_new) {
      known.all = options_of(*kind);
      known.keys = {known.all.begin(), known.all.end()};
    }
    for (const auto& [key, text, place] : node.data().options)
      if (!known.all.empty() && !known.keys.contains(key))
        if (auto done = tell(place, "unknown option '" + std::string(key) + "' in [" + name + ']',
                             suggested_option(key, known.all));
            !done)
          return done;
  }
  return {};
}

} // namespace troupe::config
