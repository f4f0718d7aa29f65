// The book of tokens as their file has it, for a start and for other rules. Any thread; as long as the disk takes. Must
// not write the file (token_desk.hpp does). Source: docs/contract/access.md, 3.5.
#pragma once

#include "protocols/token_book.hpp"

#include <string>

namespace troupe::actors {

/// Errors name the file, and the line. No path, or no such file: no tokens.
config::result<protocols::token_book> read_tokens(const std::string& path);

} // namespace troupe::actors
