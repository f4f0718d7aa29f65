// Whether output has colours, and which ones states and names have; never colour alone: the word is always there. Must
// not print. Source: docs/supervisorctl.md.
#pragma once

#include "apps/ctl/context.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace troupe::ctl {

enum class color_choice { automatic, always, never };
std::optional<color_choice> to_color_choice(std::string_view word); ///< auto, always, never

bool has_color(color_choice choice, const terminal_facts& of);

/// A number of SGR; empty: the terminal's own.
std::string_view color_of_state(std::string_view statename);
std::string_view color_of_name(std::string_view name); ///< the same for the same name, on every machine

/// `text` between the sequences for this number; itself where that is empty.
std::string in_color(std::string_view number, std::string_view text);

} // namespace troupe::ctl
