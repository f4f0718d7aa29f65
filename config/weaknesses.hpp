// Who may do something here without proving anything: for the records of a start (weaknesses.cpp and who opens
// servers). Must not know how anybody proves who he is. Source: docs/contract/access.md, 1.8 and 9 (W1).
#pragma once

#include "config/options.hpp"

#include <string>
#include <vector>

namespace troupe::config {

/// What the roles let, together; every right, where one is admin.
right_bits rights_of(const access_options& access, const std::vector<std::string>& roles);

/// Whoever reaches the server may do everything.
bool lets_everybody_do_everything(const configuration& of, const server_options& server);

/// The server is reached from other machines, and lets strangers do more than look (W1).
bool is_open_door(const configuration& of, const server_options& server);

} // namespace troupe::config
