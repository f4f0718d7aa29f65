// See surroundings_setters.hpp.
#include "config/surroundings_setters.hpp"

#include "config/choices.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace troupe::config::setters {

namespace {

using S = std::string_view;

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

} // namespace

result<std::vector<env_file_name>> env_files_of(const option_target& target, S text, const host& on) {
  std::vector<env_file_name> files;
  for (const auto& item : comma_list(text)) {
    S name = item;
    bool may_be_missing = name.starts_with('-');
    if (may_be_missing)
      name = stripped(name.substr(1));
    if (name.empty() && !may_be_missing)
      continue; // as in other lists, a comma too many
    if (name.empty())
      return invalid(target.key, text, "allowed are paths, comma-separated, with - before those that may be missing");
    auto path = expand_user(name, on);
    if (!path.starts_with('/') && !target.folder.empty())
      path = std::string(target.folder) + '/' + path;
    files.push_back({shared_text(absolute(path, on)), may_be_missing});
  }
  return files;
}

result<std::int64_t> group_id(S text, const host& on) {
  if (auto number = integer(text)) {
    if (on.group_exists(*number))
      return *number;
  } else if (auto gid = on.group_by_name(text)) {
    return *gid;
  }
  return fault("Invalid group name " + std::string(text));
}

result<std::vector<std::int64_t>> group_ids(S text, const host& on) {
  std::vector<std::int64_t> groups;
  for (const auto& item : comma_list(text)) {
    auto gid = group_id(item, on);
    if (!gid)
      return gid.error();
    if (std::find(groups.begin(), groups.end(), *gid) == groups.end())
      groups.push_back(*gid);
  }
  return groups;
}

result<int> directory_mode_of(S key, S text) {
  constexpr int most = 07777;
  auto mode = octal(text);
  if (mode && *mode >= 0 && *mode <= most)
    return *mode;
  return invalid(key, text, "allowed is an octal number from 0 to 07777");
}

bool same_env_files(const surroundings& active, const surroundings& loaded) {
  return active.env_files == loaded.env_files && sorted(active.own_variables) == sorted(loaded.own_variables);
}

} // namespace troupe::config::setters
