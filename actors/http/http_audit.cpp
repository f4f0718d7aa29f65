// See http_connection.hpp: what the audit trail is told of a connection itself: proofs and pages that were refused,
// logs that are followed. Calls are told of where they are made (actors/rpc/rpc_audit.cpp, actors/web/web_audit.cpp).
// Must not decide anything. Source: docs/contract/access.md, 7.2.
#include "actors/http/http_connection.hpp"

#include "actors/rpc/audited_act.hpp"

namespace troupe::actors {

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
