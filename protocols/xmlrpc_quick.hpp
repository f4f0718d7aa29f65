// XML-RPC as every library and both programs write it (no attributes, comments or CDATA, nothing twice), decoded in one
// pass without a tree of XML nodes: answers about a thousand processes are a megabyte long. Anything else is left to
// xmlrpc_parse.cpp, and so are all errors: what is taken here means the same there.
// Must not decide what is wrong with a text. Source: docs/contract/http.md, 3.1 and 3.3. Cases:
// tests/protocols/xmlrpc_test.cpp.
#pragma once

#include "protocols/xmlrpc.hpp"

#include <optional>
#include <string_view>

namespace troupe::protocols {

/// A request of ASCII without CR. Nothing: to be parsed.
std::optional<rpc_call> quick_call(std::string_view text, int depth);

/// The value of an answer that is no fault. Nothing: to be parsed.
std::optional<rpc_value> quick_result(std::string_view text, int depth);

} // namespace troupe::protocols
