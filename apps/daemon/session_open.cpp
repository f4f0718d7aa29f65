// See session.hpp: what a start opens, in order: privileges, the log, sockets, extensions, the groups' cells. What
// fails here ends the start, with an error for the user. Must not start a thread.
#include "actors/extensions/extensions.hpp"
#include "actors/extensions/plugins.hpp"
#include "actors/http/token_file.hpp"
#include "actors/io/fcgi_sockets.hpp"
#include "apps/daemon/audit_open.hpp"
#include "apps/daemon/history_open.hpp"
#include "apps/daemon/session.hpp"
#include "config/text.hpp"
#include "config/weaknesses.hpp"
#include "platform/log_path.hpp"
#include "platform/openssl.hpp"
#include "protocols/log_lines.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <set>
#include <string_view>

#include <pthread.h>
#include <unistd.h>

namespace troupe {

using config::log_level;

namespace {

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Holds copies: a reading that hangs is left behind, and the daemon goes on, or starts anew, without it.
auto reading(config::host on, std::shared_ptr<platform::identities> users, config::load_request request) {
  using outcome = config::result<std::shared_ptr<const config::configuration>>;
  return [on = std::move(on), users = std::move(users),
          request = std::move(request)](const config::scale_book& scales) -> outcome {
    auto now = request;
    now.scales = scales;
    auto loaded = config::load(on, now);
    if (!loaded)
      return loaded.error();
    actors::learn_users(loaded->groups, *users);
    if (loaded->access)
      if (auto tokens = actors::read_tokens(loaded->access->token_file); !tokens)
        return tokens.error();
    return std::make_shared<const config::configuration>(*std::move(loaded));
  };
}

} // namespace

config::result<void> session::take_privileges() {
  const auto& options = cfg_.supervisord;
  std::vector<std::string> limits;
  if (daemon_.first_start) { // before the privileges that it may take (N10); told about afterwards
    auto raised = platform::raise_limits(options.minfds, options.minprocs);
    if (!raised)
      return raised.error();
    limits = *std::move(raised);
  }
  if (options.uid) {
    auto dropped = platform::drop_privileges(*options.uid);
    if (!dropped)
      return dropped.error();
    note(log_level::info, *std::move(dropped));
  } else if (::getuid() == 0) {
    note(
      log_level::critical,
      "Supervisor is running as root.  Privileges were not dropped because no user is specified in the config file.  "
      "If you intend to run as root, you can set user=root in the config file to avoid this message.");
  }
  for (auto& text : limits)
    note(log_level::info, std::move(text));
  daemon_.on.uid = ::getuid();
  return {};
}

config::result<void> session::open_log() {
  const auto& options = cfg_.supervisord;
  bool copy = options.nodaemon && !options.silent;
  platform::main_log::settings settings{
    options.logfile,           options.logfile_maxbytes, options.logfile_backups, options.loglevel, copy,
    base_name(daemon_.program)};
  settings.files = options.log_files;
  settings.compressor = &compressor_;
  if (options.json_log)
    settings.render = [](protocols::wall_time when, log_level level, std::string_view text) {
      return protocols::json_record(when, level, text, platform::daemon_pid());
    };
  auto log = std::make_unique<platform::main_log>(settings);
  if (int error = log->open(); error != 0) {
    refused_ = error;
    auto why = error == ELOOP || error == EMLINK ? platform::refusal_of(options.logfile) : "";
    return config::fault("could not open log file " + options.logfile + ": " + std::strerror(error) +
                         (why.empty() ? "" : ": " + why));
  }
  log_ = std::move(log);
  settings.compressor = nullptr; // it ends with this start
  daemon_.last_log = std::move(settings);
  for (auto level : {log_level::critical, log_level::warn, log_level::info})
    for (const auto& notice : cfg_.notices)
      if (notice.level == level)
        log_->write(level, notice.text);
  return {};
}

/// Interfaces that are not built in: once, however many servers show them.
config::result<void> session::make_extensions() {
  auto env = actors::extension_environment(daemon_.environment_of_children(), cfg_.server_url, cfg_.supervisord.env);
  for (const auto& interface : cfg_.rpcinterfaces)
    if (!actors::is_built_in(interface)) {
      auto made = actors::make_extension(interface, env, *log_);
      if (!made)
        return made.error();
      extensions_.push_back(*std::move(made));
    }
  return {};
}

/// A socket that the start before this one has kept, or a new one.
config::result<void> session::open_server(const config::server_options& options) {
  auto& kept = daemon_.kept;
  auto found = std::find_if(kept.begin(), kept.end(), [&](const auto& old) { return old.serves(options); });
  if (found != kept.end()) {
    servers_.splice(servers_.end(), kept, found);
    servers_.back().take_over(options);
    return {};
  }
  auto server = platform::listening_socket::open(options, &refused_);
  if (!server)
    return server.error();
  servers_.push_back(*std::move(server));
  return {};
}

/// Not before privileges were dropped: it has to be able to read them again.
config::result<void> session::read_certificate(const config::server_options& options) {
  if (!options.tls)
    return {};
  auto read = platform::tls_context::load(options.section, *options.tls);
  if (!read)
    return read.error();
  certificates_[options.section] = *std::move(read);
  return {};
}

config::result<void> session::open_servers() {
  const auto& wanted = cfg_.servers; // what is not wanted any more goes first: it may be in the way of others
  std::list<platform::listening_socket> unwanted;
  for (auto next = daemon_.kept.begin(); next != daemon_.kept.end();) {
    auto old = next++;
    if (std::none_of(wanted.begin(), wanted.end(), [&](const auto& server) { return old->serves(server); }))
      unwanted.splice(unwanted.end(), daemon_.kept, old);
  }
  release(unwanted);
  unwanted.clear();
  for (const auto& options : wanted) {
    if (auto read = read_certificate(options); !read)
      return read;
    if (auto opened = open_server(options); !opened)
      return opened;
    if (servers_.size() == 1)
      if (auto made = make_extensions(); !made)
        return made;
    for (const auto& interface : cfg_.rpcinterfaces) {
      if (actors::is_built_in(interface) && !interface.options.empty()) {
        log_->write(log_level::warn, "[rpcinterface:" + interface.name + "] takes no option " +
                                       config::quoted(interface.options.front().first));
        return config::fault("Could not make " + interface.name + " rpc interface");
      }
      log_->write(log_level::info, "RPC interface " + config::quoted(interface.name) + " initialized");
    }
    if (config::lets_everybody_do_everything(cfg_, options))
      log_->write(log_level::critical,
                  "Server " + config::quoted(options.section) + " running without any HTTP authentication checking");
  }
  for (const auto& weak : cfg_.weaknesses)
    log_->write(weak.level, weak.text);
  return {};
}

config::result<void> session::read_tokens() {
  if (cfg_.access && !cfg_.servers.empty() && !platform::libcrypto())
    return config::fault("access control needs libcrypto of OpenSSL 3 (libssl3), which is not there");
  if (!cfg_.access || cfg_.access->token_file.empty())
    return {};
  auto read = actors::read_tokens(cfg_.access->token_file);
  if (!read)
    return read.error();
  tokens_ = std::make_shared<protocols::token_book>(*std::move(read));
  return {};
}

config::result<void> session::open() {
  if (auto done = take_privileges(); !done)
    return done;
  if (auto done = open_log(); !done)
    return done;
  auto audit = open_audit(cfg_, *log_, base_name(daemon_.program));
  if (!audit)
    return audit.error();
  auto history = open_history(cfg_, *log_, daemon_.first_start);
  if (!history)
    return history.error();
  history_ = *std::move(history);
  audit_ = trail_for(history_, *std::move(audit), *log_);
  const auto& options = cfg_.supervisord;
  recall_state();
  scale_programs();
  actors::learn_users(cfg_.groups, *daemon_.users);
  actors::fcgi_sockets sockets{*log_};
  look_for_leftovers();
  for (const auto& group : cfg_.groups) {
    if (!has_left(*group)) // else who has its socket is stopped first
      if (auto probed = sockets.probe(*group); !probed)
        return probed;
    if (auto handler = actors::result_handler_of(*group); !handler)
      return handler.error();
  }
  if (auto opened = open_servers(); !opened)
    return opened;
  if (auto read = read_tokens(); !read)
    return read;
  if (auto prepared = prepare_pair(); !prepared)
    return prepared;
  // Not before the servers' addresses are ours: a mistaken second start must not take the first one's logs away.
  if (!options.nocleanup)
    for (const auto& text : platform::remove_auto_logs(options.childlogdir, options.identifier))
      log_->write(log_level::warn, text);
  auto cells = actors::make_cells(cfg_.groups, options.childlogdir, options.identifier);
  if (!cells)
    return cells.error();
  cells_ = *std::move(cells);
  return {};
}

/// What runs needs to know of the configuration.
namespace {

/// Those that clients wait for the end of, who can be told; out of `acts`.
std::vector<actors::open_act> acts_of_clients(const actors::carried_runtime& from,
                                              std::vector<actors::open_act>& acts) {
  std::set<std::string_view> waits;
  for (const auto& client : from.http.clients)
    if (client.waits && !client.waits->id.empty())
      waits.insert(client.waits->id);
  auto rest =
    std::stable_partition(acts.begin(), acts.end(), [&](const auto& act) { return waits.count(act.record.id) == 0; });
  std::vector<actors::open_act> theirs(std::make_move_iterator(rest), std::make_move_iterator(acts.end()));
  acts.erase(rest, acts.end());
  return theirs;
}

} // namespace

void session::hand_over(actors::runtime_settings& settings) {
  const auto& options = cfg_.supervisord;
  settings.groups = std::move(cells_);
  for (auto& server : servers_) // a worker that died while it ended may have closed them already
    if (server.fd() >= 0)
      settings.listeners.push_back({server.duplicate(), server.options(), certificates_[server.options().section]});
  for (const auto& interface : cfg_.rpcinterfaces)
    if (actors::shows_troupe(interface))
      settings.shows_troupe = true;
    else if (actors::is_built_in(interface))
      settings.rpc_namespaces.push_back(interface.name);
  settings.rpc_extensions = std::move(extensions_);
  if (cfg_.access)
    settings.access = access_ = std::make_shared<actors::access_book>(cfg_.access);
  settings.audit = audit_;
  settings.history = history_;
  settings.tokens = std::move(tokens_);
  settings.main_log_backups = options.logfile_backups;
  settings.childlogdir = options.childlogdir;
  settings.identifier = options.identifier;
  settings.updates_processes = options.updates_processes;
  settings.load = reading(daemon_.on, daemon_.users, {daemon_.file, daemon_.line.options});
  settings.spawning = {daemon_.environment_of_children(),
                       cfg_.server_url,
                       daemon_.on.uid,
                       &compressor_,
                       options.deathlines,
                       {options.startconcurrency, options.restartbudget},
                       std::make_shared<platform::cgroup_memory>(),
                       daemon_.keeper,
                       daemon_.users};
  settings.spawning.notify_directory = options.notifydir;
  if (!daemon_.manager.empty())
    settings.notify = [&who = daemon_](const std::string& datagram) { who.notify(datagram); };
  settings.watchdog = daemon_.watchdog();
  settings.only_processes = daemon_.only_processes;
  if (daemon_.keeper) {
    settings.worker = daemon_.keeper->facts();
    settings.keep_image = [this](actors::carried_runtime image) { keep_image(std::move(image)); };
    settings.keep_change = [this](const actors::carried_change& change) { return keep_change(change); };
    settings.keeper_gone = [this, main_thread = ::pthread_self()] {
      keeper_gone_ = true;
      ::pthread_kill(main_thread, wake_up);
    };
  }
  settings.deaths = daemon_.deaths;
  settings.remembered = daemon_.remembered;
  settings.strip_ansi = options.strip_ansi;
  settings.syslog_ident = base_name(daemon_.program);
  settings.event_serial = daemon_.event_serial;
  if (before_) {
    settings.goes_on_with = std::move(before_->runtime);
    settings.ending = before_->ending;
    settings.acts = acts_of_clients(*settings.goes_on_with, before_->acts);
    if (daemon_.events)
      settings.outboxes = std::move(daemon_.events->outboxes);
  }
}

} // namespace troupe
