// How the text of an option of [history] gets into its place: for the rows of schema.cpp alone. Must not look at more
// than one option at a time (load_history.cpp does). Source: docs/contract/history.md, 0.2.
#pragma once

#include "config/history_options.hpp"
#include "config/schema.hpp"

#include <cstdint>
#include <string_view>

namespace troupe::config::setters {

/// A span of time in seconds: 5, 0.5, 500ms, 2m, 1h, 1d.
result<double> exact_time_span(std::string_view key, std::string_view text);
/// The same, rounded up.
result<std::int64_t> time_span(std::string_view key, std::string_view text);
/// Bytes of a file that is worth having; 0: no bound.
result<std::int64_t> history_size(std::string_view key, std::string_view text);
result<bool> full_sync(std::string_view key, std::string_view text);
/// Words with commas in between.
result<history_bits> history_kind_list(std::string_view key, std::string_view text);

} // namespace troupe::config::setters
