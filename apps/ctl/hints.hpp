// What may help after a failure, for whoever sits at a terminal: texts behind the lines of old. Must not print, nor
// decide whether anybody is there. Source: docs/supervisorctl.md, "Hints".
#pragma once

#include "apps/ctl/processes.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::ctl {

constexpr std::string_view hint_for_no_socket = "no daemon has made that socket. Start one (systemctl start "
                                                "supervisor), or name another: -c, -s. supervisorctl doctor "
                                                "tells more";
constexpr std::string_view hint_for_login = "set username and password in [supervisorctl], or use -u and -p";

std::string hint_for_refusal(std::string_view url);
/// The socket is there, but not for us. `group` and `mode`: what it has.
std::string hint_for_closed_socket(std::string_view owner, unsigned mode);
/// Of the actions, the one that is nearest; empty: none is near.
std::string hint_for_action(std::string_view typed);
/// There is no such process: who has a process of that name, or which name is nearest; empty: none.
std::string hint_for_name(const std::vector<process_row>& rows, std::string_view typed);
/// `file`: the configuration that is read; empty: unknown.
std::string hint_for_configuration(std::string_view file);
/// A start has failed. `spawnerr` and `last_line` (of stderr): empty: there is none.
std::string hint_for_start(std::string_view name, std::string_view spawnerr, std::string_view last_line);

/// The last line of a log that is not blank.
std::string_view last_line_of(std::string_view log);

} // namespace troupe::ctl
