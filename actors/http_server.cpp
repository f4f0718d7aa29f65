// See http_server.hpp: the thread, the listening sockets, and the clock of all sessions.
#include "actors/http_server.hpp"

#include "actors/http_session.hpp"
#include "actors/rpc_extension.hpp"
#include "platform/main_log.hpp"
#include "platform/memory.hpp"
#include "protocols/http_text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
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
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0 && descriptors.rlim_cur != RLIM_INFINITY)
    most_sessions = std::clamp<std::size_t>(descriptors.rlim_cur / 2, 16, http_limits::sessions);
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

rpc_world without_extensions(rpc_world world) {
  world.extensions.clear();
  return world;
}

/// A full descriptor table or a full house must not become a busy loop.
constexpr auto accept_pause = std::chrono::milliseconds{100};
constexpr int accepts_per_turn = 64;
constexpr std::string_view full_house =
  "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

} // namespace

struct http_server::impl {
  struct door {
    door(asio::io_context& io, http_listener from) : socket(io, from.fd.release()), options(std::move(from.options)) {}
    asio::posix::stream_descriptor socket;
    config::server_options options;
  };

  impl(rpc_world world, http_settings settings)
      : extensions(world.extensions), for_extensions(without_extensions(world)),
        stage(std::move(world), std::move(settings)) {
    for (auto& listener : stage.set.listeners)
      doors.push_back(std::make_unique<door>(stage.io, std::move(listener)));
    stage.set.listeners.clear();
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
      if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
        continue;
      if (fd < 0)
        return errno == EAGAIN || stage.make_room();
      if (stage.sessions.size() >= stage.most_sessions && !stage.make_room()) {
        (void)!::send(fd, full_house.data(), full_house.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        ::close(fd);
        continue;
      }
      if (address.ss_family != AF_UNIX) {
        int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      }
      http_session::socket socket{stage.io, asio::generic::stream_protocol(address.ss_family, 0), fd};
      std::make_shared<http_session>(stage, std::move(socket), d.options, peer_name(address))->start();
    }
    return true;
  }

  void start() {
    for (auto& extension : extensions)
      extension->start({stage.io, for_extensions, stage.set.ask, stage.set.helpers});
    thread = std::thread([this] { stage.io.run(); });
  }

  void open() {
    asio::post(stage.io, [this] {
      for (auto& d : doors)
        asio::co_spawn(stage.io, keep(*d), asio::detached);
    });
  }

  void stop() {
    if (!thread.joinable())
      return;
    asio::post(stage.io, [this] {
      for (auto& d : doors)
        d->socket.close();
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
