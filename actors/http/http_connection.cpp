// See http_connection.hpp: the life of a connection, from its start to its end, and the memory that it may hold. Must
// not read or write its bytes: requests come in by http_reading.cpp, answers go out by http_writing.cpp.
#include "actors/http/http_connection.hpp"

#include "actors/io/contained.hpp"
#include "platform/main_log.hpp"
#include "platform/peer_credentials.hpp"

#include <boost/asio/co_spawn.hpp>

#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::actors {

using config::log_level;

http_connection::http_connection(http_context& context, socket s, const config::server_options& server,
                                 std::string peer_, std::string address, config::origin from,
                                 std::optional<platform::peer_credentials> user)
    : peer(std::move(peer_)), context_(context), peer_uid_(user ? std::optional(user->uid) : std::nullopt),
      socket_(std::move(s)), server_(server), request_lease_(context.requests), answer_lease_(context.answers),
      address_(std::move(address)),
      who_(address_), arrival_{server, from, from.is_unix ? "unix" : peer.substr(0, peer.rfind(':')), std::move(user)} {
  if (!context_.access.on() && !server.username)
    caller_ = context_.access.whoever();
  if (context_.audit)
    note_origin();
  context_.connections.insert(this);
}

http_connection::~http_connection() { context_.forget(*this); }

void http_connection::speak_tls(std::shared_ptr<tls_desk> of_its_server) { tls_server_ = std::move(of_its_server); }

void http_connection::start() {
  auto self = shared_from_this();
  auto ended = [self](std::exception_ptr failure) {
    try {
      if (failure)
        self->context_.log.write(log_level::error, self->peer + " Server Error: " + words_of(failure));
    } catch (...) { // no memory for the words
    }
  };
  asio::co_spawn(context_.io, run(), ended);
}

void http_connection::enter(phase p, steady::time_point until) {
  doing = p;
  expired_ = false;
  since = about_now();
  context_.set_deadline(*this, until);
}

void http_connection::expire() {
  deadline = never;
  expired_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

bool http_connection::stalls(const http_pool& pool) const {
  const auto& lease = &pool == &context_.requests ? request_lease_ : answer_lease_;
  bool waits_for_client = doing == phase::reading || doing == phase::writing;
  return lease.holds_any() && waits_for_client && about_now() - moved >= http_limits::stalled;
}

void http_connection::abandon() {
  flush();
  context_.forget(*this);
  close_socket();
  if (pending_)
    pending_->finish(std::nullopt);
  if (wake_)
    wake_();
}

void http_connection::close_if_idle() {
  if (doing == phase::idle || doing == phase::reading)
    abandon();
  else if (wake_)
    wake_();
}

int http_connection::fd() const { return const_cast<socket&>(socket_).native_handle(); } // Asio's is not const

bool http_connection::may_choose_binary() const {
  auto user = server_.is_unix ? platform::credentials_of_unix_peer(fd()) : std::nullopt;
  return user && (user->uid == 0 || user->uid == ::geteuid());
}

awaitable<void> http_connection::run() {
  bool refused = false; // GCC 12 mistakes the value of a co_await behind two conditions of a loop
  if (tls_server_) {
    bool ready = co_await shake_hands();
    refused = !ready || !tls_; // nothing is ever answered in clear here
  }
  if (before_) {
    bool stays = co_await finish_request();
    refused = !stays;
  }
  for (bool open = !refused; open && !is_over();) {
    while (context_.resting)
      co_await park();
    open = co_await serve_one();
  }
  close_socket();
}

awaitable<bool> http_connection::make_way(http_lease& lease, std::size_t bytes) {
  while (!lease.cover(bytes)) {
    if (!context_.make_memory(lease.pool()))
      co_return false;
    for (int turn = 0; turn < 2; ++turn) // the connection that was ended gives its memory back in its next turn
      co_await asio::post(context_.io, asio::use_awaitable);
  }
  co_return true;
}

} // namespace troupe::actors
