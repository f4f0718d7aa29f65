// See helper_plan.hpp.
#include "actors/io/helper_plan.hpp"

#include <utility>
#include <vector>

namespace troupe::actors {

std::variant<platform::spawn_plan, std::string> helper_plan(const process_identity& who, const spawn_settings& settings,
                                                            const std::string& command, int pid) {
  auto words = platform::split_command(command);
  if (!words.error.empty())
    return std::move(words.error);
  if (words.argv.empty())
    return "command is empty";
  auto program = find_program(*who.options, words.argv.front());
  if (!program.error.empty())
    return std::move(program.error);
  auto plan = plan_of(who, settings);
  plan.file = std::move(program.file);
  plan.argv = std::move(words.argv);
  if (pid != 0) {
    const std::string key = "SUPERVISOR_PID=";
    std::erase_if(plan.envp, [&](const auto& entry) { return entry.starts_with(key); });
    plan.envp.push_back(key + std::to_string(pid));
  }
  return plan;
}

} // namespace troupe::actors
