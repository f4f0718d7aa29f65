// What the name of a plug-in in an option stands for. Supervisor names Python objects, `module:callable`; here a name
// is either one that is built in, or `/path/lib.so:symbol`. Must not load anything. Source:
// docs/contract/configuration.md, 4.3 and 4.8; docs/extending.md.
#pragma once

#include "config/datatypes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace troupe::config {

inline constexpr std::string_view built_in_interface = "supervisor.rpcinterface:make_main_rpcinterface";
/// Shows the methods `troupe.*` over XML-RPC, in the one section that is called so.
inline constexpr std::string_view troupe_interface = "troupe:main";
inline constexpr std::string_view troupe_section = "rpcinterface:troupe";
inline constexpr std::string_view built_in_handler = "supervisor.dispatchers:default_handler";

/// Of the Python package supervisor-stdout: what its listener returns goes to the daemon's stdout.
inline constexpr std::string_view stdout_handler = "supervisor_stdout:event_handler";

/// The name without what Supervisor does not look at: white space around it and its colon, `[extras]` behind it.
std::string plugin_spec(std::string_view text);

struct plugin_name {
  std::string library; ///< absolute path
  std::string symbol;
};

/// Nothing: not of the form `/path/lib.so:symbol`, or the symbol is no name of C.
std::optional<plugin_name> shared_object_name(std::string_view text);

/// `SPEC cannot be resolved within [SECTION]: REASON`.
error unresolved(const std::string& spec, const std::string& section, const std::string& reason);

/// Success where `spec` is `built_in` or names a shared object that exists; `otherwise` is what to do instead.
result<void> check_plugin(const std::string& spec, const std::string& section, std::string_view built_in,
                          const std::string& otherwise, const host& on);

} // namespace troupe::config
