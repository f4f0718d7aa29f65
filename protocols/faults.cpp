// See faults.hpp.
#include "protocols/faults.hpp"

namespace troupe::protocols {

std::string_view to_string(fault code) {
  switch (code) {
#define TROUPE_FAULT(identifier, number, name)                                                                         \
  case fault::identifier:                                                                                              \
    return name;
    TROUPE_FAULTS(TROUPE_FAULT)
#undef TROUPE_FAULT
  }
  return "UNKNOWN";
}

rpc_fault make_fault(fault code) { return {static_cast<int>(code), std::string(to_string(code))}; }

rpc_fault make_fault(fault code, std::string_view detail) {
  std::string text;
  text.reserve(to_string(code).size() + 2 + detail.size());
  ((text += to_string(code)) += ": ") += detail;
  return {static_cast<int>(code), std::move(text)};
}

} // namespace troupe::protocols
