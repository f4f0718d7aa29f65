// What a process knows of its dependencies: plain data, as it goes into its record and its events. Must not know the
// graph (dependency_rules.hpp does). Source: docs/contract/programs.md, 1.4 and 1.5.
#pragma once

#include <cstdint>
#include <string>

namespace troupe::actors {

/// Items as bits, the first one lowest; nobody has more than 64.
using item_bits = std::uint64_t;

/// Of a process that has items, in its record.
struct dependency_hold {
  bool holds = false;      ///< STARTING, without a child: a start waits for its items
  bool told = false;       ///< that it waits
  bool overdue = false;    ///< for longer than depends_timeout
  bool alone = false;      ///< this start waits for none of them
  bool stuck = false;      ///< nothing is under way that it waits for: somebody has to do something first
  bool returning = false;  ///< its spawn waits for a turn and is withdrawn: one of them is there no more
  item_bits passed = 0;    ///< count as met for this start
  item_bits relies_on = 0; ///< of a process with a child: `running` and `ready` items that were met when last looked at
  bool operator==(const dependency_hold&) const = default;
};

/// What its items come to at the moment.
struct dependency_view {
  std::string waiting; ///< `waiting for db:ready (db is FATAL) and 2 more`; empty: nothing holds a start
  std::string first;   ///< `db:ready`, of those it waits for
  std::string failure; ///< `dependency db:ready: db is FATAL`; empty: none has failed
  std::string skipped; ///< `db:ready: db is FATAL`, one line for each item that counts as met from now on
  std::string lost;    ///< `db:ready`: the first that was relied on, and is no more
  std::string unmet;   ///< `db:ready`: the first that is not met and has to be
  item_bits passed = 0;
  item_bits relies_on = 0;
  bool stuck = false; ///< as of a hold
  bool operator==(const dependency_view&) const = default;
};

} // namespace troupe::actors
