// Who waits for whom, and for what: built from the options of all processes, once they have all been read. Pure; a
// process without items costs nothing. Must not know what a process does at the moment (actors/core/dependency_rules
// does). Source: docs/contract/programs.md, 1.1. Cases: tests/config/dependency_graph_test.cpp.
#pragma once

#include "config/dependency_options.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace troupe::config {

/// One process for the graph; nodes are numbered in the order they are given in.
struct dependent {
  std::string group, name;
  std::string section;             ///< `program:x`
  bool ends = false;               ///< by itself: its condition is exited_ok unless it says otherwise
  std::vector<depends_item> items; ///< of its group, then its own
  bool soft = false;               ///< depends_mode
};

/// `group:process`, or the name where both are the same.
std::string full_name_of(const dependent& of);

struct dependency_fault {
  std::size_t node = 0;
  std::size_t item = 0; ///< of its items
  std::string text;     ///< a sentence of 1.1
};

class dependency_graph {
public:
  static constexpr std::size_t most_items = 64; ///< of one process, with those of its group
  struct item {
    std::vector<std::size_t> members; ///< of the target, ascending; none: there is nothing of that name, or it is empty
    condition what = condition::ready;
    std::size_t needed = 0; ///< so many of them
    bool soft = false;
    bool leads_back = false; ///< to whom the item is of
    bool is_known = true;    ///< there is something of that name, though nobody may be of it
    std::string target;      ///< `db`, as written
    std::string shown;       ///< `db:ready`
  };

  /// `empty`: groups by name, and sections (`program:x`), that may have no process. Where there are faults it is a
  /// graph all the same: of items that cannot be met.
  static std::pair<dependency_graph, std::vector<dependency_fault>> build(const std::vector<dependent>& all,
                                                                          const std::vector<std::string>& empty = {});

  std::size_t size() const { return items_.size(); }
  const std::vector<item>& items_of(std::size_t node) const { return items_.at(node); } ///< as its options have them
  const std::vector<std::size_t>& dependents_of(std::size_t node) const { return dependents_.at(node); } ///< ascending

private:
  struct builder;
  std::vector<std::vector<item>> items_;
  std::vector<std::vector<std::size_t>> dependents_; ///< directly
};

} // namespace troupe::config
