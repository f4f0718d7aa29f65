// The names of the states, as events, logs and XML-RPC spell them.
// Must not decide transitions (actors/core/process_fsm.cpp does).
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

std::string_view to_string(daemon_state state) {
  switch (state) {
  case daemon_state::fatal:
    return "FATAL";
  case daemon_state::running:
    return "RUNNING";
  case daemon_state::restarting:
    return "RESTARTING";
  case daemon_state::shutdown:
    break;
  }
  return "SHUTDOWN";
}

} // namespace troupe::protocols
