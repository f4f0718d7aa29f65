// Lets actors live on an Asio thread: their turns are handlers of its io_context, whoever sends to them, as CAF's own
// brokers do it. What one such actor says to another on the same thread wakes nobody.
// Must not know what its actors do. Who runs the io_context is its owner's choice: a thread, or a test that polls it.
// Cases: tests/actors/asio_host_test.cpp.
#pragma once

#include <caf/actor_addr.hpp>
#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/resumable.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace boost::asio {
class io_context;
}

namespace troupe::actors {

class asio_host final : public caf::execution_unit {
public:
  using time_point = std::chrono::steady_clock::time_point;

  asio_host(caf::actor_system& system, boost::asio::io_context& io);
  ~asio_host() override; ///< nobody runs the io_context any more
  asio_host(const asio_host&) = delete;
  asio_host& operator=(const asio_host&) = delete;

  boost::asio::io_context& io() const;
  /// CAF's door. Any thread; the turn of an actor that is not hosted goes to the system's scheduler.
  void exec_later(caf::resumable* what) override;
  /// On the thread that runs the io_context, as what follows. `what` is sent to `whom` at `when`, unless it is gone by
  /// then.
  void send_at(time_point when, caf::actor_addr whom, caf::message what);
  /// The same, but there is one alarm for each `key`: the last one that was set. So whoever sets one again and again
  /// for a far day leaves nothing behind.
  void set_alarm(std::uint64_t key, time_point when, caf::actor_addr whom, caf::message what);
  void drop_alarm(std::uint64_t key);

private:
  struct impl;
  std::shared_ptr<impl> impl_; ///< handlers that wait hold it, too
};

/// The base of an actor with the interface `Handle` that lives where it was spawned: by spawn_on(), or on the host of
/// the hosted actor that spawned it. Throws std::bad_cast where there is none.
template <class Handle>
class hosted : public Handle::base {
public:
  explicit hosted(caf::actor_config& cfg) : Handle::base(cfg), host_(dynamic_cast<asio_host&>(*cfg.host)) {}

  using Handle::base::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    Handle::base::enqueue(std::move(what), &host_);
  }
  caf::resumable::subtype_t subtype() const override { return caf::resumable::io_actor; }

  asio_host& host() const { return host_; }
  /// Sends `what` to itself at `when`.
  template <class Message>
  void remind(asio_host::time_point when, Message what) {
    host_.send_at(when, this->address(), caf::make_message(std::move(what)));
  }

private:
  asio_host& host_;
};

/// The first argument of a function that describes a hosted actor.
template <class Handle, class State>
using hosted_pointer = caf::stateful_actor<State, hosted<Handle>>*;

/// As system.spawn(), on a host.
template <class Function, class... Arguments>
auto spawn_on(asio_host& host, Function run, Arguments&&... arguments) {
  caf::actor_config cfg{&host};
  return host.system().spawn_functor(std::true_type{}, cfg, run, std::forward<Arguments>(arguments)...);
}

} // namespace troupe::actors
