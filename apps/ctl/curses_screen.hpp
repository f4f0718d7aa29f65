// The terminal as a whole, by ncurses. Must not know what is drawn.
#pragma once

#include "apps/ctl/screen.hpp"

#include <memory>

namespace troupe::ctl {

/// Null: TERM has no description. While it lives SIGTERM, SIGHUP and SIGQUIT only make it `is_over`; they do their work
/// once the terminal is as it was.
std::unique_ptr<screen> make_curses_screen(bool with_colors);

} // namespace troupe::ctl
