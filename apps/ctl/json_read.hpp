// JSON as the daemon writes it, read into values. Our own few lines: the JSON library would double the client's start
// time. Must not know what the values are.
#pragma once

#include "protocols/xmlrpc.hpp"

#include <optional>
#include <string_view>

namespace troupe::ctl {

/// Nothing: that is no JSON, or is nested too deeply. Of two members with one name both are there.
std::optional<protocols::rpc_value> from_json(std::string_view text);

// -- members of what comes of it; where they are not there, or are something else: empty, zero, nothing --------------

std::string text_in(const protocols::rpc_value& object, std::string_view key);
std::int64_t integer_in(const protocols::rpc_value& object, std::string_view key);
std::optional<double> number_in(const protocols::rpc_value& object, std::string_view key);
bool flag_in(const protocols::rpc_value& object, std::string_view key);

} // namespace troupe::ctl
