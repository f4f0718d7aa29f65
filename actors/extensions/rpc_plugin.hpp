// An [rpcinterface:x] in a shared object, on a thread of its own, so that a method that blocks holds up nobody else.
// Must not know the layout of the C ABI beyond calling it. Source: include/troupe/rpc_plugin.h, docs/extending.md.
// Cases: tests/extensions/plugin_test.cpp, tests/extension_test.py.
#pragma once

#include "actors/rpc/rpc_extension.hpp"
#include "config/options.hpp"

#include <memory>

namespace troupe::actors {

/// Loads and opens it. Errors: `SPEC cannot be resolved within [S]: REASON`; `Could not make NAME rpc interface`, after
/// its reason was logged at WARN.
config::result<std::shared_ptr<rpc_extension>> load_rpc_plugin(const config::rpcinterface_options& options,
                                                               platform::main_log& log);

} // namespace troupe::actors
