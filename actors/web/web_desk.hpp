// Answers what browsers and scripts ask of the web UI, its API and the metrics: who may, what it is, what comes back.
// A desk serves one request. Must not know sockets or Beast (actors/http does) or hold HTML (web_pages.cpp
// does). Source: docs/contract/http.md, 2 and 6; docs/web.md.
#pragma once

#include "actors/core/control.hpp"
#include "actors/rpc/audit_trail.hpp"
#include "actors/rpc/rpc_methods.hpp"
#include "actors/web/web_context.hpp"
#include "actors/web/web_pages.hpp"
#include "actors/web/web_verbs.hpp"
#include "config/options.hpp"
#include "protocols/html.hpp"
#include "protocols/site_check.hpp"
#include "protocols/web_place.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::actors {

/// A request as far as this side needs it; everything points into the connection's buffers.
struct web_request {
  enum class http_method { get, head, post, remove, other } method = http_method::other;
  std::string_view target;
  std::string_view body;
  protocols::request_marks marks;
  std::vector<std::string_view> cookies; ///< the headers
  std::string_view token;                ///< X-Troupe-Token
  std::string_view if_none_match;
  std::string_view if_modified_since;
  bool reads() const { return method == http_method::get || method == http_method::head; }
};

/// A log to be sent from `first_bytes` before its end.
struct log_stream {
  std::string path;
  std::int64_t backups = 0;
  std::int64_t first_bytes = 1024;
  bool follow = true;
  std::string headers; ///< more of them, each with CRLF
  /// Asked again when the rules of access are replaced.
  std::function<bool(const caller&)> allowed;
};

/// Whoever may read that log of the process, and what else is in its file.
std::function<bool(const caller&)> readers_of(process_identity_ptr process, std::string path, std::string main_log);
std::function<bool(const caller&)> readers_of_main_log();

struct web_reply {
  int status = 200;
  std::string_view type = "text/html;charset=utf-8";
  std::string headers;
  std::string body;
  bool secret = false; ///< it shows a token: nothing of it stays in memory
};
web_reply web_error(int status);
web_reply web_page(std::string html);             ///< not to be cached
web_reply web_private_page(std::string html);     ///< nor to be kept on a disk
web_reply web_redirect(std::string_view message); ///< to the status page, which says it
web_reply web_asset(const web_request& r, const std::string& path);
web_reply web_refusal(std::string_view why, bool json); ///< 403

/// Why a request that would change something is refused: what sends it is no page of ours, or has not the page's token.
/// Null: it may go on. `token`: of a page of the caller's.
const char* why_turned_away(const web_request& r, const caller& who, std::string_view form_token,
                            const std::function<std::string()>& token);

struct web_events {}; ///< the feed, as long as the client listens
using web_answer = std::variant<web_reply, log_stream, web_events>;

/// Asks the actors: hands them the place for one answer and waits for it. Nothing: the client has gone.
using actor_gate =
  std::function<boost::asio::awaitable<std::optional<control_answer>>(std::function<void(control_answer_to)>)>;

/// What to do to which processes.
struct web_task {
  using kind = web_verb;
  kind what = kind::start;
  std::vector<std::string> names; ///< `group:name`, `name` or `group:*`
  bool all = false;
  std::string signal;
  bool wait = true;
  bool one_by_one = false; ///< of a restart
  /// none: a start, whatever it depends on; with: a stop or restart of whoever depends on it, too.
  enum class dependencies : std::uint8_t { usual, none, with } deps = dependencies::usual;
  std::shared_ptr<const protocols::rpc_value> flags = nullptr; ///< of a rolling restart; null: none
  std::string call;                                            ///< the address it came to, for the audit trail
  bool now = false;                                            ///< of disable and enable: stop or start them, too
  std::string until = {}; ///< of disable: as people write it; empty: until somebody enables it
};

/// The host names by which `server` may be asked, and the answer for a request that gives another.
protocols::host_rules rules_of(const config::server_options& server, const web_context& web);
web_reply refused_host(const protocols::request_marks& marks);

class web_desk {
public:
  /// `hold`: takes account of memory that the request needs; false: there is none left for it. `token`: what pages of
  /// the caller's carry. `origin`: for the audit trail; null: there is none.
  web_desk(web_context& context, const caller& who, actor_gate ask, std::function<bool(std::size_t bytes)> hold,
           std::function<std::string()> token, const audit_origin* origin)
      : context_(context), who_(who), board_(who.view()), ask_(std::move(ask)), hold_(std::move(hold)),
        token_(std::move(token)), origin_(origin) {}

  boost::asio::awaitable<web_answer> answer(const web_request& r);

private:
  using waiting_answer = boost::asio::awaitable<web_answer>;
  using results_or_fault = std::variant<process_results, protocols::rpc_fault>;

  // pages (web_desk.cpp)
  waiting_answer pages(const web_request& r, protocols::web_place::kind page);
  boost::asio::awaitable<web_reply> act(std::string action, const web_request& r, const protocols::form& fields);
  web_reply status_page(const protocols::form& fields) const;
  waiting_answer tail_page(const protocols::form& fields) const;
  waiting_answer history_page(const web_request& r); ///< web_history.cpp
  waiting_answer graph_page(const web_request& r);   ///< web_graph.cpp
  struct asked_log {
    tail_view view;
    config::shared_text path;
    int status = 200;
  };
  asked_log log_asked_for(const protocols::form& fields, std::int64_t limit) const;
  static web_reply tail_text(asked_log asked); ///< any thread
  struct page_action;
  bool may_take_long(const web_task& task) const;
  std::string still_waiting(const std::string& name) const;
  web_reply question(const page_action& action, const web_task& task, const protocols::form& fields, int status) const;
  std::optional<web_reply> turned_away(const web_request& r, const std::string& form_token, bool json) const;

  // API (web_api.cpp, web_api_access.cpp, web_api_read.cpp, web_api_config.cpp)
  waiting_answer api(const web_request& r, const std::string& path);
  boost::asio::awaitable<config::result<protocols::rpc_value>> parsed(std::string_view body);
  waiting_answer api_call(const web_request& r, const std::string& method);
  waiting_answer api_result(std::string method, protocols::rpc_value::array params, std::string_view member);
  static bool is_about_access(std::string_view path);
  waiting_answer api_access(const web_request& r, const std::string& path);
  waiting_answer api_history(const web_request& r, bool states);
  waiting_answer api_actions(const web_request& r);
  waiting_answer api_rollouts(const web_request& r, std::string path); ///< web_rollouts.cpp
  waiting_answer api_config(const web_request& r, bool update);
  waiting_answer api_plan(const web_request& r); ///< web_api_updates.cpp
  waiting_answer api_update(const web_request& r, bool scales);
  boost::asio::awaitable<process_result> group_step(std::string method, std::string group);
  boost::asio::awaitable<process_result> update_group(std::string group, bool out, bool in);
  boost::asio::awaitable<process_results> apply_diff(config::reload_diff diff,
                                                     std::optional<std::vector<std::string>> only);
  web_answer api_read(const web_request& r, const std::string& path) const;
  web_answer api_log(const web_request& r, const std::string& path) const;
  web_reply api_deaths(const std::string& name) const;

  // what the audit trail is told (web_audit.cpp)
  std::shared_ptr<audited_act> act_of(const web_task& task) const; ///< null: there is none
  std::shared_ptr<audited_act> act_of_config(bool update) const;
  void tell_read(config::right what, std::string_view target, std::string_view call,
                 std::optional<protocols::fault> refused = {}) const;
  web_reply refused_read(const protocols::rpc_fault& with, config::right what, std::string_view target,
                         std::string_view call) const;

  // what is done (web_actions.cpp)
  boost::asio::awaitable<results_or_fault> perform_untold(web_task task);
  boost::asio::awaitable<results_or_fault> perform(web_task task);
  boost::asio::awaitable<process_results> one_step(web_task::kind what, std::vector<std::string> names, web_task task);
  boost::asio::awaitable<process_results> step_for_all(web_task::kind what, web_task task);
  rpc_step step_of(web_task::kind what, const std::string& name, const web_task& task);
  rpc_step restart_step(const std::string* name, const web_task& task);
  bool is_there(const std::string& name) const;
  boost::asio::awaitable<process_results> restart_together(web_task task);
  boost::asio::awaitable<process_results> restart_in_turn(web_task task);
  boost::asio::awaitable<process_results> clear(web_task task);
  boost::asio::awaitable<control_answer> ask_method(std::string method, protocols::rpc_value::array params);
  boost::asio::awaitable<process_results> results_of_rollout(std::int64_t id, bool waits);
  boost::asio::awaitable<results_or_fault> roll(web_task task);
  boost::asio::awaitable<results_or_fault> restart_as_configured(web_task task);
  std::vector<std::string> single_processes(const web_task& task) const;
  boost::asio::awaitable<std::vector<control_answer>> ask_for_many(std::vector<rpc_deferred> what);
  /// A step that is more than a value: its answer. Without an answer of its own: an empty one.
  boost::asio::awaitable<control_answer> answer_of(rpc_step step);

  web_context& context_;
  const caller& who_;
  const board_view& board_; ///< what he sees
  actor_gate ask_;
  std::function<bool(std::size_t)> hold_;
  std::function<std::string()> token_;
  const audit_origin* origin_;
  std::shared_ptr<audited_act> act_; ///< that is being done; null: nobody is told
  std::int64_t rollout_ = 0;         ///< that was begun; 0: none
  bool gone_ = false;                ///< the client, while it was done: what became of it is told when it has
};

/// /metrics: of what the view shows; of the daemon where it may show everything.
std::string metrics_text(web_context& context, const board_view& view);

} // namespace troupe::actors
