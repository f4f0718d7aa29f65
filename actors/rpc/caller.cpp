// See caller.hpp.
#include "actors/rpc/caller.hpp"

#include "platform/log_path.hpp"

#include <algorithm>

namespace troupe::actors {

using config::right;
using protocols::verdict;

board_view::known& board_view::known_of(const process_identity& process) const {
  auto [found, fresh] = known_.try_emplace(process.id);
  if (fresh)
    found->second.held = held_->over(process.group.view(), *process.options);
  return found->second;
}

protocols::mask board_view::over(const process_identity& process) const {
  return whole() ? held_rights::everything : known_of(process).held;
}

std::uint64_t board_view::shown_id(const process_identity& process) const {
  if (!judges())
    return process.id;
  auto& kept = known_of(process);
  if (kept.shown_id == 0)
    kept.shown_id = protocols::keyed_number(id_hash_, process.id);
  return kept.shown_id;
}

verdict board_view::may(right what, const process_identity& process) const {
  return whole() ? verdict::allow : protocols::decide(over(process), what);
}

process_status_ptr board_view::find(std::string_view group, std::string_view process) const {
  if (whole())
    return board_.find(group, process);
  // A name that there is not takes as long as one that is hidden: its rights are looked up, whosever they are.
  auto found = board_.find_or_any(group, process);
  bool seen = found && sees(*found->who);
  bool right_name = found && found->who->options->name.view() == process;
  bool right_group = found && found->who->group.view() == group;
  return seen && right_name && right_group ? found : nullptr;
}

std::vector<process_status_ptr> board_view::visible(std::vector<process_status_ptr> all) const {
  if (known_.size() > 2 * all.size() + 64) { // of processes that are gone
    decltype(known_) kept;
    for (const auto& process : all)
      if (auto found = known_.find(process->who->id); found != known_.end())
        kept.insert(*found);
    known_ = std::move(kept);
  }
  if (whole())
    return all;
  std::erase_if(all, [this](auto& process) { return !sees(*process->who); });
  return all;
}

std::vector<process_status_ptr> board_view::all() const { return visible(board_.all()); }

std::vector<process_status_ptr> board_view::by_priority() const { return visible(board_.by_priority()); }

bool board_view::has_group(std::string_view name) const {
  if (!board_.has_group(name))
    return false;
  if (whole())
    return true;
  bool has_processes = false;
  for (const auto& process : board_.all())
    if (process->who->group.view() == name) {
      if (sees(*process->who))
        return true;
      has_processes = true;
    }
  return !has_processes && held_->over(protocols::subject{name, {}, {}}).rights != 0;
}

bool board_view::sees_group(const config::group_options& group) const {
  if (whole())
    return true;
  if (group.processes.empty())
    return held_->over(group).rights != 0;
  return std::any_of(group.processes.begin(), group.processes.end(),
                     [&](auto& process) { return held_->over(group.name, *process).rights != 0; });
}

bool board_view::may_with_log(right what, std::string_view path) const {
  if (whole() || path.empty())
    return true;
  for (const auto& process : board_.all()) {
    const auto& who = *process->who;
    bool writes =
      platform::is_same_path(who.stdout_path.view(), path) || platform::is_same_path(who.stderr_path.view(), path);
    if (writes && may(what, who) != verdict::allow)
      return false;
  }
  return true;
}

bool caller::may_with_log(right what, const process_identity& process, std::string_view path,
                          std::string_view main_log) const {
  if (view_->whole())
    return true;
  return view_->may(what, process) == verdict::allow && view_->may_with_log(what, path) &&
         (path.empty() || !platform::is_same_path(path, main_log) || may(right::mainlog));
}

board_view caller::view_of(const protocols::access_rules_ptr& rules, std::span<const std::string> roles) const {
  std::vector<protocols::layer> layers{rules->known_layer_of(roles)};
  if (max_roles_)
    layers.push_back(rules->known_layer_of(*max_roles_));
  return {view_->board(), std::make_shared<const held_rights>(rules, rules->standing_of(layers, origin_))};
}

std::vector<std::string> caller::held_roles() const {
  auto lets = [](const std::optional<std::vector<std::string>>& layer, const std::string& role) {
    return !layer ||
           std::any_of(layer->begin(), layer->end(), [&](auto& one) { return one == role || one == "admin"; });
  };
  std::vector<std::string> held;
  for (const auto* layer : {&roles_, max_roles_ ? &*max_roles_ : nullptr, token_roles_ ? &*token_roles_ : nullptr})
    for (const auto& role : layer ? *layer : std::vector<std::string>{})
      if (lets(roles_, role) && lets(max_roles_, role) && lets(token_roles_, role) &&
          std::find(held.begin(), held.end(), role) == held.end())
        held.push_back(role);
  return held;
}

protocols::rpc_fault caller::refused(right what, std::string_view target) const {
  return not_permitted(name_, config::word_of(what), target);
}

member_choice_ptr caller::choice(right what, int signal) const {
  if (view_->whole())
    return nullptr;
  return std::make_shared<const member_choice>(member_choice{view_->held_for_others(), what, signal, name_});
}

caller_ptr whoever_gets_in(const status_board& board) {
  auto made = std::shared_ptr<caller>(new caller);
  made->view_ = std::make_shared<const board_view>(board, std::make_shared<const held_rights>());
  return made;
}

caller_ptr extension_caller(const status_board& board, const protocols::access_rules_ptr& rules, std::string name,
                            const std::optional<std::vector<std::string>>& roles, const caller* served) {
  std::vector<protocols::layer> layers;
  auto add = [&](const std::vector<std::string>& names) { layers.push_back(rules->known_layer_of(names)); };
  if (roles)
    add(*roles);
  auto made = std::shared_ptr<caller>(new caller);
  made->origin_.is_unix = true; // it is of this machine
  made->from_ = "unix";
  made->roles_ = roles.value_or(std::vector<std::string>{"admin"});
  made->name_ = std::move(name);
  made->how_ = "extension";
  if (served) {
    add(served->roles_);
    if (served->max_roles_)
      add(*served->max_roles_);
    if (served->token_roles_)
      add(*served->token_roles_);
    made->name_ = served->name_;
    made->origin_ = served->origin_;
    made->from_ = served->from_;
    made->server_ = served->server_;
    made->roles_ = served->roles_;
  }
  auto held = std::make_shared<const held_rights>(rules, rules->standing_of(layers, made->origin_));
  made->view_ = std::make_shared<const board_view>(board, std::move(held));
  return made;
}

} // namespace troupe::actors
