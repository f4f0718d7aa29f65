// What of the reports of a process its reader may see, for methods, the API and pages alike. Must not show anything.
#pragma once

#include "actors/core/death_book.hpp"
#include "actors/rpc/caller.hpp"

#include <string>
#include <vector>

namespace troupe::actors {

/// Last words need the right to read their log, names of options that to see the configuration.
protocols::death_view may_see(const caller& who, const process_identity& process, const std::string& main_log);
/// Newest first. `book`: null for none.
std::vector<death_report_ptr> deaths_of(const death_book* book, const process_identity& process);
/// Of a process that the caller sees.
protocols::rpc_value deaths_value(const death_book* book, const caller& who, const process_identity& process,
                                  const std::string& main_log);

} // namespace troupe::actors
