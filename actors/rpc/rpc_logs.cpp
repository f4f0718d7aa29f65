// The methods that read and clear logs: the daemon's own, and those of the processes. What is long is handed back as
// work for another thread. Must not know how a log is written or rotated (platform/ does). Source:
// docs/contract/http.md, 4.6.
#include "actors/rpc/rpc_handlers.hpp"

#include "actors/io/child_io.hpp"
#include "platform/log_window.hpp"
#include "platform/main_log.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace troupe::actors {

using protocols::fault;
using protocols::make_fault;
using protocols::rpc_fault;
using protocols::rpc_value;

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t quick_window = 256 << 10; ///< bytes that are read while the others wait
// Others wait that long while logs are cleared, and whoever asked for it so long if a disk holds it up.
constexpr auto quick_clear = 150ms;
constexpr auto slow_clear = 5s;

rpc_fault window_fault(const platform::log_window& window, const std::string& path) {
  switch (window.problem) {
  case platform::window_problem::bad_arguments:
    return make_fault(fault::bad_arguments);
  case platform::window_problem::missing:
    return make_fault(fault::no_file, path);
  case platform::window_problem::too_large:
    return make_fault(fault::failed,
                      "more than " + std::to_string(platform::largest_window >> 20) + " MiB at once; ask for less");
  case platform::window_problem::none:
  case platform::window_problem::unreadable:
    break;
  }
  return make_fault(fault::failed);
}

bool is_quick(const std::string& path, std::int64_t offset, std::int64_t length) {
  auto wanted = offset < 0 ? -std::max(offset, -std::numeric_limits<std::int64_t>::max()) : length;
  return (wanted > 0 && wanted <= quick_window) || platform::measure_log(path).size <= quick_window;
}

template <class Read>
rpc_step read_now_or_apart(call_context& c, bool quick, Read read) {
  if (!quick)
    return rpc_long(std::move(read));
  control_answer found = read();
  if (auto* refused = std::get_if<rpc_fault>(&found))
    return std::move(*refused);
  return wrote(c, std::get<rpc_value>(found));
}

rpc_step read_window(call_context& c, const std::string& path, std::size_t first) {
  auto offset = number(c.params[first]);
  auto length = number(c.params[first + 1]);
  if (!offset || !length)
    return wrong_parameters();
  if (path.empty())
    return make_fault(fault::no_file);
  return read_now_or_apart(c, is_quick(path, *offset, *length),
                           [path, offset = *offset, length = *length]() -> control_answer {
                             auto window = platform::read_log(path, offset, length);
                             if (window.problem != platform::window_problem::none)
                               return window_fault(window, path);
                             return rpc_value{std::move(window.bytes)};
                           });
}

bool may_with_log(const call_context& c, const process_identity& process, std::string_view path) {
  return c.who.may_with_log(c.row.opens.needs, process, path, c.context.log.path());
}

bool may_clear(const call_context& c, const process_identity& process) {
  return may_with_log(c, process, process.stdout_path.view()) && may_with_log(c, process, process.stderr_path.view());
}

rpc_step read_process_log(call_context& c, const config::shared_text process_identity::*path) {
  rpc_fault problem;
  auto process = named(c, 0, problem);
  if (!process)
    return problem;
  if (!may_with_log(c, *process->who, ((*process->who).*path).view()))
    return c.who.refused(c.row.opens.needs, *c.params[0].string());
  return read_window(c, (*process->who).*path, 1);
}

rpc_step tail_process_log(call_context& c, const config::shared_text process_identity::*log) {
  rpc_fault problem;
  auto process = named(c, 0, problem);
  if (!process)
    return problem;
  auto offset = number(c.params[1]);
  auto length = number(c.params[2]);
  if (!offset || !length)
    return wrong_parameters();
  std::string path = (*process->who).*log;
  if (!may_with_log(c, *process->who, path))
    return c.who.refused(c.row.opens.needs, *c.params[0].string());
  return read_now_or_apart(
    c, path.empty() || is_quick(path, 0, *length), [path, offset = *offset, length = *length]() -> control_answer {
      auto window = path.empty() ? platform::log_window{} : platform::tail_log(path, offset, length);
      if (window.problem == platform::window_problem::too_large)
        return window_fault(window, path);
      return rpc_value{rpc_value::array{rpc_value{std::move(window.bytes)}, window.size, window.overflow}};
    });
}

/// One of many whose logs are being cleared.
struct clearing {
  std::string name;
  std::string group;
  cleared_logs outcome;
};

clearing begin_to_clear(const rpc_context& context, const process_status& p) {
  return {p.who->options->name, p.who->group, context.io.clear_logs(p.who->id, p.who->stdout_path, p.who->stderr_path)};
}

bool are_cleared(const std::vector<clearing>& all) {
  auto until = std::chrono::steady_clock::now() + quick_clear;
  return std::all_of(all.begin(), all.end(), [&](auto& one) { return one.outcome(until) != ETIMEDOUT; });
}

process_results results_of(const std::vector<clearing>& all) {
  auto until = std::chrono::steady_clock::now() + slow_clear;
  process_results results;
  for (const auto& one : all) {
    auto outcome = one.outcome(until) == 0
                     ? process_outcome{}
                     : process_outcome::of(make_fault(fault::failed, full_name(one.group, one.name)));
    results.push_back({one.name, one.group, outcome.status, outcome.text});
  }
  return results;
}

} // namespace

rpc_step read_log(call_context& c) {
  const auto& path = c.context.log.path();
  return read_window(c, path == "syslog" ? "" : path, 0);
}

rpc_step clear_log(call_context& c) {
  const auto& path = c.context.log.path();
  if (path == "syslog" || path.empty() || platform::measure_log(path).problem == platform::window_problem::missing)
    return make_fault(fault::no_file);
  if (auto refused = c.about_to_act())
    return *std::move(refused);
  if (c.context.log.clear() != 0)
    return make_fault(fault::failed);
  c.context.log.write(config::log_level::info, "reopening log file");
  return wrote(c, true);
}

rpc_step read_process_stdout_log(call_context& c) { return read_process_log(c, &process_identity::stdout_path); }
rpc_step read_process_stderr_log(call_context& c) { return read_process_log(c, &process_identity::stderr_path); }
rpc_step tail_process_stdout_log(call_context& c) { return tail_process_log(c, &process_identity::stdout_path); }
rpc_step tail_process_stderr_log(call_context& c) { return tail_process_log(c, &process_identity::stderr_path); }

rpc_step clear_process_logs(call_context& c) {
  rpc_fault problem;
  auto process = named(c, 0, problem);
  if (!process)
    return problem;
  if (!may_clear(c, *process->who))
    return c.who.refused(c.row.opens.needs, *c.params[0].string());
  if (auto refused = c.about_to_act())
    return *std::move(refused);
  std::vector<clearing> one;
  one.push_back(begin_to_clear(c.context, *process));
  bool quick = are_cleared(one);
  return read_now_or_apart(c, quick, [one = std::move(one), name = *c.params[0].string()]() -> control_answer {
    auto results = results_of(one);
    if (results.front().status != static_cast<int>(fault::success))
      return make_fault(fault::failed, name);
    return rpc_value{true};
  });
}

rpc_step clear_all_process_logs(call_context& c) {
  if (auto refused = c.about_to_act())
    return *std::move(refused);
  std::vector<clearing> all;
  for (const auto& process : c.board.by_priority())
    if (may_clear(c, *process->who))
      all.push_back(begin_to_clear(c.context, *process));
  if (!are_cleared(all))
    return rpc_long([all = std::move(all)]() -> control_answer { return results_of(all); });
  rpc_methods::write(c.out, results_of(all));
  return rpc_written{};
}

} // namespace troupe::actors
