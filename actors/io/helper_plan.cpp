// See helper_plan.hpp.
#include "actors/io/helper_plan.hpp"

#include <utility>

namespace troupe::actors {

namespace {

void set(std::vector<std::string>& environment, std::string entry) {
  auto end = entry.find('=');
  if (end == 0 || end == entry.npos) // would be no variable
    return;
  auto key = entry.substr(0, end + 1);
  std::erase_if(environment, [&](const auto& other) { return other.starts_with(key); });
  environment.push_back(std::move(entry));
}

} // namespace

std::variant<platform::spawn_plan, std::string> helper_plan(const process_identity& who, const spawn_settings& settings,
                                                            const std::string& command, int pid,
                                                            const std::vector<std::string>& variables) {
  auto words = platform::split_command(command);
  if (!words.error.empty())
    return std::move(words.error);
  if (words.argv.empty())
    return "command is empty";
  auto program = find_program(*who.options, words.argv.front());
  if (!program.error.empty())
    return std::move(program.error);
  auto planned = plan_of(who, settings);
  if (!planned)
    return planned.error().what;
  auto plan = *std::move(planned);
  plan.file = std::move(program.file);
  plan.argv = std::move(words.argv);
  if (pid != 0)
    set(plan.envp, "SUPERVISOR_PID=" + std::to_string(pid));
  for (const auto& entry : variables)
    set(plan.envp, entry);
  return plan;
}

} // namespace troupe::actors
