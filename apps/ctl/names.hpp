// Words of a command and the processes they name. Must not ask the daemon.
// Source: docs/contract/supervisorctl.md, sections 2.2 and 4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::ctl {

/// A word that names a process or, without `process`, a whole group.
struct name_form {
  std::string group;
  std::optional<std::string> process;
};
name_form split_name(std::string_view word); ///< x, g:p, g:, g:*

/// `process` alone when it is called like its group.
std::string shown_name(std::string_view group, std::string_view process);

std::vector<std::string> split_words(std::string_view text); ///< at white space
std::string_view strip(std::string_view text);               ///< white space off both ends

/// Holds a wildcard (*, ?, [) and is no g:*.
bool is_pattern(std::string_view word);
/// `*`: one or more characters, `?`: one, `[ab]`, `[a-z]`, `[!a]`: one of those. Both in bytes.
bool pattern_matches(std::string_view pattern, std::string_view text);

std::size_t code_points(std::string_view text);
std::string padded(std::string_view text, std::size_t width); ///< with blanks, to `width` code points
void append_padded(std::string& out, std::string_view text, std::size_t width);

/// Without what moves a terminal's cursor or changes what it shows: control characters but tab and line feed become
/// \xNN. For texts of the daemon; not for logs.
std::string printable(std::string_view text);

/// Of `2.5`; nothing: that is no number of seconds, or too large for a wait.
std::optional<double> to_seconds(std::string_view text);

/// A server URL as messages show it: no user:password@.
std::string without_credentials(const std::string& url);

std::string percent_encoded(std::string_view text); ///< for a path; leaves : and unreserved characters

} // namespace troupe::ctl
