// Reading the configuration again for clients, see supervisor_actor.hpp: the effects of reload_fsm, over a thread
// (configuration_reader) and the board. Must not decide who shares a reading.
#include "actors/supervisor_actor.hpp"

#include "config/access_options.hpp"
#include "config/diff.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace troupe::actors {

using config::log_level;
using protocols::fault;
using protocols::make_fault;

namespace {

std::string error_of(const configuration_reader::outcome& what) {
  const auto& [at, sentence] = what.error();
  auto place = at.file.empty() || at.line == 0 ? "" : at.file + ':' + std::to_string(at.line) + ": ";
  return place + sentence;
}

} // namespace

void supervisor_state::read_configuration(const control_call& call) {
  reloaders.emplace(++last_reloader, reload_asker{call.answer, call.request.reader, call.request.wish});
  apply(reload_event::asked{last_reloader});
}

void supervisor_state::note_loaded(const configuration_loaded& loaded) {
  last_read = loaded.what;
  adopts = std::any_of(reloads.now.begin(), reloads.now.end(), [this](auto who) {
    const auto& wish = reloaders.at(who).wish;
    return !wish || wish->what != update_wish::kind::plan;
  });
  apply(reload_event::delivered{static_cast<bool>(last_read), admit(record->table) == admission::refuse});
  last_read = config::fault("");
}

void supervisor_state::apply(const reload_happening& happened) {
  for (const auto& e : step(reloads, happened))
    std::visit([this](const auto& what) { carry_out(what); }, e);
}

void supervisor_state::carry_out(const reload_effect::begin& e) {
  if (auto why_not = reader.read(wanted_scales()))
    return apply(reload_event::not_begun{*std::move(why_not)});
  self->remind(std::chrono::steady_clock::now() + record->set.load_limit, reading_overdue{e.reading});
}

void supervisor_state::carry_out(const reload_effect::refuse& e) {
  answer_all(e.whom, make_fault(fault::cant_reread, e.why));
}

void supervisor_state::carry_out(const reload_effect::adopt&) {
  if (!adopts)
    return;
  for (const auto& notice : (*last_read)->notices)
    if (notice.level >= log_level::warn)
      use->log.write(notice.level, notice.text);
  if (use->deaths)
    use->deaths->book()->configuration_read();
  use->board.set_loaded(std::make_shared<const std::vector<config::group_options_ptr>>((*last_read)->groups));
  read_scales = (*last_read)->scaled;
  forget_scales();
  make_programs();
  adopt_access();
  use->keep_image();
}

/// By whoever may do everything; for others the rules in the files are only checked (docs/contract/access.md, 1.9).
void supervisor_state::adopt_access() {
  const auto& in_files = (*last_read)->access;
  if (!use->access) {
    if (in_files)
      use->log.write(log_level::info, "access control is on in the files and off here: restart to change that");
    return;
  }
  if (!in_files) {
    use->log.write(log_level::info, "access control is off in the files and on here: restart to change that");
    return;
  }
  auto in_force = use->access->now();
  if (*in_force->options == *in_files)
    return;
  bool may = std::any_of(reloaders.begin(), reloaders.end(), [](auto& asker) { return asker.second.may_all(); });
  if (!may) {
    use->log.write(log_level::info, "access rules in the files differ from those in force; they take effect when "
                                    "somebody with admin rereads");
    return;
  }
  use->access->replace(in_files);
  auto difference = config::access_difference(*in_force->options, *in_files);
  use->log.write(log_level::info, "access rules replaced" + (difference.empty() ? "" : ": " + difference));
}

/// Groups that the asker sees as they run, or as they were read.
config::reload_diff supervisor_state::visible_part(const config::reload_diff& whole, const held_rights& held) const {
  auto sees = [&](const config::group_options& group) {
    if (group.processes.empty())
      return held.over(group).rights != 0;
    return std::any_of(group.processes.begin(), group.processes.end(),
                       [&](auto& process) { return held.over(group.name, *process).rights != 0; });
  };
  std::unordered_set<std::string> visible;
  for (const auto& groups : {active_groups(), *use->board.loaded()})
    for (const auto& group : groups)
      if (sees(*group))
        visible.insert(group->name);
  auto part = whole;
  for (auto* names : {&part.added, &part.changed, &part.removed})
    std::erase_if(*names, [&](auto& group) { return !visible.contains(group); });
  return part;
}

void supervisor_state::carry_out(const reload_effect::answer& e) {
  switch (e.what) {
  case reload_effect::answer_with::shutdown_state:
    return answer_all(e.whom, make_fault(fault::shutdown_state));
  case reload_effect::answer_with::errors:
    return answer_error(e.whom);
  case reload_effect::answer_with::difference: {
    auto whole = config::compare(active_groups(), *use->board.loaded());
    if (use->history && adopts)
      tell_reread(*use->history, whole);
    for (auto who : e.whom)
      if (auto asked = reloaders.extract(who)) {
        auto& asker = asked.mapped();
        if (asker.wish && asker.wish->what == update_wish::kind::plan)
          (*asker.answer)(answer_of_plan(asker));
        else if (asker.wish)
          (*asker.answer)(std::monostate{}); // the update goes on
        else
          (*asker.answer)(asker.may_all() ? whole : visible_part(whole, *asker.held));
      }
  }
  }
}

std::vector<config::group_options_ptr> supervisor_state::active_groups() const {
  std::vector<config::group_options_ptr> active;
  for (const auto& group : record->table.groups)
    active.push_back(record->groups.at(group.id).cell->options);
  return active;
}

/// Whoever may not see every program's definition does not see what is wrong with it either.
void supervisor_state::answer_error(const reload_askers& whom) {
  auto text = error_of(last_read);
  bool logged = false;
  for (auto who : whom)
    if (auto asked = reloaders.extract(who)) {
      const auto& asker = asked.mapped();
      bool whole = !asker.held || protocols::has(asker.held->everywhere().rights, config::right::config);
      if (!whole && !std::exchange(logged, true))
        use->log.write(log_level::error, "the configuration cannot be read again: " + text);
      (*asker.answer)(
        make_fault(fault::cant_reread, whole ? text : "the configuration has an error; the daemon's log has it"));
    }
}

void supervisor_state::answer_all(const reload_askers& whom, const control_answer& answer) {
  for (auto who : whom)
    if (auto asked = reloaders.extract(who))
      (*asked.mapped().answer)(answer);
}

} // namespace troupe::actors
