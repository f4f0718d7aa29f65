// See reload_fsm.hpp.
#include "actors/core/reload_fsm.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

constexpr std::size_t most_waiting = 1000;

using actions = std::vector<reload_action>;
using reload_effect::answer_with;

void begin_next(reload_table& t, actions& out) {
  if (t.reading || t.next.empty())
    return;
  t.now = std::exchange(t.next, {});
  t.reading = true;
  out.push_back(reload_effect::begin{++t.count});
}

void happen(reload_table& t, const reload_event::asked& e, actions& out) {
  if (t.given_up)
    out.push_back(
      reload_effect::refuse{{e.who}, "the last attempt to read the configuration has not come to an end yet"});
  else if (t.next.size() >= most_waiting)
    out.push_back(reload_effect::refuse{{e.who}, "too many wait for it already"});
  else
    t.next.push_back(e.who);
  begin_next(t, out);
}

/// That is a fault for those who ask, and nothing else.
void happen(reload_table& t, const reload_event::not_begun& e, actions& out) {
  if (!t.reading)
    return;
  t.reading = false;
  out.push_back(reload_effect::refuse{std::exchange(t.now, {}), "no thread to read the configuration on: " + e.why});
}

/// One that was given up changes nothing: whoever asked for it has been told so.
void happen(reload_table& t, const reload_event::delivered& e, actions& out) {
  if (!t.reading)
    return;
  t.reading = false;
  auto whom = std::exchange(t.now, {});
  if (!std::exchange(t.given_up, false)) {
    bool adopts = e.understood && !e.shutting_down;
    if (adopts)
      out.push_back(reload_effect::adopt{});
    out.push_back(reload_effect::answer{std::move(whom), e.shutting_down ? answer_with::shutdown_state
                                                         : adopts        ? answer_with::difference
                                                                         : answer_with::errors});
  }
  begin_next(t, out);
}

/// While its thread lives there is no other: those who wait for the next one would wait as long.
void happen(reload_table& t, const reload_event::overdue& e, actions& out) {
  if (!t.reading || t.given_up || e.reading != t.count)
    return;
  t.given_up = true;
  auto both = std::exchange(t.now, {});
  both.insert(both.end(), t.next.begin(), t.next.end());
  t.next.clear();
  out.push_back(reload_effect::refuse{
    std::move(both), "the configuration could not be read in time; a file system or a name service may hang"});
}

} // namespace

std::vector<reload_action> step(reload_table& table, const reload_happening& happened) {
  actions out;
  std::visit([&](const auto& e) { happen(table, e, out); }, happened);
  return out;
}

std::variant<config::group_options_ptr, protocols::fault> addable(const std::vector<config::group_options_ptr>& loaded,
                                                                  const group_table& active, std::string_view name) {
  auto found = std::find_if(loaded.begin(), loaded.end(), [&](auto& group) { return group->name == name; });
  if (found == loaded.end()) // even where it is still active
    return protocols::fault::bad_name;
  if (active.find(name))
    return protocols::fault::already_added;
  return *found;
}

} // namespace troupe::actors
