// The servers for clients: their listening sockets, their connections and the thread that serves them all, which nobody
// else's work can hold up. It does what its actor (http_actor.cpp) says, and outlives it: whoever takes over finds the
// sockets here, open. Must not know what the methods do; no CAF, which does not share a translation unit with Beast.
// Source: docs/contract/http.md, 1 to 3 and 8. Cases: tests/actors/http_actor_test.cpp.
#pragma once

#include "actors/core/access_book.hpp"
#include "actors/core/carried.hpp"
#include "actors/core/control.hpp"
#include "actors/io/helper_child.hpp"
#include "actors/rpc/rpc_methods.hpp"
#include "config/options.hpp"
#include "platform/tls_context.hpp"
#include "platform/unique_fd.hpp"
#include "protocols/token_book.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace troupe::actors {

struct http_listener {
  platform::unique_fd fd; ///< listening, non-blocking
  config::server_options options;
  platform::tls_context::pointer tls = nullptr; ///< it speaks TLS
};

struct http_settings {
  std::vector<http_listener> listeners;
  std::int64_t main_log_backups = 0;
  /// Hands a request to the actors, who answer once, from any thread.
  std::function<void(control_request, control_answer_to)> ask;
  std::function<std::int64_t()> queued_events;   ///< that wait for an event listener; empty: there are none
  helper_doors helpers;                          ///< for extensions
  std::shared_ptr<const access_book> access;     ///< null: access control is off
  std::shared_ptr<protocols::token_book> tokens; ///< as its file has them; null: it has none
  std::function<void()> accepting;               ///< called before connections are accepted; may throw; for tests
  carried_http before = {};                      ///< of the daemon before this one
  std::vector<open_act> acts = {}; ///< for the audit trail: of clients that wait, by the ids of their requests
};

namespace http_news { // what the actor hears
/// Clients are let in from now on.
struct open {};
/// The daemon ends.
struct close {};
/// This server accepts no connections any more.
struct server_failed {
  std::size_t server;
  std::string why;
};
/// A handler threw that no connection stands for; what it was about is lost.
struct handler_failed {
  std::string why;
};
} // namespace http_news

/// A client that waits for an answer, whom another binary will give it.
struct held_client {
  platform::unique_fd fd; ///< a duplicate; empty: there is none, or his connection cannot be handed on
  int version = 11;       ///< of HTTP, as 10 or 11
};

/// What another binary needs to go on with the clients.
struct handed_clients {
  held_client asker;
  carried_http others;
};

class http_server {
public:
  /// False: there is nobody to hear it.
  using ear = std::function<bool(
    std::variant<http_news::open, http_news::close, http_news::server_failed, http_news::handler_failed>)>;

  http_server(rpc_context rpc, http_settings settings);
  ~http_server(); ///< stops
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  boost::asio::io_context& io(); ///< of the thread

  // -- from its owner; any thread -------------------------------------------------------------------
  void start();                ///< the thread; clients are kept waiting
  void want_open();            ///< after start(): tells the actor to let clients in
  void look_at_certificates(); ///< for new ones, though nobody has seen that files have changed
  /// Takes no more requests. Connections that are idle, in the middle of a request, or wait for processes, are kept;
  /// those that wait for something else are told, the others end. Who has not come so far after half of `at_most` is
  /// cut off. False: the thread is at something else for longer than `at_most`.
  bool rest(std::chrono::milliseconds at_most);
  /// Once nobody answers any more: what there is of them. From then on the thread stands still.
  std::optional<handed_clients> hand_over(std::chrono::milliseconds at_most);
  void go_on(); ///< after either
  /// Takes no more requests, sends what is answered by then or within a moment, closes everything; also without an
  /// actor. Then nobody runs io() any more.
  void stop();

  // -- from its actor, on the thread ----------------------------------------------------------------
  void tell(ear of_actor); ///< from now on this one hears the news
  bool open_wanted() const;
  bool close_wanted() const;
  std::size_t size() const; ///< servers
  /// Accepts connections on the socket of this server, in place of whatever did so before.
  void open(std::size_t server);
  bool is_open(std::size_t server) const;
  void close(); ///< the end: stop() waits for what comes of it

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace troupe::actors
