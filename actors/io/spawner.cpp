// See spawner.hpp.
#include "actors/io/spawner.hpp"

#include "actors/io/death_desk.hpp"
#include "actors/io/note_making.hpp"
#include "config/own_program.hpp"
#include "config/text.hpp"
#include "platform/descriptors.hpp"
#include "platform/fault_point.hpp"
#include "platform/left_processes.hpp"
#include "platform/log_path.hpp"
#include "platform/main_log.hpp"

#include <new>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace troupe::actors {

namespace {

using platform::make_pipe;
using platform::unique_fd;

/// Our three ends and the child's three.
struct stdio_pipes {
  unique_fd ours[3];
  unique_fd theirs[3];
};

/// Only our end does not block: the child's end is what programs expect of a pipe.
int make_pipes(stdio_pipes& p, bool with_stdin, bool with_stderr) {
  if (with_stdin)
    if (int error = make_pipe(p.theirs[0], p.ours[0]))
      return error;
  if (int error = make_pipe(p.ours[1], p.theirs[1]))
    return error;
  if (with_stderr)
    if (int error = make_pipe(p.ours[2], p.theirs[2]))
      return error;
  for (auto& end : p.ours)
    if (end)
      ::fcntl(end.get(), F_SETFL, O_NONBLOCK); // a new pipe has no other flag
  return 0;
}

std::unique_ptr<platform::file_policy> policy_of(const spawn_settings& settings,
                                                 const config::channel_options& options) {
  if (!settings.compressor || options.files() == config::log_file_options{})
    return {};
  bool made_for_it = options.logfile.to == config::log_target::kind::automatic;
  return std::make_unique<platform::file_policy>(options.files(), *settings.compressor, made_for_it);
}

int open_log(const spawn_settings& settings, child_channel& channel, const std::string& path,
             const config::channel_options& options) {
  if (path.empty())
    return 0;
  auto [log, error] =
    settings.logs->open(path, options.logfile_maxbytes, options.logfile_backups, policy_of(settings, options));
  channel.file = std::move(log);
  return error;
}

/// Null where bytes go into the log as they come.
std::unique_ptr<protocols::line_formatter>
lines_of(const child_channel& channel, const config::channel_options& options, const protocols::line_source& source) {
  if (!channel.file || options.lines().plain())
    return {};
  return std::make_unique<protocols::line_formatter>(options.lines(), source);
}

std::string dispatcher_error(int error, const std::string& name) {
  if (error == EMFILE)
    return "too many open files to spawn " + config::quoted(name);
  return "unknown error making dispatchers for " + config::quoted(name) + ": " + config::errno_name(error);
}

std::string log_error(int error, const std::string& name, const std::string& path) {
  auto text = dispatcher_error(error, name);
  if (auto why = error == ELOOP || error == EMLINK ? platform::refusal_of(path) : ""; !why.empty())
    text += " (log " + path + ": " + why + ")";
  else if (error != EMFILE)
    text += " (log " + path + ")";
  return text;
}

std::string fork_error(int error, const std::string& name) {
  if (error == EMFILE) // the way by fork needs pipes of its own
    return dispatcher_error(error, name);
  if (error == EAGAIN)
    return "Too many processes in process table to spawn " + config::quoted(name);
  return "unknown error during fork for " + config::quoted(name) + ": " + config::errno_name(error);
}

std::optional<std::string> search_path(const config::process_options& options) {
  for (const auto& [key, value] : options.env)
    if (key == "PATH")
      return std::string(value);
  return std::nullopt;
}

/// What comes with the daemon, by its path; empty where that is not known.
std::string beside_us(std::string_view program) {
  auto own = config::own_program();
  auto slash = own.rfind('/');
  return slash == own.npos ? std::string() : own.substr(0, slash + 1).append(program);
}

/// Where the last words of a channel will be found; those that no file has are kept from now on.
life_marks::channel mark(child_channel& channel) {
  life_marks::channel marks;
  if (channel.file)
    marks.begins = channel.file->end();
  if (channel.pipe && marks.begins.file == 0)
    marks.ring = channel.ring = std::make_shared<tail_ring>();
  return marks;
}

/// Of a life_marks or a carried_marks.
void mark_surroundings(auto& marks, const spawn_settings& settings, const std::string& program) {
  if (settings.memory)
    marks.kills = settings.memory->kills();
  marks.kernel_time = platform::kernel_log_time();
  marks.program = program_at(program);
}

/// For the report of this life's end, should nobody ask for it. Before the child can write. `life`: of its slot; 0:
/// what is marked is not for another worker.
void mark_life(const process_identity& who, const spawn_settings& settings, child_streams& streams,
               const std::string& program, std::uint32_t life = 0) {
  if (who.options->deathlines.value_or(settings.death_lines) == 0)
    return;
  auto marks = std::make_shared<life_marks>();
  marks->out = mark(streams.out);
  marks->err = mark(streams.err);
  mark_surroundings(*marks, settings, program);
  auto* notes = life != 0 && settings.keeper ? settings.keeper->notes() : nullptr;
  if (notes && who.slot != no_slot) {
    notes->note_beginning(who.slot, 0, life, marks->out.begins);
    notes->note_beginning(who.slot, 1, life, marks->err.begins);
  }
  who.life().begin(std::move(marks));
}

/// What its descendants are known by; the daemon itself may be one of another daemon's.
void set_spawn_id(std::vector<std::string>& environment, std::uint64_t id) {
  if (id == 0)
    return;
  auto entry = std::string(platform::spawn_id_variable) + '=';
  std::erase_if(environment, [&](const auto& other) { return other.starts_with(entry); });
  constexpr int digits = 16;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    entry += "0123456789abcdef"[id >> shift & 0xf];
  environment.push_back(std::move(entry));
}

/// A pipe can be opened by name (/dev/stdout) by its owner only.
void give_to(uid_t user, const stdio_pipes& pipes) {
  for (const auto& end : pipes.theirs)
    if (end)
      (void)!::fchown(end.get(), user, static_cast<gid_t>(-1));
}

void set_stdio(platform::spawn_plan& plan, const stdio_pipes& pipes, int listening, bool redirect_stderr) {
  plan.stdio[0] = listening < 0 ? pipes.theirs[0].get() : listening;
  plan.stdio[1] = pipes.theirs[1].get();
  plan.stdio[2] = pipes.theirs[redirect_stderr ? 1 : 2].get();
  if (plan.run_as)
    give_to(plan.run_as->uid, pipes);
}

} // namespace

platform::words words_of_command(const config::process_options& options) {
  auto words = platform::split_command(options.command);
  if (!words.error.empty())
    words.error = "can't parse command of [" + options.section + "]: " + words.error; // it may hold a password
  else if (words.argv.empty())
    words.error = "command is empty";
  return words;
}

platform::resolved find_program(const config::process_options& options, const std::string& word) {
  auto found = platform::resolve_command(word, search_path(options));
  if (found.missing && word == "supervisor_stdout") // comes with the daemon, whose folder PATH may lack
    if (auto path = beside_us(word); !path.empty())
      if (auto beside = platform::resolve_command(path, {}); beside.error.empty())
        return beside;
  return found;
}

platform::resolved check_command(const config::process_options& options) {
  auto [argv, error] = words_of_command(options);
  return error.empty() ? find_program(options, argv.front()) : platform::resolved{{}, error, false};
}

std::variant<spawned_child, std::string> spawn_child(const process_identity_ptr& who, const spawn_settings& settings,
                                                     int listening, const std::function<bool(bool last)>& go_on,
                                                     const announced_child& announced) {
  const auto& options = *who->options;
  auto program = check_command(options);
  if (!program.error.empty() || !go_on(false))
    return program.error;

  stdio_pipes pipes;
  spawned_child child;
  if (int error = make_pipes(pipes, listening < 0, !options.redirect_stderr))
    return dispatcher_error(error, options.name);
  if (int error = open_log(settings, child.streams.out, who->stdout_path, options.out))
    return log_error(error, options.name, who->stdout_path);
  if (!options.redirect_stderr)
    if (int error = open_log(settings, child.streams.err, who->stderr_path, options.err))
      return log_error(error, options.name, who->stderr_path);

  auto planned = plan_of(*who, settings);
  if (!planned)
    return planned.error().what;
  auto plan = *std::move(planned);
  plan.file = program.file;
  plan.argv = platform::split_command(options.command).argv;
  set_stdio(plan, pipes, listening, options.redirect_stderr);
  plan.new_session = options.stops().reach == config::kill_reach::session;
  set_spawn_id(plan.envp, announced.spawn_id);
  auto [notes, their_note, trouble] =
    make_notes(options, plan, settings.notify_directory, options.uid.value_or(settings.uid));
  if (!trouble.empty())
    return trouble;
  child.streams.notes = notes;
  child.streams.who = who;
  child.streams.out.pipe = std::move(pipes.ours[1]);
  child.streams.err.pipe = std::move(pipes.ours[2]);
  mark_life(*who, settings, child.streams, plan.file, announced.life);
  if (!go_on(true))
    return std::string();

  if (settings.keeper) {
    platform::fault_point("spawn.ready");
    hold_notes(*settings.keeper, who->slot, notes.get());
    settings.keeper->arm(who->slot, announced.life,
                         {pipes.ours[0].get(), child.streams.out.pipe.get(), child.streams.err.pipe.get()});
    child.outcome = platform::spawn_sibling(plan, settings.keeper->pid_of(who->slot));
  } else {
    child.outcome = platform::spawn(plan, announced.pid);
  }
  if (child.outcome.pid < 0)
    return fork_error(child.outcome.error, options.name);
  child.streams.pid = child.outcome.pid;
  child.streams.in = std::move(pipes.ours[0]);
  auto& streams = child.streams;
  try {
    streams.out.lines = lines_of(streams.out, options.out, {options.name, who->group, "stdout", streams.pid});
    streams.err.lines = lines_of(streams.err, options.err, {options.name, who->group, "stderr", streams.pid});
  } catch (const std::bad_alloc&) { // it lives: its lines go into the log as they come
  }
  return child;
}

int open_helper_log(const process_identity& who, const spawn_settings& settings, child_channel& into) {
  const auto& options = *who.options;
  bool both = options.redirect_stderr;
  const auto& of = both ? options.out : options.err;
  if (int error = open_log(settings, into, both ? who.stdout_path : who.stderr_path, of))
    return error;
  into.lines = lines_of(into, of, {options.name, who.group, both ? "stdout" : "stderr", 0});
  return 0;
}

int open_channel_log(const process_identity& who, const spawn_settings& settings, bool is_stderr, int pid,
                     child_channel& into) {
  const auto& options = is_stderr ? who.options->err : who.options->out;
  const auto& path = is_stderr ? who.stderr_path : who.stdout_path;
  if (path.empty())
    return 0;
  auto [log, error] = settings.logs->open_anew(path.str(), options.logfile_maxbytes, options.logfile_backups,
                                               policy_of(settings, options));
  into.file = std::move(log);
  into.lines = lines_of(into, options, {who.options->name, who.group, is_stderr ? "stderr" : "stdout", pid});
  return error;
}

child_streams streams_of(const process_identity_ptr& who, const spawn_settings& settings, const carried_child& from,
                         platform::main_log& log) {
  const auto& options = *who->options;
  child_streams streams;
  streams.who = who;
  streams.pid = from.pid;
  streams.in.reset(from.in);
  auto take_up = [&](child_channel& channel, const std::optional<carried_channel>& before, const char* name) {
    if (!before)
      return;
    bool is_err = std::string_view(name) == "stderr";
    const auto& path = is_err ? who->stderr_path : who->stdout_path;
    const auto& of = is_err ? options.err : options.out;
    channel.pipe.reset(before->pipe);
    if (int error = open_log(settings, channel, path, of))
      log.write(config::log_level::error, log_error(error, options.name, path));
    channel.lines = lines_of(channel, of, {options.name, who->group, name, from.pid});
  };
  take_up(streams.out, from.out, "stdout");
  take_up(streams.err, from.err, "stderr");
  if (from.marks) {
    auto known = *from.marks;
    if (known.program.path.empty()) // its worker died, and these are marks for its next one
      mark_surroundings(known, settings, check_command(options).file);
    auto marks = actors::take_up(known);
    streams.out.ring = marks->out.ring;
    streams.err.ring = marks->err.ring;
    who->life().begin(std::move(marks));
  } else {
    mark_life(*who, settings, streams, check_command(options).file);
  }
  return streams;
}

} // namespace troupe::actors
