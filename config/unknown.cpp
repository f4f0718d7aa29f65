// See section_reader.hpp: warnings about sections and options that nobody reads, with the nearest known name.
// They load all the same (K4): a file that Supervisor accepts is accepted.
#include "config/section_reader.hpp"

#include "config/nearest.hpp"

#include <algorithm>
#include <map>

namespace troupe::config {

namespace {

constexpr std::string_view kinds[] = {"supervisord",      "supervisorctl", "include",  "unix_http_server",
                                      "inet_http_server", "program",       "group",    "eventlistener",
                                      "fcgi-program",     "rpcinterface",  "ctlplugin"};
constexpr std::size_t servers_begin = 3; // anything may follow the name of a server (K8)
constexpr std::size_t named_begin = 5;   // [KIND:name]; those before the servers are [KIND]

/// Of which kind a section is, or kinds' end where no reader takes it.
std::size_t kind_of(std::string_view section) {
  for (std::size_t i = 0; i < std::size(kinds); ++i)
    if (section.starts_with(kinds[i])) {
      auto rest = section.substr(kinds[i].size());
      if (i < servers_begin ? rest.empty() : i < named_begin || rest.starts_with(':'))
        return i;
    }
  return std::size(kinds);
}

/// The options that some reader of the kind takes, sorted; empty: whatever there is.
std::vector<std::string_view> options_of(std::string_view kind) {
  std::vector<std::string_view> keys;
  if (kind == "rpcinterface" || kind == "ctlplugin")
    return keys;
  for (const auto& row : schema_of(kind))
    keys.push_back(row.key);
  if (kind == "eventlistener" || kind == "fcgi-program")
    for (const auto& row : schema_of("program"))
      keys.push_back(row.key);
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
  auto near = nearest(word, known);
  if (!near)
    return {};
  auto kind = std::find(std::begin(kinds), std::end(kinds), *near) - std::begin(kinds);
  bool named = known.data() == kinds && static_cast<std::size_t>(kind) >= named_begin;
  return " (did you mean '" + std::string(*near) + (named ? ":NAME" : "") + "'?)";
}

} // namespace

void warn_of_unknown(loading& from) {
  auto at = [&](ini_place what) {
    auto place = from.document.where(what);
    return place.file + ':' + std::to_string(place.line) + ": ";
  };
  std::map<std::size_t, std::vector<std::string_view>> options;
  for (const auto& [name, node] : from.document.sections()) {
    auto kind = kind_of(name);
    if (kind == std::size(kinds)) {
      auto word = std::string_view(name).substr(0, name.find(':'));
      from.warn(at(node.data().at) + "unknown section [" + name + "] is ignored" + suggestion(word, kinds));
      continue;
    }
    auto [found, is_new] = options.try_emplace(kind);
    auto& known = found->second;
    if (is_new)
      known = options_of(kinds[kind]);
    for (const auto& [key, text, place] : node.data().options)
      if (!known.empty() && !std::binary_search(known.begin(), known.end(), key))
        from.warn(at(place) + "unknown option '" + std::string(key) + "' in [" + name + "] is ignored" +
                  suggestion(key, known));
  }
}

} // namespace troupe::config
