// See http_server.hpp: the thread that serves all clients, and the loops that accept them. Must not read a request.
#include "actors/http/http_server.hpp"

#include "actors/http/client_address.hpp"
#include "actors/http/client_socket.hpp"
#include "actors/http/http_connection.hpp"
#include "actors/http/http_farewell.hpp"
#include "actors/http/tls_desk.hpp"
#include "actors/http/tls_renewal.hpp"
#include "actors/io/contained.hpp"
#include "actors/rpc/audited_act.hpp"
#include "actors/rpc/rpc_extension.hpp"
#include "config/text.hpp"
#include "platform/descriptors.hpp"
#include "platform/main_log.hpp"
#include "platform/memory.hpp"
#include "platform/peer_credentials.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <ctime>
#include <thread>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace troupe::actors {

using config::log_level;

namespace {

rpc_context without_extensions(rpc_context rpc) {
  rpc.extensions.clear();
  rpc.upgrade = nullptr; // whoever chooses a binary is known by his connection
  return rpc;
}

/// A full descriptor table or a full house must not become a busy loop.
constexpr auto accept_pause = std::chrono::milliseconds{100};
constexpr int accepts_per_turn = 64;

constexpr std::string_view full_house =
  "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

} // namespace

struct http_server::impl {
  /// The loop that accepts connections; another one may follow it on the same socket.
  struct accept_loop {
    accept_loop(asio::io_context& io, int fd) : socket(io, fd) {}
    ~accept_loop() { end(); }
    accept_loop(const accept_loop&) = delete;
    accept_loop& operator=(const accept_loop&) = delete;
    void end() {
      if (socket.is_open())
        socket.release(); // not closed: the server's
    }
    asio::posix::stream_descriptor socket;
  };

  struct server {
    explicit server(http_listener from)
        : fd(std::move(from.fd)), options(std::move(from.options)),
          tls(from.tls ? std::make_shared<tls_desk>(std::move(from.tls), std::time(nullptr)) : nullptr) {}
    platform::unique_fd fd;
    config::server_options options;
    std::shared_ptr<tls_desk> tls; ///< null: plain
    std::shared_ptr<tls_renewal> renewal;
    std::shared_ptr<accept_loop> loop; ///< null: nobody accepts
    bool waits = false;                ///< for room; the log says so
  };

  impl(rpc_context rpc, http_settings settings)
      : extensions(rpc.extensions), for_extensions(without_extensions(rpc)),
        context(std::move(rpc), std::move(settings)) {
    for (auto& listener : context.set.listeners)
      servers.push_back(std::make_unique<server>(std::move(listener)));
    context.set.listeners.clear();
    for (auto& s : servers) {
      if (!s->tls)
        continue;
      s->renewal = std::make_shared<tls_renewal>(context, s->options, s->tls);
      context.certificates.emplace_back(s->options.section, s->tls);
    }
  }

  // -- what the actor hears ------------------------------------------------------------------------

  template <class News>
  bool tell(News news) {
    return heard_by && heard_by(std::move(news));
  }

  /// Without an actor the log has it; the next one opens what is not open.
  void report(std::size_t which, const std::exception_ptr& failure) {
    auto why = words_of(failure);
    if (!tell(http_news::server_failed{which, why}))
      context.log.write(log_level::error, "HTTP: accepting connections: " + why);
  }

  void report(const std::exception_ptr& failure) noexcept try {
    auto why = words_of(failure);
    if (!tell(http_news::handler_failed{why}))
      context.log.write(log_level::error, "HTTP: " + why);
  } catch (...) { // no memory for the words
  }

  // -- connections ---------------------------------------------------------------------------------

  void open(std::size_t which) {
    auto& s = *servers[which];
    if (auto before = std::exchange(s.loop, nullptr))
      before->end();
    auto loop = std::make_shared<accept_loop>(context.io, s.fd.get());
    auto ended = [this, which, loop](std::exception_ptr failure) {
      loop->end();
      auto& now = servers[which]->loop;
      if (now != loop)
        return;
      now = nullptr;
      if (failure && !context.closing)
        report(which, failure);
    };
    asio::co_spawn(context.io, accept(s, loop), ended);
    s.loop = std::move(loop);
    take_along(s);
  }

  /// Connections that the binary before this one had on that server.
  void take_along(server& s) {
    for (auto& client : std::exchange(context.set.before.clients, {}))
      if (client.server != s.options.section)
        context.set.before.clients.push_back(std::move(client));
      else
        go_on_with(s, std::move(client));
  }

  void go_on_with(server& s, carried_client client) {
    platform::unique_fd fd{client.fd};
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    auto act = context.act_of(client);
    bool is_there = !s.tls && ::getpeername(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0;
    auto connection = is_there ? make_connection(s, std::move(fd), address) : nullptr;
    if (connection) {
      connection->go_on_with(std::move(client), std::move(act));
      connection->start();
    } else if (act) {
      act->end(goes_on());
    }
  }

  awaitable<void> accept(server& s, std::shared_ptr<accept_loop> loop) {
    asio::steady_timer pause{context.io};
    for (;;) {
      boost::system::error_code failed;
      co_await loop->socket.async_wait(asio::posix::stream_descriptor::wait_read,
                                       asio::redirect_error(asio::use_awaitable, failed));
      if (context.closing || s.loop != loop)
        co_return;
      if (failed)
        throw boost::system::system_error(failed);
      if (!accept_some(s)) {
        pause.expires_after(accept_pause);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
        if (context.closing || s.loop != loop)
          co_return;
      }
    }
  }

  /// False: there is no room for another connection.
  bool accept_some(server& s) {
    if (context.set.accepting)
      context.set.accepting();
    for (int i = 0; i < accepts_per_turn; ++i) {
      if (s.tls && s.tls->is_full()) {
        s.tls->end_slow_ones(steady::now());
        return false;
      }
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      auto fd = platform::accept_connection(s.fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
      if (!fd && concerns_one_connection(errno))
        continue;
      if (!fd)
        return errno == EAGAIN || no_room(s, errno);
      s.waits = false;
      if (!context.has_room() && !context.make_room()) {
        if (!s.tls)
          (void)!::send(fd.get(), full_house.data(), full_house.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        continue;
      }
      begin_connection(s, std::move(fd), address);
    }
    return true;
  }

  void begin_connection(server& s, platform::unique_fd fd, const sockaddr_storage& address) {
    if (address.ss_family != AF_UNIX)
      set_options_of_client(fd.get());
    if (auto connection = make_connection(s, std::move(fd), address)) {
      if (s.tls)
        connection->speak_tls(s.tls);
      connection->start();
    }
  }

  /// Null: this user has too many.
  std::shared_ptr<http_connection> make_connection(server& s, platform::unique_fd fd, const sockaddr_storage& address) {
    auto who = s.options.username || context.access.on() ? login_address(address, fd.get()) : std::string();
    std::optional<platform::peer_credentials> peer;
    if (address.ss_family == AF_UNIX && (context.access.on() || context.audit))
      peer = platform::credentials_of_unix_peer(fd.get());
    if (peer && context.access.on() && !context.has_room_for_user(peer->uid)) {
      (void)!::send(fd.get(), full_house.data(), full_house.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      return nullptr;
    }
    http_connection::socket socket{context.io, asio::generic::stream_protocol(address.ss_family, 0), fd.get()};
    (void)fd.release(); // the socket's from here on
    return std::make_shared<http_connection>(context, std::move(socket), s.options, peer_name(address), std::move(who),
                                             origin_of(address), std::move(peer));
  }

  /// Whoever knocks waits in the system's queue. True: an idle client has made room.
  bool no_room(server& s, int error) {
    if (!std::exchange(s.waits, true))
      context.log.write(log_level::warn, "HTTP: no connection can be accepted (" + config::errno_name(error) +
                                           "); clients wait until one can");
    return context.make_room();
  }

  // -- life ----------------------------------------------------------------------------------------

  void start() {
    platform::keep_large_blocks_apart();
    started = true;
    for (auto& extension : extensions)
      extension->start({context.io, for_extensions, context.set.ask, context.set.helpers});
    context.tokens.start(context.set.tokens);
    if (context.set.access)
      context.set.access->tell([this] { asio::post(context.io, [this] { context.judge_again(); }); });
    for (auto& s : servers)
      if (s->renewal)
        asio::post(context.io, [renewal = s->renewal] { renewal->start(); });
    if (context.audit)
      context.audit->run_with([this](auto what, auto after) { run_later(std::move(what), after); });
    auto failed = [this](const std::exception_ptr& failure) { report(failure); };
    thread = std::thread([this, failed] { run_contained(context.io, failed); });
  }

  void look_at_certificates() {
    if (context.certificates.empty())
      return;
    asio::post(context.io, [this] {
      for (auto& s : servers)
        if (s->renewal && !context.closing)
          s->renewal->look();
    });
  }

  /// On the thread. Of those that are to wait there is one at a time.
  void run_later(std::function<void()> what, std::chrono::milliseconds after) {
    if (after.count() == 0)
      return (void)asio::post(context.io, std::move(what));
    moment.expires_after(after);
    moment.async_wait([what = std::move(what)](const boost::system::error_code&) { what(); }); // at the end, early
  }

  void want_open() {
    asio::post(context.io, [this] {
      open_wanted = true;
      tell(http_news::open{}); // an actor that comes later sees it
    });
  }

  void stop_accepting() {
    for (auto& s : servers)
      if (auto loop = std::exchange(s->loop, nullptr))
        loop->end();
  }

  bool rest(std::chrono::milliseconds at_most) {
    farewell = std::make_shared<http_farewell>(context);
    asio::post(context.io, [this] { stop_accepting(); });
    return farewell->rest(at_most);
  }

  void go_on() {
    farewell->go_on();
    asio::post(context.io, [this] {
      context.resting = false;
      context.rest_over.cancel();
      if (open_wanted)
        tell(http_news::open{});
    });
  }

  void close() {
    if (context.closing)
      return;
    for (auto& s : servers) {
      if (auto loop = std::exchange(s->loop, nullptr))
        loop->end();
      s->fd.reset();
      if (s->renewal)
        s->renewal->close();
    }
    context.files.close();
    moment.cancel();
    for (auto& extension : extensions)
      if (started)
        extension->stop();
    context.close_soon();
    work.reset();
  }

  void stop() {
    if (std::exchange(stopped, true))
      return;
    if (context.set.access)
      context.set.access->tell(nullptr);
    asio::post(context.io, [this] {
      close_wanted = true;
      if (!tell(http_news::close{})) // the daemon's end waits for no actor
        close();
    });
    if (thread.joinable())
      thread.join();
    else // never started, but there may be an actor that has to end
      run_contained(context.io, [](const std::exception_ptr&) {});
    for (auto& extension : extensions)
      if (started)
        extension->join();
    if (context.audit)
      context.audit->run_with(nullptr);
  }

  std::vector<std::shared_ptr<rpc_extension>> extensions;
  rpc_context for_extensions; ///< what they work on: all but each other
  http_context context;
  asio::steady_timer moment{context.io};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.io.get_executor()};
  std::vector<std::unique_ptr<server>> servers;
  ear heard_by;
  std::shared_ptr<http_farewell> farewell; ///< the last one
  bool open_wanted = false;
  bool close_wanted = false;
  bool started = false;
  bool stopped = false;
  std::thread thread;
};

http_server::http_server(rpc_context rpc, http_settings settings)
    : impl_(std::make_unique<impl>(std::move(rpc), std::move(settings))) {}

http_server::~http_server() { stop(); }

asio::io_context& http_server::io() { return impl_->context.io; }

void http_server::start() { impl_->start(); }

void http_server::want_open() { impl_->want_open(); }

void http_server::look_at_certificates() { impl_->look_at_certificates(); }

bool http_server::rest(std::chrono::milliseconds at_most) { return impl_->rest(at_most); }

std::optional<handed_clients> http_server::hand_over(std::chrono::milliseconds at_most) {
  return impl_->farewell->hand_over(at_most);
}

void http_server::go_on() { impl_->go_on(); }

void http_server::stop() { impl_->stop(); }

void http_server::tell(ear of_actor) { impl_->heard_by = std::move(of_actor); }

bool http_server::open_wanted() const { return impl_->open_wanted; }

bool http_server::close_wanted() const { return impl_->close_wanted; }

std::size_t http_server::size() const { return impl_->servers.size(); }

void http_server::open(std::size_t server) { impl_->open(server); }

bool http_server::is_open(std::size_t server) const { return impl_->servers[server]->loop != nullptr; }

void http_server::close() { impl_->close(); }

} // namespace troupe::actors
