// See rpc_extension.hpp: what the methods of an extension have to look like.
#include "actors/rpc/rpc_extension.hpp"

#include "config/text.hpp"

#include <algorithm>

namespace troupe::actors {

namespace {

constexpr std::size_t most_methods = 1000;

bool is_name(std::string_view text) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || c == '_' || (c >= '0' && c <= '9'); });
}

/// "type name" or "type name=default".
bool is_parameter(std::string_view text) {
  auto blank = text.find(' ');
  if (blank == text.npos || !is_name(text.substr(0, blank)))
    return false;
  auto name = text.substr(blank + 1);
  return is_name(name.substr(0, name.find('=')));
}

bool are_parameters(std::string_view text) {
  bool optional = false; // what may be left out stands at the end
  while (!text.empty()) {
    auto comma = text.find(", ");
    auto one = text.substr(0, comma);
    if (!is_parameter(one) || (optional && one.find('=') == one.npos))
      return false;
    optional = one.find('=') != one.npos;
    if (comma == text.npos)
      return true;
    text.remove_prefix(comma + 2);
    if (text.empty())
      return false;
  }
  return true;
}

} // namespace

config::result<extension_methods> checked_methods(std::vector<extension_method> methods) {
  if (methods.size() > most_methods)
    return config::fault("more than " + std::to_string(most_methods) + " methods");
  std::stable_sort(methods.begin(), methods.end(), [](auto& a, auto& b) { return a.name < b.name; });
  for (std::size_t i = 0; i < methods.size(); ++i) {
    const auto& m = methods[i];
    if (!is_name(m.name))
      return config::fault(config::quoted(m.name) + " is no name of a method");
    if (i > 0 && methods[i - 1].name == m.name)
      return config::fault("there are two methods " + m.name);
    if (!is_name(m.result))
      return config::fault(m.name + " has no type as result: " + config::quoted(m.result));
    if (!are_parameters(m.params))
      return config::fault("the parameters of " + m.name +
                           " are not written as \"type name, type name=default\": " + config::quoted(m.params));
  }
  return std::make_shared<const std::vector<extension_method>>(std::move(methods));
}

} // namespace troupe::actors
