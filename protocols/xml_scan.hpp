// One pass over XML from the network before a parser may see it: what pugixml lets through and XML forbids.
// Must not build anything or know XML-RPC. Source: docs/contract/http.md, 3.1 and 3.2.
#pragma once

#include <cstddef>
#include <string_view>

namespace troupe::protocols {

struct xml_limits {
  int depth = 0;          ///< elements inside each other
  std::size_t markup = 0; ///< tags, attributes, comments, sections
};

/// Null if `text` holds only allowed characters in UTF-8 and defined references, no DOCTYPE, an XML declaration only
/// at its very start, and no more than `limits`; else what is wrong. Tags need not match: the parser sees.
const char* xml_fault(std::string_view text, const xml_limits& limits);

/// Bytes of one valid UTF-8 sequence at `at` (XML's forbidden characters excluded), or 0.
std::size_t xml_character(std::string_view text, std::size_t at);

} // namespace troupe::protocols
