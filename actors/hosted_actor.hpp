// The base of all our actors: CAF's handles, messages and monitors, with a mailbox of two pointers and its turns on an
// asio_host. CAF's own event-based actors carry queues for streams, requests and time-outs: a kilobyte each, for each
// program and each group. What this leaves out: requests that await a response, streams, becoming another.
// Must not know what an actor does. Cases: tests/actors/asio_host_test.cpp.
#pragma once

#include "actors/asio_host.hpp"

#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/behavior.hpp>
#include <caf/extend.hpp>
#include <caf/local_actor.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/mixin/sender.hpp>
#include <caf/resumable.hpp>
#include <caf/send.hpp>
#include <caf/spawn_options.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_behavior.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <span>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace troupe::actors {

/// Any thread may send to it; all else is done in its turns, by its host. What was sent first is heard first, but
/// messages of high priority before all others.
class hosted_base : public caf::local_actor, public caf::resumable {
public:
  explicit hosted_base(caf::actor_config& cfg); ///< throws std::bad_cast where `cfg.host` is no asio_host
  ~hosted_base() override;

  asio_host& host() const { return host_; }
  /// Sends `what` to itself at `when`.
  template <class Message>
  void remind(asio_host::time_point when, Message what) {
    host_.send_at(when, address(), caf::make_message(std::move(what)));
  }
  /// This turn is its last; those that monitor it are told why.
  void quit(caf::error reason = {});

  // -- CAF's doors ---------------------------------------------------------------------------------
  using caf::abstract_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override;
  void launch(caf::execution_unit* on, bool lazy, bool hide) override;
  bool cleanup(caf::error&& reason, caf::execution_unit* on) override;
  subtype_t subtype() const override { return io_actor; }
  resume_result resume(caf::execution_unit* on, std::size_t most) override;
  void intrusive_ptr_add_ref_impl() override { intrusive_ptr_add_ref(ctrl()); }
  void intrusive_ptr_release_impl() override { intrusive_ptr_release(ctrl()); }

protected:
  virtual void hear_down(const caf::down_msg&) {}
  virtual void hear_exit(const caf::error& reason) { quit(reason); }
  virtual void note_failure(const std::exception_ptr&) {} ///< its handler has thrown: it ends
  virtual void hear_message(caf::type_erased_tuple& content) { (void)behavior_(content); }

private:
  template <class Step>
  void contained(Step step);
  bool begin();
  void hear(caf::mailbox_element& what);
  caf::mailbox_element* next();
  void sort_in(caf::mailbox_element* newest_first);
  resume_result end();

  /// In the order of their coming.
  struct queue {
    caf::mailbox_element* first = nullptr;
    caf::mailbox_element* last = nullptr;
    void push(caf::mailbox_element* what);
    caf::mailbox_element* pop();
  };

  asio_host& host_;
  std::atomic<std::uintptr_t> arrived_; ///< the newest message; or what the actor is at (hosted_actor.cpp)
  queue urgent_, ordinary_;
  caf::behavior behavior_;
  bool ends_ = false;
};

template <class Handle>
class hosted : public caf::extend<hosted_base, hosted<Handle>>::template with<caf::mixin::sender>,
               public caf::statically_typed_actor_base,
               public caf::non_blocking_actor_base {
  using super = typename caf::extend<hosted_base, hosted<Handle>>::template with<caf::mixin::sender>;

public:
  using signatures = typename Handle::signatures;
  using behavior_type = typename Handle::behavior_type;
  using actor_hdl = Handle;

  explicit hosted(caf::actor_config& cfg) : super(cfg) {}

  /// Another one, on the same host. Options: lazy_init, monitored.
  template <caf::spawn_options Options = caf::no_spawn_options, class Function, class... Arguments>
  auto spawn(Function run, Arguments&&... arguments);
};

/// One message that a kind of actor hears, and what it does then.
template <class State>
struct handler_row {
  std::uint16_t number; ///< CAF's two names of a type
  const std::type_info* type;
  void (*call)(State&, const void* message);
};

namespace detail {

template <class State, class Function, class Message>
handler_row<State> row_of(void (Function::*)(State&, Message) const) {
  using message = std::decay_t<Message>;
  constexpr auto number = caf::type_nr<message>::value;
  return {number, number == 0 ? &typeid(message) : nullptr,
          [](State& state, const void* what) { Function{}(state, *static_cast<const message*>(what)); }};
}

template <class State, class Function, class Message>
caf::reacts_to<std::decay_t<Message>> signature_of(void (Function::*)(State&, Message) const);

} // namespace detail

/// The handlers of a kind of actor, once for all of them: a behavior of its own would cost each actor 40 bytes for each
/// message. `State::handlers()` returns it; each handler takes the state and a message, and captures nothing. Does not
/// compile where a message of `Handle` has no handler.
template <class Handle, class State, class... Functions>
std::span<const handler_row<State>> handler_table(Functions...) {
  using heard = caf::detail::type_list<decltype(detail::signature_of<State>(&Functions::operator()))...>;
  static_assert(caf::detail::tl_subset_of<typename Handle::signatures, heard>::value, "a message has no handler");
  static_assert(caf::detail::tl_subset_of<heard, typename Handle::signatures>::value, "nobody sends this message");
  static const handler_row<State> rows[] = {detail::row_of<State>(&Functions::operator())...};
  return rows;
}

/// What an actor with the interface `Handle` keeps is a `State`: made with it, destroyed as it ends. If there is one,
/// its on_down(down_msg), on_exit(error) and failed(exception_ptr) are called.
template <class Handle, class State>
class hosted_actor final : public hosted<Handle> {
public:
  explicit hosted_actor(caf::actor_config& cfg) : hosted<Handle>(cfg), state() {}
  ~hosted_actor() override {} // on_exit() has been called

  const char* name() const override { return State::name; }
  void on_exit() override { state.~State(); }

  union {
    State state;
  };

protected:
  void hear_down(const caf::down_msg& m) override {
    if constexpr (requires { state.on_down(m); })
      state.on_down(m);
  }
  void hear_exit(const caf::error& reason) override {
    if constexpr (requires { state.on_exit(reason); })
      state.on_exit(reason);
    else
      this->quit(reason);
  }
  void note_failure(const std::exception_ptr& failure) override {
    if constexpr (requires { state.failed(failure); })
      state.failed(failure);
  }
  void hear_message(caf::type_erased_tuple& content) override {
    if constexpr (requires { State::handlers(); }) {
      if (content.size() != 1)
        return;
      for (const auto& row : State::handlers())
        if (content.matches(0, row.number, row.type))
          return row.call(state, content.get(0));
    } else {
      hosted<Handle>::hear_message(content);
    }
  }
};

/// The first argument of a function that begins a hosted actor. It returns its behavior, or nothing where the state has
/// handlers().
template <class Handle, class State>
using hosted_pointer = hosted_actor<Handle, State>*;

namespace detail {

template <class Behavior, class Self, class... Parameters>
Self self_of(Behavior (*)(Self*, Parameters...));

/// `run` is called in the actor's first turn.
template <caf::spawn_options Options, class Function, class... Arguments>
auto spawn(caf::actor_system& system, caf::actor_config& cfg, Function run, Arguments&&... arguments) {
  using self = decltype(self_of(run));
  cfg.init_fun = caf::detail::unique_function<caf::behavior(caf::local_actor*)>{
    [run, kept = std::tuple<std::decay_t<Arguments>...>(std::forward<Arguments>(arguments)...)](
      caf::local_actor* me) mutable -> caf::behavior {
      auto begin = [&](auto&... argument) { return run(static_cast<self*>(me), std::move(argument)...); };
      if constexpr (std::is_void_v<decltype(std::apply(begin, kept))>) {
        std::apply(begin, kept);
        return {};
      } else {
        return std::apply(begin, kept).unbox();
      }
    }};
  return system.spawn_class<self, Options>(cfg);
}

} // namespace detail

/// As system.spawn(), on a host.
template <class Function, class... Arguments>
auto spawn_on(asio_host& host, Function run, Arguments&&... arguments) {
  caf::actor_config cfg{&host};
  return detail::spawn<caf::no_spawn_options>(host.system(), cfg, run, std::forward<Arguments>(arguments)...);
}

template <class Handle>
template <caf::spawn_options Options, class Function, class... Arguments>
auto hosted<Handle>::spawn(Function run, Arguments&&... arguments) {
  caf::actor_config cfg{&this->host(), this};
  return this->eval_opts(Options, detail::spawn<caf::make_unbound(Options)>(this->system(), cfg, run,
                                                                            std::forward<Arguments>(arguments)...));
}

} // namespace troupe::actors
