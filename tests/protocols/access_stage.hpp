// What tests of the decision share besides the fixture: addresses, layers and standings from short texts.
// Must not hold cases.
#pragma once

#include "access_fixture.hpp"
#include "protocols/access.hpp"

#include <string_view>
#include <vector>

namespace troupe::tests {

inline config::origin from(std::string_view address) {
  config::origin made;
  made.is_unix = address == "unix";
  if (!made.is_unix)
    made.ip = *config::ip_address(address);
  return made;
}

/// Layers as names of roles: `webops reader|viewer`; empty: none.
inline reference::layers named(std::string_view text) {
  reference::layers made;
  while (!text.empty()) {
    auto end = std::min(text.find('|'), text.size());
    made.push_back(words_of(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return made;
}

inline protocols::standing standing_of(const protocols::access_rules& rules, const reference::layers& names,
                                       const config::origin& where) {
  std::vector<protocols::layer> layers;
  for (const auto& one : names)
    layers.push_back(rules.layer_of(one).value());
  return rules.standing_of(layers, where);
}

} // namespace troupe::tests
