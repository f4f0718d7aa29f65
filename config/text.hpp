// Quoted forms of text and bytes in messages, as the specifications write them: rt() and rb().
// Must not hold anything but text in, text out.
#pragma once

#include <string>
#include <string_view>

namespace troupe::config {

/// rt(x): in '...', or in "..." if x holds ' and no "; backslash and the quote escaped, LF CR TAB as
/// \n \r \t, other unprintables \xhh \uhhhh \Uhhhhhhhh. Bytes that are not UTF-8 appear as \udcXX.
std::string quoted(std::string_view text);
/// `1 process`, `2 processes`.
std::string counted(std::size_t count, const std::string& what);

/// rb(x): b plus the same quoting; every byte outside 0x20..0x7e but LF CR TAB as \xhh.
std::string quoted_bytes(std::string_view bytes);

/// `bytes` if they are UTF-8, else "Undecodable: " and quoted_bytes(bytes).
std::string decoded(std::string_view bytes);

/// `text` as it may stand in a record of the log, whoever wrote it: controls, line and paragraph separators, marks that
/// turn the direction of what follows, and bytes that are not UTF-8 as escapes; anything else, and TAB, as it is.
std::string one_line(std::string_view text);

/// A symbolic name of an errno value (ENOENT), or its decimal number where there is none.
std::string errno_name(int number);

/// SIGTERM for 15; "signal N" for unnamed numbers. 6 SIGABRT, 17 SIGCHLD, 29 SIGPOLL.
std::string signal_name(int number);

} // namespace troupe::config
