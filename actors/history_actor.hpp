// The actor of the history: lets its thread begin, and begin again after it has failed. What must not be lost with it
// is in the history_keeper, and nobody's records pass through it. Must not touch the file. Cases: tests/actors/
// history_actor_test.cpp.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/io/history.hpp"
#include "actors/services.hpp"

#include <chrono>
#include <memory>

namespace troupe::actors {

struct history_state {
  static inline const char* name = "history";

  hosted<history_actor>* self = nullptr;
  std::shared_ptr<history_keeper> history;
  platform::main_log* log = nullptr;
  std::chrono::steady_clock::time_point begun_at{};

  void take_over();
  void look();
  void begin();
  void failed(const std::exception_ptr& failure) const { log_failure(*log, "the actor of the history", failure); }
};

/// On the host of the actors.
history_actor::behavior_type run_history(hosted_pointer<history_actor, history_state> self,
                                         std::shared_ptr<history_keeper> history, platform::main_log* log);

} // namespace troupe::actors
