// Whose turn it is in a stop of several: whoever depends on others is stopped before them. It is kept from one end to
// the next, so that an end costs what follows from it and not a look at all that still run. A value. Must not stop
// anybody, nor know what a process does but for what it is told. What it comes to is may_stop_now() of
// program_graph.hpp. Source: docs/contract/programs.md, 1.6. Cases: tests/core/stop_turns_test.cpp.
#pragma once

#include "actors/core/program_graph.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::actors {

class stop_turns {
public:
  using state_of_process = std::function<bool(std::uint64_t process)>; ///< whether it runs

  stop_turns() : stop_turns(nullptr) {}
  /// Null: nobody waits for anybody.
  explicit stop_turns(program_graph_ptr programs);

  bool is_of(const program_graph_ptr& programs) const { return programs_ == programs; }
  void add(std::uint64_t process, bool runs);
  /// And whoever depends on it, directly or through others. Whoever is there already has his turn once more.
  void add_with_dependents(std::uint64_t process, const state_of_process& runs);
  void note(std::uint64_t process, bool runs); ///< what it does now; of others than those added it does not matter
  void leave(std::uint64_t process);           ///< it is done with, whatever becomes of it
  /// Whose turn has come and who has not been told before; who is in no graph first, the others as it has them.
  std::vector<std::uint64_t> take();

private:
  struct place {
    std::uint32_t blocked_by = 0; ///< ways from those that depend on it and run, or are in the way of others themselves
    bool is_member = false, runs = false, told = false;
    bool is_in_the_way() const { return (is_member && runs) || blocked_by > 0; }
  };
  void set(std::size_t node, bool is_member, bool runs);
  void set_told(std::size_t node, bool told);
  void settle(std::size_t node);
  void spread(std::size_t from);
  bool has_turn(std::size_t node) const;
  void count_in_group(std::size_t node, bool more);
  std::vector<std::size_t> whose_turn() const;

  program_graph_ptr programs_;
  bool has_circles_ = false;             ///< then all is looked at each time
  std::vector<place> places_;            ///< by node
  std::set<std::size_t> free_, waiting_; ///< that run and that nobody is in the way of; those that have not been told
  std::unordered_map<std::string_view, std::map<std::int64_t, std::size_t>> running_; ///< of groups that stop in order
  std::map<std::uint64_t, place> others_;                                             ///< in no graph
};

} // namespace troupe::actors
