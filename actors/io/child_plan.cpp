// See spawner.hpp, plan_of() and learn_users(): what every child of a program has, whether it is the program or a
// command beside it: environment, directory, umask, user and groups. On the threads that make children, for most of it
// may hang. Must not know which file is executed, nor make the child. Source: docs/contract/lifecycle.md, 2.5 to 2.7;
// docs/contract/programs.md, 10. Cases: tests/io/env_files_test.cpp.
#include "actors/io/env_files.hpp"
#include "actors/io/spawner.hpp"
#include "config/text.hpp"
#include "platform/folders.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <unistd.h>

namespace troupe::actors {

namespace {

// -- environment: 2.7 ----------------------------------------------------------------------------------

void set(config::environment& env, std::string_view key, std::string_view value) {
  auto found = std::find_if(env.begin(), env.end(), [&](auto& entry) { return entry.first == key; });
  if (found == env.end())
    env.emplace_back(key, value);
  else
    found->second = value;
}

/// There may be very many in a file.
void lay_over(config::environment& env, config::environment&& above) {
  if (above.empty()) // nearly always
    return;
  env.reserve(env.size() + above.size()); // so that the keys stay where they are
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < env.size(); ++i)
    places.emplace(env[i].first, i);
  for (auto& [key, value] : above)
    if (auto known = places.find(key); known != places.end()) {
      env[known->second].second = std::move(value);
    } else {
      env.emplace_back(std::move(key), std::move(value));
      places.emplace(env.back().first, env.size() - 1);
    }
}

/// cleanenv: what says where programs are, which language, time and terminal their user has.
bool stays(std::string_view key) {
  constexpr std::string_view kept[] = {"PATH", "LANG", "TZ", "TERM"};
  return key.starts_with("LC_") || std::find(std::begin(kept), std::end(kept), key) != std::end(kept);
}

/// Without an entry of the user's, of which there is none for some numbers, what there is stays.
void set_user_variables(config::environment& env, std::int64_t uid, const spawn_settings& settings) {
  auto who = settings.identities->find(static_cast<uid_t>(uid));
  if (!who || who->name.empty())
    return;
  set(env, "HOME", who->home);
  set(env, "USER", who->name);
  set(env, "LOGNAME", who->name);
  set(env, "SHELL", who->shell.empty() ? "/bin/sh" : who->shell);
}

/// What [supervisord] says beneath the files, what the program says above them.
void set_with_files(config::environment& env, const config::process_options& options, config::environment&& files) {
  const auto& own = options.around().own_variables;
  auto is_own = [&](std::string_view key) { return std::find(own.begin(), own.end(), key) != own.end(); };
  for (const auto& [key, value] : options.env)
    if (!is_own(key))
      set(env, key, value);
  lay_over(env, std::move(files));
  for (const auto& [key, value] : options.env)
    if (is_own(key))
      set(env, key, value);
}

std::vector<std::string> environment_of(const process_identity& who, const spawn_settings& settings,
                                        config::environment&& files) {
  const auto& options = *who.options;
  auto env = settings.daemon_environment;
  if (options.around().clean)
    std::erase_if(env, [](const auto& entry) { return !stays(entry.first); });
  if (options.around().user_variables)
    set_user_variables(env, options.uid.value_or(settings.uid), settings);
  set(env, "SUPERVISOR_ENABLED", "1");
  auto url = options.serverurl ? std::optional(options.serverurl->str()) : settings.server_url;
  if (url && !url->empty())
    set(env, "SUPERVISOR_SERVER_URL", *url);
  set(env, "SUPERVISOR_PROCESS_NAME", options.name);
  set(env, "SUPERVISOR_GROUP_NAME", who.group);
  set_with_files(env, options, std::move(files));
  std::vector<std::string> lines;
  lines.reserve(env.size());
  for (auto& [key, value] : env)
    lines.push_back(key + '=' + value);
  return lines;
}

// -- user and groups: 2.6 ------------------------------------------------------------------------------

void choose_groups(platform::identity& who, const config::surroundings& around) {
  auto primary = around.gid ? static_cast<gid_t>(*around.gid) : who.gid;
  if (around.groups)
    who.groups.assign(around.groups->begin(), around.groups->end());
  else
    std::erase(who.groups, who.gid);
  std::erase(who.groups, primary);
  who.groups.insert(who.groups.begin(), primary);
  who.gid = primary;
}

bool has_same_groups(const platform::identity& one, const platform::identity& other) {
  auto all = [](const platform::identity& who) {
    std::set<gid_t> groups(who.groups.begin(), who.groups.end());
    groups.insert(who.gid);
    return groups;
  };
  return one.gid == other.gid && all(one) == all(other);
}

void set_identity(platform::spawn_plan& plan, const config::process_options& options, const spawn_settings& settings) {
  const auto& around = options.around();
  auto uid = options.uid.value_or(settings.uid);
  bool chooses = around.gid || around.groups;
  if (uid == settings.uid && !chooses)
    return;
  plan.refused_uid = static_cast<uid_t>(uid);
  if (uid != settings.uid && settings.uid != 0) {
    plan.refused_identity = "Can't drop privilege as nonroot user";
    return;
  }
  auto who = uid == settings.uid ? platform::own_identity() : settings.identities->find(plan.refused_uid);
  if (!who) {
    plan.refused_identity = "Can't find uid " + std::to_string(uid);
    return;
  }
  if (chooses)
    choose_groups(*who, around);
  if (settings.uid == 0)
    plan.run_as = std::move(*who);
  else if (!has_same_groups(*who, platform::own_identity()))
    plan.refused_identity = "Can't change groups as nonroot user";
}

// -- directory -----------------------------------------------------------------------------------------

/// Empty, or why not.
std::string make_directory(const platform::spawn_plan& plan, int mode) {
  std::optional<platform::folder_owner> owner;
  if (plan.run_as)
    owner = {plan.run_as->uid, plan.run_as->gid};
  std::string refusal;
  int error = platform::make_folders(*plan.directory, static_cast<mode_t>(mode), owner, refusal);
  if (error == 0)
    return {};
  auto text = "can't create directory " + config::quoted(*plan.directory) + ": " + config::errno_name(error);
  return refusal.empty() ? text : text + " (" + refusal + ")";
}

} // namespace

void learn_users(const std::vector<config::group_options_ptr>& groups, platform::identities& users) {
  const std::int64_t own = ::getuid();
  std::set<std::int64_t> uids;
  for (const auto& group : groups)
    for (const auto& process : group->processes) {
      bool changes = process->uid && own == 0 && *process->uid != 0;
      if (changes || process->around().user_variables)
        uids.insert(process->uid.value_or(own));
    }
  for (auto uid : uids)
    users.learn(static_cast<uid_t>(uid));
}

config::result<platform::spawn_plan> plan_of(const process_identity& who, const spawn_settings& settings) {
  const auto& options = *who.options;
  const auto& around = options.around();
  auto files = read_env_files(around.env_files);
  if (!files)
    return files.error();
  platform::spawn_plan plan;
  plan.envp = environment_of(who, settings, *std::move(files));
  plan.directory = options.directory;
  plan.umask = options.umask;
  set_identity(plan, options, settings);
  if (around.makes_directory && plan.directory && !plan.refused_identity)
    if (auto trouble = make_directory(plan, around.directory_mode); !trouble.empty())
      return config::fault(trouble);
  return plan;
}

} // namespace troupe::actors
