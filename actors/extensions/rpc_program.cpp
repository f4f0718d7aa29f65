// See rpc_program.hpp: the calls of its methods, and what its program says. Its child is program_child's; when there is
// to be another one, its actor sees from need().
#include "actors/extensions/rpc_program.hpp"

#include "actors/extensions/program_child.hpp"
#include "actors/extensions/program_words.hpp"
#include "actors/extensions/restart_pace.hpp"
#include "actors/io/contained.hpp"
#include "actors/rpc/rpc_caller.hpp"
#include "config/text.hpp"
#include "platform/main_log.hpp"
#include "protocols/json_rpc.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <optional>

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

constexpr std::size_t most_calls = 100; // that wait for an answer, either way

class rpc_program final : public rpc_extension,
                          public std::enable_shared_from_this<rpc_program>,
                          private program_owner {
public:
  rpc_program(const config::rpcinterface_options& options, platform::spawn_plan plan, platform::main_log& log)
      : rpc_extension(options.name), options_(options), log_(log),
        child_(std::make_shared<program_child>(std::move(plan), static_cast<program_owner&>(*this))) {}

  void start(const extension_context& context) override;
  extension_methods methods() const override { return methods_; }
  void call(const std::string& method, const rpc_value::array& params, caller_ptr who,
            control_answer_to answer) override;
  void stop() override;
  void join() override;

  extension_need need() const override;
  void begin() override;
  void repair() override;

private:
  struct waiting {
    std::string method;
    steady::time_point deadline;
    control_answer_to answer;
    caller_ptr who; ///< null: access control is off
  };

  void child_started(int pid) override;
  bool child_said(std::string_view line) override;
  void child_complained(const std::string& line) override { say(log_level::info, line); }
  void child_broken(const std::string& why) override;
  void child_gone(const std::string& why, steady::duration was_up) override;
  void child_failed(const std::exception_ptr& met) noexcept override;

  bool take(protocols::json_note note);
  bool take(protocols::json_call call);
  bool take(protocols::json_answer answer);
  void answer_call(std::uint64_t life, std::string line);

  void expire();
  void arm_deadline();
  void refuse_all(const rpc_fault& with);
  rpc_fault refusal() const { return make_fault(fault::failed, self() + ": its program " + state_); }

  bool up() const { return child_->runs() && registered_; }
  std::string self() const { return "rpc interface " + config::quoted(name()); }
  void say(log_level level, const std::string& text) { log_.write(level, self() + ": " + config::one_line(text)); }

  const config::rpcinterface_options options_;
  platform::main_log& log_;
  const std::shared_ptr<program_child> child_;
  std::optional<extension_context> context_;
  std::unique_ptr<rpc_caller> caller_;
  extension_methods methods_;

  bool registered_ = false; ///< by the child that there is
  bool stopping_ = false;   ///< for good
  std::string state_ = "has not registered its methods yet";
  std::string failure_;           ///< of a handler, until it is repaired
  restart_pace pace_;             ///< of its ends
  steady::time_point begin_at_{}; ///< the next child

  std::optional<asio::steady_timer> deadline_;
  std::int64_t last_id_ = 0;
  std::map<std::int64_t, waiting> calls_; ///< all have the same time, so that their order is that of their deadlines
  std::size_t asked_ = 0;                 ///< calls that it makes, not answered yet
};

// -- life ------------------------------------------------------------------------------------------

void rpc_program::start(const extension_context& context) {
  context_.emplace(context);
  caller_ = std::make_unique<rpc_caller>(context.rpc, context.ask, name(), options_.roles);
  deadline_.emplace(context.io);
  child_->connect(context.io, context.helpers);
}

extension_need rpc_program::need() const {
  extension_need what{.over = stopping_ || !context_, .failure = failure_};
  if (!child_->exists())
    what.begin_at = begin_at_;
  return what;
}

void rpc_program::begin() {
  registered_ = false;
  child_->launch();
}

/// A handler has not done all it should: with another child everything begins anew.
void rpc_program::repair() {
  auto why = "is ended, since the daemon has met " + std::exchange(failure_, {}) + " with it";
  if (child_->exists())
    child_->break_off(why);
  else
    refuse_all(make_fault(fault::failed, self() + ": its program " + why));
}

void rpc_program::child_started(int pid) {
  say(log_level::info, "started its program with pid " + std::to_string(pid));
  rpc_value::structure options;
  for (const auto& [key, value] : options_.options)
    options.emplace_back(key, value);
  child_->put(
    protocols::note_line("start", rpc_value::structure{{"interface", name()}, {"options", std::move(options)}}));
}

void rpc_program::child_broken(const std::string& why) {
  state_ = why;
  refuse_all(refusal());
}

/// Whoever waits for it is told, and it is started again after a pause.
void rpc_program::child_gone(const std::string& why, steady::duration was_up) {
  state_ = why;
  if (!stopping_) {
    auto pause = pace_.ended(was_up);
    begin_at_ = steady::now() + pause;
    say(log_level::warn, "its program " + why + "; it is started again in " + std::to_string(pause.count()) + " s");
    wake();
  }
  refuse_all(refusal());
}

/// Its actor repairs it, whichever there is by then; without memory to tell it, that is done here.
void rpc_program::child_failed(const std::exception_ptr& met) noexcept {
  try {
    failure_ = "an error";
    failure_ = words_of(met);
    wake();
    return;
  } catch (...) {
  }
  try {
    repair();
  } catch (...) { // its calls are answered by the end of their answers
  }
}

void rpc_program::stop() {
  if (stopping_)
    return;
  stopping_ = true;
  deadline_->cancel();
  child_->stop();
  wake(); // its actor has nothing to do any more
  refuse_all(make_fault(fault::shutdown_state));
}

/// The timers and pipes are of the HTTP thread's context, which ends before whoever still holds us.
void rpc_program::join() {
  child_->release();
  deadline_.reset();
}

// -- its words -------------------------------------------------------------------------------------

bool rpc_program::child_said(std::string_view line) {
  if (line.empty())
    return true;
  auto message = protocols::parse_message(line);
  if (message)
    return std::visit([this](auto&& m) { return take(std::move(m)); }, *std::move(message));
  child_->break_off("wrote a line that is no message (" + message.error().what +
                    "): " + config::quoted(line.substr(0, 100)));
  return false;
}

bool rpc_program::take(protocols::json_note note) {
  if (note.method == "register") {
    auto methods = methods_of(note.params);
    if (!methods) {
      child_->break_off("registers what cannot be called: " + methods.error().what);
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
    if (type && data && caller_->may(config::right::publish))
      context_->rpc.publish(protocols::remote_communication_event(*type, *data));
  } else {
    say(log_level::debug, "its program says " + config::quoted(note.method) + ", which means nothing");
  }
  return true;
}

/// It calls a method of ours.
bool rpc_program::take(protocols::json_call call) {
  if (asked_ >= most_calls)
    return child_->put(protocols::answer_line(call.id, make_fault(fault::failed, "too many calls wait")));
  auto served = call.serves && context_->rpc.access ? calls_.find(*call.serves) : calls_.end();
  if (call.serves && context_->rpc.access && served == calls_.end())
    return child_->put(protocols::answer_line(
      call.id, make_fault(fault::incorrect_parameters, "for names no call that waits for its answer")));
  ++asked_;
  auto done = [self = shared_from_this(), life = child_->life(), id = std::move(call.id)](rpc_response response) {
    asio::post(self->context_->io, [self, life, line = protocols::answer_line(id, response)]() mutable {
      self->answer_call(life, std::move(line));
    });
  };
  caller_->call(call.method, call.params, std::move(done), served == calls_.end() ? nullptr : served->second.who.get());
  return true;
}

void rpc_program::answer_call(std::uint64_t life, std::string line) try {
  --asked_;
  if (life == child_->life() && child_->runs() && !child_->put(std::move(line)))
    child_->break_off("does not read the answers to its calls");
} catch (...) {
  child_failed(std::current_exception());
}

bool rpc_program::take(protocols::json_answer answer) {
  auto found = calls_.find(answer.id);
  if (found == calls_.end()) // its caller was told that it took too long
    return true;
  auto to = std::move(found->second.answer);
  calls_.erase(found);
  arm_deadline();
  if (auto* refused = std::get_if<rpc_fault>(&answer.what))
    (*to)(std::move(*refused));
  else
    (*to)(std::get<rpc_value>(std::move(answer.what)));
  return true;
}

// -- calls -----------------------------------------------------------------------------------------

void rpc_program::call(const std::string& method, const rpc_value::array& params, caller_ptr who,
                       control_answer_to answer) {
  if (stopping_)
    return (*answer)(make_fault(fault::shutdown_state));
  if (!up())
    return (*answer)(refusal());
  auto id = ++last_id_;
  auto shown = who ? std::optional(protocols::json_caller{who->name(), who->held_roles()}) : std::nullopt;
  if (calls_.size() >= most_calls || !child_->put(protocols::call_line(id, method, params, shown)))
    return (*answer)(make_fault(fault::failed, self() + ": too many calls wait for its program"));
  calls_[id] = {method, steady::now() + seconds{options_.timeout}, std::move(answer), std::move(who)};
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

void rpc_program::expire() try {
  auto now = steady::now();
  while (!calls_.empty() && calls_.begin()->second.deadline <= now) {
    auto late = std::move(calls_.begin()->second);
    calls_.erase(calls_.begin());
    (*late.answer)(make_fault(fault::failed, self() + ": its program did not answer " + late.method + " within " +
                                               std::to_string(options_.timeout) + " s"));
  }
  arm_deadline();
} catch (...) {
  child_failed(std::current_exception());
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
