// Where commands that are run beside a program's own begin - hooks, and those that stop it: helper children of the
// reaper's with the program's user, environment and directory, whose output goes into the program's log. Must not
// decide when, or what an end means, and has no deadlines. Must not include CAF. Source: docs/contract/programs.md,
// 0.3, 5 and 9. Cases: tests/io/command_desk_test.cpp.
#pragma once

#include "actors/core/cells.hpp"
#include "actors/io/helper_child.hpp"
#include "actors/io/helper_log.hpp"
#include "actors/io/loop_door.hpp"
#include "platform/spawn.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace troupe::actors {

struct command_order {
  process_identity_ptr who;
  std::string command;                ///< argv as text
  std::string name;                   ///< `prestart`: stands before each line of its output
  int pid = 0;                        ///< of the program's child, for SUPERVISOR_PID; 0: there is none
  std::vector<std::string> variables; ///< KEY=value, over the program's own
};

struct command_result {
  bool ok = false;
  std::string text; ///< `exit status 3`, `terminated by SIGKILL`, or why there is no child
};
using command_told = std::function<void(const command_result&)>;

/// How its child is made, or why it cannot be. It may hang, so it is called on the thread that makes the child.
using command_planner = std::function<std::variant<platform::spawn_plan, std::string>(const command_order&)>;
/// Where the lines of one of its commands go. On the loop's thread.
using helper_log_maker = std::function<std::shared_ptr<helper_log>(const process_identity_ptr& who)>;

/// What all commands of a desk use.
struct command_means {
  boost::asio::io_context& io;
  std::shared_ptr<loop_door> door;
  helper_doors helpers;
  command_planner make_plan;
  helper_log_maker make_log;
};
using command_means_ptr = std::shared_ptr<const command_means>;

class command_run;

/// Destroyed: nobody is told any more, its process group is killed. On the loop's thread.
class running_command {
public:
  explicit running_command(std::shared_ptr<command_run> run);
  ~running_command();
  running_command(const running_command&) = delete;
  running_command& operator=(const running_command&) = delete;

private:
  std::shared_ptr<command_run> run_;
};

class command_desk {
public:
  /// `make_plan` is called on threads that make children, and may be after the desk's end.
  command_desk(boost::asio::io_context& io, helper_doors doors, command_planner make_plan, helper_log_maker make_log);
  ~command_desk(); ///< after its commands, before the loop
  command_desk(const command_desk&) = delete;
  command_desk& operator=(const command_desk&) = delete;

  /// On the loop's thread, where `told` is called, once, never from in here. Throws std::bad_alloc where not even a
  /// failure could be told.
  std::unique_ptr<running_command> begin(command_order order, command_told told);

private:
  const command_means_ptr means_;
};

} // namespace troupe::actors
