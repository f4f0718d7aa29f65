// How the texts of the options of surroundings.hpp get into their places: for the rows of schema.cpp alone. Must not
// know which option is which, nor read the files that are named. Source: docs/contract/programs.md, 10. Cases:
// tests/config/surroundings_test.cpp.
#pragma once

#include "config/schema.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace troupe::config::setters {

/// Paths, against the folder of the file that holds the option; `-` before one: it may be missing.
result<std::vector<env_file_name>> env_files_of(const option_target& target, std::string_view text, const host& on);
/// By name or number.
result<std::int64_t> group_id(std::string_view text, const host& on);
result<std::vector<std::int64_t>> group_ids(std::string_view text, const host& on);
result<int> directory_mode_of(std::string_view key, std::string_view text);

/// Files by name only, and what counts more than they do.
bool same_env_files(const surroundings& active, const surroundings& loaded);

} // namespace troupe::config::setters
