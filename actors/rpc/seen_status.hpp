// A process as somebody sees it who may not see those that it waits for: texts about them are left out. Must not know
// why anything is hidden. Source: docs/contract/access.md, 2.3; the texts: docs/contract/programs.md, 1.4. Cases:
// tests/rpc/seen_status_test.cpp.
#pragma once

#include "actors/rpc/caller.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::actors {

using is_seen = std::function<bool(std::string_view full_name)>;

/// `waiting for db:ready (db is FATAL) and 2 more`: without what is in brackets. Nothing: there is nothing to leave
/// out.
std::optional<std::string> waiting_as_seen(std::string_view waiting, const is_seen& sees);
/// `dependency db:ready: db is FATAL`: without what follows the item. Nothing: as before.
std::optional<std::string> error_as_seen(std::string_view spawnerr, const is_seen& sees);

/// For as long as there is that process.
class seen_status {
public:
  seen_status(const board_view& view, const process_status& of);
  seen_status(const seen_status&) = delete;
  seen_status& operator=(const seen_status&) = delete;
  const process_status& get() const { return copy_ ? *copy_ : of_; }

private:
  const process_status& of_;
  std::optional<process_status> copy_; ///< where something is left out
};
/// The same, to be kept. Null stays null.
process_status_ptr as_seen(const board_view& view, process_status_ptr of);

} // namespace troupe::actors
