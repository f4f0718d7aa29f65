// See web_desk.hpp: the old action URLs and the pages' own buttons: which there are, who is asked first, what is said
// afterwards. What actions do: web_actions.cpp. Source: docs/contract/http.md, 6.2 and 6.6; docs/web.md.
#include "actors/rpc/seen_status.hpp"
#include "actors/web/web_desk.hpp"
#include "actors/web/web_pages.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace troupe::actors {

using boost::asio::awaitable;
using protocols::fault;
using protocols::sender;

namespace {

std::string local_time() {
  auto now = std::time(nullptr);
  std::tm local{};
  char text[32];
  ::localtime_r(&now, &local);
  std::string out(::asctime_r(&local, text));
  out.pop_back();
  return out;
}

// -- messages (6.2) ------------------------------------------------------------------------------

std::string rpc_problem(const process_result& r) {
  return "unexpected rpc fault [" + std::to_string(r.status) + "] " + r.description;
}

std::string start_problem(const process_result& r) {
  switch (static_cast<fault>(r.status)) {
  case fault::no_file:
    return "no such file";
  case fault::not_executable:
    return "file not executable";
  case fault::already_started:
    return "already started";
  case fault::spawn_error:
    return "spawn error";
  case fault::abnormal_termination:
    return "abnormal termination";
  default:
    return rpc_problem(r);
  }
}

} // namespace

struct web_desk::page_action {
  const char* name;
  web_task::kind what;
  enum class of { process, all, selected } whom;
  bool old = false; ///< Supervisor's own: answers GET, too

  static const page_action* named(std::string_view name);
  std::string of_one(const std::string& name, const process_result& r) const;
  std::string of_many(const std::string& who, const process_results& results) const;
};

namespace {

using kind = web_task::kind;

bool failed(const process_result& r) { return r.status != static_cast<int>(fault::success); }

} // namespace

const web_desk::page_action* web_desk::page_action::named(std::string_view name) {
  using enum page_action::of;
  static constexpr page_action all_of_them[] = {
    {"start", kind::start, process, true},
    {"stop", kind::stop, process, true},
    {"restart", kind::restart, process, true},
    {"clearlog", kind::clear, process, true},
    {"signal", kind::signal, process},
    {"kill", kind::kill, process},
    {"hup", kind::hup, process},
    {"rolling", kind::rolling, process},
    {"disable", kind::disable, process},
    {"enable", kind::enable, process},
    {"stopall", kind::stop, all, true},
    {"restartall", kind::restart, all, true},
    {"startall", kind::start, all},
    {"clearall", kind::clear, all},
    {"startselected", kind::start, selected},
    {"stopselected", kind::stop, selected},
    {"restartselected", kind::restart, selected},
    {"clearselected", kind::clear, selected},
  };
  auto found = std::find_if(std::begin(all_of_them), std::end(all_of_them), [&](auto& a) { return name == a.name; });
  return found == std::end(all_of_them) ? nullptr : found;
}

/// Of one process, in the old words.
std::string web_desk::page_action::of_one(const std::string& process, const process_result& r) const {
  if (r.status == static_cast<int>(fault::bad_name))
    return "No such process named " + process;
  if (r.status == static_cast<int>(fault::not_permitted))
    return "You may not " + std::string(config::word_of(row_of(what).needs)) + ' ' + process;
  if ((what == kind::kill || what == kind::hup) && r.status == static_cast<int>(fault::not_running))
    return "Process " + process + " is not running";
  if (failed(r))
    return what == kind::start || what == kind::restart ? "ERROR: Process " + process + ": " + start_problem(r)
                                                        : rpc_problem(r);
  if (what == kind::clear)
    return "Log for " + process + " cleared";
  return "Process " + process + ' ' + row_of(what).done;
}

/// Of many: the old words, and which did not go well.
std::string web_desk::page_action::of_many(const std::string& who, const process_results& results) const {
  constexpr int most_named = 5;
  auto text = who + ' ' + row_of(what).done + " at " + local_time();
  int bad = 0;
  for (const auto& r : results)
    if (failed(r) && ++bad <= most_named)
      text += (bad == 1 ? ", except: " : "; ") + r.description;
  return bad > most_named ? text + "; and " + std::to_string(bad - most_named) + " more" : text;
}

/// A page does not hang for as long as a one-shot runs, or as what a process depends on takes.
bool web_desk::may_take_long(const web_task& task) const {
  if (task.what != kind::start && task.what != kind::restart)
    return task.what == kind::rolling;
  auto names = single_processes(task);
  return std::any_of(names.begin(), names.end(), [&](const std::string& each) {
    auto [group, process] = split_name(each);
    auto status = process ? board_.find(group, *process) : nullptr;
    return status && (status->who->options->oneshot() || !status->who->options->dependencies().items.empty());
  });
}

/// Of a start that was not waited for: what it waits for itself; empty: nothing.
std::string web_desk::still_waiting(const std::string& name) const {
  auto [group, process] = split_name(name);
  auto status = process ? board_.find(group, *process) : nullptr;
  if (!status || status->state != process_state::starting)
    return {};
  seen_status seen(board_, *status);
  auto waits = seen.get().waiting_for.view();
  return waits.starts_with("waiting") ? "Process " + name + " is " + std::string(waits) : std::string();
}

awaitable<web_reply> web_desk::act(std::string name, const web_request& r, const protocols::form& fields) {
  using of = page_action::of;
  if (name == "refresh")
    co_return web_redirect("Page refreshed at " + local_time());
  const auto* action = page_action::named(name);
  if (!action || r.method == web_request::http_method::head || (r.reads() && !action->old))
    co_return web_error(400);
  web_task task{.what = action->what, .signal = fields.value("signal")};
  auto process = fields.value("processname");
  auto group = r.reads() ? std::string() : fields.value("group");
  if (action->whom == of::all)
    task.all = true;
  else if (action->whom == of::selected)
    task.names = fields.all("select");
  else if (!process.empty())
    task.names.assign(1, process);
  else if (!group.empty())
    task.names.assign(1, group + ":*");
  else
    co_return web_error(400);
  auto who = protocols::sender_of(r.marks);
  bool by_cookie = who_.how() == "session"; // nothing can be done by a link then, not even asked
  if (r.reads() && !by_cookie && who != sender::script && who != sender::own_page && protocols::is_navigation(r.marks))
    co_return question(*action, task, fields, who == sender::nobody ? 200 : 403); // nothing is done for a link
  if (auto refused = turned_away(r, fields.value("token"), false))
    co_return *std::move(refused);
  if (action->whom == of::process && !process.empty() && !split_name(process).process)
    co_return web_redirect("No such process named " + process);
  if (action->whom == of::selected && task.names.empty())
    co_return web_redirect("No processes are selected");
  bool many = task.all || task.names.size() > 1 || process.empty();
  if (!r.reads() && who != sender::script && (many || task.what == kind::clear) && fields.value("confirmed") != "yes")
    co_return question(*action, task, fields, 200);
  task.call = "index.html?action=" + name;
  task.wait = !may_take_long(task);
  bool waited = task.wait;
  auto outcome = co_await perform(std::move(task));
  const auto* results = std::get_if<process_results>(&outcome);
  if (!results && action->what == kind::rolling)
    co_return web_redirect("ERROR: " + std::get<protocols::rpc_fault>(outcome).text);
  if (!results)
    co_return web_error(500);
  if (action->what == kind::rolling && !process.empty())
    co_return web_redirect(action->of_many("Process " + process, *results));
  if (action->whom == of::process && !process.empty() && !waited && !failed(results->front()))
    if (auto waits = still_waiting(process); !waits.empty())
      co_return web_redirect(waits);
  if (action->whom == of::process && !process.empty())
    co_return web_redirect(action->of_one(process, results->front()));
  const char* whom = action->whom == of::all ? "All" : action->whom == of::selected ? "Selected processes" : nullptr;
  co_return web_redirect(action->of_many(whom ? whom : "Group " + group, *results));
}

/// A page that asks first, and does it once its button is pressed: its form carries the token, which no link can.
web_reply web_desk::question(const page_action& action, const web_task& task, const protocols::form& fields,
                             int status) const {
  question_view view{context_.who, token_(), action.name};
  view.names = single_processes(task);
  view.fields = {
    {"processname", fields.value("processname")}, {"group", fields.value("group")}, {"signal", fields.value("signal")}};
  if (action.whom == page_action::of::selected)
    for (const auto& name : task.names)
      view.fields.emplace_back("select", name);
  std::erase_if(view.fields, [](auto& field) { return field.second.empty(); });
  auto count = std::to_string(view.names.size());
  bool one = view.names.size() == 1;
  view.question = std::string(row_of(task.what).question) +
                  (one        ? " " + view.names.front()
                   : task.all ? " all " + count + " processes"
                              : " these " + count + " processes") +
                  '?';
  view.reader = &who_;
  view.danger = task.what != kind::start;
  auto asks = web_page(question_page(view));
  asks.status = status;
  return asks;
}

} // namespace troupe::actors
