// Lets actors live on an Asio thread: their turns are handlers of its io_context, whoever sends to them, as CAF's own
// brokers do it. What one such actor says to another on the same thread wakes nobody.
// Must not know what its actors do, or how (hosted_actor.hpp does). Who runs the io_context is its owner's choice: a
// thread, or a test that polls it. Cases: tests/actors/asio_host_test.cpp.
#pragma once

#include <caf/actor_addr.hpp>
#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/message.hpp>
#include <caf/resumable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

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
  /// No turn is due; to be asked by a handler of the io_context.
  bool is_idle() const;

private:
  struct impl;
  std::shared_ptr<impl> impl_; ///< handlers that wait hold it, too
};

} // namespace troupe::actors
