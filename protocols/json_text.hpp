// Text as it stands between the quotes of a JSON string. Must not know what the text is for.
// Source: RFC 8259, 7.
#pragma once

#include <string>
#include <string_view>

namespace troupe::protocols {

/// Appends `text`: quotes, backslashes and control characters escaped, what is not UTF-8 as U+FFFD.
void append_json_text(std::string& out, std::string_view text);

} // namespace troupe::protocols
