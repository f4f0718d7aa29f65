// Takes terminal escape sequences out of a chunk of output. No memory between chunks (kept quirk 9.19).
// Must not know channels or logs. Source: docs/contract/lifecycle.md, 5.5.
#pragma once

#include <string>
#include <string_view>

namespace troupe::protocols {

/// Drops from ESC [ up to and including the first of H f A B C D R s u J K h l p m, or to the end of the chunk.
std::string strip_ansi(std::string_view bytes);

} // namespace troupe::protocols
