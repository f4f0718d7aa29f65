// Who asks: the password of a request, and the pace of those who guess (the policy of that is
// protocols/login_pace.hpp). Must not know what is asked for. Lambdas are bound to locals before they are awaited with:
// GCC 12 destroys temporaries in a co_await twice. Source: docs/contract/http.md, 1.6.
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

bool password_matches(const config::stored_password& stored, std::string_view given) { // TODO platform/password
  using kind = config::stored_password::kind;
  return stored.is == kind::plain ? protocols::same_secret(given, stored.text)
                                  : stored.is == kind::sha && protocols::password_fits(given, "{SHA}" + stored.text);
}

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
  auto admitted = protocols::check_basic(credentials, *server_.username, server_.password);
  if (admitted == protocols::admission::granted) {
    if (!std::exchange(known_, true))
      context_.logins.succeeded(who_);
    caller_ = context_.access.whoever();
    co_return std::nullopt;
  }
  if (tries) {
    learn_user();
    auto count = context_.logins.failed(who_, steady::now());
    auto user = protocols::user_of(credentials, server_.password).substr(0, longest_user);
    context_.log.write(log_level::warn, "HTTP: login " + (user.empty() ? "" : "as " + config::quoted(user) + ' ') +
                                          "from " + address_ + " failed" +
                                          (count > 1 ? " (" + std::to_string(count) + " in a row)" : ""));
  }
  auto refused = error_reply(admitted == protocols::admission::malformed ? 400 : 401);
  if (refused.status == 401)
    refused.headers = "WWW-Authenticate: Basic realm=\"default\"\r\n";
  co_return refused;
}

// -- access control is on ------------------------------------------------------------------------

/// The same proof by the same rules as before on this connection: nothing has to be looked at again.
bool http_connection::is_known(const proofs& shown) {
  return caller_ && epoch_ == context_.access.epoch() && !shown.doubled && relayed_ == shown.relayed &&
         remembered_ == keyed(shown.authorization);
}

/// Nothing of `authorization` can be told from it, and nobody else can make it.
std::string http_connection::keyed(std::string_view authorization) const {
  return authorization.empty() ? std::string() : protocols::sha1_hex(context_.access.key() + std::string(authorization));
}

http_connection::reply http_connection::refused_proof() {
  auto refused = error_reply(401);
  refused.headers = "WWW-Authenticate: Basic realm=\"default\"\r\n";
  return refused;
}

/// The first proof that is there decides (3.1).
awaitable<std::optional<http_connection::reply>> http_connection::admit(proofs shown) {
  auto& gate = context_.access;
  caller_ = nullptr;
  epoch_ = gate.rules().epoch;
  relayed_ = shown.relayed;
  remembered_.clear();
  if (shown.doubled)
    co_return error_reply(400);
  if (!shown.authorization.empty()) {
    auto refused = co_await admit_by_password(shown.authorization);
    if (!refused)
      remembered_ = keyed(shown.authorization);
    co_return refused;
  }
  if (!shown.relayed)
    caller_ = gate.of_peer(arrival_);
  if (!caller_)
    caller_ = gate.of_nobody(arrival_);
  if (!caller_)
    co_return refused_proof();
  co_return std::nullopt;
}

/// Whatever is wrong with it, the answer is the same and takes as long.
awaitable<std::optional<http_connection::reply>> http_connection::admit_by_password(std::string_view authorization) {
  auto answer_at = steady::now() + http_limits::refusal_time;
  auto said = protocols::basic_credentials(authorization);
  const auto* basic = std::get_if<protocols::basic_proof>(&said);
  auto& gate = context_.access;
  caller_ptr found;
  if (basic && server_.username && protocols::same_secret(basic->user, *server_.username)) {
    if (protocols::password_fits(basic->password, server_.password))
      found = gate.of_account(arrival_);
  } else if (basic) {
    const auto* user = gate.user_named(basic->user);
    config::stored_password stored = user ? user->password : gate.decoy();
    if (context_.passwords_waiting >= http_limits::passwords) {
      auto busy = error_reply(503);
      busy.headers = "Retry-After: 1\r\n";
      co_return busy;
    }
    auto check = [&] { return password_matches(stored, basic->password); };
    ++context_.passwords_waiting;
    enter(phase::answering, never);
    bool right = co_await elsewhere(context_.passwords, check);
    --context_.passwords_waiting;
    user = gate.user_named(basic->user); // by the rules of now
    if (right && user && user->password == stored)
      found = gate.of_user(*user, "password", arrival_);
  }
  if (found) {
    epoch_ = gate.rules().epoch;
    caller_ = std::move(found);
    co_return std::nullopt;
  }
  context_.log.write(log_level::warn, "HTTP: login from " + address_ + " failed");
  co_await wait_for_turn(answer_at - steady::now());
  co_return refused_proof();
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
