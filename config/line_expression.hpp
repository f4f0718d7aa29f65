// What a regular expression of ready=logline:REGEX may be: POSIX extended, of bounded cost. Must not keep what it has
// compiled, nor look at lines (actors/io does). Source: docs/contract/programs.md, 3.1. Cases:
// tests/config/check_options_test.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe::config {

/// Of the text in bytes; and of what it means: elements, with every repetition written out. A C library does write them
/// out, and then looks from each where it leads to: `((a{1,255}){1,255}){1,255}` would take all memory there is. So
/// would a repetition of what may be empty, and of beginnings and ends of lines and words, behind each of which
/// everything may be doubled.
constexpr std::size_t longest_expression = 1024;
constexpr std::size_t most_anchors = 8;

/// Why it is refused, or nothing. Otherwise regcomp(3) takes it, with REG_EXTENDED and REG_NOSUB.
std::string fault_of_expression(std::string_view text);

} // namespace troupe::config
