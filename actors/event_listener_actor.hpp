// The actors of the pools of event listeners, one for each: a pool is there from add() to remove(), and results that a
// plug-in decides on take its thread, which nobody else waits for. A pool's record outlives its actor.
// Must not decide who gets an event (pool_fsm.cpp does) or carry events: those pass through the event bus, see
// ARCHITECTURE.md. Cases: tests/actors/event_listener_test.cpp.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/io/event_bus.hpp"
#include "actors/io/work_crew.hpp"
#include "actors/services.hpp"

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace troupe::actors {

/// What a pool's actor has to do, and who is doing it: what must not be lost with the actor.
class pool_record {
public:
  pool_record(std::string pool_name, protocols::result_handler of_plugin)
      : name(std::move(pool_name)), handler(std::move(of_plugin)) {}

  const std::string name;
  const protocols::result_handler handler; ///< empty: results are handled on the bus
  work_crew crew;                          ///< where the handler is called

  struct answer {
    std::uint64_t process = 0; ///< as in the question
    std::uint64_t question = 0;
    protocols::handler_verdict verdict{};
  };
  // Any thread; none of these waits.
  void ask(result_question what);
  void answered(answer what);
  /// From now on this one is told of questions and answers. False: the pool is gone.
  bool set_actor(const event_listener_actor& now);
  void end(); ///< the pool is gone

  // The actor's: what it has to do next. It stays in the record until it is done.
  std::shared_ptr<const result_question> next_question() const; ///< null: none
  void question_done();
  std::optional<answer> next_answer() const;
  void answer_done();

private:
  void wake();

  mutable std::mutex mutex_; ///< of what follows
  std::deque<std::shared_ptr<const result_question>> questions_;
  std::deque<answer> answers_;
  caf::actor_addr actor_; ///< weak
  bool over_ = false;
};
using pool_record_ptr = std::shared_ptr<pool_record>;

struct event_listener_state {
  static inline const char* name = "event_listener";

  hosted<event_listener_actor>* self = nullptr;
  event_bus* bus = nullptr;
  pool_record_ptr record;

  platform::main_log* log = nullptr;

  void look();
  void call_handler();
  void tell_verdicts();
  void failed(const std::exception_ptr& failure) const { log_failure(*log, "pool " + record->name, failure); }
};

event_listener_actor::behavior_type run_event_listener(hosted_pointer<event_listener_actor, event_listener_state> self,
                                                       event_bus* bus, pool_record_ptr record, platform::main_log* log);

/// The pools that there are, each with an actor that is rebuilt when it dies.
class event_listeners {
public:
  event_listeners(event_bus& bus, asio_host& host, platform::main_log& log) : bus_(bus), host_(host), log_(log) {}
  ~event_listeners() { end(); }
  event_listeners(const event_listeners&) = delete;
  event_listeners& operator=(const event_listeners&) = delete;

  /// Subscribes the pool of an [eventlistener:x], unless it is there already; other kinds of groups are none.
  /// `handler`: of its listeners' results; empty: the built-in one.
  void add(const group_cell& cell, protocols::result_handler handler);
  /// What it still buffers is lost.
  void remove(const std::string& name);
  void end(); ///< of all actors; there will be no others. The pools stay

  event_listener_actor actor_of(const std::string& name) const; ///< for tests

private:
  struct pool {
    std::uint64_t process = 0; ///< the first
    pool_record_ptr record;
    event_listener_actor actor;
  };
  caf::strong_actor_ptr spawn(const pool_record_ptr& record);

  event_bus& bus_;
  asio_host& host_;
  platform::main_log& log_;
  mutable std::mutex mutex_; ///< of what follows
  std::map<std::string, pool> pools_;
};

} // namespace troupe::actors
