// The faults of the RPC interface: one row each, code and name.
// Must not know who raises them. Source: the HTTP specification, 5.1.
#pragma once

#include "protocols/xmlrpc.hpp"

#include <string_view>

namespace troupe::protocols {

enum class fault {
  unknown_method = 1,
  incorrect_parameters = 2,
  bad_arguments = 3,
  signature_unsupported = 4,
  shutdown_state = 6,
  bad_name = 10,
  bad_signal = 11,
  no_file = 20,
  not_executable = 21,
  failed = 30,
  abnormal_termination = 40,
  spawn_error = 50,
  already_started = 60,
  not_running = 70,
  success = 80, ///< only as the status in the results of many
  already_added = 90,
  still_running = 91,
  cant_reread = 92
};

std::string_view to_string(fault code); ///< BAD_NAME, ...

/// `NAME`, or `NAME: detail` as clients show it.
rpc_fault make_fault(fault code);
rpc_fault make_fault(fault code, std::string_view detail);

} // namespace troupe::protocols
