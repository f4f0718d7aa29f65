// An [rpcinterface:x] that a child process answers, in JSON lines on its stdin and stdout. Lives on the HTTP thread,
// which it never blocks: calls wait in a table, with a deadline each. Must not fork, wait or kill (the reaper does), or
// know what the methods do. Source: docs/extending.md. Cases: tests/extension_test.py.
#pragma once

#include "actors/rpc/rpc_extension.hpp"
#include "config/options.hpp"

#include <memory>

namespace troupe::actors {

/// `env`: what the program gets. Errors: `Could not make NAME rpc interface`, after its reason was logged at WARN.
config::result<std::shared_ptr<rpc_extension>>
make_rpc_program(const config::rpcinterface_options& options, const config::environment& env, platform::main_log& log);

} // namespace troupe::actors
