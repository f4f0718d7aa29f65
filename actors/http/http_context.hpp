// What all connections share on the HTTP thread: settings, limits and their accounts, the clock of all deadlines.
// Must not read requests (http_reading.cpp does) or accept connections (http_server does).
#pragma once

#include "actors/http/gate.hpp"
#include "actors/http/http_limits.hpp"
#include "actors/http/http_server.hpp"
#include "actors/http/proven_passwords.hpp"
#include "actors/http/running_checks.hpp"
#include "actors/http/session_desk.hpp"
#include "actors/http/tls_desk.hpp"
#include "actors/http/token_desk.hpp"
#include "actors/io/file_watch.hpp"
#include "actors/io/long_work.hpp"
#include "actors/rpc/audit_trail.hpp"
#include "actors/rpc/rpc_methods.hpp"
#include "actors/web/web_context.hpp"
#include "protocols/login_pace.hpp"
#include "protocols/login_throttle.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <time.h>

namespace troupe::actors {

namespace asio = boost::asio;
using asio::awaitable;
using steady = std::chrono::steady_clock;
constexpr auto never = steady::time_point::max();

/// For deadlines of seconds: milliseconds behind steady::now(), at a fifth of its price, which each request pays often.
inline steady::time_point about_now() {
#ifdef CLOCK_MONOTONIC_COARSE
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
  return steady::time_point{std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec}};
#else
  return steady::now();
#endif
}

class audited_act;
class http_connection;

/// The HTTP thread's own: only touched there, once it runs.
struct http_context {
  http_context(rpc_context rpc, http_settings settings);

  asio::io_context io{1};
  http_settings set;
  platform::main_log& log;
  const status_board& board;
  std::shared_ptr<audit_trail> audit; ///< null: nothing is recorded
  web_context web;
  rpc_methods methods;
  gate access;
  session_desk sessions; ///< where access control is on
  file_watch files{io};
  std::unordered_set<http_connection*> connections;
  std::size_t most_connections = http_limits::connections;
  std::size_t streams = 0;                                 ///< connections that follow something
  std::unordered_map<std::string, std::size_t> streams_of; ///< likewise, with access control: of each user
  std::size_t stream_files = 0;                            ///< descriptors of theirs besides the connections
  http_pool requests{http_limits::request_pool};
  http_pool answers{http_limits::answer_pool};
  protocols::login_pace logins;                                                ///< where access control is off
  protocols::login_throttle attempts;                                          ///< where it is on
  proven_passwords proven;                                                     ///< likewise
  running_checks checks{io};                                                   ///< likewise
  std::vector<std::pair<std::string, std::shared_ptr<tls_desk>>> certificates; ///< by the section of the server
  http_connection* asking = nullptr; ///< while the actors are being asked for it
  bool closing = false;
  bool resting = false; ///< another binary is about to follow
  asio::steady_timer rest_over{io, never};
  std::uint64_t last_number = 0; ///< of requests that another binary could answer

  /// What the binary before this one has told the audit trail the begin of, for a client who waits for its end; null:
  /// nothing.
  std::shared_ptr<audited_act> act_of(const carried_client& client);
  void set_deadline(http_connection& of, steady::time_point at);
  /// Of each TLS server, the seconds until its certificate ends.
  std::vector<std::pair<std::string, std::int64_t>> certificate_times() const;
  const std::string& date(); ///< of now, for the header
  void log_access(const http_connection& of, std::string_view request_line, int status, std::size_t bytes);
  void forget(http_connection& gone);
  bool has_room();                                 ///< for one more connection
  bool has_room_for_user(std::uint32_t uid) const; ///< likewise, of a user of this machine
  /// For one more stream, which holds `more` descriptors besides its connection: three quarters of what clients may
  /// have, so that whoever only asks is answered. `whose`: as of stream_place; nobody has more than half of them.
  bool has_room_for_stream(std::size_t more, const std::string& whose);
  /// Ends the connection that has been idle, or reading its request, for longest. False: there is none.
  bool make_room();
  /// Ends the connection that holds memory of `pool` and has made no progress for longest. False: all are at work.
  bool make_memory(const http_pool& pool);
  void judge_again();  ///< streams, by the rules of now
  void judge_tokens(); ///< those that somebody follows by a token that has ended
  void close_soon();   ///< no new requests; open ones get a moment
  /// The answers of all requests that came together go out together, at the end of the turn, and only then are the next
  /// requests looked for: a client that sleeps is woken once, not by each answer, and no read comes too early.
  /// Measured: 1.4 times as many over 16 connections.
  void send_soon(std::shared_ptr<http_connection> with_an_answer, asio::any_completion_handler<void()> then);

private:
  void send_all();
  void arm_sweep(steady::time_point at);
  void sweep();
  void rest_soon();
  std::size_t descriptors(); ///< that clients may hold, all together
  std::size_t descriptor_limit_ = std::size_t{1} << 20;
  std::size_t descriptors_ = 0;
  steady::time_point descriptors_read_{};
  bool streams_refused_ = false; ///< the log says so
  std::vector<std::pair<std::shared_ptr<http_connection>, asio::any_completion_handler<void()>>> outbox_;
  asio::steady_timer sweep_timer_{io};
  steady::time_point next_sweep_ = never;
  asio::steady_timer rest_timer_{io}; ///< since the last client has gone
  std::int64_t date_second_ = -1;
  std::string date_;

public:
  long_work work{io}; ///< the last members: they end before what they work for
  long_work passwords{io};
  token_desk tokens;
  password_queue passwords_waiting;
};

/// A place among the streams, for as long as one of them is open.
class stream_place {
public:
  /// `whose`: his name; empty where access control is off.
  stream_place(http_context& context, std::size_t files, std::string whose)
      : context_(context), files_(files), whose_(std::move(whose)) {
    ++context_.streams;
    if (!whose_.empty())
      ++context_.streams_of[whose_];
    context_.stream_files += files_;
  }
  ~stream_place() {
    --context_.streams;
    if (auto mine = context_.streams_of.find(whose_); mine != context_.streams_of.end() && --mine->second == 0)
      context_.streams_of.erase(mine);
    context_.stream_files -= files_;
  }
  stream_place(const stream_place&) = delete;
  stream_place& operator=(const stream_place&) = delete;

private:
  http_context& context_;
  const std::size_t files_;
  const std::string whose_;
};

} // namespace troupe::actors
