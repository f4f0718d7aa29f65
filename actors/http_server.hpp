// The HTTP actor: accepts on the listening sockets and serves XML-RPC and log streams, on a thread of its own that
// nobody else's work can hold up. Its mailbox is that thread's queue. Must not know what the methods do.
// Source: the HTTP specification, 1 to 3 and 8; design, 7.
#pragma once

#include "actors/control.hpp"
#include "actors/helper_child.hpp"
#include "actors/rpc_methods.hpp"
#include "config/options.hpp"
#include "platform/unique_fd.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace troupe::actors {

struct http_listener {
  platform::unique_fd fd; ///< listening, non-blocking
  config::server_options options;
};

struct http_settings {
  std::vector<http_listener> listeners;
  std::int64_t main_log_backups = 0;
  /// Hands a request to the actors, who answer once, from any thread.
  std::function<void(control_request, control_answer_to)> ask;
  std::function<std::int64_t()> queued_events; ///< that wait for an event listener; empty: there are none
  helper_doors helpers;                        ///< for extensions
};

class http_server {
public:
  http_server(rpc_world world, http_settings settings);
  ~http_server(); ///< stops
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  void start(); ///< the thread; clients are kept waiting
  void open();  ///< any thread, after start(): lets them in
  /// Takes no more requests, sends what is answered by then or within a moment, closes everything.
  void stop();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace troupe::actors
