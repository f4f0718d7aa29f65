// What a child finds around it beyond `environment`, `user` and `directory`, where its program asks for that: plain
// data; the defaults are what Supervisor does. Must not read files or make folders (actors/io does). Source:
// docs/contract/programs.md, 10.
#pragma once

#include "config/shared_text.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::config {

struct env_file_name {
  shared_text path; ///< absolute
  bool may_be_missing = false;
  bool operator==(const env_file_name&) const = default;
};

struct surroundings {
  std::vector<env_file_name> env_files; ///< later ones win
  /// Names that the program's own `environment` has, where there are env files: those count more than the files,
  /// while [supervisord]'s, with which they are merged, count less.
  std::vector<std::string> own_variables;
  bool user_variables = false;                     ///< HOME, USER, LOGNAME and SHELL are the user's
  bool clean = false;                              ///< of the daemon's environment next to nothing
  std::optional<std::int64_t> gid;                 ///< unset: the user's primary group
  std::optional<std::vector<std::int64_t>> groups; ///< unset: those that the user belongs to
  bool makes_directory = false;                    ///< what is missing of `directory`
  int directory_mode = 0755;                       ///< of what is made
  bool operator==(const surroundings&) const = default;
};

} // namespace troupe::config
