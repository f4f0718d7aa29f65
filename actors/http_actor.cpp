// See http_actor.hpp.
#include "actors/http_actor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace troupe::actors {

using config::log_level;

namespace {

/// A socket that always fails must not become a busy loop; whoever knocks waits in its queue.
constexpr auto between_failures = std::chrono::milliseconds{100};

} // namespace

/// The one before may have died with something under way.
void http_state::take_over() {
  servers->tell([me = self->address()](auto news) {
    auto actor = caf::actor_cast<http_actor>(me);
    if (!actor)
      return false;
    std::visit([&](auto& what) { caf::anon_send(actor, std::move(what)); }, news);
    return true;
  });
  if (servers->close_wanted())
    close();
  else if (servers->open_wanted())
    open_all();
}

void http_state::open_all() {
  for (std::size_t i = 0; i < servers->size(); ++i)
    open_again(i);
}

void http_state::close() {
  servers->close();
  self->quit(caf::exit_reason::user_shutdown);
}

void http_state::note(const http_news::server_failed& failed) {
  log->write(log_level::error, "HTTP: accepting connections: " + failed.why);
  self->remind(std::chrono::steady_clock::now() + between_failures, server_due{failed.server});
}

/// Nobody knows whose it was: a server that has lost its loop is opened again.
void http_state::note(const http_news::handler_failed& failed) {
  log->write(log_level::error, "HTTP: " + failed.why);
  if (servers->open_wanted())
    open_all();
}

void http_state::open_again(std::size_t server) {
  if (!servers->is_open(server))
    servers->open(server);
}

http_actor::behavior_type run_http(hosted_pointer<http_actor, http_state> self, http_server* servers,
                                   platform::main_log* log) {
  auto& st = self->state;
  st.self = self;
  st.servers = servers;
  st.log = log;
  st.take_over();
  return {
    [&st](http_news::open) { st.open_all(); },
    [&st](http_news::close) { st.close(); },
    [&st](const http_news::server_failed& m) { st.note(m); },
    [&st](const http_news::handler_failed& m) { st.note(m); },
    [&st](server_due m) { st.open_again(m.server); },
  };
}

} // namespace troupe::actors
