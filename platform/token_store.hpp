// The file that tokens are kept in: read whole, replaced whole, and only its owner can read it. No link is followed at
// its end, and what was there stays whole until all of the new text is on the disk. Must not know what a token is
// (protocols/token_book.hpp does). Any thread; it may take as long as the disk does.
// Source: docs/contract/access.md, 3.5. Cases: tests/platform/token_store_test.cpp.
#pragma once

#include "config/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe::platform {

/// Ten thousand tokens are three of them; whoever writes should stay well below.
constexpr std::size_t largest_token_file = std::size_t{64} << 20;

/// Empty where there is no file yet. Errors say why, without the path.
config::result<std::string> read_token_file(const std::string& path);

/// As above; then the old text is whole, and nothing else is left.
config::result<void> write_token_file(const std::string& path, std::string_view text);

} // namespace troupe::platform
