// See http_server.hpp: the thread, the listening sockets, and the clock of all sessions.
#include "actors/http_server.hpp"

#include "actors/contained.hpp"
#include "actors/http_session.hpp"
#include "actors/rpc_extension.hpp"
#include "config/text.hpp"
#include "platform/main_log.hpp"
#include "platform/memory.hpp"
#include "protocols/http_text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <optional>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace troupe::actors {

using config::log_level;

// -- what the sessions share ---------------------------------------------------------------------

void http_pool::give_back(std::size_t bytes) {
  leased -= bytes;
  if (leased == 0 && std::exchange(peak, 0) >= http_limits::much)
    platform::return_free_memory();
}

http_stage::http_stage(rpc_world world, http_settings settings)
    : set(std::move(settings)), log(world.log), board(world.board), web(io, board, world.identifier),
      methods(std::move(world)) {
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0 && descriptors.rlim_cur != RLIM_INFINITY) {
    descriptor_limit_ = descriptors.rlim_cur;
    most_sessions = std::clamp<std::size_t>(descriptors.rlim_cur / 2, 16, http_limits::sessions);
  }
}

std::size_t http_stage::descriptors() {
  constexpr auto keeps = std::chrono::seconds{1}; // groups come and go seldom
  auto now = about_now();
  if (descriptors_ == 0 || now - descriptors_read_ >= keeps) {
    std::size_t processes = 0;
    if (auto groups = board.loaded())
      for (const auto& group : *groups)
        processes += group->processes.size();
    descriptors_ = descriptors_for_clients(descriptor_limit_, processes);
    descriptors_read_ = now;
  }
  return descriptors_;
}

bool http_stage::has_room() {
  return sessions.size() < most_sessions && sessions.size() + stream_files < descriptors();
}

bool http_stage::has_room_for_stream(std::size_t more) {
  bool room = streams < most_sessions / 2 && sessions.size() + stream_files + more <= descriptors() / 4 * 3;
  if (!room && !std::exchange(streams_refused_, true))
    log.write(log_level::warn, "HTTP: " + std::to_string(streams) +
                                 " clients follow logs or events; no more of them are let in until some have gone "
                                 "(descriptors are kept free for programs; see minfds)");
  streams_refused_ = streams_refused_ && !room;
  return room;
}

void http_stage::prepare_elsewhere() {
  if (!long_work_)
    long_work_ = std::make_unique<asio::thread_pool>(1);
}

void http_stage::run_elsewhere(std::function<void()> work) {
  prepare_elsewhere();
  asio::post(*long_work_, std::move(work));
}

void http_stage::set_deadline(http_session& of, steady::time_point at) {
  of.deadline = at;
  if (at < next_sweep_)
    arm_sweep(at);
}

void http_stage::arm_sweep(steady::time_point at) {
  if (closing)
    return; // the timer has another task then
  next_sweep_ = at;
  if (at == never)
    return;
  sweep_timer_.expires_at(at);
  sweep_timer_.async_wait([this](const boost::system::error_code& failed) {
    if (!failed)
      sweep();
  });
}

void http_stage::sweep() {
  next_sweep_ = never; // should this fail, the next deadline arms it again
  auto now = steady::now();
  std::vector<std::shared_ptr<http_session>> late;
  auto next = never;
  for (auto* session : sessions)
    if (session->deadline <= now)
      late.push_back(session->shared_from_this());
    else
      next = std::min(next, session->deadline);
  arm_sweep(next);
  for (auto& session : late)
    session->expire();
}

const std::string& http_stage::date() {
  auto now = static_cast<std::int64_t>(std::time(nullptr));
  if (now != date_second_) {
    date_ = protocols::http_date(now);
    date_second_ = now;
  }
  return date_;
}

void http_stage::log_access(const http_session& of, std::string_view request_line, int status, std::size_t bytes) {
  if (!log.wants(log_level::trace))
    return;
  char when[64];
  auto now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::strftime(when, sizeof when, "%d/%b/%Y:%H:%M:%S +0000", &utc);
  log.write(log_level::trace, of.peer + " - - [" + when + "] \"" + protocols::log_text(request_line) + "\" " +
                                std::to_string(status) + ' ' + std::to_string(bytes));
}

bool http_stage::make_room() {
  http_session* oldest = nullptr;
  for (auto* session : sessions)
    if (session->doing == http_session::phase::idle || session->doing == http_session::phase::reading)
      if (!oldest || session->since < oldest->since)
        oldest = session;
  if (oldest)
    oldest->shared_from_this()->abandon();
  return oldest != nullptr;
}

bool http_stage::make_memory(const http_pool& pool) {
  http_session* slowest = nullptr;
  for (auto* session : sessions)
    if (session->stalls(pool) && (!slowest || session->moved < slowest->moved))
      slowest = session;
  if (slowest)
    slowest->shared_from_this()->abandon();
  return slowest != nullptr;
}

void http_stage::send_soon(std::shared_ptr<http_session> with_an_answer, asio::any_completion_handler<void()> then) {
  if (outbox_.empty())
    asio::post(io, [this] { send_all(); }); // behind what is ready by now
  outbox_.emplace_back(std::move(with_an_answer), std::move(then));
}

void http_stage::send_all() {
  auto all = std::exchange(outbox_, {});
  for (auto& [session, then] : all)
    session->flush();
  for (auto& [session, then] : all)
    std::move(then)();
}

void http_stage::close_soon() {
  closing = true;
  auto copy = sessions;
  for (auto* session : copy)
    session->close_if_idle();
  sweep_timer_.expires_after(std::chrono::seconds{1});
  sweep_timer_.async_wait([this](const boost::system::error_code& failed) {
    if (failed)
      return;
    auto late = sessions;
    for (auto* session : late)
      session->abandon();
  });
  if (sessions.empty())
    sweep_timer_.cancel();
}

void http_stage::forget(http_session& gone) {
  sessions.erase(&gone);
  if (closing && sessions.empty())
    sweep_timer_.cancel();
}

// -- the server ----------------------------------------------------------------------------------

namespace {

std::string peer_name(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    return std::string(text) + ':' + std::to_string(ntohs(in.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
    return std::string(text) + ':' + std::to_string(ntohs(in.sin6_port));
  }
  return "localhost:0";
}

/// Whose failed logins count together, as far as the address tells: a user of this machine at a unix socket, an IPv4
/// address, a network of IPv6, whose hosts have addresses for the taking.
std::string login_address(const sockaddr_storage& address, int fd) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    auto host = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    if (ntohl(host.s_addr) >> 24 == IN_LOOPBACKNET) // all of them are anybody's here
      host.s_addr = htonl(INADDR_LOOPBACK);
    ::inet_ntop(AF_INET, &host, text, sizeof text);
    return text;
  }
  if (address.ss_family == AF_INET6) {
    auto network = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    bool mapped = IN6_IS_ADDR_V4MAPPED(&network);
    bool local = IN6_IS_ADDR_LOOPBACK(&network);
    if (!mapped && !local)
      std::fill(network.s6_addr + 8, network.s6_addr + 16, std::uint8_t{0});
    ::inet_ntop(AF_INET6, &network, text, sizeof text);
    return mapped || local ? text : std::string(text) + "/64";
  }
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return "a user of this machine";
  return "uid " + std::to_string(peer.uid);
}

rpc_world without_extensions(rpc_world world) {
  world.extensions.clear();
  return world;
}

/// A full descriptor table or a full house must not become a busy loop.
constexpr auto accept_pause = std::chrono::milliseconds{100};
constexpr int accepts_per_turn = 64;

/// Peers that vanish without a word are noticed after two minutes; who is alive is not bothered.
void keep_alive(int fd) {
  constexpr std::pair<int, int> seconds_and_probes[] = {{TCP_KEEPIDLE, 60}, {TCP_KEEPINTVL, 15}, {TCP_KEEPCNT, 4}};
  int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  for (auto [option, value] : seconds_and_probes)
    ::setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value);
}

/// accept(2) failed because of what became of one connection, or of the network; the next one may do.
bool concerns_one_connection(int error) {
  switch (error) {
  case EINTR:
  case ECONNABORTED:
  case EPERM:
  case EPROTO:
  case ENETDOWN:
  case ENETUNREACH:
  case EHOSTDOWN:
  case EHOSTUNREACH:
    return true;
  default:
    return false;
  }
}
constexpr std::string_view full_house =
  "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

} // namespace

struct http_server::impl {
  struct door {
    door(asio::io_context& io, http_listener from) : socket(io, from.fd.release()), options(std::move(from.options)) {}
    asio::posix::stream_descriptor socket;
    config::server_options options;
    bool waits = false; ///< for room; the log says so
  };

  impl(rpc_world world, http_settings settings)
      : extensions(world.extensions), for_extensions(without_extensions(world)),
        stage(std::move(world), std::move(settings)) {
    for (auto& listener : stage.set.listeners)
      doors.push_back(std::make_unique<door>(stage.io, std::move(listener)));
    stage.set.listeners.clear();
  }

  /// Whatever goes wrong at a door, it opens again.
  void open_again_and_again(door& d) {
    auto ended = [this, &d](std::exception_ptr failure) {
      if (!failure || stage.closing)
        return;
      note_failure(failure, "HTTP: accepting connections");
      auto pause = std::make_shared<asio::steady_timer>(stage.io, accept_pause);
      pause->async_wait([this, &d, pause](const boost::system::error_code& failed) {
        if (!failed && !stage.closing)
          open_again_and_again(d);
      });
    };
    asio::co_spawn(stage.io, keep(d), ended);
  }

  void note_failure(std::exception_ptr failure, std::string_view where) {
    try {
      stage.log.write(log_level::error, std::string(where) + ": " + words_of(failure));
    } catch (...) { // no memory for the words
    }
  }

  awaitable<void> keep(door& d) {
    asio::steady_timer pause{stage.io};
    for (;;) {
      boost::system::error_code failed;
      co_await d.socket.async_wait(asio::posix::stream_descriptor::wait_read,
                                   asio::redirect_error(asio::use_awaitable, failed));
      if (failed || stage.closing)
        co_return;
      if (!accept_some(d)) {
        pause.expires_after(accept_pause);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
      }
    }
  }

  /// False: the system has no room for another connection.
  bool accept_some(door& d) {
    for (int i = 0; i < accepts_per_turn; ++i) {
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      int fd =
        ::accept4(d.socket.native_handle(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0 && concerns_one_connection(errno))
        continue;
      if (fd < 0)
        return errno == EAGAIN || no_room(d, errno);
      d.waits = false;
      if (!stage.has_room() && !stage.make_room()) {
        (void)!::send(fd, full_house.data(), full_house.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        ::close(fd);
        continue;
      }
      if (address.ss_family != AF_UNIX) {
        int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        keep_alive(fd);
      }
      http_session::socket socket{stage.io, asio::generic::stream_protocol(address.ss_family, 0), fd};
      auto who = d.options.username ? login_address(address, fd) : std::string();
      std::make_shared<http_session>(stage, std::move(socket), d.options, peer_name(address), std::move(who))->start();
    }
    return true;
  }

  /// Whoever knocks waits in the system's queue. True: an idle client has made room.
  bool no_room(door& d, int error) {
    if (!std::exchange(d.waits, true))
      stage.log.write(log_level::warn, "HTTP: no connection can be accepted (" + config::errno_name(error) +
                                         "); clients wait until one can");
    return stage.make_room();
  }

  void start() {
    platform::keep_large_blocks_apart();
    for (auto& extension : extensions)
      extension->start({stage.io, for_extensions, stage.set.ask, stage.set.helpers});
    auto report = [this](std::exception_ptr failure) { note_failure(failure, "HTTP"); };
    thread = std::thread([this, report] { run_contained(stage.io, report); });
  }

  void open() {
    asio::post(stage.io, [this] {
      for (auto& d : doors)
        open_again_and_again(*d);
    });
  }

  void stop() {
    if (!thread.joinable())
      return;
    asio::post(stage.io, [this] {
      for (auto& d : doors)
        platform::unique_fd{d->socket.release()}
          .reset(); // its socket may live on elsewhere, but is not to wake us any more
      stage.files.close();
      for (auto& extension : extensions)
        extension->stop();
      stage.close_soon();
      work.reset();
    });
    thread.join();
    for (auto& extension : extensions)
      extension->join();
  }

  std::vector<std::shared_ptr<rpc_extension>> extensions;
  rpc_world for_extensions; ///< what they work on: all but each other
  http_stage stage;
  asio::executor_work_guard<asio::io_context::executor_type> work{stage.io.get_executor()};
  std::vector<std::unique_ptr<door>> doors;
  std::thread thread;
};

http_server::http_server(rpc_world world, http_settings settings)
    : impl_(std::make_unique<impl>(std::move(world), std::move(settings))) {}

http_server::~http_server() { stop(); }

void http_server::start() { impl_->start(); }

void http_server::open() { impl_->open(); }

void http_server::stop() { impl_->stop(); }

} // namespace troupe::actors
