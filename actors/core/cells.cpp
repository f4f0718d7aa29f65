// See cells.hpp: from loaded options to the records the actors start from.
#include "actors/core/cells.hpp"

#include "platform/daemon.hpp"

#include <atomic>

namespace troupe::actors {

namespace {

using config::log_target;

config::result<config::shared_text> log_path(const config::channel_options& options, const std::string& group,
                                             const std::string& process, const std::string& channel,
                                             const std::string& childlogdir, const std::string& identifier,
                                             const kept_logs& kept) {
  switch (options.logfile.to) {
  case log_target::kind::automatic:
    if (auto found = kept.find({group, process, channel}); found != kept.end() && platform::is_auto_log(found->second))
      return config::shared_text(found->second);
    if (auto made = platform::create_auto_log(childlogdir, process, channel, identifier); made)
      return config::shared_text(*made);
    else
      return made.error();
  case log_target::kind::file:
    return options.logfile.path;
  case log_target::kind::none:
    break;
  }
  return config::shared_text();
}

} // namespace

namespace {

std::atomic<std::uint64_t> last_id{0};

} // namespace

std::uint64_t next_process_id() { return ++last_id; }

std::uint64_t last_process_id() { return last_id; }

void continue_process_ids(std::uint64_t last) { last_id = last; }

void keep_logs(kept_logs& into, const group_cell& of) {
  auto keep = [&](const process_cell& p, const config::channel_options& options, const char* channel,
                  const config::shared_text& path) {
    if (options.logfile.to == log_target::kind::automatic && !path.empty())
      into[{p.group, p.options->name, channel}] = path;
  };
  for (const auto& p : of.processes) {
    keep(*p, p->options->out, "stdout", p->stdout_path);
    keep(*p, p->options->err, "stderr", p->stderr_path);
  }
}

config::result<std::vector<group_cell_ptr>> make_cells(const std::vector<config::group_options_ptr>& groups,
                                                       const std::string& childlogdir, const std::string& identifier,
                                                       const kept_logs& kept) {
  std::vector<group_cell_ptr> cells;
  for (const auto& group : groups) {
    auto cell = std::make_shared<group_cell>();
    cell->options = group;
    for (const auto& options : group->processes) {
      auto process = std::make_shared<process_cell>();
      process->id = next_process_id();
      process->options = options;
      process->group = group->name;
      auto out = log_path(options->out, group->name, options->name, "stdout", childlogdir, identifier, kept);
      if (!out)
        return out.error();
      process->stdout_path = *out;
      if (!options->redirect_stderr) {
        auto err = log_path(options->err, group->name, options->name, "stderr", childlogdir, identifier, kept);
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
