// See http_connection.hpp: what the audit trail is told of a connection itself: proofs and pages that were refused,
// logs that are followed. Calls are told of where they are made (actors/rpc/rpc_audit.cpp, actors/web/web_audit.cpp).
// Must not decide anything. Source: docs/contract/access.md, 7.2.
#include "actors/http/http_connection.hpp"

#include "actors/rpc/audited_act.hpp"

namespace troupe::actors {

namespace {

/// Where access control is off, whoever passes the server's password is its user; without one, whom the socket shows.
audit_origin origin_of(const arrival& by, const std::string& peer) {
  audit_origin origin;
  origin.from = !by.via.empty() ? by.address : by.from.is_unix ? "unix" : peer;
  origin.via = by.via;
  origin.server = by.server.section;
  if (by.peer)
    origin.peer = {by.peer->uid, by.peer->gid, static_cast<std::int32_t>(by.peer->pid)};
  if (by.server.username) {
    origin.user = *by.server.username;
    origin.how = "server";
  } else {
    origin.user = by.peer ? "uid " + std::to_string(by.peer->uid) : "anonymous";
    origin.how = by.peer ? "peer" : "anonymous";
  }
  return origin;
}

} // namespace

/// As it is now: a proxy sends requests of many.
void http_connection::note_origin() {
  auto id = origin_ ? std::move(origin_->id) : std::string();
  origin_ = std::make_unique<audit_origin>(origin_of(arrival_, peer));
  origin_->id = std::move(id);
}

/// A name that nobody has may be a password that was typed into the wrong field.
void http_connection::tell_refused_proof(std::string_view user, std::string_view how) {
  if (!origin_)
    return;
  bool is_known = (server_.username && *server_.username == user) ||
                  (context_.access.on() && context_.access.user_named(user) != nullptr);
  context_.audit->refused_proof(*origin_, is_known ? user : std::string_view(), how);
}

void http_connection::tell_refused_page(std::string_view target) const {
  if (origin_)
    context_.audit->refused_page(caller_.get(), *origin_, target.substr(0, target.find('?')));
}

void http_connection::tell_read(config::right what, std::string_view target,
                                std::optional<protocols::fault> refused) const {
  if (origin_)
    actors::tell_read(*context_.audit, *caller_, *origin_,
                      {what, target, what == config::right::mainlog ? "mainlogtail" : "logtail", refused});
}

} // namespace troupe::actors
