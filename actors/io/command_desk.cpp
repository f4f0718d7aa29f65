// See command_desk.hpp.
#include "actors/io/command_desk.hpp"

#include "actors/io/command_run.hpp"

#include <utility>

namespace troupe::actors {

command_desk::command_desk(boost::asio::io_context& io, helper_doors doors, command_planner make_plan,
                           helper_log_maker make_log)
    : means_(std::make_shared<const command_means>(command_means{io, std::make_shared<loop_door>(io), std::move(doors),
                                                                 std::move(make_plan), std::move(make_log)})) {}

command_desk::~command_desk() { means_->door->close(); }

std::unique_ptr<running_command> command_desk::begin(command_order order, command_told told) {
  auto run = std::make_shared<command_run>(means_, std::move(order), std::move(told));
  auto handle = std::make_unique<running_command>(run);
  run->start();
  return handle;
}

} // namespace troupe::actors
