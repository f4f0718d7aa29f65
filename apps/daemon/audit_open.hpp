// The audit trail of one start: its file and its key, as [audit] says, or the main log's records where access control
// is on without it. Must not write records. Source: docs/contract/access.md, 7.
#pragma once

#include "actors/rpc/audit_trail.hpp"
#include "config/options.hpp"
#include "config/result.hpp"

#include <memory>
#include <string>

namespace troupe {

/// Null: nothing is recorded. Errors: what cannot be opened or read; no libcrypto for a chain.
config::result<std::shared_ptr<actors::audit_trail>>
open_audit(const config::configuration& configuration, platform::main_log& log, const std::string& syslog_name);

/// What links the records of `audit`. Errors: its key cannot be read; there is no libcrypto.
config::result<protocols::hash_function> audit_hash(const std::string& key_file);

} // namespace troupe
