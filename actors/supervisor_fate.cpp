// See supervisor_actor.hpp: a member of a group has failed, and the others share its fate. Must not decide what that
// is (core/group_fate.cpp does). Source: docs/contract/programs.md, 8.3. Cases: tests/oneshots_test.py.
#include "actors/supervisor_actor.hpp"

#include <caf/send.hpp>

#include <utility>

namespace troupe::actors {

namespace {

control_request request_of(const std::string& group, std::vector<std::uint64_t> members, verb what) {
  return {.of = control_request::scope::some,
          .name = group,
          .members = std::move(members),
          .task = {.what = what, .wait = true, .for_group = true}};
}

control_answer_to nobody() {
  return std::make_shared<reply_promise<control_answer>>([](const control_answer&) {}, control_answer{});
}

} // namespace

/// Those that run are stopped; with `restart`, once that is done they are started, and the one that has failed.
void supervisor_state::share_fate(const member_failed& of) {
  auto at = record->table.positions.find(of.process);
  if (at == record->table.positions.end() || use->board.daemon() != daemon_state::running)
    return;
  const auto& group = record->table.groups[at->second.group];
  auto whose = group.name.str();
  auto& managed = record->groups.at(group.id);
  auto step = next_step(managed.cell->options->onfailure, managed.fate, std::chrono::steady_clock::now());
  if (step == fate_step::nothing)
    return;
  if (step == fate_step::stop_at_last)
    use->log.write(config::log_level::warn, "group " + whose + ": restarted 3 times in 60 seconds, stopping it");
  std::vector<std::uint64_t> running;
  bool again_follows = step == fate_step::restart;
  for (const auto& member : group.members) {
    auto status = use->board.find(member.process);
    bool is_passed_over = again_follows && status && status->disabled;
    if (member.process != of.process && protocols::is_running(member.state) && !is_passed_over)
      running.push_back(member.process);
  }
  if (!again_follows)
    return control({request_of(whose, running, verb::stop), nobody()});
  auto again = running;
  again.push_back(of.process);
  auto start = request_of(whose, std::move(again), verb::start);
  start.task.wait = false;
  auto then = std::make_shared<reply_promise<control_answer>>(
    [me = supervisor_actor{self}, start = std::move(start)](const control_answer&) {
      caf::anon_send(me, control_call{start, nobody()});
    },
    control_answer{});
  control({request_of(whose, running, verb::stop), then});
}

} // namespace troupe::actors
