// What the dispatcher (rpc_methods.cpp) and the table of methods (rpc_table.cpp) have in common; nobody else needs it.
// Must not know who calls, nor how calls arrive.
#pragma once

#include "actors/rpc/rpc_methods.hpp"
#include "protocols/doors.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

namespace troupe::actors {

struct rpc_methods::call_context {
  rpc_methods& methods;
  const rpc_context& context;
  const caller& who;
  const board_view& board; ///< what he sees of it
  const method_row& row;
  const protocols::rpc_value::array& params;
  protocols::rpc_writer& out;
  audited_act* act = nullptr; ///< that is told of it; null: nothing is

  /// To be asked right before something is done at once. A fault: it must not be done.
  std::optional<protocols::rpc_fault> about_to_act() const;
};

/// What lets somebody call a method; docs/contract/access.md, 2.5, row for row.
using protocols::door;
using protocols::reach;

struct rpc_methods::method_row {
  std::string_view name;
  std::string_view result; ///< "type"
  std::string_view params; ///< "type name, type name=default"
  door opens;
  std::string_view help;
  rpc_step (*handler)(call_context&);
  bool in_shutdown = false; ///< answers then, too
  /// In the audit trail, if the right says otherwise than it does.
  enum class told : std::uint8_t { as_the_right_says, never, always } audit = told::as_the_right_says;
};

/// Of the interface `supervisor`, by whatever name it is configured; sorted by name.
std::span<const rpc_methods::method_row> main_methods();
/// Of `access`, sorted by name; there only where access control is on.
std::span<const rpc_methods::method_row> access_methods();
/// Of `troupe`: what Supervisor has nothing like, whether or not anything is configured. Sorted by name.
/// `system.listMethods` is silent about them, since clients compare what it says.
std::span<const rpc_methods::method_row> troupe_methods();
/// Of `system`, sorted by name; handled by rpc_methods itself.
std::span<const rpc_methods::method_row> system_methods();

rpc_step get_all_process_info(rpc_methods::call_context& c);
/// One process as getProcessInfo and getAllProcessInfo show it; `now` in seconds since the epoch.
void write_info(protocols::rpc_writer& out, const process_status& p, std::int64_t now);

inline std::int64_t now_seconds() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

inline protocols::rpc_fault wrong_parameters() { return protocols::make_fault(protocols::fault::incorrect_parameters); }

} // namespace troupe::actors
