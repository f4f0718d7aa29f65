// What a method's name leads to, for the dispatcher (rpc_methods.cpp) and what the audit trail tells of it
// (rpc_audit.cpp). Must not be needed by anybody else.
#pragma once

#include "actors/rpc/rpc_extension.hpp"
#include "actors/rpc/rpc_table.hpp"

#include <memory>

namespace troupe::actors {

/// A method of the table, or of an extension whose methods are not known yet: then it has no name.
struct rpc_methods::found {
  method_row row{};
  bool system = false;
  std::shared_ptr<rpc_extension> extension;
  extension_methods held;  ///< by an extension, whose texts the row shows
  bool only_reads = false; ///< an extension says so

  bool known() const { return !row.name.empty(); }
};

} // namespace troupe::actors
