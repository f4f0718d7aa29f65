// See section_reader.hpp: processes of one section, with all their options. Source: docs/contract/configuration.md,
// 4.5, 4.6 and 4.8.
#include "config/load_programs.hpp"

#include "config/log_options.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <array>
#include <bitset>

namespace troupe::config {

namespace {

/// Reads one section into processes; `scope_` names what expands at the moment.
class program_reader {
public:
  program_reader(loading& from, const section_reader& section, std::string program, std::string group)
      : from_(from), section_(section), program_(std::move(program)), group_(std::move(group)) {}

  result<std::vector<process_options_ptr>> read(const process_options& base) {
    common_ = base;
    common_.section = section_.name();
    if (common_.name.empty())
      common_.name = program_;
    faults_before_ = from_.faults ? from_.faults->size() : 0;
    find_rows();
    if (!section_.raw("numprocs"))
      scale_numprocs();
    for (const auto& written : rows_)
      if (!written.row->per_process)
        if (auto done = from_.noted(read_common(written)); !done)
          return done.error();
    if (auto done = from_.noted(check_common()); !done)
      return done.error();
    if (!draft_.labels.empty())
      from_.labels[section_.name()] = draft_.labels;
    std::vector<process_options_ptr> processes;
    for (std::int64_t i = 0; i < draft_.numprocs; ++i) {
      auto number = static_cast<std::uint64_t>(draft_.first_number) + static_cast<std::uint64_t>(i); // may wrap around
      auto process = read_process(static_cast<std::int64_t>(number));
      if (!process)
        return process.error();
      processes.push_back(*std::move(process));
      if (from_.faults && !from_.faults->empty())
        break; // the others would only say the same
    }
    std::stable_sort(processes.begin(), processes.end(), [](auto& a, auto& b) {
      return a->priority != b->priority ? a->priority < b->priority : a->name < b->name;
    });
    return processes;
  }

private:
  struct written_row {
    const option_row* row;
    const ini_option* option; ///< of the section or of [DEFAULT]
  };

  /// Nothing in it expands.
  static bool is_plain(const written_row& written) {
    return written.row->scope == scope_kind::nothing || written.option->text.find('%') == std::string_view::npos;
  }

  /// The rows of the options that the section (or [DEFAULT]) has, in the order of the table: most have few.
  void find_rows() {
    constexpr std::size_t most = 128; // rows
    std::bitset<most> present;
    std::array<const ini_option*, most> written; // where present
    for (const auto* section : {&from_.document.defaults(), &section_.options()})
      for (const auto& option : section->options)
        if (auto row = program_row(option.key)) {
          present.set(*row);
          written[*row] = &option;
        }
    auto all = schema_of("program");
    rows_.reserve(present.count());
    for (std::size_t i = 0; i < all.size(); ++i)
      if (present[i])
        rows_.push_back({&all[i], written[i]});
    for (const auto& row : rows_)
      if (row.row->key == "environment")
        environment_ = &row;
  }

  expansion_scope scope(scope_kind kind) const {
    auto scope = section_.narrow();
    if (kind == scope_kind::narrow)
      return scope;
    scope.program_name = &program_;
    if (kind == scope_kind::socket)
      return scope;
    scope.host_node_name = &from_.on.node_name;
    scope.group_name = &group_;
    if (kind == scope_kind::program)
      return scope;
    scope.process_num = &number_;
    scope.numprocs = &draft_.numprocs;
    if (kind == scope_kind::numbered)
      return scope;
    scope.own_env = &draft_.own_env;
    scope.is_share = kind == scope_kind::share;
    return scope;
  }

  result<std::optional<std::string>> text(std::string_view key, scope_kind kind, std::string_view what = {}) const {
    auto value = section_.text(key, scope(kind), what);
    if (!value)
      return section_.wrapped(value.error(), key);
    return value;
  }

  /// Of the section, whatever the option's value.
  error fault_at(std::string_view key, std::string what) const {
    return section_.wrapped(section_.at(key, std::move(what)), key);
  }

  result<void> assign(const written_row& written, process_options& into, std::string_view value) {
    const auto& row = *written.row;
    const auto& folder = from_.directories[static_cast<std::size_t>(written.option->at.file)];
    option_target target{
      .process = &into, .draft = &draft_, .key = row.key, .section = section_.name(), .folder = folder};
    if (auto set = row.assign(target, value, from_.on); !set)
      return section_.wrapped(set.error(), row.key);
    return {};
  }

  result<void> read_common(const written_row& written) {
    const auto& row = *written.row;
    if (row.key == "process_name") // expanded once for each process
      return {};
    auto value = written.option->text;
    std::string expanded;
    if (!is_plain(written)) {
      auto found = text(row.key, row.scope);
      if (!found)
        return found.error();
      value = expanded = **found;
    }
    if (auto done = assign(written, common_, value); !done)
      return done;
    if (row.key == "numprocs")
      scale_numprocs();
    return {};
  }

  bool is_numbered() const {
    const auto* name = section_.raw("process_name");
    return name && name->text.find("%(process_num)") != std::string::npos;
  }

  /// As many as somebody has asked for, in place of what the section says.
  void scale_numprocs() {
    const auto& book = from_.request.scales;
    auto asked = book.find(program_);
    if (asked == book.end() || section_.name().starts_with("eventlistener:"))
      return;
    const auto& [wanted, configured] = asked->second;
    from_.cfg.scaled.insert_or_assign(program_, scaled_program{draft_.numprocs, is_numbered()});
    if (is_numbered() && (!configured || *configured == draft_.numprocs))
      draft_.numprocs = wanted;
  }

  result<void> check_common() {
    const auto* raw_name = section_.raw("process_name");
    auto name_template = raw_name ? raw_name->text : "%(program_name)s";
    auto checked = name(name_template);
    if (!checked)
      return section_.wrapped(checked.error(), "process_name");
    if (draft_.numprocs > 1 && name_template.find("%(process_num)") == name_template.npos)
      return fault_at(raw_name ? "process_name" : "numprocs",
                      "%(process_num) must be present within process_name when numprocs > 1");
    if (!section_.raw("killasgroup"))
      common_.killasgroup = common_.stopasgroup;
    else if (common_.stopasgroup && !common_.killasgroup)
      return fault_at("killasgroup", "Cannot set stopasgroup=true and killasgroup=false");
    return {};
  }

  result<process_options_ptr> read_process(std::int64_t number) {
    number_ = number;
    auto made = std::make_shared<process_options>(common_);
    auto& process = *made;
    if (auto done = from_.noted(read_environment(process)); !done)
      return done.error();
    for (const auto& written : rows_)
      if (written.row->per_process && &written != environment_)
        if (auto done = from_.noted(read_own(written, process)); !done)
          return done.error();
    if (!process.around().env_files.empty())
      for (const auto& [key, value] : draft_.own_env)
        process.ask().around.own_variables.push_back(key);
    if (auto done = from_.noted(check_command()); !done)
      return done.error();
    auto name = text("process_name", scope_kind::numbered, "process_name");
    if (!name)
      return name.error();
    if (*name)
      process.name = **name;
    if (auto [key, what] = conflict_of(process); !key.empty())
      if (auto done = from_.noted(fault_at(key, what)); !done)
        return done.error();
    if (process.oneshot() && !section_.raw("autorestart"))
      process.restart = autorestart::never;
    if (auto done = check_policy(process); !done)
      return done.error();
    settle_logs(process);
    if (from_.faults)
      check_start(process);
    if (from_.last_process)
      share(process, *from_.last_process);
    from_.last_process = made;
    return process_options_ptr{std::move(made)};
  }

  /// What few processes ask for, against what they are otherwise.
  result<void> check_policy(const process_options& process) const {
    if (process.listener && process.ready().form.what == check_form::kind::logline)
      if (auto done = from_.noted(fault_at("ready", "ready=logline does not go with [" + section_.name() +
                                                      "]: its stdout carries the eventlistener protocol"));
          !done)
        return done;
    if (process.oneshot())
      if (auto done = check_oneshot(process); !done)
        return done;
    bool asked_for = process.killasgroup && section_.raw("killasgroup"); // what stopasgroup implies is nobody's wish
    if (asked_for && process.stops().reach != kill_reach::as_ever)
      return from_.noted(fault_at("killmode", "killmode does not go with killasgroup"));
    return {};
  }

  /// It is RUNNING at once, and its end is what it is for.
  result<void> check_oneshot(const process_options& process) const {
    if (process.restart == autorestart::always)
      if (auto done = from_.noted(fault_at("autorestart", "autorestart=true does not go with type=oneshot")); !done)
        return done;
    if (process.ready().form.what != check_form::kind::none)
      return from_.noted(fault_at("ready", "ready does not go with type=oneshot"));
    return {};
  }

  result<void> check_command() const {
    if (section_.raw("command"))
      return {};
    return fault_at("command", "program section " + section_.name() + " does not specify a command");
  }

  /// What a start of the daemon does not look at, but the start of the program will stumble over.
  void check_start(const process_options& process) {
    const auto& around = process.around();
    if (process.directory && !around.makes_directory && !from_.on.is_directory(*process.directory))
      (void)from_.noted(fault_at("directory", "there is no directory " + shown("directory", *process.directory)));
    for (const auto& file : around.env_files)
      if (!file.may_be_missing && !from_.on.exists(file.path))
        from_.warn_at(section_.where("envfile"),
                      "there is no env file " + shown("envfile", file.path) + " in section " + quoted(section_.name()));
    if (!from_.of_programs || !section_.raw("command"))
      return;
    auto verdict = from_.of_programs(process);
    if (!verdict.fault.empty())
      (void)from_.noted(fault_at("command", verdict.fault));
    if (!verdict.warning.empty() && from_.faults->size() == faults_before_) // first things first
      from_.warn_at(section_.where("command"), verdict.warning + " in section " + quoted(section_.name()));
  }

  /// The value, unless it came from the environment.
  std::string shown(const std::string& key, const std::string& value) const {
    return section_.raw(key)->text.find("%(ENV_") == std::string::npos ? quoted(value) : "(not shown)";
  }

  result<void> read_environment(process_options& process) {
    process.env = from_.daemon_env;
    draft_.own_env.clear();
    const auto& beneath = section_.options().beneath;
    if (!environment_ && beneath.empty())
      return {};
    if (environment_) {
      auto value = text("environment", scope_kind::numbered, "environment");
      if (!value)
        return value.error();
      if (auto done = assign(*environment_, process, **value); !done)
        return done;
    }
    for (const auto& layer : beneath)
      if (auto done = add_beneath(layer); !done)
        return done;
    if (process.env.empty()) {
      process.env = draft_.own_env;
      return {};
    }
    auto merged = from_.cfg.supervisord.env;
    for (const auto& [key, own] : draft_.own_env) {
      auto found = std::find_if(merged.begin(), merged.end(), [&k = key](auto& e) { return e.first == k; });
      if (found == merged.end())
        merged.emplace_back(key, own);
      else
        found->second = own;
    }
    process.env = merged;
    return {};
  }

  /// Of a template: what those above it do not say.
  result<void> add_beneath(const ini_option& layer) {
    auto names = scope(scope_kind::numbered);
    names.here = &from_.directories[static_cast<std::size_t>(layer.at.file)];
    auto placed = [&](error e) {
      e.at = from_.document.where(layer.at);
      return section_.wrapped(std::move(e), "environment");
    };
    auto value = expand(layer.text, names, "environment");
    if (!value)
      return placed(value.error());
    auto variables = key_values(*value);
    if (!variables)
      return placed(variables.error());
    auto& own = draft_.own_env;
    for (auto& [key, text] : *variables)
      if (std::none_of(own.begin(), own.end(), [&k = key](auto& e) { return e.first == k; }))
        own.emplace_back(std::move(key), std::move(text));
    return {};
  }

  result<void> read_own(const written_row& written, process_options& process) {
    const auto& row = *written.row;
    if (is_plain(written))
      return assign(written, process, written.option->text);
    auto value = text(row.key, row.scope);
    if (!value)
      return value.error();
    if (!row.key.ends_with("_logfile"))
      return assign(written, process, **value);
    // What came out of the first expansion is expanded again where that works (N16).
    auto names = scope(row.scope);
    names.here = &from_.directories[static_cast<std::size_t>(written.option->at.file)];
    if (auto again = expand(**value, names, row.key))
      *value = *std::move(again);
    return assign(written, process, **value);
  }

  /// 4.6: what is accepted, but not silently.
  void settle_logs(process_options& process) {
    settle(process.out, "stdout");
    settle(process.err, "stderr");
    if (!process.redirect_stderr)
      return;
    if (process.err.logfile.to == log_target::kind::file)
      from_.warn("For [" + section_.name() +
                 "], redirect_stderr=true but stderr_logfile has also been set to a filename, the filename has been "
                 "ignored");
    process.err.logfile = {log_target::kind::none, {}};
  }

  void settle(channel_options& channel, const std::string& which) {
    auto say = [&](const std::string& text) { from_.warn("For [" + section_.name() + "], " + text); };
    if (channel.logfile.to == log_target::kind::file && channel.logfile.path == "syslog") {
      say(which + "_logfile=syslog but this is deprecated and will be removed.  Use " + which +
          "_syslog=true to enable syslog instead.");
      channel.logfile = {log_target::kind::none, {}};
      channel.syslog = true;
    }
    if (channel.logfile.to == log_target::kind::automatic && channel.logfile_maxbytes == 0)
      say("AUTO logging used for " + which +
          "_logfile without rollover, set maxbytes > 0 to avoid filling up filesystem unintentionally");
  }

  loading& from_;
  const section_reader& section_;
  std::string program_;
  std::string group_;
  std::vector<written_row> rows_;
  const written_row* environment_ = nullptr; ///< one of them
  process_options common_;
  std::size_t faults_before_ = 0; ///< collected of other sections
  std::int64_t number_ = 0;
  option_draft draft_;
};

} // namespace

result<std::vector<process_options_ptr>> read_processes(loading& from, const section_reader& section,
                                                        const std::string& program, const std::string& group,
                                                        const process_options& base) {
  return program_reader{from, section, program, group}.read(base);
}

} // namespace troupe::config
