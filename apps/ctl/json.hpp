// Values as JSON, for scripts. Our own few lines: the JSON library would double the client's start time.
// Must not read JSON, nor know what the values are.
#pragma once

#include "protocols/xmlrpc.hpp"

#include <string>

namespace troupe::ctl {

/// One line of UTF-8; what is none becomes U+FFFD, and a number that JSON cannot hold null.
std::string to_json(const protocols::rpc_value& value);

} // namespace troupe::ctl
