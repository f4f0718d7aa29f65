// The methods of the control plane: one table with name, parameters, the right it needs, help and handler. Reads come
// from the status board and never wait; what has to be done is handed back as a request for the actors.
// Must not know HTTP or XML text. Source: docs/contract/http.md, 4 and 7. Cases: tests/rpc/rpc_methods_test.cpp.
#pragma once

#include "actors/core/access_book.hpp"
#include "actors/core/control.hpp"
#include "actors/core/program_graph.hpp"
#include "actors/core/worker_facts.hpp"
#include "actors/io/status_board.hpp"
#include "actors/rpc/caller.hpp"
#include "protocols/events.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors {

class audit_trail;
class audited_act;
struct audit_origin;
class child_io;
class death_book;
class enablement_book;
class history_keeper;
class rpc_extension;
class token_keeper;

/// What the methods work on.
struct rpc_context {
  const status_board& board;
  child_io& io;
  platform::main_log& log;
  std::string identifier;
  std::function<void(protocols::event)> publish;
  std::vector<std::string> namespaces; ///< names of the [rpcinterface:x]: each has all methods but system.*
  std::vector<std::shared_ptr<rpc_extension>> extensions; ///< and of those that are not built in
  std::shared_ptr<const access_book> access = nullptr;    ///< null: off, and there are no methods `access.*`
  std::shared_ptr<audit_trail> audit = nullptr;           ///< null: nothing is recorded
  std::shared_ptr<history_keeper> history = nullptr;      ///< null: none is kept
  /// Ends the sessions of these owners, and says how many; empty: there are none here.
  std::function<std::size_t(const std::vector<std::string>& owners)> end_sessions = nullptr;
  token_keeper* tokens = nullptr;                     ///< null: whoever calls these methods may make none
  std::shared_ptr<const death_book> deaths = nullptr; ///< null: no reports are written
  std::function<void(upgrade_request, control_answer_to)> upgrade = nullptr; ///< empty: nobody may here
  std::function<program_graph_ptr()> programs = nullptr;       ///< who depends on whom, at the moment; null: nobody
  std::optional<worker_facts> worker = {};                     ///< of a keeper; nothing: there is none
  std::shared_ptr<const enablement_book> remembered = nullptr; ///< who is disabled; null: nobody
  bool shows_troupe =
    false; ///< [rpcinterface:troupe]: over XML-RPC there are all methods `troupe.*`, and they are listed
};

/// What a call came to: its value is written; it is refused; the actors have to be asked; or an extension; or it takes
/// so long that it should hold up nobody else: on any thread, and alone.
struct rpc_written {};
using rpc_deferred = std::function<void(control_answer_to)>; ///< to be called once
using rpc_long = std::function<control_answer()>;
/// Two requests of the actors as one act: the second once the first is answered.
struct rpc_restart {
  control_request stop;
  control_request start;
};
/// One or two, and what both come to is told, process by process.
struct rpc_both {
  control_request first;
  std::optional<control_request> second; ///< once the first is answered
  std::string first_is_told_as, second_is_told_as;
};
using rpc_step =
  std::variant<rpc_written, protocols::rpc_fault, control_request, rpc_restart, rpc_both, rpc_deferred, rpc_long>;
/// Of the actors.
rpc_deferred ask_both(rpc_both what, std::function<void(control_request, control_answer_to)> ask);

/// What is left of a step for whoever called: one case for each kind of step, decided in one place. Where all is empty
/// the value has been written.
struct rpc_rest {
  std::optional<protocols::rpc_fault> refused;
  rpc_deferred ask; ///< the actors, or an extension
  rpc_long work;
  std::shared_ptr<control_request> asked = nullptr; ///< by `ask`, which sends it as it is then; null: more than that
};
/// `ask_actors` carries a request to the actors, from the thread that asks.
rpc_rest rest_of(rpc_step step, std::function<void(control_request, control_answer_to)> ask_actors);

/// What an extension says of a method of its own; shown to nobody yet: rights go by the method's name.
enum class access { read, control, admin };

class rpc_methods {
public:
  explicit rpc_methods(rpc_context context);

  /// Everything but system.multicall. One thread at a time.
  rpc_step call(const caller& who, const std::string& method, const protocols::rpc_value::array& params,
                protocols::rpc_writer& out);
  /// call(), as the audit trail tells it, and what is left of it for whoever called. `by`: where the request came from;
  /// null: nobody wants to know. The one way for calls that come from outside.
  rpc_rest begin(const caller& who, const audit_origin* by, const std::string& method,
                 const protocols::rpc_value::array& params, protocols::rpc_writer& out,
                 const std::function<void(control_request, control_answer_to)>& ask_actors);
  /// The whole response to a call that asks how all processes are, shared by everybody who asks before that changes.
  /// Null: any other call.
  std::shared_ptr<const std::string> whole_response(const caller& who, const protocols::rpc_call& call);
  /// The value of getAllProcessInfo for that view, as text; good until the next call.
  std::string_view all_info(const board_view& view);
  /// A method of the main interface by its bare name, whatever its namespaces are called: for our own pages.
  /// `as`: what it is a part of, whose right is needed instead of its own.
  rpc_step run(const caller& who, std::string_view name, const protocols::rpc_value::array& params,
               protocols::rpc_writer& out, std::optional<config::right> as = {});
  /// How often each method was called, by its full name; those that clients make up do not count.
  const std::map<std::string, std::uint64_t>& calls() const { return calls_; }
  void count(const std::string& method) { ++calls_[method]; }
  /// The value of an answered request; a fault is the caller's.
  static void write(protocols::rpc_writer& out, const control_answer& answer);

  /// Of `troupe`, and to be found over XML-RPC only by whoever has been told of it. Source: docs/contract/programs.md,
  /// 15.2.
  bool is_out_of_sight(std::string_view method) const;

  static bool is_multicall(std::string_view method) { return method == "system.multicall"; }
  /// The calls inside a multicall; a fault instead of a call that cannot be made (3.4).
  using entry = std::variant<protocols::rpc_call, protocols::rpc_fault>;
  static std::variant<std::vector<entry>, protocols::rpc_fault> entries(const protocols::rpc_value::array& params);

  struct method_row; ///< of the table
  struct call_context;

private:
  struct found;
  found find(std::string_view method) const;
  static bool fits(const method_row& row, const protocols::rpc_value::array& params);
  rpc_step call(const caller& who, const found& what, const std::string& method,
                const protocols::rpc_value::array& params, protocols::rpc_writer& out, audited_act* act);
  rpc_step run(const caller& who, const method_row& row, bool system, const protocols::rpc_value::array& params,
               protocols::rpc_writer& out, audited_act* act);
  static bool is_told(const found& what, bool reads); ///< in the audit trail
  std::shared_ptr<audited_act> act_of(const caller& who, const audit_origin& by, const std::string& method,
                                      const found& what, const protocols::rpc_value::array& params) const;
  rpc_step list_methods(protocols::rpc_writer& out) const;
  rpc_step method_help(const protocols::rpc_value& name, protocols::rpc_writer& out) const;
  rpc_step method_signature(const protocols::rpc_value& name, protocols::rpc_writer& out) const;

  std::size_t all_info_bytes_ = 0; ///< of the last one: room for the next
  rpc_context context_;
  std::map<std::string, std::uint64_t> calls_;
};

} // namespace troupe::actors
