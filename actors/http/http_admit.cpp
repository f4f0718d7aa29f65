// Who asks, where access control is on: the first proof that a request shows decides (a password, whoever connected),
// and whoever guesses is slowed down (protocols/login_throttle.hpp is the policy of that). Must not know what is asked
// for, nor what somebody may do (gate.hpp). Lambdas are bound to locals before they are awaited with: GCC 12 destroys
// temporaries in a co_await twice. Source: docs/contract/access.md, 3.1 to 3.3. Cases: tests/access_test.py.
#include "actors/http/http_connection.hpp"

#include "platform/main_log.hpp"
#include "platform/password.hpp"
#include "platform/wipe.hpp"
#include "protocols/client_place.hpp"
#include "protocols/http_text.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using config::log_level;

/// The same proof by the same rules as before on this connection: nothing has to be looked at again.
bool http_connection::is_known(const proofs& shown) {
  if (!caller_ || shown.of_a_node || epoch_ != context_.access.epoch() || relayed_ != shown.relayed ||
      shown.authorization.size() > 1 ||
      remembered_ != (shown.authorization.empty() ? std::string() : keyed(shown.authorization.front())))
    return false;
  if (!token_lasts())
    return false;
  const auto* session = session_shown(shown); // each time: it may have ended
  return session_ == (session ? std::optional(session->key) : std::nullopt);
}

caller_ptr http_connection::caller_of_now() {
  if (session_is_over() || !token_lasts())
    return nullptr;
  if (caller_->how() == "password") {
    const auto* user = context_.access.user_named(caller_->name());
    if (!user || context_.access.mark_of(user->password) != password_mark_)
      return nullptr;
  }
  return context_.access.renewed(*caller_, arrival_);
}

bool http_connection::is_still_somebody() {
  if (!context_.access.on() || !caller_)
    return true;
  auto epoch = context_.access.epoch();
  if (std::max(judged_, epoch_) == epoch && !session_is_over() && token_lasts())
    return true;
  judged_ = epoch;
  auto now = caller_of_now();
  if (!now)
    return false;
  caller_ = std::move(now);
  return true;
}

/// A stream does not outlive the right to it; requests are judged as they come.
void http_connection::judge_again() {
  if (!caller_ || !still_allowed_)
    return;
  auto now = caller_of_now();
  signed_out_ = !now;
  revoked_ = !now || !still_allowed_(*now);
  if (now)
    caller_ = std::move(now);
  if (revoked_ && wake_)
    wake_();
}

/// Nothing of `proof` can be told from it, and nobody else can make it.
std::string http_connection::keyed(std::string_view proof) const {
  return std::string(protocols::bytes_of(context_.access.keyed("proof", proof)));
}

http_connection::reply http_connection::refused_proof() {
  auto refused = error_reply(401);
  refused.headers = "WWW-Authenticate: Basic realm=\"default\"\r\n";
  return refused;
}

/// The first proof that is there decides (3.1).
awaitable<std::optional<http_connection::reply>> http_connection::admit(proofs shown) {
  auto& gate = context_.access;
  forget_caller(shown.relayed);
  epoch_ = gate.rules().epoch;
  if (shown.of_a_node)
    co_return error_reply(400);
  auto proof = protocols::proof_of(shown.authorization);
  switch (proof.is) {
  case protocols::proof::kind::broken:
    co_return error_reply(400);
  case protocols::proof::kind::basic:
  case protocols::proof::kind::bearer: {
    bool by_token = proof.is == protocols::proof::kind::bearer || protocols::token_of(proof.secret);
    std::optional<reply> refused;
    if (by_token)
      refused = co_await admit_by_token(proof);
    else
      refused = co_await admit_by_password(proof);
    if (!refused)
      remembered_ = keyed(shown.authorization.front());
    co_return refused;
  }
  case protocols::proof::kind::foreign: {
    auto tried = try_it(std::nullopt);
    if (tried.refused)
      co_return *std::move(tried.refused);
    co_return co_await refused_after_a_while(steady::now(), {}, {});
  }
  case protocols::proof::kind::none:
    break;
  }
  if (const auto* session = session_shown(shown)) {
    session_ = session->key;
    caller_ = gate.of_session(session->user, arrival_);
  }
  if (!caller_)
    session_.reset();
  if (!caller_)
    caller_ = gate.of_certificate(arrival_);
  if (!caller_ && !shown.relayed)
    caller_ = gate.of_peer(arrival_);
  if (!caller_)
    caller_ = gate.of_nobody(arrival_);
  if (!caller_)
    co_return refused_proof();
  co_return std::nullopt;
}

http_connection::reply http_connection::busy(int status, std::int64_t seconds) {
  auto refused = error_reply(status);
  refused.headers = "Retry-After: " + std::to_string(seconds) + "\r\n";
  return refused;
}

std::string http_connection::place() const {
  return protocols::client_place(arrival_.from, arrival_.peer ? std::optional(arrival_.peer->uid) : std::nullopt);
}

/// `name`: of whoever tries; none: it is no password.
http_connection::tried_proof http_connection::try_it(std::optional<std::string_view> name) {
  if (context_.access.is_never_throttled(arrival_, relayed_))
    return {};
  auto tried = context_.attempts.try_it(place(), name, steady::now());
  if (auto* attempt = std::get_if<protocols::login_throttle::attempt>(&tried))
    return {{}, std::move(*attempt)};
  const auto& refusal = std::get<protocols::login_throttle::refusal>(tried);
  if (!refusal.record.empty()) {
    context_.log.write(log_level::warn, refusal.record);
    if (origin_)
      context_.audit->throttled(*origin_);
  }
  return {busy(429, refusal.retry_after.count()), {}};
}

/// Whatever is wrong with it, the answer is the same and takes as long; none is looked at where too many were wrong.
awaitable<std::optional<http_connection::reply>> http_connection::admit_by_password(const protocols::proof& proof) {
  auto asked = steady::now();
  auto& gate = context_.access;
  platform::wiped_text shown;
  shown.text.reserve(proof.user.size() + proof.secret.size() + 32); // at once: what it grew out of would stay
  shown.text.append(std::to_string(gate.epoch()))
    .append(1, ' ')
    .append(proof.user)
    .append(1, '\0')
    .append(proof.secret);
  auto as_before = keyed(shown.text); // void with other rules
  // The same guess as one that is being checked is no further attempt: nobody learns more from it.
  if (context_.checks.runs(as_before)) {
    enter(phase::answering, never);
    co_await context_.checks.wait(as_before);
    if (!context_.proven.find(as_before))
      co_return co_await refused_after_a_while(asked, proof.user, "password");
  }
  auto tried = try_it(proof.user);
  if (tried.refused)
    co_return *std::move(tried.refused);
  caller_ptr found;
  if (server_.username && protocols::same_secret(proof.user, *server_.username)) {
    if (protocols::password_fits(proof.secret, server_.password.view()))
      found = gate.of_account(arrival_);
  } else if (auto known = context_.proven.find(as_before); known) {
    if (const auto* user = gate.user_named(proof.user); user && user->password == *known)
      found = gate.of_user(*user, "password", arrival_);
  } else {
    auto queue = password_place::of(context_.passwords_waiting, place());
    if (!queue)
      co_return busy(503, 1);
    auto check = context_.checks.begin(as_before);
    found = co_await user_by_password(proof, as_before);
  }
  if (!found)
    co_return co_await refused_after_a_while(asked, proof.user, "password");
  if (tried.attempt)
    context_.attempts.succeeded(*tried.attempt, steady::now());
  epoch_ = gate.rules().epoch;
  if (const auto* user = found->how() == "password" ? gate.user_named(found->name()) : nullptr)
    password_mark_ = gate.mark_of(user->password);
  caller_ = std::move(found);
  co_return std::nullopt;
}

/// As long for a name that is nobody's.
awaitable<caller_ptr> http_connection::user_by_password(const protocols::proof& proof, std::string as_before) {
  auto& gate = context_.access;
  const auto* user = gate.user_named(proof.user);
  auto stored = user && user->password.is != config::stored_password::kind::none
                  ? user->password
                  : platform::decoy(gate.rules().options->users);
  auto check = [&stored, &proof] { return platform::password_is(stored, proof.secret); };
  enter(phase::answering, never);
  bool right = co_await elsewhere(context_.passwords, check);
  user = gate.user_named(proof.user); // by the rules of now
  if (!right || !user || user->password != stored)
    co_return nullptr;
  context_.proven.add(std::move(as_before), stored);
  co_return gate.of_user(*user, "password", arrival_);
}

/// So that how long it takes says nothing of what was wrong.
awaitable<std::optional<http_connection::reply>>
http_connection::refused_after_a_while(steady::time_point asked, std::string user, std::string_view how) {
  tell_refused_proof(user, how);
  context_.log.write(log_level::warn, "HTTP: login from " + address_ + " failed");
  auto left = asked + http_limits::refusal_time - steady::now();
  if (left > steady::duration{})
    co_await wait_for_turn(left);
  co_return refused_proof();
}

} // namespace troupe::actors
