// What others wrote, made harmless before a terminal shows it: names in a row, lines of a log. Stricter than
// `printable` of names.hpp, whose bytes are those of old. Must not lose a letter of a text. Source:
// docs/supervisorctl.md, "Security".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe::ctl {

/// One line: control characters, bytes that are no UTF-8 and what turns the direction of writing become \xNN or \u{N}.
/// A tab stays.
std::string displayable(std::string_view text);

/// A line of a log for a terminal: the same, but colours (SGR) pass, and are switched off at its end. Other escape
/// sequences are left out; one that does not end is text.
std::string log_line_for_terminal(std::string_view line);
/// The same for a file or a pipe: without escape sequences, all else as it is.
std::string log_line_for_file(std::string_view line);

/// For JSON: bytes that are no UTF-8 become U+FFFD.
std::string in_utf8(std::string_view text);

/// The first `columns` characters; SGR counts as none.
std::string cut_to_columns(std::string_view text, std::size_t columns);

} // namespace troupe::ctl
