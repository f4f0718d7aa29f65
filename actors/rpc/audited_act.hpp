// One act that the audit trail tells of: once it is done, or before it is begun and once it has come to something, with
// one id. It is told what came of it even where nobody waits for that any more. Must not do anything itself. Source:
// docs/contract/access.md, 7.2. Cases: tests/rpc/audit_trail_test.cpp.
#pragma once

#include "actors/core/control.hpp"
#include "actors/rpc/audit_trail.hpp"
#include "actors/rpc/rpc_methods.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::actors {

/// The fault where an act that cannot be recorded must not be done.
protocols::rpc_fault not_recorded();

class audited_act : public std::enable_shared_from_this<audited_act> {
public:
  /// `what`: all but time and outcome; `everything`: the board without a view, to tell what is hidden.
  audited_act(std::shared_ptr<audit_trail> trail, protocols::audit_record what, const status_board& everything)
      : trail_(std::move(trail)), record_(std::move(what)), board_(everything) {}

  /// One that the binary before this one has begun.
  audited_act(std::shared_ptr<audit_trail> trail, open_act before, const status_board& everything);
  ~audited_act();
  audited_act(const audited_act&) = delete;
  audited_act& operator=(const audited_act&) = delete;

  /// It waits: told before anything is done. A fault: it must not be done. Once.
  std::optional<protocols::rpc_fault> begin();
  /// It is done at once: told beforehand only where it must not be done without.
  std::optional<protocols::rpc_fault> about_to_act() { return trail_->required() ? begin() : std::nullopt; }
  /// There is something that the caller may do it to, or it has to be told beforehand in any case.
  bool concerns_any() const { return !record_.names.empty() || trail_->required(); }
  void end(const control_answer& with);
  void end_later(control_answer with); ///< any thread; on the HTTP thread

  /// It only reads, and is told only if it is refused to somebody: denied, or hidden.
  void refused(const protocols::rpc_fault& with);
  /// The same where it is settled that it is told.
  void refused(const protocols::rpc_fault& with, std::uint64_t suppressed);

  /// What was done may have replaced the rules: that is told, too.
  void watch(std::shared_ptr<const access_book> rules);

  /// The answer is what it comes to, whoever waits for it.
  rpc_deferred witnessed(rpc_deferred ask);

  /// What is left of a step, told.
  rpc_rest follow(rpc_rest rest);

private:
  const std::shared_ptr<audit_trail> trail_;
  protocols::audit_record record_;
  const status_board& board_;
  std::optional<std::chrono::steady_clock::time_point> begun_;
  std::shared_ptr<const access_book> rules_; ///< null: of no interest
  std::uint64_t epoch_ = 0;
  std::uint64_t number_ = 0; ///< among the trail's open ones; 0: none of them
  bool ended_ = false;
};

/// Somebody reads a log or the like by another way than a method: told if reads are, or if it is `refused` to him: 403,
/// or 10, which is told of what is hidden. `call`: the address.
struct audited_read {
  config::right what;
  std::string_view target, call;
  std::optional<protocols::fault> refused = {};
};
void tell_read(audit_trail& trail, const caller& who, const audit_origin& by, const audited_read& read);

/// What an answer says became of an act: into `of`. What is refused for a name is `hidden` if the board has it.
void set_outcome(protocols::audit_record& of, const control_answer& answer, const status_board& everything);

} // namespace troupe::actors
