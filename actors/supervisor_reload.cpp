// Reading the configuration again for clients, see supervisor_actor.hpp: the effects of reload_fsm, over a thread
// (configuration_reader) and the board. Must not decide who shares a reading.
#include "actors/supervisor_actor.hpp"

#include "config/diff.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using config::log_level;
using protocols::fault;
using protocols::make_fault;

namespace {

control_answer error_of(const configuration_reader::outcome& what) {
  const auto& [at, sentence] = what.error();
  auto place = at.file.empty() || at.line == 0 ? "" : at.file + ':' + std::to_string(at.line) + ": ";
  return make_fault(fault::cant_reread, place + sentence);
}

} // namespace

void supervisor_state::read_configuration(const control_call& call) {
  reloaders.emplace(++last_reloader, call.answer);
  apply(reload_event::asked{last_reloader});
}

void supervisor_state::note_loaded(const configuration_loaded& loaded) {
  last_read = loaded.what;
  apply(reload_event::delivered{static_cast<bool>(last_read), admit(record->table) == admission::refuse});
  last_read = config::fault("");
}

void supervisor_state::apply(const reload_happening& happened) {
  for (const auto& e : step(reloads, happened))
    std::visit([this](const auto& what) { carry_out(what); }, e);
}

void supervisor_state::carry_out(const reload_effect::begin& e) {
  if (auto why_not = reader.read())
    return apply(reload_event::not_begun{*std::move(why_not)});
  self->remind(std::chrono::steady_clock::now() + record->set.load_limit, reading_overdue{e.reading});
}

void supervisor_state::carry_out(const reload_effect::refuse& e) {
  answer_all(e.whom, make_fault(fault::cant_reread, e.why));
}

void supervisor_state::carry_out(const reload_effect::adopt&) {
  for (const auto& notice : (*last_read)->notices)
    if (notice.level >= log_level::warn)
      use->log.write(notice.level, notice.text);
  use->board.set_loaded(std::make_shared<const std::vector<config::group_options_ptr>>((*last_read)->groups));
}

void supervisor_state::carry_out(const reload_effect::answer& e) {
  switch (e.what) {
  case reload_effect::answer_with::shutdown_state:
    return answer_all(e.whom, make_fault(fault::shutdown_state));
  case reload_effect::answer_with::errors:
    return answer_all(e.whom, error_of(last_read));
  case reload_effect::answer_with::difference:
    return answer_all(e.whom, config::compare(active_groups(), *use->board.loaded()));
  }
}

std::vector<config::group_options_ptr> supervisor_state::active_groups() const {
  std::vector<config::group_options_ptr> active;
  for (const auto& group : record->table.groups)
    active.push_back(record->groups.at(group.id).cell->options);
  return active;
}

void supervisor_state::answer_all(const reload_askers& whom, const control_answer& answer) {
  for (auto who : whom)
    if (auto asked = reloaders.extract(who))
      (*asked.mapped())(answer);
}

} // namespace troupe::actors
