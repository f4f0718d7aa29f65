// The one place that turns a request into a caller: who he is, how he proved it, from where, over which server. What he
// may do follows from the rules in force, looked up when they change. Only the HTTP thread. Must not read requests
// (http_admit.cpp does), nor decide what a right is for (protocols/access.hpp does). Source:
// docs/contract/access.md, 1.8, 2.2, 3.1 and 3.6. Cases: tests/actors/gate_test.cpp.
#pragma once

#include "actors/core/access_book.hpp"
#include "actors/rpc/caller.hpp"
#include "config/network.hpp"
#include "config/options.hpp"
#include "platform/digest.hpp"
#include "platform/peer_credentials.hpp"
#include "platform/tls_context.hpp"
#include "protocols/digest.hpp"
#include "protocols/token_book.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace troupe::actors {

/// How a request came; lives as long as its connection.
struct arrival {
  const config::server_options& server;
  config::origin from;
  std::string address;                            ///< as records show it
  std::optional<platform::peer_credentials> peer; ///< of a unix socket, as of when it was connected
  std::string via = {};                           ///< the address of the trusted proxy that passed it on; empty: none
  bool secure = false;                            ///< over TLS, of ours or, as it says, of a trusted proxy
  std::optional<platform::peer_certificate> certificate = {}; ///< of the client; verified
};

class gate {
public:
  /// `key`: of the daemon before this one; empty: a new one is made.
  gate(const status_board& board, std::shared_ptr<const access_book> book, const config::secret_text& key = {});

  bool on() const { return book_ && book_->on(); }
  std::uint64_t epoch() const { return book_ ? book_->epoch() : 0; }
  /// Where access control is off: one for all.
  const caller_ptr& whoever() const { return whoever_; }
  /// The rules in force; on() holds.
  const access_in_force& rules();

  // -- callers, for what has been proved; null: nobody ----------------------------------------------
  caller_ptr of_user(const config::user_options& user, std::string_view how, const arrival& by);
  /// Of its owner, who has no more than its roles give.
  caller_ptr of_token(const protocols::token_record& token, const arrival& by);
  /// Of the server's own username.
  caller_ptr of_account(const arrival& by);
  /// Of whoever connected to the unix socket.
  caller_ptr of_peer(const arrival& by);
  /// Of whoever has the certificate, in its TLS connection (5.2).
  caller_ptr of_certificate(const arrival& by);
  caller_ptr of_nobody(const arrival& by); ///< what `anonymous` gives
  /// Of whoever signed in by form. Null: he is nobody any more, or not here.
  caller_ptr of_session(std::string_view owner, const arrival& by);

  /// Whose a session is: a user, or the account of one server, which is nobody on the others.
  static std::string owner_of(const caller& who);
  static bool is_account(std::string_view owner) { return owner.find(' ') != owner.npos; } // no user's name has one

  /// The same one by the rules of now; null: he is nobody any more.
  caller_ptr renewed(const caller& before, const arrival& by);

  const config::user_options* user_named(std::string_view name);
  /// Null: that token is over.
  std::function<const protocols::token_record*(std::string_view id)> token_by_id;
  /// root's and our own peers could do everything anyhow: they are not asked to wait (3.3).
  bool is_never_throttled(const arrival& by, bool relayed) const {
    return by.peer && by.server.peer_auth && !relayed && (by.peer->uid == 0 || by.peer->uid == own_uid_);
  }

  std::string_view key() const { return key_.view(); }
  /// Nothing of `text` can be told from it, and nobody else can make it. `what`: texts of different kinds never meet.
  protocols::digest keyed(std::string_view what, std::string_view text) const;
  /// Equal for equal passwords, and tells nothing else of one: what was proved by a password ends with it.
  protocols::digest mark_of(const config::stored_password& password) const;
  /// 16 hexadecimal digits, never the same, of which nobody can tell the next ones.
  std::string next_request();
  std::size_t kept() const; ///< bytes of answers, in case somebody asks again
  void forget_kept();

private:
  static constexpr std::size_t most_views = 16;
  std::shared_ptr<caller> make(std::string name, std::string_view how, std::vector<std::string> roles,
                               const arrival& by, const std::vector<std::string>* token_roles = nullptr);
  std::shared_ptr<const board_view> view_for(protocols::standing who);
  struct kept_view {
    protocols::standing who;
    std::shared_ptr<const board_view> view;
  };

  std::uint64_t requests_ = 0;
  protocols::digest numbers_{}; ///< of the next requests
  const status_board& board_;
  std::shared_ptr<const access_book> book_;
  caller_ptr whoever_;
  access_in_force_ptr rules_;
  std::deque<kept_view> views_; ///< of the rules in force; used last first
  const uid_t own_uid_;
  const std::string own_name_;
  const config::secret_text
    key_; ///< of this start: for what connections remember of proofs, and for numbers of processes
  const std::shared_ptr<const platform::keyed_sha256> hash_; ///< with that key; null: access control is off
};

} // namespace troupe::actors
