// See strip_ansi.hpp.
#include "protocols/strip_ansi.hpp"

namespace troupe::protocols {

std::string strip_ansi(std::string_view bytes) {
  constexpr std::string_view enders = "HfABCDRsuJKhlpm";
  std::string kept;
  kept.reserve(bytes.size());
  for (;;) {
    auto escape = bytes.find("\x1b[");
    kept += bytes.substr(0, escape);
    if (escape == std::string_view::npos)
      return kept;
    auto end = bytes.find_first_of(enders, escape + 2);
    if (end == std::string_view::npos)
      return kept;
    bytes.remove_prefix(end + 1);
  }
}

} // namespace troupe::protocols
