// See faults.hpp.
#include "protocols/faults.hpp"

namespace troupe::protocols {

std::string_view to_string(fault code) {
  switch (code) {
  case fault::unknown_method:
    return "UNKNOWN_METHOD";
  case fault::incorrect_parameters:
    return "INCORRECT_PARAMETERS";
  case fault::bad_arguments:
    return "BAD_ARGUMENTS";
  case fault::signature_unsupported:
    return "SIGNATURE_UNSUPPORTED";
  case fault::shutdown_state:
    return "SHUTDOWN_STATE";
  case fault::bad_name:
    return "BAD_NAME";
  case fault::bad_signal:
    return "BAD_SIGNAL";
  case fault::no_file:
    return "NO_FILE";
  case fault::not_executable:
    return "NOT_EXECUTABLE";
  case fault::failed:
    return "FAILED";
  case fault::abnormal_termination:
    return "ABNORMAL_TERMINATION";
  case fault::spawn_error:
    return "SPAWN_ERROR";
  case fault::already_started:
    return "ALREADY_STARTED";
  case fault::not_running:
    return "NOT_RUNNING";
  case fault::success:
    return "SUCCESS";
  case fault::already_added:
    return "ALREADY_ADDED";
  case fault::still_running:
    return "STILL_RUNNING";
  case fault::cant_reread:
    return "CANT_REREAD";
  }
  return "UNKNOWN";
}

rpc_fault make_fault(fault code) { return {static_cast<int>(code), std::string(to_string(code))}; }

rpc_fault make_fault(fault code, std::string_view detail) {
  return {static_cast<int>(code), std::string(to_string(code)) + ": " + std::string(detail)};
}

} // namespace troupe::protocols
