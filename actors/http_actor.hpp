// The actor of the servers for clients: opens them, closes them, and opens again what has failed. It lives on the HTTP
// thread; sockets and connections outlive it in http_server, from where the next one goes on.
// Must not accept, read or answer (http_server and its connections do). Cases: tests/actors/http_actor_test.cpp.
#pragma once

#include "actors/http/http_server.hpp"
#include "actors/interfaces.hpp"
#include "actors/services.hpp"

#include <cstddef>

namespace troupe::actors {

struct http_state {
  static inline const char* name = "http";

  hosted<http_actor>* self = nullptr;
  http_server* servers = nullptr;
  platform::main_log* log = nullptr;

  void take_over();
  void open_all();
  void close();
  void note(const http_news::server_failed& failed);
  void note(const http_news::handler_failed& failed);
  void open_again(std::size_t server);
  void failed(const std::exception_ptr& failure) const { log_failure(*log, "HTTP", failure); }
};

/// On the host of the thread of `servers`, which outlives it.
http_actor::behavior_type run_http(hosted_pointer<http_actor, http_state> self, http_server* servers,
                                   platform::main_log* log);

} // namespace troupe::actors
