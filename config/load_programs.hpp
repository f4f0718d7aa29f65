// The processes of one [program:x], [fcgi-program:x] or [eventlistener:x] section; for load_groups.cpp only.
// Must not know groups.
#pragma once

#include "config/section_reader.hpp"

namespace troupe::config {

/// Sorted by (priority, name). `base`: what the kind of the section sets beforehand. Errors are wrapped and placed.
result<std::vector<process_options_ptr>> read_processes(loading& from, const section_reader& section,
                                                        const std::string& program, const std::string& group,
                                                        const process_options& base);

} // namespace troupe::config
