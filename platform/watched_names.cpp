// See watched_names.hpp.
#include "platform/watched_names.hpp"

#include <climits>
#include <deque>
#include <optional>
#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

std::deque<std::string> parts_of(std::string_view path) {
  std::deque<std::string> parts;
  while (!path.empty()) {
    auto slash = path.find('/');
    auto part = path.substr(0, slash);
    if (!part.empty() && part != ".")
      parts.emplace_back(part);
    path.remove_prefix(slash == path.npos ? path.size() : slash + 1);
  }
  return parts;
}

std::optional<std::string> target_of(const std::string& link) {
  char text[PATH_MAX];
  auto size = ::readlink(link.c_str(), text, sizeof text);
  return size > 0 ? std::optional(std::string(text, static_cast<std::size_t>(size))) : std::nullopt;
}

} // namespace

std::vector<std::string> watched_names(const std::string& path) {
  constexpr std::size_t most_links = 40; // as the kernel
  std::vector<std::string> names;
  auto rest = parts_of(path);
  std::string folder; // real
  while (!rest.empty() && names.size() < most_links) {
    auto part = std::move(rest.front());
    rest.pop_front();
    if (part == "..") {
      folder.resize(folder.empty() ? 0 : folder.rfind('/'));
      continue;
    }
    auto here = folder + '/' + part;
    struct stat what {};
    bool there = ::lstat(here.c_str(), &what) == 0;
    auto target = there && S_ISLNK(what.st_mode) ? target_of(here) : std::nullopt;
    if (target || !there || rest.empty())
      names.push_back(here);
    if (!there)
      break;
    if (!target) {
      folder = here;
      continue;
    }
    auto more = parts_of(*target);
    rest.insert(rest.begin(), more.begin(), more.end());
    if (target->starts_with('/'))
      folder.clear();
  }
  return names;
}

} // namespace troupe::platform
