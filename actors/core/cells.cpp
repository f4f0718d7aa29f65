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

/// Where the channels of `of` are kept, by its options.
config::result<void> find_logs(process_cell& of, const std::string& childlogdir, const std::string& identifier,
                               const kept_logs& kept) {
  const auto& options = *of.options;
  auto out = log_path(options.out, of.group, options.name, "stdout", childlogdir, identifier, kept);
  if (!out)
    return out.error();
  of.stdout_path = *out;
  if (options.redirect_stderr)
    return {};
  auto err = log_path(options.err, of.group, options.name, "stderr", childlogdir, identifier, kept);
  if (!err)
    return err.error();
  of.stderr_path = *err;
  return {};
}

std::atomic<std::uint64_t> last_id{0};

} // namespace

std::uint64_t next_process_id() { return ++last_id; }

std::uint64_t last_process_id() { return last_id; }

void continue_process_ids(std::uint64_t last) { last_id = last; }

void keep_logs(kept_logs& into, const process_cell& of) {
  auto keep = [&](const config::channel_options& options, const char* channel, const config::shared_text& path) {
    if (options.logfile.to == log_target::kind::automatic && !path.empty())
      into[{of.group, of.options->name, channel}] = path;
  };
  keep(of.options->out, "stdout", of.stdout_path);
  keep(of.options->err, "stderr", of.stderr_path);
}

config::result<process_cell_ptr> make_process_cell(config::process_options_ptr options, config::shared_text group,
                                                   const std::string& childlogdir, const std::string& identifier,
                                                   const kept_logs& kept) {
  auto process = std::make_shared<process_cell>();
  process->id = next_process_id();
  process->options = std::move(options);
  process->group = std::move(group);
  if (auto done = find_logs(*process, childlogdir, identifier, kept); !done)
    return done.error();
  return process;
}

config::result<process_cell_ptr> with_options(const process_cell_ptr& from, config::process_options_ptr options,
                                              const std::string& childlogdir, const std::string& identifier) {
  auto process = std::make_shared<process_cell>();
  process->id = from->id;
  process->options = std::move(options);
  process->group = from->group;
  process->origin = from->origin ? from->origin : from;
  process->slot = from->slot;
  process->slot_lease = from->slot_lease;
  process->record = from->record;
  process->handled_life = from->handled_life;
  process->notes = from->notes;
  kept_logs kept; // its own
  keep_logs(kept, *from);
  if (auto done = find_logs(*process, childlogdir, identifier, kept); !done)
    return done.error();
  return process;
}

config::result<std::vector<group_cell_ptr>> make_cells(const std::vector<config::group_options_ptr>& groups,
                                                       const std::string& childlogdir, const std::string& identifier,
                                                       const kept_logs& kept) {
  std::vector<group_cell_ptr> cells;
  for (const auto& group : groups) {
    auto cell = std::make_shared<group_cell>();
    cell->options = group;
    for (const auto& options : group->processes) {
      auto process = make_process_cell(options, group->name, childlogdir, identifier, kept);
      if (!process)
        return process.error();
      cell->processes.push_back(*std::move(process));
    }
    cells.push_back(std::move(cell));
  }
  return cells;
}

} // namespace troupe::actors
