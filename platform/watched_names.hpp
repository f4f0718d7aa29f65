// Under which names a file is to be watched, so that nobody can put another one in its place unseen: its own, and that
// of each link on the way to it. Must not watch (file_events.hpp does).
#pragma once

#include <string>
#include <vector>

namespace troupe::platform {

/// `path` is absolute. Each name stands in its real folder, without links. Where nothing is there the way ends.
std::vector<std::string> watched_names(const std::string& path);

} // namespace troupe::platform
