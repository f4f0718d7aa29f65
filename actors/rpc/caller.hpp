// Who sends a request, and what he sees: the board without what he may not see, so that *hidden* needs no line in any
// handler. Only the gate makes callers (actors/http/gate.hpp), so that a handler that skips it does not compile. The
// thread of whoever asks only. Must not know how anything was proved. Source: docs/contract/access.md, 2 and 11.2.
// Cases: tests/actors/gate_test.cpp.
#pragma once

#include "actors/core/held_rights.hpp"
#include "actors/io/status_board.hpp"
#include "protocols/digest.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::actors {

/// The board as somebody with these rights sees it: what is hidden is not there.
class board_view {
public:
  /// `id_hash`: of shown_id(), keyed; empty: access control is off. `epoch`: of the rules.
  board_view(const status_board& board, held_rights_ptr held, protocols::hash_function id_hash = {},
             std::uint64_t epoch = 0)
      : board_(board), held_(std::move(held)), id_hash_(std::move(id_hash)), epoch_(epoch) {}

  const held_rights& held() const { return *held_; }
  const held_rights_ptr& held_for_others() const { return held_; }
  bool whole() const { return held_->unlimited(); }
  bool judges() const { return static_cast<bool>(id_hash_); } ///< access control is on
  std::uint64_t epoch() const { return epoch_; }

  // -- as of the board ------------------------------------------------------------------------------
  process_status_ptr find(std::string_view group, std::string_view process) const;
  bool has_group(std::string_view name) const;
  std::vector<process_status_ptr> all() const;
  std::vector<process_status_ptr> by_priority() const;
  std::uint64_t version() const { return board_.version(); }
  daemon_state daemon() const { return board_.daemon(); }
  loaded_groups loaded() const { return board_.loaded(); } ///< all of them: whoever shows one asks sees()

  const status_board& board() const { return board_; } ///< for whoever shows nothing of it that is hidden
  /// What a process is called where numbers are: its own, or with access control a number without order or gaps.
  std::uint64_t shown_id(const process_identity& process) const;

  // -- what may be done -----------------------------------------------------------------------------
  protocols::mask over(const process_identity& process) const;
  bool sees(const process_identity& process) const { return over(process).rights != 0; }
  bool sees_group(const config::group_options& group) const; ///< a loaded one
  protocols::verdict may(config::right what, const process_identity& process) const;
  /// Of a log that other processes write as well, the right over all of them is needed.
  bool may_with_log(config::right what, std::string_view path) const;

  /// What was written for this view last, for whoever asks next; see rpc_methods.
  struct kept_text {
    std::uint64_t version = 0;
    std::int64_t second = -1;
    std::shared_ptr<const std::string> response;
    std::string_view value; ///< in it
  };
  mutable kept_text all_info;

private:
  std::vector<process_status_ptr> visible(std::vector<process_status_ptr> all) const;

  const status_board& board_;
  struct known {
    protocols::mask held;
    std::uint64_t shown_id = 0; ///< 0: not asked for yet
  };
  known& known_of(const process_identity& process) const;

  held_rights_ptr held_;
  protocols::hash_function id_hash_;
  std::uint64_t epoch_;
  mutable std::unordered_map<std::uint64_t, known> known_; ///< by process_identity::id
};

class caller {
public:
  const std::string& name() const { return name_; }
  std::string_view how() const { return how_; }     ///< password, session, token, certificate, peer, server, anonymous
  const std::string& from() const { return from_; } ///< his address
  const std::string& server() const { return server_; } ///< the section of the server he came over
  /// Under which his sessions are kept: a user's name, or the account of a server.
  std::vector<std::string> session_owners() const { return {name_, server_ + ' ' + name_}; }
  bool known() const { return !how_.empty(); }        ///< access control is on
  const std::string& token() const { return token_; } ///< the id of the one that proved him; empty: none did
  const std::vector<std::string>& roles() const { return roles_; }
  /// What somebody with these roles would see and may do, from where this one is, over the same server.
  board_view view_of(const protocols::access_rules_ptr& rules, std::span<const std::string> roles) const;
  /// Of them those that he has for whatever reason there is to ask: as a user, by his token, over this server.
  std::vector<std::string> held_roles() const;
  const board_view& view() const { return *view_; }
  const std::shared_ptr<const board_view>& shared_view() const { return view_; }

  bool may(config::right daemon_right) const { return view_->held().may(daemon_right); }
  /// `what` over the process and its log, a file that others may write, too: the daemon, or other processes.
  bool may_with_log(config::right what, const process_identity& process, std::string_view path,
                    std::string_view main_log) const;
  bool may_read(const process_identity& process, std::string_view path, std::string_view main_log) const {
    return may_with_log(config::right::tail, process, path, main_log);
  }
  /// The fault for a right that he lacks.
  protocols::rpc_fault refused(config::right what, std::string_view target = {}) const;
  /// For the owner of the processes; null: there is nothing to choose.
  member_choice_ptr choice(config::right what, int signal = 0) const;

private:
  friend class gate;
  friend std::shared_ptr<const caller> whoever_gets_in(const status_board& board);
  friend std::shared_ptr<const caller> extension_caller(const status_board& board,
                                                        const protocols::access_rules_ptr& rules, std::string name,
                                                        const std::optional<std::vector<std::string>>& roles,
                                                        const caller* served);
  caller() = default;

  std::string name_, from_, server_, token_;
  std::string_view how_;
  std::vector<std::string> roles_;
  std::optional<std::vector<std::string>> max_roles_;   ///< of the server
  std::optional<std::vector<std::string>> token_roles_; ///< of his token
  config::origin origin_;
  std::shared_ptr<const board_view> view_;
};
using caller_ptr = std::shared_ptr<const caller>;

/// Where there is no access control, and for what the configuration itself lets act: extensions. Not for clients of a
/// server that has any.
caller_ptr whoever_gets_in(const status_board& board);

/// An extension, by `roles` of its section (none: with all rights), and where it acts for somebody, no more than he
/// may.
caller_ptr extension_caller(const status_board& board, const protocols::access_rules_ptr& rules, std::string name,
                            const std::optional<std::vector<std::string>>& roles, const caller* served);

} // namespace troupe::actors
