// What the text of an XML-RPC scalar means: shared by both readers of xmlrpc.hpp, and only for them.
// Must not know XML. Source: docs/contract/http.md, 3.1.
#pragma once

#include "protocols/xmlrpc.hpp"

#include <string_view>

namespace troupe::protocols {

std::string_view strip_blanks(std::string_view text); ///< ASCII white space off both ends

/// Of an element called `type`; a type nobody knows is a string. `strict`: base64 must hold UTF-8 that XML allows.
/// False: no such value; `value` is unchanged then.
bool decode_scalar(std::string_view type, std::string_view text, bool strict, rpc_value& value);

} // namespace troupe::protocols
