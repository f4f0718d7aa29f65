// A small file that is read whole and replaced whole, of which a bad one is put aside: what the daemon remembers. The
// writing is that of token_store.hpp. Must not know what is in it. Any thread; it may take as long as the disk does.
// Source: docs/contract/programs.md, 11. Cases: tests/platform/state_file_test.cpp.
#pragma once

#include "config/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::platform {

constexpr std::size_t largest_state_file = std::size_t{16} << 20;

/// Nothing: there is none. Errors say why, without the path.
config::result<std::optional<std::string>> read_state_file(const std::string& path);
/// As write_token_file: to PATH.new, which is synced and renamed; with mode 0600, and no link is followed at the end.
config::result<void> write_state_file(const std::string& path, std::string_view text);
/// The file, or link, is PATH.bad from now on, whatever that was. What is neither stays. The error says why.
config::result<void> put_aside(const std::string& path);

} // namespace troupe::platform
