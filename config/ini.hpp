// The INI dialect: sections and options with the file and line they came from, over the text of the files, which is
// kept and not copied. Boost's own reader knows neither continuation lines, merging, inline comments nor empty
// sections, so the text is read here; the property tree holds the sections, whose options are few and stand in a row.
// Must not know option names or expand anything. Source: docs/contract/configuration.md, 1.
#pragma once

#include "config/result.hpp"
#include "config/secret_text.hpp"

#include <boost/property_tree/ptree.hpp>

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::config {

/// Where something stands.
struct ini_place {
  int file = 0; ///< index into ini_document::files()
  int line = 0; ///< from 1
};

/// One option; the views live as long as the document.
struct ini_option {
  std::string_view key;
  std::string_view text;
  ini_place at;
};

/// The options of a section in order of first appearance.
struct ini_section {
  ini_place at;
  ini_place again; ///< of its second header; line 0: it has one
  std::vector<ini_option> options;
  std::vector<ini_option> beneath; ///< of `environment`, which is not replaced but merged: nearest first

  const ini_option* find(std::string_view key) const;
  ini_option& make(std::string_view key);                 ///< the one there is, or a new one
  void rename(std::string_view key, std::string_view to); ///< `to` is not there yet, and outlives the section

private:
  using index = std::unordered_map<std::string_view, std::size_t>;
  std::shared_ptr<index> positions_; ///< of a section with very many
};

using ini_tree = boost::property_tree::basic_ptree<std::string, ini_section>;

class ini_document {
public:
  ini_document() = default;
  /// Keeps only sections that are `wanted` (and [DEFAULT]); the lines of others are judged all the same.
  explicit ini_document(bool (*wanted)(std::string_view section)) : wanted_(wanted) {}

  /// Adds a file's text; sections and options merge with what is there. `shown` is the file's name in messages.
  /// Errors: the texts of 1.3, with file and line.
  result<void> add(std::string text, const std::string& shown);

  /// The section's options, or null.
  const ini_section* section(std::string_view name) const;
  /// The option of a section, or of [DEFAULT], or null.
  const ini_option* option(const ini_section& section, std::string_view key) const;
  /// What `heir` lacks, of `from`; `environment` goes beneath what it has.
  void inherit(std::string_view heir, const ini_section& from);
  /// An option that is there gets a name that is not; the name outlives the document.
  void rename(std::string_view section, std::string_view key, std::string_view to);
  /// Sections in order of first appearance, without [DEFAULT].
  const ini_tree& sections() const { return tree_; }
  const ini_section& defaults() const { return defaults_; }
  const std::vector<std::string>& files() const { return files_; }
  place where(ini_place at) const { return {files_[static_cast<std::size_t>(at.file)], at.line}; }

private:
  friend class ini_reader;
  ini_section& make_section(std::string_view name);
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)).text; }

  bool (*wanted_)(std::string_view section) = nullptr; ///< null: all are
  ini_tree tree_;
  ini_section defaults_;
  std::vector<std::string> files_;
  /// It may hold passwords, and who reads it is a process that lives long.
  struct kept_text {
    explicit kept_text(std::string t) : text(std::move(t)) {}
    kept_text(const kept_text&) = delete;
    kept_text& operator=(const kept_text&) = delete;
    ~kept_text() { forget(text); }
    std::string text;
  };
  std::list<kept_text> texts_; ///< of the files, and what had to be put together
};

} // namespace troupe::config
