// See rpc_program.hpp. One child at a time: the next one is made when the exit of the last one was told. What arrives
// for a child that has gone is known by `life`.
#include "actors/extensions/rpc_program.hpp"

#include "actors/core/process_fsm.hpp"
#include "actors/rpc/rpc_caller.hpp"
#include "config/datatypes.hpp"
#include "config/text.hpp"
#include "platform/descriptors.hpp"
#include "platform/main_log.hpp"
#include "protocols/json_rpc.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::actors {

namespace asio = boost::asio;
using config::log_level;
using protocols::fault;
using protocols::make_fault;
using protocols::rpc_fault;
using protocols::rpc_response;
using protocols::rpc_value;
using std::chrono::seconds;
using steady = std::chrono::steady_clock;

namespace {

/// What one program may cost.
constexpr std::size_t read_size = 65536;
constexpr std::size_t longest_line = std::size_t{16} << 20;
constexpr std::size_t most_output = std::size_t{16} << 20; // that waits for the program to read
constexpr std::size_t most_calls = 100;                    // that wait for an answer, either way
constexpr std::size_t longest_complaint = 4096;            // of its stderr, in one record
constexpr auto patience = seconds{2};                      // from SIGTERM to SIGKILL
constexpr auto linger = seconds{1};                        // from the end of its stdout or stdin to its own
constexpr auto longest_pause = seconds{60};                // before it is started again
constexpr auto healthy = seconds{10};                      // up for so long, and the pauses begin anew
constexpr int last_reads = 16;                             // of what it left in a pipe

const std::string* text_member(const rpc_value& from, std::string_view name) {
  const auto* member = from.member(name);
  return member ? member->string() : nullptr;
}

log_level level_named(const std::string* name) {
  auto level = name ? config::level(*name) : config::result<log_level>(log_level::info);
  return level ? *level : log_level::info;
}

config::result<extension_methods> methods_of(const rpc_value& params) {
  const auto* listed = params.member("methods");
  if (!listed || !listed->items())
    return config::fault("register has no array of methods");
  std::vector<extension_method> methods;
  for (const auto& m : *listed->items()) {
    auto text = [&](std::string_view name, std::string fallback) {
      const auto* given = text_member(m, name);
      return given ? *given : std::move(fallback);
    };
    auto wants = text("access", "control");
    methods.push_back({text("name", ""), text("result", "boolean"), text("params", ""), text("help", ""),
                       wants == "read"    ? access::read
                       : wants == "admin" ? access::admin
                                          : access::control});
  }
  return checked_methods(std::move(methods));
}

class rpc_program final : public rpc_extension, public std::enable_shared_from_this<rpc_program> {
public:
  rpc_program(const config::rpcinterface_options& options, platform::spawn_plan plan, platform::main_log& log)
      : rpc_extension(options.name), options_(options), plan_(std::move(plan)), log_(log) {}

  void start(const extension_context& context) override;
  extension_methods methods() const override { return methods_; }
  void call(const std::string& method, const rpc_value::array& params, control_answer_to answer) override;
  void stop() override;
  void join() override;

private:
  using descriptor = std::optional<asio::posix::stream_descriptor>;
  struct waiting {
    std::string method;
    steady::time_point deadline;
    control_answer_to answer;
  };

  // the child's life
  void launch();
  void note_spawned(std::uint64_t life, int pid, int error);
  void note_exit(int wait_status);
  void went_down(const std::string& why);
  void broken(const std::string& why);
  void doubt(const std::string& why);
  void kill_after(steady::duration time);
  void let_go();
  static void close(descriptor& pipe);
  void close_pipes();

  // its words
  void await_output();
  void await_errors();
  ssize_t read_from(descriptor& from);
  bool take(std::string_view line);
  bool take(protocols::json_note note);
  bool take(protocols::json_call call);
  bool take(protocols::json_answer answer);
  void complain(std::string_view bytes);

  // ours
  bool put(std::string line);
  void flush();

  // the calls
  void expire();
  void arm_deadline();
  void refuse_all(const rpc_fault& with);

  bool up() const { return pid_ > 0 && registered_ && !broken_; }
  std::string who() const { return "rpc interface " + config::quoted(name()); }
  void say(log_level level, const std::string& text) { log_.write(level, who() + ": " + config::one_line(text)); }

  const config::rpcinterface_options options_;
  const platform::spawn_plan plan_;
  platform::main_log& log_;
  std::optional<extension_context> context_;
  std::unique_ptr<rpc_caller> caller_;
  extension_methods methods_;

  int pid_ = 0;            ///< 0: no child
  std::uint64_t life_ = 0; ///< the number of the child
  bool registered_ = false;
  bool broken_ = false;   ///< it is being killed
  bool stopping_ = false; ///< for good
  std::string state_ = "has not registered its methods yet";
  int failures_ = 0; ///< in a row
  steady::time_point up_since_;
  std::optional<asio::steady_timer> next_; ///< of its life: start, or kill
  std::optional<asio::steady_timer> deadline_;

  descriptor in_, out_, err_;
  std::string output_; ///< that waits for room
  protocols::line_splitter lines_{longest_line};
  std::string complaint_; ///< a line of its stderr so far
  std::vector<char> buffer_ = std::vector<char>(read_size);

  std::int64_t last_id_ = 0;
  std::map<std::int64_t, waiting> calls_; ///< all have the same time, so that their order is that of their deadlines
  std::size_t asked_ = 0;                 ///< calls that it makes, not answered yet
};

// -- life ------------------------------------------------------------------------------------------

void rpc_program::start(const extension_context& context) {
  context_.emplace(context);
  caller_ = std::make_unique<rpc_caller>(context.rpc, context.ask);
  next_.emplace(context.io);
  deadline_.emplace(context.io);
  asio::post(context.io, [self = shared_from_this()] { self->launch(); });
}

void rpc_program::launch() {
  if (stopping_)
    return;
  auto child = std::make_shared<helper_child>();
  child->plan = plan_;
  descriptor* ours[] = {&in_, &out_, &err_};
  for (int i = 0; i < 3; ++i) {
    platform::unique_fd read_end;
    platform::unique_fd write_end;
    if (int error = platform::make_pipe(read_end, write_end); error != 0) {
      close_pipes();
      return went_down("could not be started: " + config::errno_name(error));
    }
    bool is_input = i == 0;
    auto& our_end = is_input ? write_end : read_end;
    child->stdio[i] = std::move(is_input ? read_end : write_end);
    child->plan.stdio[i] = child->stdio[i].get();
    ::fcntl(our_end.get(), F_SETFL, O_NONBLOCK);
    ours[i]->emplace(context_->io, our_end.get());
    (void)our_end.release(); // the descriptor's from here on
  }
  auto life = ++life_;
  pid_ = -1; // on its way
  registered_ = broken_ = false;
  auto self = shared_from_this();
  auto spawned = [self, life](int pid, int error) {
    asio::post(self->context_->io, [self, life, pid, error] { self->note_spawned(life, pid, error); });
  };
  auto exited = [self](int status) { asio::post(self->context_->io, [self, status] { self->note_exit(status); }); };
  context_->helpers.spawn(std::move(child), spawned, exited);
}

void rpc_program::note_spawned(std::uint64_t life, int pid, int error) {
  if (life != life_)
    return;
  if (pid < 0) {
    pid_ = 0;
    close_pipes();
    return went_down("could not be started: " + config::errno_name(error));
  }
  pid_ = pid;
  up_since_ = steady::now();
  say(log_level::info, "started its program with pid " + std::to_string(pid));
  if (stopping_)
    return context_->helpers.signal(pid_, SIGTERM);
  rpc_value::structure options;
  for (const auto& [key, value] : options_.options)
    options.emplace_back(key, value);
  put(protocols::note_line("start", rpc_value::structure{{"interface", name()}, {"options", std::move(options)}}));
  await_output();
  await_errors();
}

void rpc_program::note_exit(int wait_status) {
  next_->cancel();
  for (auto* pipe : {&out_, &err_}) // its last words
    for (int i = 0; i < last_reads && *pipe && (*pipe)->is_open() && read_from(*pipe) > 0; ++i) {
    }
  if (!complaint_.empty())
    complain("\n");
  close_pipes();
  pid_ = 0;
  if (stopping_)
    return;
  if (steady::now() - up_since_ >= healthy)
    failures_ = 0;
  went_down(broken_ ? state_ : "ended (" + wait_status_text(wait_status) + ")");
}

/// It is gone: whoever waits for it is told, and it is started again after a pause.
void rpc_program::went_down(const std::string& why) {
  state_ = why;
  refuse_all(make_fault(fault::failed, who() + ": its program " + why));
  if (stopping_) {
    next_->cancel();
    return;
  }
  auto pause = std::min<seconds>(seconds{1} * (1 << std::min(failures_, 10)), longest_pause);
  ++failures_;
  say(log_level::warn, "its program " + why + "; it is started again in " + std::to_string(pause.count()) + " s");
  next_->expires_after(pause);
  next_->async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
    if (!failed)
      self->launch();
  });
}

/// It does what it must not: nothing more is believed, and it is killed.
void rpc_program::broken(const std::string& why) {
  if (broken_ || stopping_)
    return;
  broken_ = true;
  state_ = why;
  refuse_all(make_fault(fault::failed, who() + ": its program " + why));
  close(in_);
  close(out_);
  kill_after(seconds{0});
}

/// It has closed a pipe: unless it ends by itself, which says more, it is broken.
void rpc_program::doubt(const std::string& why) {
  if (stopping_)
    return;
  next_->expires_after(linger);
  next_->async_wait([self = shared_from_this(), life = life_, why](const boost::system::error_code& failed) {
    if (!failed && life == self->life_ && self->pid_ > 0)
      self->broken(why);
  });
}

void rpc_program::close(descriptor& pipe) {
  boost::system::error_code ignored;
  if (pipe)
    pipe->close(ignored);
}

void rpc_program::kill_after(steady::duration time) {
  next_->expires_after(time);
  next_->async_wait([self = shared_from_this(), life = life_](const boost::system::error_code& failed) {
    if (failed || life != self->life_)
      return;
    if (self->pid_ > 0)
      self->context_->helpers.signal(self->pid_, SIGKILL);
    if (self->stopping_)
      self->let_go();
  });
}

/// The daemon does not end before the program has, but for one that even SIGKILL does not end.
void rpc_program::let_go() {
  next_->expires_after(patience);
  next_->async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
    if (!failed)
      self->close_pipes();
  });
}

void rpc_program::close_pipes() {
  in_.reset();
  out_.reset();
  err_.reset();
  output_.clear();
  lines_.clear();
  complaint_.clear();
}

void rpc_program::stop() {
  if (stopping_)
    return;
  stopping_ = true;
  refuse_all(make_fault(fault::shutdown_state));
  deadline_->cancel();
  next_->cancel();
  if (pid_ == 0)
    return close_pipes();
  close(in_); // a program that reads ends by itself
  if (pid_ > 0)
    context_->helpers.signal(pid_, SIGTERM);
  kill_after(patience);
}

/// The timers and pipes are of the HTTP thread's context, which ends before whoever still holds us.
void rpc_program::join() {
  close_pipes();
  next_.reset();
  deadline_.reset();
}

// -- its words -------------------------------------------------------------------------------------

void rpc_program::await_output() {
  out_->async_wait(asio::posix::stream_descriptor::wait_read,
                   [self = shared_from_this(), life = life_](const boost::system::error_code& failed) {
                     if (failed || life != self->life_ || !self->out_ || !self->out_->is_open())
                       return;
                     if (self->read_from(self->out_) == 0) {
                       close(self->out_);
                       self->doubt("has closed its stdout");
                     } else if (self->out_->is_open()) {
                       self->await_output();
                     }
                   });
}

void rpc_program::await_errors() {
  err_->async_wait(asio::posix::stream_descriptor::wait_read,
                   [self = shared_from_this(), life = life_](const boost::system::error_code& failed) {
                     if (failed || life != self->life_ || !self->err_)
                       return;
                     if (self->read_from(self->err_) != 0)
                       self->await_errors();
                     else
                       close(self->err_);
                   });
}

/// Bytes that were read and taken in; 0 at the end, -1 where there is nothing now.
ssize_t rpc_program::read_from(descriptor& from) {
  auto n = ::read(from->native_handle(), buffer_.data(), buffer_.size());
  if (n < 0)
    return errno == EAGAIN || errno == EINTR ? -1 : 0;
  std::string_view bytes(buffer_.data(), static_cast<std::size_t>(n));
  try {
    if (&from == &err_) {
      complain(bytes);
    } else if (!lines_.feed(bytes, [this](std::string_view line) { return take(line); })) {
      broken("wrote a line of more than " + std::to_string(longest_line >> 20) + " MiB");
      return -1;
    }
  } catch (const std::bad_alloc&) { // what else it says would never be read, and its callers would wait
    broken("says more than there is memory for");
    return -1;
  }
  return n;
}

/// False: the program is not to be believed any more; broken() was called.
bool rpc_program::take(std::string_view line) {
  if (line.empty())
    return true;
  auto message = protocols::parse_message(line);
  if (message)
    return std::visit([this](auto&& m) { return take(std::move(m)); }, *std::move(message));
  broken("wrote a line that is no message (" + message.error().what + "): " + config::quoted(line.substr(0, 100)));
  return false;
}

bool rpc_program::take(protocols::json_note note) {
  if (note.method == "register") {
    auto methods = methods_of(note.params);
    if (!methods) {
      broken("registers what cannot be called: " + methods.error().what);
      return false;
    }
    methods_ = *std::move(methods);
    registered_ = true;
    say(log_level::info, std::to_string(methods_->size()) + " methods registered");
  } else if (note.method == "log") {
    if (const auto* text = text_member(note.params, "text"))
      say(level_named(text_member(note.params, "level")), *text);
  } else if (note.method == "publish") {
    const auto* type = text_member(note.params, "type");
    const auto* data = text_member(note.params, "data");
    if (type && data)
      context_->rpc.publish(protocols::remote_communication_event(*type, *data));
  } else {
    say(log_level::debug, "its program says " + config::quoted(note.method) + ", which means nothing");
  }
  return true;
}

/// It calls a method of ours.
bool rpc_program::take(protocols::json_call call) {
  if (asked_ >= most_calls)
    return put(protocols::answer_line(call.id, make_fault(fault::failed, "too many calls wait")));
  ++asked_;
  auto done = [self = shared_from_this(), life = life_, id = std::move(call.id)](rpc_response response) {
    asio::post(self->context_->io, [self, life, line = protocols::answer_line(id, response)]() mutable {
      --self->asked_;
      if (life == self->life_ && !self->broken_ && !self->put(std::move(line)))
        self->broken("does not read the answers to its calls");
    });
  };
  caller_->call(call.method, call.params, std::move(done));
  return true;
}

bool rpc_program::take(protocols::json_answer answer) {
  auto found = calls_.find(answer.id);
  if (found == calls_.end()) // its caller was told that it took too long
    return true;
  auto to = std::move(found->second.answer);
  calls_.erase(found);
  if (auto* refused = std::get_if<rpc_fault>(&answer.what))
    (*to)(std::move(*refused));
  else
    (*to)(std::get<rpc_value>(std::move(answer.what)));
  arm_deadline();
  return true;
}

/// Its stderr, into our log line by line.
void rpc_program::complain(std::string_view bytes) {
  while (!bytes.empty()) {
    auto end = bytes.find('\n');
    auto room = longest_complaint - complaint_.size();
    auto part = bytes.substr(0, std::min(end, room));
    complaint_ += part;
    bool whole = part.size() == end;
    bytes.remove_prefix(part.size() + (whole ? 1 : 0));
    if (!whole && complaint_.size() < longest_complaint)
      return;
    say(log_level::info, complaint_);
    complaint_.clear();
  }
}

// -- our words -------------------------------------------------------------------------------------

/// False: too much waits for the program to read.
bool rpc_program::put(std::string line) {
  if (!in_ || !in_->is_open())
    return true; // its end is on its way
  if (!output_.empty() && output_.size() + line.size() > most_output)
    return false;
  bool idle = output_.empty();
  output_ += line;
  if (idle)
    flush();
  return true;
}

void rpc_program::flush() {
  std::string_view rest = output_;
  while (!rest.empty()) {
    auto n = ::write(in_->native_handle(), rest.data(), rest.size());
    if (n >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) { // it has closed its stdin, or is gone
      close(in_);
      output_.clear();
      return doubt("has closed its stdin");
    }
  }
  output_.erase(0, output_.size() - rest.size());
  if (output_.empty())
    return;
  in_->async_wait(asio::posix::stream_descriptor::wait_write,
                  [self = shared_from_this(), life = life_](const boost::system::error_code& failed) {
                    if (!failed && life == self->life_ && self->in_ && self->in_->is_open())
                      self->flush();
                  });
}

// -- calls -----------------------------------------------------------------------------------------

void rpc_program::call(const std::string& method, const rpc_value::array& params, control_answer_to answer) {
  if (stopping_)
    return (*answer)(make_fault(fault::shutdown_state));
  if (!up())
    return (*answer)(make_fault(fault::failed, who() + ": its program " + state_));
  auto id = ++last_id_;
  if (calls_.size() >= most_calls || !put(protocols::call_line(id, method, params)))
    return (*answer)(make_fault(fault::failed, who() + ": too many calls wait for its program"));
  calls_[id] = {method, steady::now() + seconds{options_.timeout}, std::move(answer)};
  if (calls_.size() == 1)
    arm_deadline();
}

void rpc_program::arm_deadline() {
  if (calls_.empty()) {
    deadline_->cancel();
    return;
  }
  auto at = calls_.begin()->second.deadline;
  if (deadline_->expiry() == at)
    return;
  deadline_->expires_at(at);
  deadline_->async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
    if (!failed)
      self->expire();
  });
}

void rpc_program::expire() {
  auto now = steady::now();
  while (!calls_.empty() && calls_.begin()->second.deadline <= now) {
    auto late = std::move(calls_.begin()->second);
    calls_.erase(calls_.begin());
    (*late.answer)(make_fault(fault::failed, who() + ": its program did not answer " + late.method + " within " +
                                               std::to_string(options_.timeout) + " s"));
  }
  arm_deadline();
}

void rpc_program::refuse_all(const rpc_fault& with) {
  auto refused = std::exchange(calls_, {});
  arm_deadline();
  for (auto& [id, call] : refused)
    (*call.answer)(with);
}

} // namespace

config::result<std::shared_ptr<rpc_extension>>
make_rpc_program(const config::rpcinterface_options& options, const config::environment& env, platform::main_log& log) {
  auto failed = [&](const std::string& why) {
    log.write(log_level::warn, "[rpcinterface:" + options.name + "]: " + why);
    return config::fault("Could not make " + options.name + " rpc interface");
  };
  platform::spawn_plan plan;
  auto [argv, problem] = platform::split_command(options.command);
  if (!problem.empty() || argv.empty())
    return failed(problem.empty() ? "command is empty" : "can't parse command: " + problem);
  std::optional<std::string> search_path;
  for (const auto& [key, value] : env) {
    plan.envp.push_back(key + '=' + value);
    if (key == "PATH")
      search_path = value;
  }
  auto program = platform::resolve_command(argv.front(), search_path);
  if (!program.error.empty())
    return failed(program.error);
  plan.file = program.file;
  plan.argv = std::move(argv);
  return std::shared_ptr<rpc_extension>(std::make_shared<rpc_program>(options, std::move(plan), log));
}

} // namespace troupe::actors
