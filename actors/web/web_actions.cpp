// See web_desk.hpp: what pages and the API do to processes, through the methods of the interface. Requests for many go
// out together and come back together. Lambdas are bound to locals before they are awaited with (GCC 12).
#include "actors/web/web_desk.hpp"

#include "actors/rpc/audited_act.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace troupe::actors {

using boost::asio::awaitable;
using steady = std::chrono::steady_clock;
using protocols::fault;
using protocols::make_fault;
using protocols::rpc_fault;
using protocols::rpc_value;

namespace {

using kind = web_task::kind;

process_result result_of(const std::string& name, int status, std::string text) {
  auto [group, process] = split_name(name);
  return {process.value_or(""), group, status, std::move(text)};
}

void append_results(process_results& to, const std::string& name, const control_answer& answer) {
  if (const auto* many = std::get_if<process_results>(&answer))
    to.insert(to.end(), many->begin(), many->end());
  else if (const auto* refused = std::get_if<rpc_fault>(&answer))
    to.push_back(result_of(name, static_cast<int>(refused->code), refused->text));
  else
    to.push_back(result_of(name, static_cast<int>(fault::success), "OK"));
}

/// Collects one answer for each of many requests, from any thread, and says when the last is there.
struct answers_of_many {
  answers_of_many(std::size_t count, control_answer_to to) : left(count), answers(count), done(std::move(to)) {}

  void set(std::size_t place, control_answer answer) {
    std::lock_guard lock{mutex};
    answers[place] = std::move(answer);
    if (--left > 0)
      return;
    (*done)(std::monostate{});
    if (late)
      late(answers);
  }

  /// Nobody waits any more: `then` gets them when the last is there, on whatever thread.
  void when_late(std::function<void(const std::vector<control_answer>&)> then) {
    std::lock_guard lock{mutex};
    if (left == 0)
      then(answers);
    else
      late = std::move(then);
  }

  std::mutex mutex;
  std::size_t left;
  std::vector<control_answer> answers;
  control_answer_to done;
  std::function<void(const std::vector<control_answer>&)> late;
};

bool is(const process_result& r, fault code) { return r.status == static_cast<int>(code); }

} // namespace

namespace {

/// Long work on the HTTP thread, in pieces: between them the other clients get their turn.
class turns {
public:
  explicit turns(web_context& context) : context_(context) {}
  awaitable<void> theirs() {
    if (steady::now() - since_ < std::chrono::milliseconds{5})
      co_return;
    co_await boost::asio::post(context_.io, boost::asio::use_awaitable);
    since_ = steady::now();
  }

private:
  web_context& context_;
  steady::time_point since_ = steady::now();
};

} // namespace

awaitable<std::vector<control_answer>> web_desk::ask_for_many(std::vector<rpc_deferred> what) {
  if (what.empty())
    co_return std::vector<control_answer>{};
  auto all = std::make_shared<std::shared_ptr<answers_of_many>>();
  std::function<void(control_answer_to)> send = [all, what](const control_answer_to& done) {
    *all = std::make_shared<answers_of_many>(what.size(), done);
    for (std::size_t i = 0; i < what.size(); ++i) {
      auto deliver = [together = *all, i](control_answer a) { together->set(i, std::move(a)); };
      what[i](std::make_shared<reply_promise<control_answer>>(deliver, control_answer{make_fault(fault::failed)}));
    }
  };
  auto done = co_await ask_(std::move(send));
  if (!done && act_) {
    gone_ = true;
    auto tell = [act = act_](const std::vector<control_answer>& came) {
      process_results results;
      for (const auto& one : came)
        append_results(results, "", one);
      act->end_later(std::move(results));
    };
    (*all)->when_late(tell);
  }
  if (!done) // nobody reads it: the client has gone
    co_return std::vector<control_answer>(what.size(), control_answer{make_fault(fault::shutdown_state)});
  co_return std::move((*all)->answers);
}

awaitable<control_answer> web_desk::answer_of(rpc_step step) {
  auto rest = rest_of(std::move(step), context_.doors.ask);
  if (rest.refused)
    co_return control_answer{*std::move(rest.refused)};
  if (rest.ask) {
    auto ask = act_ ? act_->witnessed(std::move(rest.ask)) : std::move(rest.ask);
    auto came = co_await ask_(std::move(ask));
    gone_ = !came;
    co_return came ? *std::move(came) : control_answer{make_fault(fault::shutdown_state)}; // the client has gone
  }
  if (rest.work)
    co_return rest.work();
  co_return control_answer{};
}

bool web_desk::is_there(const std::string& name) const {
  auto [group, process] = split_name(name);
  return process ? board_.find(group, *process) != nullptr : board_.has_group(group);
}

rpc_step web_desk::step_of(kind what, const std::string& name, const web_task& task) {
  std::string unused;
  protocols::rpc_writer writer{unused};
  rpc_value second = what == kind::signal ? rpc_value{task.signal} : rpc_value{task.wait || what == kind::stop};
  rpc_value::array params{rpc_value{name}, std::move(second)};
  if (what == kind::disable)
    return context_.methods.call(who_, row_of(what).method, {rpc_value::array{name}, task.until, task.now}, writer);
  if (what == kind::enable)
    return context_.methods.call(who_, row_of(what).method, {rpc_value::array{name}, task.now}, writer);
  if (what == kind::kill || what == kind::hup)
    return context_.methods.call(who_, row_of(what).method, params, writer);
  if (task.deps == web_task::dependencies::usual)
    return context_.methods.run(who_, row_of(what).method, params, writer);
  return context_.methods.call(who_, what == kind::start ? "troupe.startAlone" : "troupe.stopTree", params, writer);
}

/// The same to each of them, all at once.
awaitable<process_results> web_desk::one_step(kind what, std::vector<std::string> names, web_task task) {
  std::vector<control_answer> answers(names.size());
  std::vector<rpc_deferred> requests;
  std::vector<std::size_t> places;
  turns others{context_};
  for (std::size_t i = 0; i < names.size(); ++i) {
    co_await others.theirs();
    if (!is_there(names[i])) {
      answers[i] = make_fault(fault::bad_name, names[i]); // asking the actors a million times is work for all
      continue;
    }
    auto rest = rest_of(step_of(what, names[i], task), context_.doors.ask);
    if (rest.refused) {
      answers[i] = *std::move(rest.refused);
    } else if (rest.ask) {
      requests.push_back(std::move(rest.ask));
      places.push_back(i);
    }
  }
  auto came = co_await ask_for_many(std::move(requests));
  for (std::size_t i = 0; i < places.size(); ++i)
    answers[places[i]] = std::move(came[i]);
  process_results results;
  for (std::size_t i = 0; i < names.size(); ++i)
    append_results(results, names[i], answers[i]);
  co_return results;
}

awaitable<process_results> web_desk::step_for_all(kind what, web_task task) {
  std::string unused;
  protocols::rpc_writer writer{unused};
  rpc_value::array params;
  params.push_back(what == kind::signal ? rpc_value{task.signal} : rpc_value{task.wait || what == kind::stop});
  auto step = context_.methods.run(who_, row_of(what).method_for_all, params, writer);
  process_results results;
  auto answer = co_await answer_of(std::move(step));
  append_results(results, "", answer);
  co_return results;
}

/// Stop and start of `name`, or of all, as one act of the actors: it does not end half way with the connection.
rpc_step web_desk::restart_step(const std::string* name, const web_task& task) {
  std::string unused;
  protocols::rpc_writer writer{unused};
  if (name && task.deps == web_task::dependencies::with)
    return context_.methods.call(who_, "troupe.restartTree", {rpc_value{*name}, rpc_value{task.wait}}, writer);
  auto step = [&](kind what, bool waits) {
    rpc_value::array params;
    if (name)
      params.emplace_back(*name);
    params.emplace_back(waits);
    const auto& verb = row_of(what);
    return context_.methods.run(who_, name ? verb.method : verb.method_for_all, params, writer, config::right::restart);
  };
  auto stop = step(kind::stop, true);
  auto* first = std::get_if<control_request>(&stop);
  if (!first)
    return stop;
  auto start = step(kind::start, task.wait);
  auto* second = std::get_if<control_request>(&start);
  if (!second)
    return start;
  return rpc_restart{std::move(*first), std::move(*second)};
}

/// All of them at once. What could not be stopped is told, too.
awaitable<process_results> web_desk::restart_together(web_task task) {
  process_results results;
  if (task.all) {
    auto step = restart_step(nullptr, task);
    auto answer = co_await answer_of(std::move(step));
    append_results(results, "", answer);
    co_return results;
  }
  std::vector<control_answer> answers(task.names.size());
  std::vector<rpc_deferred> requests;
  std::vector<std::size_t> places;
  turns others{context_};
  for (std::size_t i = 0; i < task.names.size(); ++i) {
    co_await others.theirs();
    if (!is_there(task.names[i])) {
      answers[i] = make_fault(fault::bad_name, task.names[i]); // asking the actors a million times is work for all
      continue;
    }
    auto rest = rest_of(restart_step(&task.names[i], task), context_.doors.ask);
    if (rest.refused) {
      answers[i] = *std::move(rest.refused);
    } else if (rest.ask) {
      requests.push_back(std::move(rest.ask));
      places.push_back(i);
    }
  }
  auto came = co_await ask_for_many(std::move(requests));
  for (std::size_t i = 0; i < places.size(); ++i)
    answers[places[i]] = std::move(came[i]);
  for (std::size_t i = 0; i < task.names.size(); ++i)
    append_results(results, task.names[i], answers[i]);
  co_return results;
}

/// One after the other, so that the others go on serving; it ends with the first that does not come back.
awaitable<process_results> web_desk::restart_in_turn(web_task task) {
  process_results results;
  for (const auto& name : single_processes(task)) {
    web_task one = task;
    one.all = false;
    one.names.assign(1, name);
    auto outcome = co_await restart_together(std::move(one));
    bool failed = !std::all_of(outcome.begin(), outcome.end(), [](auto& r) { return is(r, fault::success); });
    results.insert(results.end(), outcome.begin(), outcome.end());
    if (failed)
      break;
  }
  co_return results;
}

awaitable<process_results> web_desk::clear(web_task task) {
  process_results results;
  std::string unused;
  protocols::rpc_writer writer{unused};
  turns others{context_};
  for (const auto& name : single_processes(task)) {
    co_await others.theirs();
    auto step = context_.methods.run(who_, "clearProcessLogs", {rpc_value{name}}, writer);
    auto rest = rest_of(std::move(step), context_.doors.ask);
    append_results(results, name, rest.refused ? control_answer{*std::move(rest.refused)} : control_answer{});
    unused.clear();
  }
  co_return results;
}

/// Groups taken apart, in the order of priority; names nobody has stay, to be refused.
std::vector<std::string> web_desk::single_processes(const web_task& task) const {
  std::vector<std::string> singles;
  auto processes = board_.by_priority();
  const auto& verb = row_of(task.what);
  auto add_group = [&](const std::string* group) {
    for (const auto& process : processes)
      if ((!group || process->who->group == *group) && verb.offered(board_.over(*process->who)) &&
          ((task.what != kind::kill && task.what != kind::hup) || verb.allowed(process->state)))
        singles.push_back(full_name(process->who->group, process->who->options->name));
  };
  if (task.all)
    add_group(nullptr);
  for (const auto& name : task.names) {
    auto [group, process] = split_name(name);
    if (!process && board_.has_group(group))
      add_group(&group);
    else
      singles.push_back(name);
  }
  return singles;
}

awaitable<web_desk::results_or_fault> web_desk::perform(web_task task) {
  act_ = act_of(task);
  if (act_ && task.what == kind::clear)
    if (auto refused = act_->about_to_act())
      co_return *std::move(refused);
  if (act_ && task.what != kind::clear && act_->concerns_any())
    if (auto refused = act_->begin())
      co_return *std::move(refused);
  auto outcome = co_await perform_untold(std::move(task));
  if (auto act = std::exchange(act_, nullptr); act && !gone_) {
    if (const auto* refused = std::get_if<rpc_fault>(&outcome))
      act->end(*refused);
    else
      act->end(std::get<process_results>(outcome));
  }
  co_return outcome;
}

awaitable<web_desk::results_or_fault> web_desk::perform_untold(web_task task) {
  if (board_.daemon() != daemon_state::running)
    co_return make_fault(fault::shutdown_state);
  process_results results;
  if (task.what == kind::clear)
    results = co_await clear(std::move(task));
  else if (task.what == kind::restart && task.one_by_one)
    results = co_await restart_in_turn(std::move(task));
  else if (task.what == kind::rolling)
    co_return co_await roll(std::move(task));
  else if (task.what == kind::restart && task.deps == web_task::dependencies::usual && board_.board().may_roll())
    co_return co_await restart_as_configured(std::move(task));
  else if (task.what == kind::restart)
    results = co_await restart_together(std::move(task));
  else if (is_rare(task.what) && task.all)
    results = co_await one_step(task.what, single_processes(task), task);
  else if (task.all)
    results = co_await step_for_all(task.what, task);
  else
    results = co_await one_step(task.what, task.names, task);
  co_return results;
}

} // namespace troupe::actors
