// A made-up machine for the tests of config: files in memory, users root and nobody, current directory /c.
#pragma once

#include "config/datatypes.hpp"

#include <algorithm>
#include <fnmatch.h>
#include <map>
#include <set>
#include <sys/stat.h>

namespace troupe::config {

struct fake_machine {
  std::map<std::string, std::string> files;
  std::set<std::string> fifos; ///< of the files
  std::map<std::string, path_facts> facts;
  std::set<std::string> directories{"/", "/c", "/tmp", "/bin", "/root", "/etc"};

  host make() {
    host h;
    h.env = {{"HOME", "/root"}, {"LANG", "C"}, {"PATH", "/bin"}, {"X", "xval"},
             {"PCT", "a%b"},    {"EMPTY", ""}, {"BLANKS", "  "}, {"SECRET", "hunter2"}};
    h.node_name = "HOST";
    h.directory = "/c";
    h.executable = "/opt/x/bin/supervisord";
    h.temporary_directory = "/tmp";
    const host::user root{0, 0, "root", "/root"};
    const host::user nobody{65534, 65534, "nobody", "/nonexistent"};
    const host::user all[] = {root, nobody, {1001, 100, "carl", "/"}, {4000000000, 100, "far", "/"}};
    auto pick = [=](auto fits) {
      const auto* found = std::find_if(std::begin(all), std::end(all), fits);
      return found == std::end(all) ? std::nullopt : std::optional(*found);
    };
    h.user_by_name = [=](std::string_view name) { return pick([=](auto& user) { return user.name == name; }); };
    h.user_by_id = [=](std::int64_t uid) { return pick([=](auto& user) { return user.uid == uid; }); };
    h.group_by_name = [](std::string_view name) {
      return name == "root"      ? std::optional<std::int64_t>(0)
             : name == "nogroup" ? std::optional<std::int64_t>(65534)
             : name == "ops"     ? std::optional<std::int64_t>(27)
                                 : std::nullopt;
    };
    h.group_exists = [](std::int64_t gid) { return gid == 0 || gid == 27 || gid == 65534; };
    auto full = [](const std::string& path) { return path.starts_with('/') ? path : "/c/" + path; };
    h.exists = [=, this](const std::string& p) { return files.contains(full(p)) || directories.contains(full(p)); };
    h.is_file = [=, this](const std::string& p) { return files.contains(full(p)) && !fifos.contains(full(p)); };
    h.is_directory = [=, this](const std::string& p) { return directories.contains(full(p)); };
    h.read_file = [=, this](const std::string& p) {
      auto found = files.find(full(p));
      return found == files.end() ? std::nullopt : std::optional(found->second);
    };
    h.why_unreadable = [=, this](const std::string& p) {
      return files.contains(full(p)) ? "Permission denied" : "No such file or directory";
    };
    h.form_of_hash = [](const std::string& setting) {
      auto begins = [&](auto... marks) { return (setting.starts_with(marks) || ...); };
      return begins("$y$", "$gy$", "$7$", "$2b$", "$6$") ? crypt_form::ok
             : begins("$5$", "$1$")                      ? crypt_form::legacy
                                                         : crypt_form::unknown;
    };
    h.group_name = [](std::int64_t gid) -> std::optional<std::string> {
      return gid == 0 ? std::optional<std::string>("root") : std::nullopt;
    };
    h.facts_of = [=, this](const std::string& p) -> std::optional<path_facts> {
      auto found = facts.find(full(p));
      if (found != facts.end())
        return found->second;
      if (directories.contains(full(p)))
        return path_facts{0, 0, S_IFDIR | 0755};
      return files.contains(full(p)) ? std::optional(path_facts{0, 0, S_IFREG | 0600}) : std::nullopt;
    };
    h.real_path = [=](const std::string& p) { return std::optional(full(p)); };
    h.glob = [this](const std::string& pattern) {
      std::vector<std::string> found;
      for (const auto& [path, text] : files)
        if (::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD | FNM_NOESCAPE) == 0)
          found.push_back(path);
      return found;
    };
    return h;
  }
};

} // namespace troupe::config
