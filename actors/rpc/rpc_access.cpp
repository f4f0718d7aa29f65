// The methods about access itself: who the caller is and what he may do. They name what he sees, never patterns. Must
// not decide anything (protocols/access.cpp does). Source: docs/contract/access.md, 2.5 and 4.
#include "actors/rpc/rpc_handlers.hpp"

#include "config/datatypes.hpp"
#include "protocols/access_words.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace troupe::actors {

using protocols::fault;
using protocols::make_fault;
using protocols::rpc_fault;
using protocols::verdict;

namespace {

/// One of the words of `verbs=`, or of a signal.
struct asked_right {
  config::right needs;
  std::optional<int> signal;
};

std::optional<asked_right> right_of(std::string_view word) {
  constexpr std::string_view of_a_signal = "signal:";
  if (word.starts_with(of_a_signal))
    if (auto number = config::signal_number(word.substr(of_a_signal.size())))
      return asked_right{config::right::signal, *number};
  if (auto named = config::right_named(word))
    return asked_right{*named, {}};
  return {};
}

verdict judge(const board_view& view, const asked_right& asked, const process_identity& process) {
  auto held = view.over(process);
  return asked.signal ? protocols::decide_signal(held, *asked.signal) : protocols::decide(held, asked.needs);
}

/// `name`: a process, `group:*`, or empty for rights over the daemon.
rpc_step answer_can(call_context& c, const board_view& view, const std::string& word, const std::string& name) {
  if (word.find('.') != std::string::npos) // a method of an extension
    return wrote(c, view.held().may_call(word));
  auto asked = right_of(word);
  if (!asked)
    return make_fault(fault::incorrect_parameters, "there is no right " + word);
  if (config::row_of(asked->needs).over != config::right_scope::program)
    return wrote(c, view.held().may(asked->needs));
  auto [group, process] = split_name(name);
  if (process) {
    auto found = view.find(group, *process);
    return found ? wrote(c, judge(view, *asked, *found->who) == verdict::allow) : make_fault(fault::bad_name, name);
  }
  if (!view.has_group(group))
    return make_fault(fault::bad_name, name);
  bool all = true;
  for (const auto& member : view.all())
    if (member->who->group.view() == group)
      all = all && judge(view, *asked, *member->who) == verdict::allow;
  return wrote(c, all);
}

} // namespace

rpc_step access_can(call_context& c) {
  const auto* word = c.params[0].string();
  const auto* name = c.params[1].string();
  return word && name ? answer_can(c, c.board, *word, *name) : wrong_parameters();
}

rpc_step access_explain(call_context& c) {
  const auto* user = c.params[0].string();
  const auto* word = c.params[1].string();
  const auto* name = c.params[2].string();
  if (!user || !word || !name)
    return wrong_parameters();
  auto in_force = c.context.access->now();
  const auto& users = in_force->options->users;
  auto found = std::find_if(users.begin(), users.end(), [&](auto& u) { return u.name == *user; });
  if (found == users.end())
    return make_fault(fault::bad_name, *user);
  return answer_can(c, c.who.view_of(in_force->rules, found->roles), *word, *name);
}

rpc_step access_end_sessions(call_context& c) {
  const auto* named = c.params.empty() ? &c.who.name() : c.params[0].string();
  if (!named)
    return wrong_parameters();
  auto owners = c.who.session_owners();
  if (*named != c.who.name()) {
    if (!c.who.may(config::right::admin))
      return c.who.refused(config::right::admin);
    auto in_force = c.context.access->now();
    const auto& users = in_force->options->users;
    if (std::none_of(users.begin(), users.end(), [&](auto& u) { return u.name == *named; }))
      return make_fault(fault::bad_name, *named);
    owners = {*named};
  }
  return wrote(c, static_cast<std::int64_t>(c.context.end_sessions ? c.context.end_sessions(owners) : 0));
}

rpc_step access_whoami(call_context& c) {
  std::vector<protocols::named_subject> seen;
  for (const auto& process : c.board.all()) {
    const auto& who = *process->who;
    seen.push_back({{who.group.view(), who.options->name.view(), who.options->section.view()},
                    full_name(who.group, who.options->name)});
  }
  c.out.begin_struct();
  c.out.member("user", c.who.name());
  c.out.member("how", c.who.how());
  c.out.member("from", c.who.from());
  c.out.member("server", c.who.server());
  c.out.name("roles");
  c.out.begin_array();
  for (const auto& role : c.who.roles())
    c.out.value(role);
  c.out.end_array();
  c.out.end_member();
  c.out.name("rights");
  c.out.begin_struct();
  const auto& held = c.board.held();
  std::vector<protocols::held_word> words;
  if (held.rules())
    words = protocols::held_words(*held.rules(), held.standing(), seen);
  else // an extension, which the configuration lets act
    for (const auto& row : config::right_table)
      words.push_back({std::string(row.word), true, {}});
  for (const auto& word : words) {
    if (word.all) {
      c.out.member(word.right, "all");
      continue;
    }
    c.out.name(word.right);
    c.out.begin_array();
    for (const auto& name : word.names)
      c.out.value(name);
    c.out.end_array();
    c.out.end_member();
  }
  c.out.end_struct();
  c.out.end_member();
  c.out.end_struct();
  return rpc_written{};
}

} // namespace troupe::actors
