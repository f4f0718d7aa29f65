// See history_actor.hpp.
#include "actors/history_actor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <system_error>
#include <utility>

namespace troupe::actors {

using config::log_level;

namespace {

constexpr std::chrono::seconds pace{1}; ///< from one begin to the next, at least

} // namespace

/// The one before may have died with something to do.
void history_state::take_over() {
  history->tell_need([me = self->address()] {
    if (auto actor = caf::actor_cast<history_actor>(me))
      caf::anon_send(actor, look_at_history{});
  });
  look();
}

void history_state::look() {
  auto need = history->need();
  if (!need.begin)
    return;
  auto now = std::chrono::steady_clock::now();
  if (begun_at != decltype(begun_at){} && now < begun_at + pace)
    return self->remind(begun_at + pace, look_at_history{});
  if (!need.failure.empty())
    log->write(log_level::error, "the thread of the history has met " + need.failure + "; another one goes on");
  begun_at = now;
  begin();
}

void history_state::begin() {
  try {
    history->begin();
  } catch (const std::system_error& e) { // no thread can be made
    log->write(log_level::error, std::string("the history has to wait: ") + e.what());
    self->remind(begun_at + pace, look_at_history{});
  }
}

history_actor::behavior_type run_history(hosted_pointer<history_actor, history_state> self,
                                         std::shared_ptr<history_keeper> history, platform::main_log* log) {
  auto& st = self->state;
  st.self = self;
  st.history = std::move(history);
  st.log = log;
  st.take_over();
  return {[&st](look_at_history) { st.look(); }};
}

} // namespace troupe::actors
