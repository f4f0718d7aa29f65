// A made-up machine for the tests of config: files in memory, users root and nobody, current directory /c.
#pragma once

#include "config/datatypes.hpp"

#include <algorithm>
#include <fnmatch.h>
#include <map>
#include <set>

namespace troupe::config {

struct fake_machine {
  std::map<std::string, std::string> files;
  std::set<std::string> fifos; ///< of the files
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
    auto pick = [=](bool is_root, bool is_nobody) {
      return is_root ? std::optional(root) : is_nobody ? std::optional(nobody) : std::nullopt;
    };
    h.user_by_name = [=](std::string_view name) { return pick(name == "root", name == "nobody"); };
    h.user_by_id = [=](std::int64_t uid) { return pick(uid == 0, uid == 65534); };
    h.group_by_name = [](std::string_view name) {
      return name == "root"      ? std::optional<std::int64_t>(0)
             : name == "nogroup" ? std::optional<std::int64_t>(65534)
                                 : std::nullopt;
    };
    h.group_exists = [](std::int64_t gid) { return gid == 0 || gid == 65534; };
    auto full = [](const std::string& path) { return path.starts_with('/') ? path : "/c/" + path; };
    h.exists = [=, this](const std::string& p) { return files.contains(full(p)) || directories.contains(full(p)); };
    h.is_file = [=, this](const std::string& p) { return files.contains(full(p)) && !fifos.contains(full(p)); };
    h.is_directory = [=, this](const std::string& p) { return directories.contains(full(p)); };
    h.read_file = [=, this](const std::string& p) {
      auto found = files.find(full(p));
      return found == files.end() ? std::nullopt : std::optional(found->second);
    };
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
