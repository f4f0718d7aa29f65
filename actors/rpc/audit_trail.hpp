// The audit trail: who did what, and what became of it, one line each, in a file of its own, or as records of the main
// log where access control is on without [audit]. Everybody who has something to tell comes here (audited_act.hpp for
// calls); what is told of refusals is limited. Safe to call from any thread. Must not decide who may do anything, nor
// know methods. Source: docs/contract/access.md, 7. Cases: tests/rpc/audit_trail_test.cpp.
#pragma once

#include "actors/core/carried.hpp"
#include "actors/rpc/caller.hpp"
#include "config/access_options.hpp"
#include "platform/audit_file.hpp"
#include "protocols/audit_chain.hpp"
#include "protocols/audit_pace.hpp"
#include "protocols/events.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors {

/// Where a request comes from, as records tell it; of a connection, but for the id.
struct audit_origin {
  std::string id;   ///< of the request
  std::string from; ///< address and port, or `unix`
  std::string via;  ///< the proxy, where `from` is what it says
  std::string server;
  std::optional<protocols::audit_record::unix_peer> peer;
  std::string user, how; ///< where access control is off: whom the server lets in
};

class audit_trail {
public:
  using record = protocols::audit_record;
  using outcome = record::outcome;

  /// `file` null: the main log has the records.
  audit_trail(platform::main_log& log, config::audit_options options, std::unique_ptr<platform::audit_file> file,
              protocols::hash_function hash);
  /// Opens the file, and goes on from its last line. The errors name [audit].
  config::result<void> open();
  void reopen(); ///< on the HTTP thread, where there is one

  /// Who hears of all records, under the trail's lock. `alone`: the main log has none of them.
  void witness_with(std::function<void(const record&)> witness, bool alone);
  /// For events of the records.
  void publish_with(std::function<void(std::string text)> publish);
  /// Runs functions on the HTTP thread, at once or after a moment; null: nobody does any more.
  using runner = std::function<void(std::function<void()> what, std::chrono::milliseconds after)>;
  void run_with(runner later);
  /// Runs `what` there. False: nobody does, it is dropped. Whoever calls does not wait for the disk.
  bool later(std::function<void()> what, std::chrono::milliseconds after = {});

  bool required() const { return options_.required; }
  bool reads() const { return options_.reads; }
  bool is_event() const { return options_.events; }
  bool has_file() const { return file_ != nullptr; }
  std::uint64_t lost() const; ///< records that could not be written

  /// A record with what is known of the caller and where he is.
  record record_of(const caller& who, const audit_origin& by) const;
  /// Of somebody who has not proved who he is. `user`: a name that is in the rules, or empty: nobody's.
  record record_of(const audit_origin& by, std::string_view user, std::string_view how) const;

  /// False: it is not in the trail.
  bool tell(record what);
  /// What was refused to somebody: ten a second of his, the others as a number.
  void tell_refusal(record what);
  /// As long as that takes, and nothing of it: by the time nobody learns which names there are.
  void pass_over(const record& what);
  /// For whoever makes a record only if it is told. Nothing: it is counted, and not told; else its `suppressed`.
  std::optional<std::uint64_t> next_refusal(std::string_view user, std::string_view from);

  // -- acts that have begun, for another binary to tell what they came to -----------------------------
  std::uint64_t opened(record what, std::chrono::steady_clock::time_point begun); ///< a number for closed()
  /// False: another binary is to tell the end; `or_then` is called where that came to nothing.
  bool closed(std::uint64_t number, std::function<void()> or_then);
  void dropped(std::uint64_t number); ///< it comes to nothing that anybody would hear of
  /// All of them; until go_on() nobody closes one any more.
  std::vector<open_act> hand_over();
  void go_on();

  // -- what happens to users, for whoever sees to it -------------------------------------------------
  void sign_in(const caller& who, const audit_origin& by);
  /// `session`: which of his, by its short name; empty: the one that asks.
  void sign_out(const caller& who, const audit_origin& by, std::string session = {});
  void certificate_replaced(const std::string& server, const std::string& name);
  void refused_proof(const audit_origin& by, std::string_view user, std::string_view how);
  void throttled(const audit_origin& by);
  /// A request that came from another site's page, or by a host name that is not ours. `what`: its path; `who` null:
  /// nobody.
  void refused_page(const caller* who, const audit_origin& by, std::string_view what);

private:
  bool write(record& what);
  int to_file(const record& what);
  void speak_of(int error);
  void tell_left_over();
  void reopen_now();
  record of_user(const caller& who, const audit_origin& by, std::string verb, std::string target) const;

  std::mutex acts_mutex_; ///< of what follows
  std::map<std::uint64_t, open_act> acts_;
  std::uint64_t last_act_ = 0;
  bool handed_over_ = false;
  std::vector<std::function<void()>> ends_;

  platform::main_log& log_;
  const config::audit_options options_;
  const std::unique_ptr<platform::audit_file> file_;
  mutable std::mutex mutex_;
  const protocols::hash_function hash_;
  protocols::audit_chain chain_;
  protocols::audit_pace pace_;
  protocols::audit_pace passed_over_;
  std::function<void(std::string)> publish_;
  std::function<void(const record&)> witness_;
  bool witness_alone_ = false;
  std::mutex later_mutex_;
  runner later_;
  bool left_over_soon_ = false; ///< somebody comes for what is left over
  bool fails_ = false;          ///< the main log says so
  std::uint64_t lost_ = 0;      ///< in all
  std::uint64_t lost_before_ = 0;
};

/// The type of its events.
inline constexpr std::string_view audit_event = "supervisor.audit";

/// At most so much of what a client wrote is in a record.
std::string audit_text_of(std::string_view from_client);

} // namespace troupe::actors
