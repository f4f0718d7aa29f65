// The INI dialect in front of a property tree: sections and options with the file and line they came from.
// Boost's own reader knows neither continuation lines, merging, inline comments nor empty sections, so the text is read
// here and the tree filled. Must not know option names or expand anything. Source: docs/contract/configuration.md, 1.
#pragma once

#include "config/result.hpp"

#include <boost/property_tree/ptree.hpp>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::config {

/// The text of an option (or nothing, for a section) and where it stands.
struct located {
  std::string text;
  int file = 0; ///< index into ini_document::files()
  int line = 0; ///< from 1
};

using ini_tree = boost::property_tree::basic_ptree<std::string, located>;

class ini_document {
public:
  ini_document() = default;
  /// Keeps only sections that are `wanted` (and [DEFAULT]); the lines of others are judged all the same.
  explicit ini_document(bool (*wanted)(std::string_view section)) : wanted_(wanted) {}

  /// Adds a file's text; sections and options merge with what is there. `shown` is the file's name in messages.
  /// Errors: the texts of 1.3, with file and line.
  result<void> add(std::string_view text, const std::string& shown);

  /// The section's options in order of first appearance, or null.
  const ini_tree* section(const std::string& name) const;
  /// The option of a section, or of [DEFAULT], or null.
  const located* option(const ini_tree& section, const std::string& key) const;
  /// Sections in order of first appearance, without [DEFAULT].
  const ini_tree& sections() const { return tree_; }
  const ini_tree& defaults() const { return defaults_; }
  const std::vector<std::string>& files() const { return files_; }
  place where(const located& what) const { return {files_[static_cast<std::size_t>(what.file)], what.line}; }

private:
  friend class ini_reader;
  ini_tree& make_section(const std::string& name);

  bool (*wanted_)(std::string_view section) = nullptr; ///< null: all are
  ini_tree tree_;
  ini_tree defaults_;
  std::unordered_map<std::string, ini_tree*> index_;
  std::vector<std::string> files_;
};

} // namespace troupe::config
