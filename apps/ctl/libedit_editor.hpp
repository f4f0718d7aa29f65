// A line editor on libedit, with completion. Must not know actions or history files.
#pragma once

#include "apps/ctl/console.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace troupe::ctl {

/// Candidates for the word before the cursor, sorted.
using complete_function = std::function<std::vector<std::string>(std::string_view before_cursor)>;

std::unique_ptr<line_editor> make_libedit_editor(complete_function complete);

} // namespace troupe::ctl
