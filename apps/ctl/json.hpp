// Values as JSON, for scripts. Our own few lines: the JSON library would double the client's start time.
// Must not read JSON, nor know what the values are.
#pragma once

#include "protocols/xmlrpc.hpp"

#include <string>

namespace troupe::ctl {

/// One line; bytes beyond ASCII pass as they are.
std::string to_json(const protocols::rpc_value& value);

} // namespace troupe::ctl
