// From an [rpcinterface:x] that is not built in to what answers for it.
// Must not start anything. Source: docs/extending.md; docs/contract/configuration.md, 4.3.
#pragma once

#include "actors/rpc/rpc_methods.hpp"
#include "config/options.hpp"

#include <memory>

namespace troupe::actors {

bool is_built_in(const config::rpcinterface_options& options);
bool shows_troupe(const config::rpcinterface_options& options); ///< is the one that shows the methods `troupe.*`

/// A shared object or a program; `env` is for the program. Error: the sentence the daemon does not start with.
config::result<std::shared_ptr<rpc_extension>> make_extension(const config::rpcinterface_options& options,
                                                              const config::environment& env, platform::main_log& log);

/// What the program of an extension gets: the daemon's environment, the variables of a child without its names, those
/// of [supervisord].
config::environment extension_environment(config::environment daemon, const std::optional<std::string>& server_url,
                                          const config::environment& own);

} // namespace troupe::actors
