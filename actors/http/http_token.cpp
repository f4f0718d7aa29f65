// Who asks by a token: in Bearer, or in Basic with its owner's name or `token`. Wrong ones take as long as wrong
// passwords and look the same. What follows something by a token ends with it. Must not keep tokens (token_desk.hpp
// does). Source: docs/contract/access.md, 3.1 and 3.5. Cases: tests/access_token_test.py.
#include "actors/http/http_connection.hpp"

#include <algorithm>

namespace troupe::actors {

awaitable<std::optional<http_connection::reply>> http_connection::admit_by_token(const protocols::proof& proof) {
  auto asked = steady::now();
  auto tried = try_it(std::nullopt);
  if (tried.refused)
    co_return *std::move(tried.refused);
  const auto* token = context_.tokens.find(proof.secret, arrival_.from);
  bool names_its_owner = proof.is == protocols::proof::kind::bearer || proof.user == protocols::token_user ||
                         (token && proof.user == token->user);
  auto found = token && names_its_owner ? context_.access.of_token(*token, arrival_) : nullptr;
  if (!found)
    co_return co_await refused_after_a_while(asked, {}, "token");
  if (tried.attempt)
    context_.attempts.succeeded(*tried.attempt, steady::now());
  caller_ = std::move(found);
  co_return std::nullopt;
}

bool http_connection::token_lasts() const {
  return !caller_ || caller_->token().empty() || context_.tokens.valid(caller_->token());
}

/// By the wall clock, as it is now; whoever has waited so long looks again.
steady::time_point http_connection::token_end() const {
  using namespace std::chrono;
  const auto* token = caller_ && !caller_->token().empty() ? context_.tokens.valid(caller_->token()) : nullptr;
  if (!token)
    return never;
  auto left = system_clock::time_point{seconds{token->expires}} - system_clock::now();
  return steady::now() + std::max(duration_cast<steady::duration>(left), steady::duration{}) + milliseconds{1};
}

void http_connection::judge_token() {
  if (!still_allowed_ || token_lasts())
    return;
  revoked_ = signed_out_ = true;
  if (wake_)
    wake_();
}

} // namespace troupe::actors
