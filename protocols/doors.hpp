// Which right lets somebody through which door: the addresses and the pages' actions, a row each; methods have theirs
// in their own table (actors/rpc/rpc_table.cpp). Must not know who asks, nor answer anything. Source:
// docs/contract/access.md, 2.5, which the test reads. Cases: tests/protocols/doors_test.cpp.
#pragma once

#include "config/access_rights.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace troupe::protocols {

/// What a door's right has to be held over.
enum class reach : std::uint8_t {
  open,   ///< whoever comes: nothing has to be proved
  known,  ///< whoever is somebody: no right is needed
  self,   ///< himself
  one,    ///< the process, or the group, that is named
  all,    ///< all processes: acts on those with the right
  list,   ///< shows, or acts on, those with the right; without any it is refused, but for `status`
  daemon, ///< the daemon
  named   ///< what is asked for in there has a door of its own: a method, an action
};

struct door {
  reach of;
  config::right needs = config::right::status; ///< means nothing where none is needed
};

struct url_row {
  std::string_view methods; ///< `GET` (and HEAD), `POST`, both
  std::string_view path;    ///< a `*` at one place stands for anything
  door opens;
};
std::span<const url_row> url_doors();

/// `path`: decoded, without slashes in front and without the query, but for a page of one process's log, which is
/// `tail.html?processname`. nullopt: there is nothing there for that method.
std::optional<door> door_of_url(bool posts, std::string_view path);

struct action_row {
  std::string_view name; ///< `action=` of a page
  door opens;
};
std::span<const action_row> action_doors();
std::optional<door> door_of_action(std::string_view name);

} // namespace troupe::protocols
