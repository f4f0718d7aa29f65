// The line that tells somebody at a terminal how far an action is which takes long. Must not print (context.hpp does),
// nor act. Source: docs/supervisorctl.md.
#pragma once

#include "apps/ctl/processes.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::ctl {

/// `starting web:*  7/20  ⠹ web_07 STARTING, 3 s`. `doing`: starting or stopping.
std::string progress_text(std::string_view doing, const std::vector<std::string>& words,
                          const std::vector<process_row>& rows, std::size_t picture, long seconds, bool utf8);

/// By the locale of the environment.
bool terminal_is_utf8();

/// Does the work; meanwhile it looks at the processes that the words mean once a second, where somebody may see that.
void with_progress(session& s, std::string_view doing, const std::vector<std::string>& words,
                   const std::function<void()>& work);

} // namespace troupe::ctl
