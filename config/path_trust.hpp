// Who besides root may change or read what stands at a path: modes and owners of the file and of all folders above it.
// Looks only, through `host`. Must not know what the files are for. Source: docs/contract/access.md, 9 (W3 to W5).
#pragma once

#include "config/datatypes.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>

namespace troupe::config {

class path_trust {
public:
  explicit path_trust(const host& on) : on_(on) {}

  /// Tells of each file or folder on the way to `path` that somebody but root can write, once for all calls: its path,
  /// and who: `everybody`, `group G`, `user U`.
  using report = std::function<void(const std::string& path, const std::string& who)>;
  void find_writers(const std::string& path, const report& tell);

  /// Who but root and `own` can make files in the folder; nullopt: nobody, or it is not there.
  std::optional<std::string> writer_of_folder(const std::string& path, std::int64_t own) const;

  /// Who but root and `own` can read the file.
  std::optional<std::string> reader_of(const std::string& path, std::int64_t own) const;

private:
  std::optional<std::string> who(const path_facts& facts, unsigned all, unsigned group, std::int64_t own) const;
  void look_at_folders(const std::string& folder, const report& tell);
  void look_at(const std::string& path, const report& tell);

  const host& on_;
  std::set<std::string> seen_;
};

/// The folder of an absolute path.
std::string folder_of(const std::string& path);

} // namespace troupe::config
