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

using config::log_level;

namespace {

bool was_told_to(const caf::error& reason) {
  return reason == caf::none || reason == caf::exit_reason::normal || reason == caf::exit_reason::user_shutdown;
}

struct kept : std::enable_shared_from_this<kept> {
  kept(asio_host& h, platform::main_log& l, kept_actor w)
      : host(h), log(l), what(std::move(w)),
        pace(what.give_up ? rebuild_policy::give_up : rebuild_policy::never_give_up) {}

  void make() {
    actor = what.spawn();
    if (!actor)
      return;
    caf::actor_cast<caf::abstract_actor*>(actor)->attach_functor([self = shared_from_this()](const caf::error& reason) {
      self->actor = nullptr;
      if (!was_told_to(reason))
        self->died();
    });
  }

  void died() noexcept {
    auto after = pace.died(std::chrono::steady_clock::now());
    try {
      if (after)
        return make_after(*after);
      log.write(log_level::critical, what.name + " dies again and again");
    } catch (const std::exception&) { // what the actor acts for goes on without it where there is no memory for another
    }
    if (what.give_up)
      what.give_up();
  }

  void make_after(rebuild_pace::duration pause) {
    say_rebuilt(log, what.name);
    if (pause == pause.zero())
      return make_again();
    auto over = std::make_shared<boost::asio::steady_timer>(host.io(), pause);
    over->async_wait([self = shared_from_this(), over](const boost::system::error_code& failed) {
      if (!failed)
        self->make_again();
    });
  }

  void make_again() noexcept {
    try {
      return make();
    } catch (const std::exception& e) {
      actor = nullptr;
      log.write(log_level::critical, what.name + " cannot be built: " + e.what());
    }
    died();
  }

  asio_host& host;
  platform::main_log& log;
  const kept_actor what;
  rebuild_pace pace;
  caf::strong_actor_ptr actor; ///< CAF ends an actor that nobody refers to
};

} // namespace

void keep_alive(asio_host& host, platform::main_log& log, kept_actor what) {
  std::make_shared<kept>(host, log, std::move(what))->make();
}

void say_rebuilt(platform::main_log& log, const std::string& who) {
  log.write(log_level::critical, who + " died and is rebuilt from its record");
}

} // namespace troupe::actors
