// The faults of the RPC interface, for daemon and client: one row each, number and name.
// Must not know who raises them. Source: docs/contract/http.md, 5.1.
#pragma once

#include "protocols/xmlrpc.hpp"

#include <string_view>

namespace troupe::protocols {

// clang-format off
#define TROUPE_FAULTS(FAULT) \
  FAULT(unknown_method, 1, "UNKNOWN_METHOD") \
  FAULT(incorrect_parameters, 2, "INCORRECT_PARAMETERS") \
  FAULT(bad_arguments, 3, "BAD_ARGUMENTS") \
  FAULT(signature_unsupported, 4, "SIGNATURE_UNSUPPORTED") \
  FAULT(shutdown_state, 6, "SHUTDOWN_STATE") \
  FAULT(bad_name, 10, "BAD_NAME") \
  FAULT(bad_signal, 11, "BAD_SIGNAL") \
  FAULT(no_file, 20, "NO_FILE") \
  FAULT(not_executable, 21, "NOT_EXECUTABLE") \
  FAULT(failed, 30, "FAILED") \
  FAULT(abnormal_termination, 40, "ABNORMAL_TERMINATION") \
  FAULT(spawn_error, 50, "SPAWN_ERROR") \
  FAULT(already_started, 60, "ALREADY_STARTED") \
  FAULT(not_running, 70, "NOT_RUNNING") \
  FAULT(success, 80, "SUCCESS") \
  FAULT(already_added, 90, "ALREADY_ADDED") \
  FAULT(still_running, 91, "STILL_RUNNING") \
  FAULT(cant_reread, 92, "CANT_REREAD") \
  FAULT(not_permitted, 403, "NOT_PERMITTED")
// clang-format on

#define TROUPE_FAULT(identifier, number, name) identifier = number,
/// `success` is only the status in the results of many.
enum class fault { TROUPE_FAULTS(TROUPE_FAULT) };
#undef TROUPE_FAULT

/// The same as plain numbers: for who compares what came over the wire.
namespace fault_code {
#define TROUPE_FAULT(identifier, number, name) inline constexpr int identifier = number;
TROUPE_FAULTS(TROUPE_FAULT)
#undef TROUPE_FAULT
} // namespace fault_code

std::string_view to_string(fault code); ///< BAD_NAME, ...

/// `NAME`, or `NAME: detail` as clients show it.
rpc_fault make_fault(fault code);
rpc_fault make_fault(fault code, std::string_view detail);

} // namespace troupe::protocols
