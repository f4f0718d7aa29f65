// See hosted_actor.hpp.
#include "actors/hosted_actor.hpp"

#include <cstdint>

namespace troupe::actors {

namespace {

// What an actor is at, where nothing has arrived; no address of a message.
constexpr std::uintptr_t awake = 0;  ///< its turn is on its way or under way
constexpr std::uintptr_t asleep = 1; ///< the next message has to ask for one
constexpr std::uintptr_t gone = 2;   ///< it hears nothing any more

caf::mailbox_element* element(std::uintptr_t address) { return reinterpret_cast<caf::mailbox_element*>(address); }

void let_go(caf::mailbox_element* what) { caf::mailbox_element_ptr{what}.reset(); }

caf::mailbox_element* following(caf::mailbox_element* what) { return static_cast<caf::mailbox_element*>(what->next); }

} // namespace

void hosted_base::queue::push(caf::mailbox_element* what) {
  what->next = nullptr;
  if (last)
    last->next = what;
  else
    first = what;
  last = what;
}

caf::mailbox_element* hosted_base::queue::pop() {
  auto* what = first;
  if (what) {
    first = following(what);
    if (!first)
      last = nullptr;
  }
  return what;
}

hosted_base::hosted_base(caf::actor_config& cfg)
    : local_actor(cfg), host_(dynamic_cast<asio_host&>(*cfg.host)), arrived_(asleep) {}

hosted_base::~hosted_base() = default;

void hosted_base::launch(caf::execution_unit*, bool lazy, bool hide) {
  if (!hide)
    register_at_system();
  if (lazy)
    return;
  arrived_.store(awake);
  intrusive_ptr_add_ref(ctrl()); // the host's, until the turn is over
  host_.exec_later(this);
}

void hosted_base::enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) {
  auto before = arrived_.load();
  do {
    if (before == gone)
      return;
    what->next = before == asleep ? nullptr : element(before);
  } while (!arrived_.compare_exchange_weak(before, reinterpret_cast<std::uintptr_t>(what.get())));
  (void)what.release(); // the mailbox's
  if (before != asleep)
    return;
  intrusive_ptr_add_ref(ctrl());
  host_.exec_later(this);
}

/// Takes what has arrived, so that what is urgent overtakes what has been waiting here.
caf::mailbox_element* hosted_base::next() {
  if (arrived_.load(std::memory_order_relaxed) != awake)
    sort_in(element(arrived_.exchange(awake)));
  auto* what = urgent_.pop();
  return what ? what : ordinary_.pop();
}

void hosted_base::sort_in(caf::mailbox_element* newest_first) {
  caf::mailbox_element* oldest_first = nullptr;
  while (auto* what = newest_first) {
    newest_first = following(what);
    what->next = oldest_first;
    oldest_first = what;
  }
  while (auto* what = oldest_first) {
    oldest_first = following(what);
    (what->is_high_priority() ? urgent_ : ordinary_).push(what);
  }
}

void hosted_base::quit(caf::error reason) {
  fail_state_ = std::move(reason);
  ends_ = true;
}

template <class Step>
void hosted_base::contained(Step step) {
  try {
    step();
  } catch (...) {
    try {
      note_failure(std::current_exception());
    } catch (...) { // no memory for the words
    }
    quit(caf::exit_reason::unhandled_exception);
  }
}

bool hosted_base::begin() {
  setf(is_initialized_flag);
  contained([this] {
    if (auto describe = std::exchange(initial_behavior_fac_, nullptr))
      behavior_ = describe(this);
  });
  return !ends_;
}

void hosted_base::hear(caf::mailbox_element& what) {
  current_mailbox_element(&what);
  contained([&] {
    auto& content = what.content();
    auto type = content.type_token();
    if (type == caf::make_type_token<caf::exit_msg>()) {
      const auto& reason = content.get_as<caf::exit_msg>(0).reason;
      if (reason == caf::exit_reason::kill) // whatever it thinks of it
        quit(reason);
      else
        hear_exit(reason);
    } else if (type == caf::make_type_token<caf::down_msg>()) {
      hear_down(content.get_as<caf::down_msg>(0));
    } else {
      hear_message(content); // what it does not know is dropped
    }
  });
  current_mailbox_element(nullptr);
}

caf::resumable::resume_result hosted_base::resume(caf::execution_unit* on, std::size_t most) {
  context(on);
  if (!getf(is_initialized_flag) && !begin())
    return end();
  for (std::size_t heard = 0;;) {
    if (heard == most)
      return resume_later;
    caf::mailbox_element_ptr what{next()};
    if (what) {
      ++heard;
      hear(*what);
      if (ends_)
        return end();
      continue;
    }
    auto nothing = awake;
    if (arrived_.compare_exchange_strong(nothing, asleep))
      return awaiting_message;
  }
}

caf::resumable::resume_result hosted_base::end() {
  behavior_ = caf::behavior{};
  on_exit();
  cleanup(caf::error{fail_state_}, context());
  return done;
}

bool hosted_base::cleanup(caf::error&& reason, caf::execution_unit* on) {
  auto left = arrived_.exchange(gone);
  if (left != asleep && left != gone)
    sort_in(element(left));
  for (auto* each : {&urgent_, &ordinary_})
    while (auto* what = each->pop())
      let_go(what);
  return local_actor::cleanup(std::move(reason), on);
}

} // namespace troupe::actors
