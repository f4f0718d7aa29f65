// One client's connection, and what all of them share on the HTTP thread. Internal to the HTTP actor; holds no Beast,
// which only http_session.cpp includes. Source: docs/contract/http.md, 1.
#pragma once

#include "actors/file_watch.hpp"
#include "actors/http_server.hpp"
#include "actors/web_desk.hpp"
#include "protocols/login_pace.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
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
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
  return steady::time_point{std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec}};
}

/// What one client may cost.
struct http_limits {
  static constexpr std::uint32_t header_bytes = 64 << 10;
  static constexpr std::uint64_t body_bytes = std::uint64_t{16} << 20;
  static constexpr std::size_t answer_bytes = std::size_t{64} << 20; ///< of a multicall; then it only refuses
  static constexpr std::size_t quick = 64 << 10;    ///< bytes that are read or made here; for more others do not wait
  static constexpr std::size_t unleased = 64 << 10; ///< what is larger has to fit into a pool
  static constexpr std::size_t request_pool = std::size_t{64} << 20; ///< of all bodies of requests that are held
  static constexpr std::size_t answer_pool = std::size_t{192} << 20;
  static constexpr std::size_t much = std::size_t{8} << 20; ///< goes back to the system afterwards
  static constexpr auto stalled = std::chrono::seconds{1};  ///< after which a client's memory may be given to others
  static constexpr auto idle = std::chrono::minutes{30};
  static constexpr auto header_time = std::chrono::seconds{30};
  static constexpr auto write_time = std::chrono::seconds{60}; ///< without any progress
  static constexpr std::uint64_t slowest = 16 << 10;           ///< bytes of body a second, after the first 30 s
  static constexpr std::size_t sessions = 1000;
  static constexpr std::size_t stream_files = 2; ///< descriptors that a log stream may hold besides its connection
};

/// How many of the daemon's descriptors clients may hold: what its programs may need (three pipes and two logs each,
/// and one to spare) and some for itself are out of their reach, so that no crowd of them makes a start fail. A few are
/// left to them in any case: somebody has to be able to ask.
constexpr std::size_t descriptors_for_clients(std::size_t limit, std::size_t processes) {
  constexpr std::size_t for_itself = 64, for_a_process = 6, least = 16;
  auto kept = for_itself + for_a_process * processes;
  return std::max({least, limit / 8, limit > kept ? limit - kept : 0});
}

class http_session;

/// Memory for large bodies, common to all clients.
struct http_pool {
  const std::size_t most;
  std::size_t leased = 0;
  std::size_t peak = 0; ///< since nothing was leased
  void give_back(std::size_t bytes);
};
/// A piece of a stream: as a chunk, or as it is.
std::string chunk(std::string_view bytes, bool chunked);

/// The HTTP thread's own: only touched there, once it runs.
struct http_stage {
  http_stage(rpc_world world, http_settings settings);

  asio::io_context io{1};
  http_settings set;
  platform::main_log& log;
  const status_board& board;
  web_stage web;
  rpc_methods methods;
  file_watch files{io};
  std::unordered_set<http_session*> sessions;
  std::size_t most_sessions = http_limits::sessions;
  std::size_t streams = 0;      ///< sessions that follow something
  std::size_t stream_files = 0; ///< descriptors of theirs besides the connections
  http_pool requests{http_limits::request_pool};
  http_pool answers{http_limits::answer_pool};
  protocols::login_pace logins;
  bool closing = false;

  /// Hands `work`, which must not throw, to the thread for what takes long. See elsewhere().
  void run_elsewhere(std::function<void()> work);
  void prepare_elsewhere(); ///< what of it may fail
  void set_deadline(http_session& of, steady::time_point at);
  const std::string& date(); ///< of now, for the header
  void log_access(const http_session& of, std::string_view request_line, int status, std::size_t bytes);
  void forget(http_session& gone);
  bool has_room(); ///< for one more session
  /// For one more stream, which holds `more` descriptors besides its connection: three quarters of what clients may
  /// have, so that whoever only asks is answered.
  bool has_room_for_stream(std::size_t more);
  /// Ends the session that has been idle, or reading its request, for longest. False: there is none.
  bool make_room();
  /// Ends the session that holds memory of `pool` and has made no progress for longest. False: all are at work.
  bool make_memory(const http_pool& pool);
  void close_soon(); ///< no new requests; open ones get a moment
  /// The answers of all requests that came together go out together, at the end of the turn, and only then are the next
  /// requests looked for: a client that sleeps is woken once, not by each answer, and no read comes too early.
  /// Measured: 1.4 times as many over 16 connections.
  void send_soon(std::shared_ptr<http_session> with_an_answer, asio::any_completion_handler<void()> then);

private:
  void send_all();
  void arm_sweep(steady::time_point at);
  void sweep();
  std::size_t descriptors(); ///< that clients may hold, all together
  std::size_t descriptor_limit_ = std::size_t{1} << 20;
  std::size_t descriptors_ = 0;
  steady::time_point descriptors_read_{};
  bool streams_refused_ = false; ///< the log says so
  std::vector<std::pair<std::shared_ptr<http_session>, asio::any_completion_handler<void()>>> outbox_;
  asio::steady_timer sweep_timer_{io};
  steady::time_point next_sweep_ = never;
  std::int64_t date_second_ = -1;
  std::string date_;
  friend class long_turn;
  bool long_turn_taken_ = false;
  std::deque<asio::steady_timer*> long_turn_next_; ///< who waits for it
  std::unique_ptr<asio::thread_pool> long_work_;   ///< once there was some; ends before what it works for
};

/// The right to have something long done: one session has it at a time, until what came of it is accounted for, so that
/// a crowd's results do not pile up. Others wait in a row; small requests do not ask for it.
class long_turn {
public:
  explicit long_turn(http_stage& stage) : stage_(stage), pause_(stage.io, never) {}
  ~long_turn() {
    if (!mine_)
      std::erase(stage_.long_turn_next_, &pause_);
    else
      release();
  }
  long_turn(const long_turn&) = delete;
  long_turn& operator=(const long_turn&) = delete;

  awaitable<void> come() {
    if (std::exchange(stage_.long_turn_taken_, true)) {
      stage_.long_turn_next_.push_back(&pause_);
      boost::system::error_code ignored;
      co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    mine_ = true;
  }
  void release() {
    if (!std::exchange(mine_, false))
      return;
    stage_.long_turn_taken_ = !stage_.long_turn_next_.empty();
    if (!stage_.long_turn_taken_)
      return;
    auto* next = stage_.long_turn_next_.front();
    stage_.long_turn_next_.pop_front();
    next->cancel(); // it has it from now on
  }

private:
  http_stage& stage_;
  asio::steady_timer pause_;
  bool mine_ = false;
};

/// What `work()` returns or throws, from a thread where it holds up nobody else. What it refers to must be the
/// caller's.
template <class Work>
awaitable<std::invoke_result_t<Work&>> elsewhere(http_stage& stage, Work work) {
  struct outcome {
    std::optional<std::invoke_result_t<Work&>> value;
    std::exception_ptr failure;
  } came;
  stage.prepare_elsewhere();
  auto start = [&](auto handler) {
    auto resume = std::make_shared<decltype(handler)>(std::move(handler));
    stage.run_elsewhere([&stage, &work, &came, resume] {
      try {
        came.value.emplace(work());
      } catch (...) {
        came.failure = std::current_exception();
      }
      asio::post(stage.io, [resume] { std::move (*resume)(); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(start, asio::use_awaitable);
  if (came.failure)
    std::rethrow_exception(came.failure);
  co_return *std::move(came.value);
}

/// One session's part of a pool; given back at the end.
class http_lease {
public:
  explicit http_lease(http_pool& of) : of_(of) {}
  ~http_lease() { release(); }
  http_lease(const http_lease&) = delete;
  http_lease& operator=(const http_lease&) = delete;

  const http_pool& pool() const { return of_; }
  bool holds_any() const { return held_ > 0; }
  /// Grows to `bytes`. False: the pool has not that much left.
  bool cover(std::size_t bytes) {
    if (bytes <= http_limits::unleased || bytes <= held_)
      return true;
    if (of_.leased - held_ + bytes > of_.most)
      return false;
    of_.leased += bytes - held_;
    of_.peak = std::max(of_.peak, of_.leased);
    held_ = bytes;
    return true;
  }

  void release() {
    if (held_ > 0)
      of_.give_back(std::exchange(held_, 0));
  }

private:
  http_pool& of_;
  std::size_t held_ = 0;
};

/// A place among the streams, for as long as one of them is open.
class stream_place {
public:
  stream_place(http_stage& stage, std::size_t files) : stage_(stage), files_(files) {
    ++stage_.streams;
    stage_.stream_files += files_;
  }
  ~stream_place() {
    --stage_.streams;
    stage_.stream_files -= files_;
  }
  stream_place(const stream_place&) = delete;
  stream_place& operator=(const stream_place&) = delete;

private:
  http_stage& stage_;
  const std::size_t files_;
};

class http_session : public std::enable_shared_from_this<http_session> {
public:
  using socket = asio::generic::stream_protocol::socket;
  /// `address`: where it comes from, for counting failed logins.
  http_session(http_stage& stage, socket s, const config::server_options& server, std::string peer,
               std::string address);
  ~http_session();

  void start();
  void expire();        ///< its deadline has passed
  void close_if_idle(); ///< the server stops
  void abandon();       ///< now
  void flush();         ///< what send_soon() is for: sends what the socket has room for

  enum class phase { idle, reading, answering, writing, streaming } doing = phase::idle;
  steady::time_point since = steady::now(); ///< it is in this phase
  steady::time_point moved = steady::now(); ///< bytes of a body came or went
  steady::time_point deadline = never;
  const std::string peer;                   ///< HOST:PORT
  bool stalls(const http_pool& pool) const; ///< holds memory of it, and has not moved for a while

private:
  struct request;
  struct reply {
    int status = 200;
    std::string_view type = "text/html";
    std::string headers; ///< more of them, each with CRLF
    std::string body;
    std::shared_ptr<const std::string> shared = nullptr; ///< instead of `body`
    bool close = false;
    std::string_view text() const { return shared ? *shared : body; }
  };
  /// The answer of the actors that is waited for.
  struct pending {
    std::function<void(std::optional<control_answer>)> resume;
    void finish(std::optional<control_answer> answer);
  };

  awaitable<void> run();
  awaitable<bool> serve_one();
  /// None: whoever asks may. Else what he is told.
  awaitable<std::optional<reply>> turn_away(const request& r);
  awaitable<void> wait_for_turn(steady::duration time);
  void learn_user();
  awaitable<bool> read_more(std::size_t room);
  /// None: the client is gone. 200: the body is there; else what it is refused with.
  awaitable<std::optional<int>> read_body(request& r);
  /// Memory for `bytes`; who holds some and does not move gives way. False: there is none.
  awaitable<bool> make_way(http_lease& lease, std::size_t bytes);
  awaitable<bool> answer(request& r);
  awaitable<bool> send(const request& r, reply what);
  awaitable<bool> write(std::string_view head, std::string_view body);
  bool write_now(std::string_view& head, std::string_view& body);
  awaitable<void> linger();
  static reply error_reply(int status);

  awaitable<reply> answer_rpc(std::string body);
  awaitable<config::result<protocols::rpc_call>> parse(std::string bytes);
  awaitable<std::optional<protocols::rpc_fault>> write_value(const protocols::rpc_call& call, std::string& body);
  awaitable<std::optional<protocols::rpc_fault>> write_long(const rpc_long& work, std::string& body);
  awaitable<std::optional<protocols::rpc_fault>> write_many(const protocols::rpc_call& call, std::string& body);
  awaitable<std::optional<control_answer>> ask(rpc_deferred begin);
  void watch_for_hangup(std::shared_ptr<pending> waiting);

  std::optional<log_stream> find_log(std::string_view target, bool main_log) const;
  struct request_head {
    int version = 11;
    bool chunked = true;
  };
  /// False: there is no such log, and nothing was sent.
  awaitable<bool> stream_log(request_head r, log_stream source);
  static web_request web_request_of(const request& r);
  awaitable<std::optional<reply>> answer_web(const web_request& r, request_head head);
  awaitable<bool> stream_events(request_head r);
  void discard_input();
  awaitable<void> end_stream(bool chunked); ///< of an open connection: says so to the client

  void enter(phase p, steady::time_point until);

  http_stage& stage_;
  socket socket_;
  const config::server_options& server_;
  http_lease request_lease_;
  http_lease answer_lease_;
  boost::beast::flat_buffer buffer_;
  std::string_view unsent_; ///< a small answer, until flush(); then what the socket had no room for
  std::shared_ptr<pending> pending_;
  std::function<void()> wake_; ///< of a stream
  std::string address_;        ///< where it comes from, in the log
  std::string who_;            ///< whose failed logins count together
  bool learnt_ = false;        ///< its user, where it is one of this machine
  bool known_ = false;         ///< its password was right before
  bool expired_ = false;
  bool gone_ = false; ///< the client of a stream
};

} // namespace troupe::actors
