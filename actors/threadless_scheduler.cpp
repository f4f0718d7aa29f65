// See threadless_scheduler.hpp.
#include "actors/threadless_scheduler.hpp"

#include <caf/actor_system.hpp>
#include <caf/detail/simple_actor_clock.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <caf/scoped_execution_unit.hpp>

#include <limits>

namespace troupe::actors {

namespace {

class threadless_scheduler : public caf::scheduler::abstract_coordinator {
public:
  static caf::actor_system::module* make(caf::actor_system& system, caf::detail::type_list<>) {
    return new threadless_scheduler(system); // the system's
  }

  using abstract_coordinator::abstract_coordinator;

  void start() override {}
  void stop() override {}
  caf::actor_clock& clock() noexcept override { return clock_; }

  /// CAF's two own actors, which hear only that the system ends.
  void enqueue(caf::resumable* what) override {
    caf::scoped_execution_unit here{&system()};
    while (what->resume(&here, std::numeric_limits<std::size_t>::max()) == caf::resumable::resume_later) {
    }
    caf::intrusive_ptr_release(what);
  }

private:
  caf::detail::simple_actor_clock clock_;
};

} // namespace

threadless_config::threadless_config() { load<threadless_scheduler>(); }

} // namespace troupe::actors
