// See plugin_name.hpp.
#include "config/plugin_name.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

bool is_c_name(std::string_view text) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || digit(c); });
}

} // namespace

std::string plugin_spec(std::string_view text) {
  auto spec = stripped(text);
  if (auto extras = spec.rfind('['); spec.ends_with(']') && extras != spec.npos)
    spec = stripped(spec.substr(0, extras));
  auto colon = spec.rfind(':');
  if (colon == spec.npos)
    return std::string(spec);
  return strip(spec.substr(0, colon)) + ':' + strip(spec.substr(colon + 1));
}

std::optional<plugin_name> shared_object_name(std::string_view text) {
  auto colon = text.rfind(':');
  if (!text.starts_with('/') || colon == text.npos || !is_c_name(text.substr(colon + 1)))
    return {};
  return plugin_name{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

error unresolved(const std::string& spec, const std::string& section, const std::string& reason) {
  return fault(spec + " cannot be resolved within [" + section + "]: " + reason);
}

result<void> check_plugin(const std::string& spec, const std::string& section, std::string_view built_in,
                          const std::string& otherwise, const host& on) {
  if (spec == built_in)
    return {};
  auto name = shared_object_name(spec);
  if (!name)
    return unresolved(spec, section,
                      "only " + std::string(built_in) + " is built in, and no Python is loaded; " + otherwise);
  if (!on.exists(name->library) || on.is_directory(name->library))
    return unresolved(spec, section, "there is no file " + name->library);
  return {};
}

} // namespace troupe::config
