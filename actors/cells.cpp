// See cells.hpp: from loaded options to the records the actors start from.
#include "actors/cells.hpp"

#include "platform/daemon.hpp"

#include <atomic>

namespace troupe::actors {

namespace {

config::result<std::string> log_path(const config::channel_options& options, const std::string& process,
                                     const std::string& channel, const std::string& childlogdir,
                                     const std::string& identifier) {
  switch (options.logfile.to) {
  case config::log_target::kind::automatic:
    return platform::create_auto_log(childlogdir, process, channel, identifier);
  case config::log_target::kind::file:
    return options.logfile.path;
  case config::log_target::kind::none:
    break;
  }
  return std::string{};
}

} // namespace

std::uint64_t next_process_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

config::result<std::vector<group_cell_ptr>> make_cells(const std::vector<config::group_options_ptr>& groups,
                                                       const std::string& childlogdir, const std::string& identifier) {
  std::vector<group_cell_ptr> cells;
  for (const auto& group : groups) {
    auto cell = std::make_shared<group_cell>();
    cell->options = group;
    for (const auto& options : group->processes) {
      auto process = std::make_shared<process_cell>();
      process->id = next_process_id();
      process->options = options;
      process->group = group->name;
      auto out = log_path(options->out, options->name, "stdout", childlogdir, identifier);
      if (!out)
        return out.error();
      process->stdout_path = *out;
      if (!options->redirect_stderr) {
        auto err = log_path(options->err, options->name, "stderr", childlogdir, identifier);
        if (!err)
          return err.error();
        process->stderr_path = *err;
      }
      cell->processes.push_back(std::move(process));
    }
    cells.push_back(std::move(cell));
  }
  return cells;
}

} // namespace troupe::actors
