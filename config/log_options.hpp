// The datatypes of the options that shape log files and their lines: text in, value or sentence out.
// Must not open files or format lines (platform/ and protocols/log_lines.cpp do). Source: docs/configuration.md.
#pragma once

#include "config/datatypes.hpp"

#include <string>
#include <string_view>

namespace troupe::config {

// -- each: the error names the option `key`, its value and what is allowed -------------------------

result<bool> compression(std::string_view key, std::string_view text); ///< gzip: true; none
result<bool> json_format(std::string_view key, std::string_view text); ///< json: true; text
result<int> file_mode(std::string_view key, std::string_view text);    ///< octal, 0 to 0777
result<ownership> file_owner(std::string_view key, std::string_view text, const host& on);
/// "rfc3339" or a format of strftime(3) that also knows %f; empty for `none`.
result<std::string> timestamp_format(std::string_view key, std::string_view text);
result<std::string> line_prefix(std::string_view key, std::string_view text); ///< one line

// -- combinations that mean nothing ---------------------------------------------------------------

/// An option of `process` that does not go with the others: its key and the sentence, or an empty key.
struct conflict {
  std::string key;
  std::string what;
};
conflict conflict_of(const process_options& process);

} // namespace troupe::config
