// Who looks for what a child has left behind, and signals it, where a program's killmode asks for that: processes of
// its group, its session or its tree. Looks on the crew's threads, waits for ends on the loop. Must not decide when a
// signal is due (core/process_stops.cpp does). Must not include CAF. Source: docs/contract/programs.md, 5. Cases:
// tests/io/sweep_desk_test.cpp.
#pragma once

#include "actors/io/loop_door.hpp"
#include "actors/io/work_crew.hpp"
#include "config/stop_options.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace troupe::actors {

struct sweep_order {
  config::kill_reach reach = config::kill_reach::group; ///< group, session or tree
  int leader = 0;             ///< pid of the child, which may be gone, and is itself neither found nor signalled
  std::uint64_t spawn_id = 0; ///< of reach tree: SUPERVISOR_SPAWN_ID of the child, as 16 hexadecimal digits
  bool leader_lives =
    false; ///< when this begins; else who has its number is another, and nobody of that one's is found
};

struct left_behind {
  std::int64_t count = 0;
  std::string names; ///< `4711 (sleep), 4712 (sh)`, ten at most; empty: there are none
};
using sweep_told = std::function<void(const left_behind&)>;

class sweep_run;

/// Destroyed: nobody is told any more. On the loop's thread.
class sweep {
public:
  explicit sweep(std::shared_ptr<sweep_run> run);
  ~sweep();
  sweep(const sweep&) = delete;
  sweep& operator=(const sweep&) = delete;
  /// To all that is in reach now. 0: none. They are looked for again until nothing new is found.
  void signal(int signo);

private:
  std::shared_ptr<sweep_run> run_;
};

class sweep_desk {
public:
  sweep_desk(boost::asio::io_context& io, work_crew& crew);
  ~sweep_desk(); ///< after its sweeps, before the crew and the loop
  sweep_desk(const sweep_desk&) = delete;
  sweep_desk& operator=(const sweep_desk&) = delete;

  /// On the loop's thread, where `told` is called, never from in here: after each look that a signal() has led to, and
  /// whenever there are fewer than were told last; with none, once, and that is the last time unless signal() is called
  /// again.
  std::unique_ptr<sweep> begin(const sweep_order& order, sweep_told told);

private:
  struct impl;
  const std::shared_ptr<impl> impl_;
};

} // namespace troupe::actors
