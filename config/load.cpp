// See load.hpp: files, includes, [supervisord] and the order of reading.
#include "config/load.hpp"

#include "config/section_reader.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <unordered_set>

namespace troupe::config {

namespace {

std::string parent(const std::string& path) {
  auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

result<void> add_file(loading& from, std::string text, const std::string& shown) {
  from.directories.push_back(parent(absolute(shown, from.on)));
  return from.document.add(std::move(text), shown);
}

/// A FIFO, a device: whoever reads one may wait for ever. (A directory cannot be read, and says so.)
bool is_no_file(const std::string& path, const host& on) {
  return on.exists(path) && !on.is_directory(path) && !on.is_file(path);
}

std::string no_file(const std::string& path) { return "config file " + path + " is not a regular file"; }

result<void> read_includes(loading& from) {
  const auto* options = from.document.section("include");
  if (!options)
    return {};
  section_reader section{from, "include", *options};
  auto scope = section.narrow();
  scope.host_node_name = &from.on.node_name;
  option_draft draft;
  if (auto done = section.take("include", "files", {.draft = &draft}, scope); !done)
    return done;
  if (!section.raw("files"))
    return error{section.header(), ".ini file has [include] section, but no files setting"};
  auto base = parent(absolute(from.request.file, from.on));
  for (const auto& word : draft.names) {
    auto pattern = word.starts_with('/') ? word : (base == "/" ? base : base + '/') + word;
    auto found = from.on.glob(pattern);
    if (found.empty())
      from.warn("No file matches via include \"" + pattern + "\"");
    for (const auto& path : found) {
      from.cfg.notices.push_back({log_level::info, "Included extra file \"" + path + "\" during parsing"});
      if (is_no_file(path, from.on)) {
        if (auto noted = from.noted(error{{path, 0}, no_file(path)}); !noted)
          return noted;
        continue;
      }
      auto text = from.on.is_directory(path) ? std::nullopt : from.on.read_file(path);
      if (!text) {
        from.warn_at(section.where("files"), "could not read included file " + path);
      } else if (auto added = from.noted(add_file(from, *std::move(text), path)); !added) {
        return added;
      }
    }
  }
  return {};
}

result<void> read_files(loading& from) {
  const auto& file = from.request.file;
  if (!from.on.exists(file))
    return error{{file, 0}, "could not find config file " + file};
  if (is_no_file(file, from.on))
    return error{{file, 0}, no_file(file)};
  auto text = from.on.is_directory(file) ? std::nullopt : from.on.read_file(file);
  if (!text)
    return error{{file, 0}, "could not read config file " + file};
  if (auto added = from.noted(add_file(from, *std::move(text), file)); !added)
    return added;
  if (auto included = from.noted(read_includes(from)); !included)
    return included;
  if (from.document.section("supervisord"))
    return {};
  if (from.faults && !from.faults->empty())
    return from.faults->front(); // what could not be read may have held it
  return error{{file, 0}, ".ini file does not include supervisord section"};
}

/// Asks only once: thousands of programs name the same few users and directories.
template <class Result, class Argument, class Key = Argument>
std::function<Result(Argument)> remembering(const std::function<Result(Argument)>& ask) {
  return [ask, known = std::make_shared<std::unordered_map<std::decay_t<Key>, Result>>()](Argument argument) {
    auto find = [&](const std::decay_t<Key>& key) {
      auto found = known->find(key);
      return found != known->end() ? found->second : known->emplace(key, ask(argument)).first->second;
    };
    if constexpr (std::is_same_v<Argument, const std::decay_t<Key>&>)
      return find(argument);
    else
      return find(std::decay_t<Key>(argument));
  };
}

host remembering(host on) {
  on.user_by_name = remembering<std::optional<host::user>, std::string_view, std::string>(on.user_by_name);
  on.user_by_id = remembering(on.user_by_id);
  on.group_by_name = remembering<std::optional<std::int64_t>, std::string_view, std::string>(on.group_by_name);
  on.group_exists = remembering(on.group_exists);
  on.is_directory = remembering(on.is_directory);
  return on;
}

/// Critical before warning before info, otherwise in the order they came up.
void sort_notices(configuration& cfg) {
  std::stable_sort(cfg.notices.begin(), cfg.notices.end(), [](auto& a, auto& b) { return a.level > b.level; });
}

void drop_later_twins(loading& from) {
  auto& groups = from.cfg.groups;
  std::unordered_set<std::string_view> seen; // the first of a name stays
  std::erase_if(groups, [&](const auto& group) {
    bool twin = !seen.insert(group->name).second;
    if (twin)
      from.warn("A group named " + quoted(group->name) + " exists already; the later one is ignored");
    return twin;
  });
}

result<void> run(loading& from) {
  for (const auto& [key, value] : from.on.env)
    from.env[key] = value;
  using step = result<void> (*)(loading&);
  if (auto done = read_files(from); !done)
    return done;
  for (step read : {read_supervisord, read_rpcinterfaces, settle_aliases, read_templates, read_groups, read_servers,
                    read_access, read_history, read_user})
    if (auto done = from.noted(read(from)); !done)
      return done;
  drop_later_twins(from);
  bool whole = !from.faults || from.faults->empty(); // of a part of the files nothing could be said
  if (whole)
    for (step look : {check_dependencies, check_statefile})
      if (auto done = look(from); !done)
        return done;
  if (auto done = warn_of_unknown(from); !done)
    return done;
  if (from.request.start.looks && whole)
    find_weaknesses(from);
  sort_notices(from.cfg);
  const auto& weak = from.cfg.weaknesses;
  if (from.request.start.strict && !from.faults && !weak.empty())
    return error{weak.front().at, weak.front().text};
  return {};
}

template <class Field, class Value>
void override_with(Field& field, const std::optional<Value>& value) {
  if (value)
    field = *value;
}

void apply_overrides(supervisord_options& options, const overrides& over) {
  override_with(options.minfds, over.minfds);
  override_with(options.minprocs, over.minprocs);
  override_with(options.directory, over.directory);
  override_with(options.user, over.user);
  override_with(options.umask, over.umask);
  override_with(options.logfile, over.logfile);
  override_with(options.logfile_maxbytes, over.logfile_maxbytes);
  override_with(options.logfile_backups, over.logfile_backups);
  override_with(options.loglevel, over.loglevel);
  override_with(options.pidfile, over.pidfile);
  override_with(options.identifier, over.identifier);
  override_with(options.childlogdir, over.childlogdir);
  options.nodaemon = options.nodaemon || over.nodaemon;
  options.silent = options.silent || over.silent;
  options.nocleanup = options.nocleanup || over.nocleanup;
  options.strip_ansi = options.strip_ansi || over.strip_ansi;
}

} // namespace

result<void> read_supervisord(loading& from) {
  section_reader section{from, "supervisord", *from.document.section("supervisord")};
  auto& options = from.cfg.supervisord;
  options.childlogdir = from.on.temporary_directory;
  auto scope = section.narrow();
  for (const auto& row : schema_of("supervisord")) {
    if (row.key == "environment") // last, and other names expand in it
      continue;
    if (auto set = from.noted(section.take("supervisord", row.key, {.daemon = &options})); !set)
      return set;
  }
  scope.host_node_name = &from.on.node_name;
  auto text = section.text("environment", scope, "environment");
  if (!text)
    return text.error();
  if (*text) {
    if (auto set = row_of("supervisord", "environment").assign({.daemon = &options}, **text, from.on); !set)
      return section.placed(set.error(), "environment");
    for (const auto& [key, value] : options.env)
      from.env[key] = value;
    from.daemon_env = options.env;
  }
  apply_overrides(options, from.request.command_line);
  if (options.logfile != "syslog")
    options.logfile = absolute(options.logfile, from.on);
  options.pidfile = absolute(options.pidfile, from.on);
  options.childlogdir = absolute(options.childlogdir, from.on);
  if (!options.notifydir.empty())
    options.notifydir = absolute(options.notifydir, from.on);
  if (options.directory)
    options.directory = absolute(*options.directory, from.on);
  return {};
}

/// The daemon's user, looked up when everything else has been read (7.1).
result<void> read_user(loading& from) {
  auto& options = from.cfg.supervisord;
  if (!options.user)
    return {};
  auto uid = user_id(*options.user, from.on);
  if (uid)
    options.uid = *uid;
  else if (from.request.command_line.user)
    return uid.error();
  else
    return section_reader{from, "supervisord", *from.document.section("supervisord")}.placed(uid.error(), "user");
  return {};
}

result<std::string> find_configuration(const host& on) {
  auto above = parent(parent(on.executable));
  auto base = above == "/" ? "" : above;
  const std::string paths[] = {
    base + "/etc/supervisord.conf", base + "/supervisord.conf", "supervisord.conf",
    "etc/supervisord.conf",         "/etc/supervisord.conf",    "/etc/supervisor/supervisord.conf"};
  std::string searched;
  for (const auto& path : paths) {
    if (on.exists(path))
      return path;
    searched += (searched.empty() ? "" : ", ") + path;
  }
  return fault("No config file found at default paths (" + searched +
               "); use the -c option to specify a config file at a different path");
}

result<configuration> load(const host& on, const load_request& request) {
  const auto machine = remembering(on);
  loading from{.on = machine, .request = request};
  from.cfg.file = absolute(request.file, on);
  if (auto done = run(from); !done)
    return done.error();
  return std::move(from.cfg);
}

findings check(const host& on, const load_request& request, const program_check& of_programs, const tls_check& of_tls) {
  findings found;
  const auto machine = remembering(on);
  loading from{
    .on = machine, .request = request, .faults = &found.faults, .of_programs = of_programs, .of_tls = of_tls};
  (void)from.noted(run(from));
  sort_notices(from.cfg);
  found.notices = std::move(from.cfg.notices);
  if (request.start.strict)
    found.weaknesses = std::move(from.cfg.weaknesses);
  return found;
}

namespace {

/// An error of the client's options is read by whoever sees the terminal or the mail of cron.
error without_secret(error why, const ini_option& option) {
  bool secret = option.key == "password" || option.text.find('@') != option.text.npos;
  auto raw = quoted(option.text);
  if (auto at = why.what.find(raw); secret && at != std::string::npos)
    why.what.replace(at, raw.size(), "'***'");
  return why;
}

bool is_read_by_client(std::string_view section) {
  return section == "supervisorctl" || section == "supervisord" || section.starts_with("ctlplugin:");
}

} // namespace

result<ctl_file> load_ctl(const host& on, const std::string& file) {
  load_request request{file, {}};
  loading from{.on = on, .request = request, .document = ini_document(is_read_by_client)};
  for (const auto& [key, value] : on.env)
    from.env[key] = value;
  if (!on.exists(file))
    return fault("could not find config file " + file);
  if (is_no_file(file, on))
    return fault(no_file(file));
  auto text = on.is_directory(file) ? std::nullopt : on.read_file(file);
  if (!text)
    return fault("could not read config file " + file);
  if (auto added = add_file(from, *std::move(text), file); !added)
    return added.error();
  const auto* written = from.document.section("supervisorctl");
  if (!written)
    return fault(".ini file does not include supervisorctl section");
  section_reader section{from, "supervisorctl", *written};
  ctl_file read;
  for (const auto& row : schema_of("supervisorctl"))
    if (auto done = section.take("supervisorctl", row.key, {.client = &read.options}); !done)
      return without_secret(done.error(), *section.raw(row.key));
  read.names_serverurl = section.raw("serverurl") != nullptr;
  for (const auto& [name, node] : from.document.sections()) {
    auto of_daemon = [&, &name = name, &node = node](std::string_view key) {
      return name == "supervisord" ? from.document.option(node.data(), key) : nullptr;
    };
    if (const auto* user = of_daemon("user"))
      read.daemon_user = user->text;
    if (const auto* mode = of_daemon("updatemode"))
      read.updatemode = mode->text;
    if (name.starts_with("ctlplugin:"))
      read.plugins.push_back({name, from.document.option(node.data(), "supervisor.ctl_factory") != nullptr});
  }
  return read;
}

} // namespace troupe::config
