// Who asks, where access control is off (else http_admit.cpp): the password of a request, and the pace of those who
// guess (the policy of that is protocols/login_pace.hpp). Must not know what is asked for. Lambdas are bound to locals
// before they are awaited with: GCC 12 destroys temporaries in a co_await twice. Source: docs/contract/http.md, 1.6.
#include "actors/http/http_connection.hpp"

#include "config/text.hpp"
#include "platform/main_log.hpp"
#include "platform/peer_user.hpp"
#include "protocols/http_text.hpp"
#include "protocols/site_check.hpp"

#include <boost/asio/redirect_error.hpp>

#include <utility>

namespace troupe::actors {

using config::log_level;

namespace {

constexpr std::size_t longest_user = 64; ///< bytes of the name that a login failed with, in the log

} // namespace

/// An attempt that follows others that failed waits for its turn before its password is looked at: neither answers nor
/// more connections make guessing quicker. A connection that has shown the right one before does not wait.
awaitable<std::optional<http_connection::reply>> http_connection::turn_away(std::string_view credentials) {
  bool tries = !credentials.empty();
  if (tries && !known_) {
    if (context_.logins.size() > 0)
      learn_user();
    auto wait = context_.logins.turn(who_, steady::now());
    if (!wait) {
      auto busy = error_reply(503);
      busy.headers = "Retry-After: 20\r\n";
      co_return busy;
    }
    if (*wait > steady::duration{})
      co_await wait_for_turn(*wait);
  }
  auto admitted = protocols::check_basic(credentials, *server_.username, server_.password.view());
  if (admitted == protocols::admission::granted) {
    if (!std::exchange(known_, true))
      context_.logins.succeeded(who_);
    caller_ = context_.access.whoever();
    co_return std::nullopt;
  }
  if (tries) {
    learn_user();
    auto count = context_.logins.failed(who_, steady::now());
    tell_refused_proof(protocols::user_of(credentials, server_.password.view()), "server");
    auto user = protocols::user_of(credentials, server_.password.view()).substr(0, longest_user);
    context_.log.write(log_level::warn, "HTTP: login " + (user.empty() ? "" : "as " + config::quoted(user) + ' ') +
                                          "from " + address_ + " failed" +
                                          (count > 1 ? " (" + std::to_string(count) + " in a row)" : ""));
  }
  auto refused = error_reply(admitted == protocols::admission::malformed ? 400 : 401);
  if (refused.status == 401)
    refused.headers = "WWW-Authenticate: Basic realm=\"default\"\r\n";
  co_return refused;
}

/// All users of this machine come from the same address, and one who guesses must not keep the others out. Only asked
/// where there were failures: it is a question to the kernel.
void http_connection::learn_user() {
  if (std::exchange(learnt_, true))
    return;
  auto user = platform::user_of_tcp_peer(socket_.native_handle());
  if (!user)
    return;
  who_ = "uid " + std::to_string(*user); // whatever address of 127.0.0.0/8, or socket, he comes by
  address_ += " (" + who_ + ')';
}

/// Whoever waits like this gives way, where there is no room for others.
awaitable<void> http_connection::wait_for_turn(steady::duration time) {
  asio::steady_timer pause{context_.io, time};
  enter(phase::reading, about_now() + time + http_limits::header_time);
  wake_ = [&] { pause.cancel(); };
  boost::system::error_code ignored;
  co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  wake_ = nullptr;
}

} // namespace troupe::actors
