// "Did you mean": the known word that is nearest to a mistyped one, for options, sections and actions.
// Must not know what the words stand for.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace troupe::config {

/// The known word nearest to `word`, or nothing where none is near.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known);

} // namespace troupe::config
