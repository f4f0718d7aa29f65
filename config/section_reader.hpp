// What the readers of all sections share: the document, the machine, the names that expand, and where errors point.
// Must not know the options of any one section.
#pragma once

#include "config/expansion.hpp"
#include "config/ini.hpp"
#include "config/load.hpp"
#include "config/schema.hpp"

#include <functional>
#include <map>
#include <string>
#include <unordered_map>

namespace troupe::config {

struct loading {
  const host& on;
  const load_request& request;
  ini_document document;
  std::vector<std::string> directories; ///< of each file of the document: `here`
  variables env;                        ///< what ENV_ names reach
  configuration cfg;
  shared_environment daemon_env;        ///< of [supervisord]
  process_options_ptr last_process;     ///< that was read
  std::vector<error>* faults = nullptr; ///< set: collect instead of stopping at the first
  program_check of_programs;            ///< may be empty
  tls_check of_tls;                     ///< likewise
  std::map<std::string, std::vector<std::string>, std::less<>> labels; ///< by section
  struct items_of_group {
    std::string section; ///< [group:x] that says depends_on
    std::size_t count;   ///< so many of the first items of its processes come from there
  };
  std::map<std::string, items_of_group, std::less<>> items_of_groups; ///< by group

  /// In a check: the folder of the socket at `path` must be there, or the daemon will not start. `e`: how to say so.
  void check_folder(const std::string& path, const std::function<error(std::string)>& e);
  /// Success, too, where the fault of `done` was collected and reading may go on.
  result<void> noted(result<void> done);
  void warn_at(const place& at, const std::string& text) {
    warn(at.file + ':' + std::to_string(at.line) + ": " + text);
  }
  void warn(std::string text) { cfg.notices.push_back({log_level::warn, std::move(text)}); }
};

/// One section, with its names for messages.
class section_reader {
public:
  enum class defaults { count, do_not_reach }; ///< what [DEFAULT] is to the section
  section_reader(loading& from, std::string name, const ini_section& section, defaults reach = defaults::count);

  const std::string& name() const { return name_; }
  const std::string& file() const { return from_.document.files()[static_cast<std::size_t>(section_.at.file)]; }
  place header() const { return from_.document.where(section_.at); }
  place where(std::string_view key) const;

  const ini_option* raw(std::string_view key) const {
    return reach_ == defaults::count ? from_.document.option(section_, key) : section_.find(key);
  }
  const ini_section& options() const { return section_; } ///< without those of [DEFAULT]

  /// The option expanded with `scope` (its `here` is filled in), or nothing. `what`: its name in messages, if not
  /// SECTION.key. Errors are placed.
  result<std::optional<std::string>> text(std::string_view key, expansion_scope scope,
                                          std::string_view what = {}) const;
  expansion_scope narrow() const;
  /// Reads the option into `target` with the setter of its row in the table. Success, too, where the section lacks it.
  /// Errors are placed.
  result<void> take(std::string_view kind, std::string_view key, option_target target) const {
    return take(kind, key, target, narrow());
  }
  result<void> take(std::string_view kind, std::string_view key, option_target target,
                    const expansion_scope& scope) const;

  /// A fault of the section, not of the option's value.
  error at(std::string_view key, std::string what) const { return {where(key), std::move(what)}; }
  /// The error with its place: the option's line if the section has the option, else the header's. What an error says
  /// of a value that came from the environment is not repeated.
  error placed(error e, std::string_view key) const;
  /// And with ` in section ... (file: ...)` behind it.
  error wrapped(error e, std::string_view key) const;

private:
  std::string full_name(const ini_option& option) const;
  std::string without_variables(std::string what, const ini_option& option) const;

  loading& from_;
  mutable std::map<std::string_view, std::string> expanded_; ///< by key: values with variables in them, as last read
  std::string name_;
  const ini_section& section_;
  defaults reach_;
};

// -- the readers, in the order they run; each returns the first fault unless faults are collected -----------

result<void> read_supervisord(loading& from);
result<void> read_rpcinterfaces(loading& from);
result<void> settle_aliases(loading& from);
result<void> read_templates(loading& from);
result<void> read_groups(loading& from);
result<void> read_servers(loading& from);
result<void> read_access(loading& from);
result<void> read_history(loading& from);
result<void> read_user(loading& from);
/// Whether what programs depend on is there, and comes before them: of a configuration that could be read whole.
result<void> check_dependencies(loading& from);
/// Whether autostart=last has a statefile; likewise.
result<void> check_statefile(loading& from);
/// Warnings, or, where the request is strict, faults.
result<void> warn_of_unknown(loading& from);

/// What is unsafe about a configuration that could be read whole: weaknesses.cpp.
void find_weaknesses(loading& from);

} // namespace troupe::config
