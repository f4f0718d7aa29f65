// The method that tells all there is to know of one process: the keys of the HTTP API, none of them left away, and its
// options. Must not know the options (config/option_texts.hpp does), nor decide what is known (process_facts.hpp does).
// Source: docs/contract/programs.md, 15.2 and 15.4. Cases: tests/details_test.py.
#include "actors/io/program_facts.hpp"
#include "actors/rpc/process_facts.hpp"
#include "actors/rpc/program_rows.hpp"
#include "actors/rpc/rpc_handlers.hpp"
#include "actors/rpc/seen_status.hpp"
#include "config/option_texts.hpp"
#include "protocols/descriptions.hpp"

#include <string>
#include <utility>
#include <variant>

namespace troupe::actors {

using protocols::rpc_fault;
using protocols::rpc_value;

namespace {

rpc_value text_or_nil(std::string_view text) { return text.empty() ? rpc_value() : rpc_value(text); }

/// Microseconds since the epoch.
double in_seconds(std::int64_t moment) { return static_cast<double>(moment / 1000) / 1000; }

/// What Supervisor tells, too, or the page of the process.
void add_state(rpc_value::structure& to, const process_status& p) {
  const auto& name = p.who->options->name;
  constexpr std::int64_t of_a_second = 1'000'000;
  to.emplace_back("name", full_name(p.who->group, name));
  to.emplace_back("group", p.who->group.str());
  to.emplace_back("process", name.str());
  to.emplace_back("state", std::string(protocols::to_string(p.state)));
  to.emplace_back("statecode", static_cast<int>(p.state));
  to.emplace_back("pid", p.pid);
  to.emplace_back("start", in_seconds(p.laststart));
  to.emplace_back("stop", in_seconds(p.laststop));
  to.emplace_back("description", protocols::describe(p.state, name, p.pid, p.spawnerr, p.laststart / of_a_second,
                                                     p.laststop / of_a_second, now_seconds(), p.waiting_for));
  to.emplace_back("spawnerr", p.spawnerr.str());
  to.emplace_back("exitstatus", std::int64_t{p.exitstatus.value_or(0)});
  to.emplace_back("last_end", p.last_end ? wait_status_text(*p.last_end) : std::string());
  to.emplace_back("restarts", static_cast<std::int64_t>(p.spawns > 0 ? p.spawns - 1 : 0));
}

/// docs/contract/programs.md, 15.4, in its order.
void add_facts(rpc_value::structure& to, const process_status& p, rpc_value::array unmet) {
  static const check_status nothing_known;
  const auto& known = p.check ? *p.check : nothing_known;
  auto next_start = next_start_of(p);
  to.emplace_back("phase", text_or_nil(phase_of(p)));
  to.emplace_back("waiting", text_or_nil(waiting_of(p)));
  to.emplace_back("reason", text_or_nil(to_string(p.why)));
  to.emplace_back("ready", p.state == process_state::running);
  to.emplace_back("health", std::string(to_string(known.health)));
  to.emplace_back("health_detail", known.detail);
  to.emplace_back("status_text", known.status);
  to.emplace_back("disabled", p.disabled);
  to.emplace_back("wanted", is_wanted(p));
  to.emplace_back("unmet", std::move(unmet));
  to.emplace_back("tries", p.backoff);
  to.emplace_back("next_start", next_start ? rpc_value(*next_start) : rpc_value());
  to.emplace_back("config", std::string(config_of(p)));
}

rpc_value::array unmet_of(const call_context& c, const process_status& p) {
  rpc_value::array unmet;
  auto programs = c.context.programs ? c.context.programs() : nullptr;
  if (auto node = programs ? programs->node_of(p.who->id) : std::nullopt)
    for (auto& item : unmet_items(*programs, *node, facts_by(*programs, c.board.board())))
      unmet.emplace_back(std::move(item));
  return unmet;
}

} // namespace

rpc_step get_process_details(call_context& c) {
  rpc_fault problem;
  auto process = named(c, 0, problem);
  if (!process)
    return problem;
  process = as_seen(c.board, process);
  rpc_value::structure details, options;
  add_state(details, *process);
  add_facts(details, *process, unmet_of(c, *process));
  for (auto& [key, value] : config::option_texts(*process->who->options))
    options.emplace_back(key, std::visit([](auto& known) { return rpc_value(std::move(known)); }, value));
  details.emplace_back("options", std::move(options));
  c.out.value(rpc_value(std::move(details)));
  return rpc_written{};
}

} // namespace troupe::actors
