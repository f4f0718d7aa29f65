// The names of the states, as events, logs and XML-RPC spell them.
// Must not decide transitions (actors/process_fsm.cpp does).
// A switch without default: the compiler names the state that was added and not spelled here.
#include "protocols/process_state.hpp"

namespace troupe::protocols {

std::string_view to_string(process_state state) {
  switch (state) {
  case process_state::stopped:
    return "STOPPED";
  case process_state::starting:
    return "STARTING";
  case process_state::running:
    return "RUNNING";
  case process_state::backoff:
    return "BACKOFF";
  case process_state::stopping:
    return "STOPPING";
  case process_state::exited:
    return "EXITED";
  case process_state::fatal:
    return "FATAL";
  case process_state::unknown:
    break;
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
