// See dependency_options.hpp.
#include "config/dependency_options.hpp"

#include "config/datatypes.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace troupe::config {

namespace {

constexpr std::array<std::pair<std::string_view, condition>, 10> words{{
  {"started", condition::started},
  {"running", condition::running},
  {"ready", condition::ready},
  {"exited", condition::exited},
  {"exited_ok", condition::exited_ok},
  {"process_started", condition::started},
  {"process_healthy", condition::ready},
  {"process_log_ready", condition::ready},
  {"process_completed", condition::exited},
  {"process_completed_successfully", condition::exited_ok},
}};

std::optional<condition> condition_named(std::string_view word) {
  for (const auto& [name, what] : words)
    if (name == word)
      return what;
  return {};
}

/// 1 to 99,999; nothing: it is none.
std::optional<std::int64_t> count_of(std::string_view text) {
  constexpr std::size_t most_digits = 5;
  bool digits = !text.empty() && text.size() <= most_digits &&
                std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits)
    return {};
  auto count = std::stoll(std::string(text));
  return count > 0 ? std::optional<std::int64_t>(count) : std::nullopt;
}

} // namespace

std::string_view to_string(condition what) { return words[static_cast<std::size_t>(what)].first; }

result<depends_item> depends_item_of(std::string_view key, std::string_view text) {
  text = stripped(text);
  auto refused = fault("Invalid " + std::string(key) + " value " + quoted(text) +
                       ": allowed are NAME, GROUP:PROCESS or GROUP:*, then :started, :running, :ready, :exited or "
                       ":exited_ok, /COUNT and ?");
  depends_item item;
  auto rest = text;
  if (rest.ends_with('?')) {
    item.soft = true;
    rest = stripped(rest.substr(0, rest.size() - 1));
  }
  if (auto slash = rest.rfind('/'); slash != rest.npos) {
    item.count = count_of(stripped(rest.substr(slash + 1)));
    if (!item.count)
      return refused;
    rest = stripped(rest.substr(0, slash));
  }
  if (auto colon = rest.rfind(':'); colon != rest.npos)
    if (auto what = condition_named(stripped(rest.substr(colon + 1)))) {
      item.what = what;
      rest = stripped(rest.substr(0, colon));
    }
  bool well_formed = !rest.empty() && rest.front() != ':' && rest.back() != ':' &&
                     std::count(rest.begin(), rest.end(), ':') <= 1 && rest.find_first_of(" \t/?") == rest.npos;
  if (!well_formed)
    return refused;
  item.target = rest;
  return item;
}

result<std::vector<depends_item>> depends_items_of(std::string_view key, std::string_view text) {
  std::vector<depends_item> items;
  if (stripped(text).empty())
    return items;
  for (;;) {
    auto comma = text.find(',');
    auto item = depends_item_of(key, text.substr(0, comma));
    if (!item)
      return item.error();
    items.push_back(*std::move(item));
    if (comma == text.npos)
      return items;
    text.remove_prefix(comma + 1);
  }
}

} // namespace troupe::config
