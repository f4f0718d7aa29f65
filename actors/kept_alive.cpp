// See kept_alive.hpp.
#include "actors/kept_alive.hpp"

#include "platform/main_log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

namespace troupe::actors {

namespace {

using clock = std::chrono::steady_clock;

constexpr auto soon = std::chrono::seconds{1};
constexpr auto pause = std::chrono::milliseconds{100}; ///< so that one that always dies keeps no thread busy

bool was_told_to(const caf::error& reason) {
  return reason == caf::none || reason == caf::exit_reason::normal || reason == caf::exit_reason::user_shutdown;
}

struct kept : std::enable_shared_from_this<kept> {
  kept(asio_host& h, platform::main_log& l, std::string name, std::function<caf::strong_actor_ptr()> s)
      : host(h), log(l), who(std::move(name)), spawn(std::move(s)) {}

  void make() {
    made = clock::now();
    actor = spawn();
    if (!actor)
      return;
    caf::actor_cast<caf::abstract_actor*>(actor)->attach_functor([self = shared_from_this()](const caf::error& reason) {
      self->actor = nullptr;
      if (!was_told_to(reason))
        self->make_again();
    });
  }

  /// What the actor acts for goes on without it where there is no memory for another.
  void make_again() noexcept try {
    log.write(config::log_level::critical, "the actor of " + who + " died and is rebuilt from its record");
    if (clock::now() - made >= soon)
      return make();
    auto over = std::make_shared<boost::asio::steady_timer>(host.io(), pause);
    over->async_wait([self = shared_from_this(), over](const boost::system::error_code& failed) {
      if (!failed)
        self->make();
    });
  } catch (const std::exception&) {
  }

  asio_host& host;
  platform::main_log& log;
  const std::string who;
  const std::function<caf::strong_actor_ptr()> spawn;
  clock::time_point made;
  caf::strong_actor_ptr actor; ///< CAF ends an actor that nobody refers to
};

} // namespace

void keep_alive(asio_host& host, platform::main_log& log, std::string who,
                std::function<caf::strong_actor_ptr()> spawn) {
  std::make_shared<kept>(host, log, std::move(who), std::move(spawn))->make();
}

} // namespace troupe::actors
