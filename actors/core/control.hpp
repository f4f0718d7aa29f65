// What the control plane asks of the actors and what comes back: plain data and one-shot answers, no CAF, no Asio, so
// that the HTTP side and the actors meet here. Must not decide anything.
// Source: docs/contract/http.md, 4.
#pragma once

#include "actors/core/dependency_rules.hpp"
#include "actors/core/held_rights.hpp"
#include "actors/core/process_fsm.hpp"
#include "actors/core/rollout.hpp"
#include "config/diff.hpp"
#include "protocols/faults.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::actors {

/// Carries one answer back to whoever asked, from any thread. If it is dropped before (the actor that held it died),
/// the asker gets `if_lost` instead of waiting for ever.
template <class T>
class reply_promise {
public:
  reply_promise(std::function<void(T)> deliver, T if_lost)
      : deliver_(std::move(deliver)), if_lost_(std::move(if_lost)) {}
  ~reply_promise() {
    if (deliver_)
      deliver_(std::move(if_lost_));
  }
  reply_promise(const reply_promise&) = delete;
  reply_promise& operator=(const reply_promise&) = delete;

  /// The first call counts.
  void operator()(T answer) {
    if (auto deliver = std::exchange(deliver_, nullptr))
      deliver(std::move(answer));
  }

private:
  std::function<void(T)> deliver_;
  T if_lost_;
};

// -- one process ---------------------------------------------------------------------------------

enum class verb { start, stop, signal, retire, kill, hup, disable, enable };

/// What a request came to for one process. `status` is protocols::fault::success or the fault's code.
struct process_outcome {
  int status = static_cast<int>(protocols::fault::success);
  std::string text = "OK";
  bool absent = false;   ///< one of many that the request does not concern (4.1, filters)
  bool deferred = false; ///< it had to be waited for

  static process_outcome of(const protocols::rpc_fault& f) { return {static_cast<int>(f.code), f.text}; }
  bool ok() const { return status == static_cast<int>(protocols::fault::success); }
};
using process_answer = std::shared_ptr<reply_promise<process_outcome>>;

/// The part of a request that is the same for all processes it is for.
struct process_task {
  verb what = verb::start;
  bool wait = false;
  std::optional<int> signo; ///< verb::signal; none: `signal_text` names no signal
  std::string signal_text;  ///< as the caller wrote it
  bool one_of_many = false; ///< those the request does not concern are absent instead of refused
  member_choice_ptr choice; ///< whom it may concern; null: whoever is named
  bool goes_on = false;     ///< it was carried out by the binary before this one, and waits again
  bool alone = false;       ///< verb::start: whatever it depends on
  bool for_others = false;  ///< verb::start: somebody needs it; `because` of whom
  start_cause because = start_cause::operators;
  bool for_group = false;                   ///< start and stop: by itself, since another of its group has failed
  start_reason reason = start_reason::none; ///< start and stop: why; none: as it follows from the rest
  bool rolls = false;                       ///< start and stop: likewise, since it is its turn in a rolling restart
  std::uint32_t round = 0;                  ///< verb::hup: the number of the reload that is waited for
  std::int64_t until = 0;                   ///< verb::disable: seconds since the epoch; 0: until somebody enables it
  bool passing = false; ///< verb::stop: since it is disabled, which does not say that it is not wanted
  bool over = false;    ///< verb::enable: its time is over, and what starts with the daemon starts
};

/// What is to become of the processes, once the files have been read anew. Source: docs/contract/programs.md, 6.
struct update_wish {
  enum class kind { plan, apply, scale, reset, see } what = kind::plan;
  std::vector<std::string> groups;           ///< of plan and apply: these only; empty: all
  std::optional<bool> by_process = {};       ///< of plan and apply; else by group; unset: as [supervisord] says
  std::optional<rollout_flags> rolling = {}; ///< of apply: restarts go one batch after the other; unset: all at once
  std::optional<std::string> plan_id = {};   ///< of apply: nothing is done unless this is what would be done
  std::string program = {};                  ///< of scale and reset
  std::int64_t count = 0;                    ///< of scale
  member_choice_ptr choice = nullptr;        ///< whom it may concern; null: everybody
  bool watched = false;                      ///< of apply: answered with its number once it is known what is to be done
  std::int64_t id = 0;                       ///< of see: that number
  std::int64_t since = 0;                    ///< of see: so many steps are known
};

// -- a request -----------------------------------------------------------------------------------

struct rollout_request; ///< rollout.hpp
struct control_request {
  enum class kind {
    processes,
    add_group,
    remove_group,
    reload,
    shutdown,
    restart,
    begin_rollout, ///< of `members`
    see_rollout,
    abort_rollout,
    see_update
  } what = kind::processes;
  /// Of kind::processes; some: `members`.
  enum class scope { one, group, all, some } of = scope::one;
  std::string name; ///< as the caller wrote it, for faults
  std::string group;
  std::string process;                ///< scope::one
  std::vector<std::uint64_t> members; ///< scope::some
  process_task task;
  held_rights_ptr reader;   ///< of kind::reload and rollouts: whoever asks; null: the daemon itself
  std::uint64_t number = 0; ///< of a client that another binary could answer; 0: none
  std::shared_ptr<const update_wish> wish = nullptr; ///< of kind::reload; null: only what has changed is told
  std::shared_ptr<const rollout_request> rollout = nullptr;
  std::uint64_t update_step = 0; ///< scope::some: of an update, that is told of each by itself; 0: of none
};

/// One element of a group result.
struct process_result {
  std::string name;
  std::string group;
  int status = 0;
  std::string description;
};
using process_results = std::vector<process_result>;

/// Nothing: plain success.
using control_answer = std::variant<std::monostate, protocols::rpc_fault, process_results, config::reload_diff,
                                    protocols::rpc_value>; ///< the last one from extensions
using control_answer_to = std::shared_ptr<reply_promise<control_answer>>;

/// For whoever waits while another binary takes over, and cannot be taken along.
protocols::rpc_fault goes_on();

/// To hand over to another binary, or only to see whether that could be done.
inline constexpr std::string_view upgrade_method = "troupe.upgrade";
struct upgrade_request {
  std::optional<std::string> binary; ///< a path; none: where the daemon was started from
  bool only_check = false;
};

/// Collects the outcomes of many processes, and answers when the last of them is decided: first what was decided
/// at once, by rank and then in the order of `add`, then the deferred ones as they came.
class gathering {
public:
  /// What there is of one process.
  struct entry {
    std::size_t rank = 0;
    process_result result;
    bool absent = true;
    std::uint64_t came = 0; ///< 0: at once
    bool decided = false;
  };

  explicit gathering(control_answer_to answer) : answer_(std::move(answer)) {}
  /// That goes on where another one, in another binary, was.
  gathering(control_answer_to answer, std::vector<entry> before);
  ~gathering();
  gathering(const gathering&) = delete;
  gathering& operator=(const gathering&) = delete;

  /// A place for one process; `rank` is its group's place. `all` lives as long as the returned answer.
  static process_answer add(const std::shared_ptr<gathering>& all, std::size_t rank, std::string name,
                            std::string group);
  std::vector<entry> entries() const;
  /// Into a place that there is.
  static process_answer again(const std::shared_ptr<gathering>& all, std::size_t place);

private:
  void set(std::size_t place, const process_outcome& outcome);

  mutable std::mutex mutex_; ///< outcomes come from several actors
  std::vector<entry> entries_;
  std::uint64_t last_ = 0;
  control_answer_to answer_;
};

/// What a name stands for: a process (`name` alone is `name:name`), or all of a group (`group:*`, `group:`).
struct process_name {
  std::string group;
  std::optional<std::string> process;
};
process_name split_name(const std::string& name);

/// `group:process`, or `name` where both are the same.
std::string full_name(const std::string& group, const std::string& process);

} // namespace troupe::actors
