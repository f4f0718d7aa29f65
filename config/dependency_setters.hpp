// How the texts of the options of dependency_options.hpp get into their places: for the rows of schema.cpp alone. Must
// not know which option is which, nor which processes there are (load_dependencies.cpp does). Source:
// docs/contract/programs.md, 0.2, 1.1 and 1.6. Cases: tests/config/dependency_load_test.cpp.
#pragma once

#include "config/schema.hpp"

#include <string_view>

namespace troupe::config::setters {

result<bool> soft_of(std::string_view key, std::string_view text); ///< soft: true; hard: false
result<dependency_options::on_failure> failure_of(std::string_view key, std::string_view text);
result<dependency_options::on_loss> loss_of(std::string_view key, std::string_view text);
result<bool> ordered_of(std::string_view key, std::string_view text);     ///< ordered: true; parallel: false
result<bool> update_mode_of(std::string_view key, std::string_view text); ///< process: true; group: false
/// Behind the items that the process has from its group.
result<void> add_items(const option_target& target, std::string_view text, const host& on);

} // namespace troupe::config::setters
