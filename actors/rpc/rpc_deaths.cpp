// The methods that tell why: the line about a state, and the reports of ends, as much of them as the caller may see.
// Must not write a report (actors/io/death_desk.hpp does). Source: docs/contract/deaths.md, 3.
#include "actors/rpc/death_rights.hpp"
#include "actors/rpc/rpc_handlers.hpp"
#include "actors/rpc/seen_status.hpp"
#include "actors/rpc/why_line.hpp"
#include "platform/main_log.hpp"

#include <string>
#include <utility>

namespace troupe::actors {

using protocols::rpc_fault;
using protocols::rpc_value;

protocols::death_view may_see(const caller& who, const process_identity& process, const std::string& main_log) {
  protocols::death_view shown;
  auto may_tail = [&](const config::shared_text& path) {
    return who.may_with_log(config::right::tail, process, path.view(), main_log);
  };
  shown.out = may_tail(process.stdout_path);
  shown.err = may_tail(process.stderr_path);
  shown.changed = who.view().may(config::right::config, process) == protocols::verdict::allow;
  return shown;
}

std::vector<death_report_ptr> deaths_of(const death_book* book, const process_identity& process) {
  return book ? book->of(process.group, process.options->name) : std::vector<death_report_ptr>{};
}

rpc_value deaths_value(const death_book* book, const caller& who, const process_identity& process,
                       const std::string& main_log) {
  auto shown = may_see(who, process, main_log);
  rpc_value::array all;
  for (const auto& report : deaths_of(book, process))
    all.push_back(protocols::death_value(*report, shown));
  return all;
}

rpc_step get_deaths(call_context& c) {
  rpc_fault problem;
  auto process = named(c, 0, problem);
  if (!process)
    return problem;
  return wrote(c, deaths_value(c.context.deaths.get(), c.who, *process->who, c.context.log.path()));
}

rpc_step why(call_context& c) {
  rpc_fault problem;
  auto process = named(c, 0, problem);
  if (!process)
    return problem;
  auto programs = c.context.programs ? c.context.programs() : nullptr;
  auto status_of = [&](std::size_t node) {
    const auto& of = programs->nodes[node];
    return of.process == 0 ? nullptr : as_seen(c.board, c.board.find(of.group.view(), of.options->name.view()));
  };
  process = as_seen(c.board, process);
  auto text = programs ? why_line(*process, c.board.daemon(), clock::now(), {*programs, status_of})
                       : why_line(*process, c.board.daemon(), clock::now());
  if (auto reports = deaths_of(c.context.deaths.get(), *process->who); !reports.empty())
    text += '\n' + protocols::death_text(*reports.front(), may_see(c.who, *process->who, c.context.log.path()));
  return wrote(c, text);
}

} // namespace troupe::actors
