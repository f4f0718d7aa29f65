// See path_trust.hpp.
#include "config/path_trust.hpp"

#include <sys/stat.h>

namespace troupe::config {

std::string folder_of(const std::string& path) {
  auto slash = path.rfind('/');
  return slash == 0 || slash == path.npos ? "/" : path.substr(0, slash);
}

/// `all` and `group`: the bits of the mode that let them. Root's own group is as good as root.
std::optional<std::string> path_trust::who(const path_facts& facts, unsigned all, unsigned group,
                                           std::int64_t own) const {
  if ((facts.mode & all) != 0)
    return "everybody";
  if ((facts.mode & group) != 0 && facts.gid != 0)
    return "group " + on_.group_name(facts.gid).value_or(std::to_string(facts.gid));
  if (facts.uid == 0 || facts.uid == own)
    return {};
  auto user = on_.user_by_id(facts.uid);
  return "user " + (user ? user->name : std::to_string(facts.uid));
}

/// In a sticky folder names stay what they are, unless their owner or the folder's changes them.
void path_trust::look_at(const std::string& path, const report& tell) {
  auto facts = on_.facts_of(path);
  if (!facts || S_ISLNK(facts->mode)) // nobody writes a link; who could replace it is seen at its folder
    return;
  bool keeps_names = S_ISDIR(facts->mode) && (facts->mode & S_ISVTX) != 0;
  if (auto writer = who(*facts, keeps_names ? 0 : S_IWOTH, keeps_names ? 0 : S_IWGRP, 0))
    tell(path, *writer);
}

void path_trust::look_at_folders(const std::string& folder, const report& tell) {
  for (std::size_t end = 0; end != folder.npos; end = folder.find('/', end + 1)) {
    auto part = end == 0 ? std::string("/") : folder.substr(0, end);
    if (seen_.insert(part).second)
      look_at(part, tell);
  }
  if (seen_.insert(folder).second)
    look_at(folder, tell);
}

void path_trust::find_writers(const std::string& path, const report& tell) {
  auto folder = folder_of(path);
  if (seen_.insert("of " + folder).second) {
    look_at_folders(folder, tell);
    if (auto real = on_.real_path(folder); real && *real != folder)
      look_at_folders(*real, tell);
  }
  if (!seen_.insert(path).second)
    return;
  auto facts = on_.facts_of(path);
  if (!facts) { // whoever makes it first has it
    auto above = on_.facts_of(folder);
    bool keeps_names = above && (above->mode & S_ISVTX) != 0;
    if (auto writer = keeps_names ? who(*above, S_IWOTH, S_IWGRP, 0) : std::nullopt)
      tell(path, *writer);
  } else if (S_ISLNK(facts->mode)) {
    if (auto real = on_.real_path(path); real && *real != path)
      find_writers(*real, tell);
  } else {
    look_at(path, tell);
  }
}

std::optional<std::string> path_trust::writer_of_folder(const std::string& path, std::int64_t own) const {
  auto facts = on_.facts_of(on_.real_path(path).value_or(path));
  return facts ? who(*facts, S_IWOTH, S_IWGRP, own) : std::nullopt;
}

std::optional<std::string> path_trust::reader_of(const std::string& path, std::int64_t own) const {
  auto file = on_.real_path(path).value_or(path);
  auto facts = on_.facts_of(file);
  if (!facts)
    return {};
  unsigned all = S_IROTH;
  for (auto folder = folder_of(file); folder != "/"; folder = folder_of(folder))
    if (auto above = on_.facts_of(folder); above && (above->mode & S_IXOTH) == 0)
      all = 0; // not all get there
  return who(*facts, all, S_IRGRP, own);
}

} // namespace troupe::config
