// What the files of /api/v1 (web_api*.cpp) share: how an answer, a refusal and a fault look in JSON, and how a body's
// members are read. Must not know an address or a method. Source: docs/web.md.
#pragma once

#include "actors/web/web_desk.hpp"
#include "config/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

web_reply json_reply(int status, std::string body);
/// {"error": text}: of the request itself.
web_reply json_problem(int status, std::string_view text);
/// {"fault": {"code", "text"}}: of the method, with the HTTP status that fits its code.
web_reply fault_reply(const protocols::rpc_fault& f);

/// The strings in the member `key`; none: there is no such member. Errors: it holds something else.
config::result<std::optional<std::vector<std::string>>> json_strings(const protocols::rpc_value& of,
                                                                     std::string_view key);

} // namespace troupe::actors
