// The names of the states, as events, logs and XML-RPC spell them.
// Must not decide transitions (actors/process_fsm.cpp does).
// A switch without default: the compiler names the state that was added and not spelled here.
#include "protocols/process_state.hpp"

namespace troupe::protocols {

std::string_view to_string(process_state state) {
  switch (state) {
#define TROUPE_STATE(identifier, code, name)                                                                           \
  case process_state::identifier:                                                                                      \
    return name;
    TROUPE_STATES(TROUPE_STATE)
#undef TROUPE_STATE
  }
  return "UNKNOWN";
}

std::string_view to_string(mood state) {
  switch (state) {
  case mood::fatal:
    return "FATAL";
  case mood::running:
    return "RUNNING";
  case mood::restarting:
    return "RESTARTING";
  case mood::shutdown:
    break;
  }
  return "SHUTDOWN";
}

} // namespace troupe::protocols
