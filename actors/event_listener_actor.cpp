// See event_listener_actor.hpp.
#include "actors/event_listener_actor.hpp"

#include "actors/kept_alive.hpp"
#include "config/plugin_name.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <exception>
#include <system_error>
#include <utility>

namespace troupe::actors {

using config::log_level;
using protocols::handler_verdict;

namespace {

constexpr auto retry = std::chrono::seconds{1}; ///< where no thread can be made

handler_verdict verdict_of(const protocols::result_handler& handler, const result_question& asked) {
  try {
    return handler(asked.header, asked.event->body, asked.result);
  } catch (...) { // harms its own pool only
    return handler_verdict::error;
  }
}

} // namespace

// -- the record ----------------------------------------------------------------------------------

/// With the lock held.
void pool_record::wake() {
  if (auto actor = caf::actor_cast<event_listener_actor>(actor_))
    caf::anon_send(actor, look_at_results{});
}

void pool_record::ask(result_question what) {
  std::lock_guard lock{mutex_};
  if (over_)
    return;
  questions_.push_back(std::make_shared<const result_question>(std::move(what)));
  wake();
}

void pool_record::answered(answer what) {
  std::lock_guard lock{mutex_};
  if (over_)
    return;
  answers_.push_back(std::move(what));
  wake();
}

bool pool_record::set_actor(const event_listener_actor& now) {
  std::lock_guard lock{mutex_};
  actor_ = now.address();
  return !over_;
}

void pool_record::end() {
  {
    std::lock_guard lock{mutex_};
    over_ = true;
    questions_.clear();
    answers_.clear();
    actor_ = {};
  }
  crew.abandon();
}

std::shared_ptr<const result_question> pool_record::next_question() const {
  std::lock_guard lock{mutex_};
  return questions_.empty() ? nullptr : questions_.front();
}

void pool_record::question_done() {
  std::lock_guard lock{mutex_};
  if (!questions_.empty())
    questions_.pop_front();
}

std::optional<pool_record::answer> pool_record::next_answer() const {
  std::lock_guard lock{mutex_};
  return answers_.empty() ? std::nullopt : std::optional(answers_.front());
}

void pool_record::answer_done() {
  std::lock_guard lock{mutex_};
  if (!answers_.empty())
    answers_.pop_front();
}

// -- the actor -----------------------------------------------------------------------------------

void event_listener_state::look() {
  tell_verdicts();
  call_handler();
}

void event_listener_state::tell_verdicts() {
  while (auto next = record->next_answer()) {
    bus->handled(next->process, next->question, next->verdict);
    record->answer_done();
  }
}

/// On the thread of its crew: what it holds is its own, since nobody waits for it.
void event_listener_state::call_handler() {
  while (auto next = record->next_question()) {
    auto job = [next, handler = record->handler, to = std::weak_ptr(record)] {
      auto verdict = verdict_of(handler, *next);
      if (auto pool = to.lock())
        pool->answered({next->process, next->question, verdict});
    };
    try {
      record->crew.post(std::move(job));
    } catch (const std::system_error& e) {
      log->write(log_level::error, "pool " + record->name + ": no thread for its result_handler: " + e.what());
      return self->remind(std::chrono::steady_clock::now() + retry, look_at_results{});
    }
    record->question_done();
  }
}

event_listener_actor::behavior_type run_event_listener(hosted_pointer<event_listener_actor, event_listener_state> self,
                                                       event_bus* bus, pool_record_ptr record,
                                                       platform::main_log* log) {
  auto& st = self->state;
  st.self = self;
  st.bus = bus;
  st.record = std::move(record);
  st.log = log;
  if (st.record->set_actor(event_listener_actor{self}))
    st.look(); // the one before may have left something undone
  else
    self->quit(caf::exit_reason::user_shutdown);
  return {[&st](look_at_results) { st.look(); }};
}

// -- all of them ---------------------------------------------------------------------------------

void event_listeners::add(const group_cell& cell, protocols::result_handler handler) {
  const auto& options = *cell.options;
  if (options.kind != config::group_kind::eventlistener)
    return;
  auto process = cell.processes.empty() ? 0 : cell.processes.front()->id;
  {
    std::lock_guard lock{mutex_};
    if (auto found = pools_.find(options.name); found != pools_.end() && found->second.process == process)
      return;
  }
  bool plugin = handler && options.result_handler != config::stdout_handler;
  auto record = std::make_shared<pool_record>(options.name, plugin ? handler : nullptr);
  result_handling by;
  if (plugin)
    by.elsewhere = [to = std::weak_ptr(record)](result_question asked) {
      if (auto it = to.lock())
        it->ask(std::move(asked));
    };
  else
    by.here = std::move(handler);
  bus_.add_pool(cell, std::move(by));
  {
    std::lock_guard lock{mutex_};
    pools_[options.name] = {process, record, {}};
  }
  keep_alive(host_, log_, {"the actor of pool " + options.name, [this, record] { return spawn(record); }});
}

/// Null: the pool is not there any more.
caf::strong_actor_ptr event_listeners::spawn(const pool_record_ptr& record) {
  std::lock_guard lock{mutex_};
  auto found = pools_.find(record->name);
  if (found == pools_.end() || found->second.record != record)
    return nullptr;
  found->second.actor = spawn_on(host_, run_event_listener, &bus_, record, &log_);
  return caf::actor_cast<caf::strong_actor_ptr>(found->second.actor);
}

void event_listeners::remove(const std::string& name) {
  bus_.remove_pool(name);
  pool gone;
  {
    std::lock_guard lock{mutex_};
    if (auto found = pools_.find(name); found != pools_.end()) {
      gone = std::move(found->second);
      pools_.erase(found);
    }
  }
  if (!gone.record)
    return;
  gone.record->end();
  caf::anon_send_exit(gone.actor, caf::exit_reason::user_shutdown);
}

void event_listeners::end() {
  std::map<std::string, pool> all;
  {
    std::lock_guard lock{mutex_};
    std::swap(all, pools_);
  }
  for (auto& [name, gone] : all) {
    gone.record->end();
    caf::anon_send_exit(gone.actor, caf::exit_reason::user_shutdown);
  }
}

event_listener_actor event_listeners::actor_of(const std::string& name) const {
  std::lock_guard lock{mutex_};
  auto found = pools_.find(name);
  return found == pools_.end() ? event_listener_actor{} : found->second.actor;
}

} // namespace troupe::actors
