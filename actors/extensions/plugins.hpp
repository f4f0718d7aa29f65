// Finds what an option names in a shared object, and checks that it is what it says it is.
// Must not run RPC interfaces (rpc_plugin.cpp does). Source: include/troupe/rpc_plugin.h. Cases:
// tests/extensions/plugin_test.cpp.
#pragma once

#include "config/options.hpp"
#include "config/result.hpp"
#include "platform/shared_library.hpp"
#include "protocols/result_handler.hpp"

#include <cstdint>
#include <string>

namespace troupe::actors {

struct loaded_plugin {
  platform::shared_library library;
  const void* table; ///< in the library; begins with kind, version and size, which are right
};

/// The struct that `spec` (`/path/lib.so:symbol`) names. `kind` and `type`: its first member, and what C calls it;
/// `size`: of it, here. Error: `SPEC cannot be resolved within [SECTION]: REASON`.
config::result<loaded_plugin> load_plugin(const std::string& spec, const std::string& section, std::uint32_t kind,
                                          const std::string& type, std::size_t size);

/// The handler that `result_handler` names: the built-in one, or that of a shared object, which stays loaded as long as
/// the function exists. Error: as of load_plugin.
config::result<protocols::result_handler> load_result_handler(const std::string& spec, const std::string& section);
/// The one of a pool: empty where the built-in one judges, and for other kinds of groups.
config::result<protocols::result_handler> result_handler_of(const config::group_options& group);

} // namespace troupe::actors
