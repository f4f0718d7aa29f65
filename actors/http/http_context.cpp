// See http_context.hpp.
#include "actors/http/http_context.hpp"

#include "actors/http/http_connection.hpp"
#include "actors/rpc/audited_act.hpp"

#include "platform/main_log.hpp"
#include "platform/memory.hpp"
#include "protocols/credentials.hpp"
#include "protocols/http_text.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

namespace troupe::actors {

using config::log_level;

void http_pool::give_back(std::size_t bytes) {
  leased -= bytes;
  if (leased == 0 && std::exchange(peak, 0) >= http_limits::much)
    platform::return_free_memory();
}

namespace {

/// Who may have it started again must not thereby choose what runs as root.
std::function<void(upgrade_request, control_answer_to)>
with_binaries_of_few(std::function<void(upgrade_request, control_answer_to)> upgrade, http_connection*& asking) {
  if (!upgrade)
    return nullptr;
  return [upgrade = std::move(upgrade), &asking](upgrade_request what, control_answer_to answer) {
    if (what.binary && (!asking || !asking->may_choose_binary()))
      return (*answer)(protocols::make_fault(
        protocols::fault::incorrect_parameters,
        "a binary can only be chosen over a unix socket, by root or by the user that supervisord runs as"));
    upgrade(std::move(what), std::move(answer));
  };
}

rpc_context with_upgrade(rpc_context rpc, http_connection*& asking) {
  rpc.upgrade = with_binaries_of_few(std::move(rpc.upgrade), asking);
  return rpc;
}

rpc_context with_desks(rpc_context rpc, token_keeper& tokens, session_desk& sessions) {
  rpc.tokens = &tokens;
  rpc.end_sessions = [&sessions](const std::vector<std::string>& owners) { return sessions.end_all_of(owners); };
  return rpc;
}

} // namespace

http_context::http_context(rpc_context rpc, http_settings settings)
    : set(std::move(settings)), log(rpc.log), board(rpc.board), audit(rpc.audit),
      web(io, rpc, methods, work,
          {set.ask, set.queued_events, [this] { return connections.size(); }, set.main_log_backups,
           [this] { return certificate_times(); }}),
      methods(with_desks(with_upgrade(std::move(rpc), asking), tokens, sessions)),
      access(board, set.access, set.before.key), sessions(access),
      tokens(io, log, set.access, [this] { judge_tokens(); }) {
  last_number = set.before.last_number;
  sessions.put_back(std::exchange(set.before.sessions, {}));
  access.token_by_id = [this](std::string_view id) { return tokens.valid(id); };
  sessions.some_ended = [this] { asio::post(io, [this] { judge_again(); }); };
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0 && descriptors.rlim_cur != RLIM_INFINITY) {
    descriptor_limit_ = descriptors.rlim_cur;
    most_connections = std::clamp<std::size_t>(descriptors.rlim_cur / 2, 16, http_limits::connections);
  }
}

std::shared_ptr<audited_act> http_context::act_of(const carried_client& client) {
  auto is_his = [&](const open_act& one) { return client.waits && one.record.id == client.waits->id; };
  auto found = std::find_if(set.acts.begin(), set.acts.end(), is_his);
  if (found == set.acts.end() || !audit)
    return nullptr;
  auto act = std::make_shared<audited_act>(audit, std::move(*found), board);
  set.acts.erase(found);
  return act;
}

std::vector<std::pair<std::string, std::int64_t>> http_context::certificate_times() const {
  std::vector<std::pair<std::string, std::int64_t>> left;
  for (const auto& [section, desk] : certificates)
    left.emplace_back(section, desk->now()->facts().expires - std::time(nullptr));
  return left;
}

std::size_t http_context::descriptors() {
  constexpr auto keeps = std::chrono::seconds{1}; // groups come and go seldom
  auto now = about_now();
  if (descriptors_ == 0 || now - descriptors_read_ >= keeps) {
    std::size_t processes = 0;
    if (auto groups = board.loaded())
      for (const auto& group : *groups)
        processes += group->processes.size();
    descriptors_ = descriptors_for_clients(descriptor_limit_, processes);
    descriptors_read_ = now;
  }
  return descriptors_;
}

bool http_context::has_room() {
  return connections.size() < most_connections && connections.size() + stream_files < descriptors();
}

/// Nobody but root and ourselves has more than a quarter of them (docs/contract/access.md, 3.6).
bool http_context::has_room_for_user(std::uint32_t uid) const {
  if (uid == 0 || uid == ::geteuid())
    return true;
  auto his = std::count_if(connections.begin(), connections.end(), [&](auto* one) { return one->uid() == uid; });
  return static_cast<std::size_t>(his) < most_connections / 4;
}

bool http_context::has_room_for_stream(std::size_t more, const std::string& whose) {
  auto his = streams_of.find(whose);
  if (his != streams_of.end() && his->second >= most_connections / 4)
    return false;
  bool room = streams < most_connections / 2 && connections.size() + stream_files + more <= descriptors() / 4 * 3;
  if (!room && !std::exchange(streams_refused_, true))
    log.write(log_level::warn, "HTTP: " + std::to_string(streams) +
                                 " clients follow logs or events; no more of them are let in until some have gone "
                                 "(descriptors are kept free for programs; see minfds)");
  streams_refused_ = streams_refused_ && !room;
  return room;
}

void http_context::set_deadline(http_connection& of, steady::time_point at) {
  of.deadline = at;
  if (at < next_sweep_)
    arm_sweep(at);
}

void http_context::arm_sweep(steady::time_point at) {
  if (closing)
    return; // the timer has another task then
  next_sweep_ = at;
  if (at == never)
    return;
  sweep_timer_.expires_at(at);
  sweep_timer_.async_wait([this](const boost::system::error_code& failed) {
    if (!failed)
      sweep();
  });
}

void http_context::sweep() {
  next_sweep_ = never; // should this fail, the next deadline arms it again
  auto now = steady::now();
  std::vector<std::shared_ptr<http_connection>> late;
  auto next = never;
  for (auto* connection : connections)
    if (connection->deadline <= now)
      late.push_back(connection->shared_from_this());
    else
      next = std::min(next, connection->deadline);
  arm_sweep(next);
  for (auto& connection : late)
    connection->expire();
}

const std::string& http_context::date() {
  auto now = static_cast<std::int64_t>(std::time(nullptr));
  if (now != date_second_) {
    date_ = protocols::http_date(now);
    date_second_ = now;
  }
  return date_;
}

void http_context::log_access(const http_connection& of, std::string_view request_line, int status, std::size_t bytes) {
  if (!log.wants(log_level::trace))
    return;
  char when[64];
  auto now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::strftime(when, sizeof when, "%d/%b/%Y:%H:%M:%S +0000", &utc);
  auto line = protocols::log_text(access.on() ? protocols::without_tokens(request_line) : std::string(request_line));
  log.write(log_level::trace,
            of.peer + " - - [" + when + "] \"" + line + "\" " + std::to_string(status) + ' ' + std::to_string(bytes));
}

bool http_context::make_room() {
  http_connection* oldest = nullptr;
  for (auto* connection : connections)
    if (connection->doing == http_connection::phase::idle || connection->doing == http_connection::phase::reading)
      if (!oldest || connection->since < oldest->since)
        oldest = connection;
  if (oldest)
    oldest->shared_from_this()->abandon();
  return oldest != nullptr;
}

bool http_context::make_memory(const http_pool& pool) {
  http_connection* slowest = nullptr;
  for (auto* connection : connections)
    if (connection->stalls(pool) && (!slowest || connection->moved < slowest->moved))
      slowest = connection;
  if (slowest)
    slowest->shared_from_this()->abandon();
  return slowest != nullptr;
}

void http_context::send_soon(std::shared_ptr<http_connection> with_an_answer,
                             asio::any_completion_handler<void()> then) {
  if (outbox_.empty())
    asio::post(io, [this] { send_all(); }); // behind what is ready by now
  outbox_.emplace_back(std::move(with_an_answer), std::move(then));
}

void http_context::send_all() {
  auto all = std::exchange(outbox_, {});
  for (auto& [connection, then] : all)
    connection->flush();
  for (auto& [connection, then] : all)
    std::move(then)();
}

void http_context::judge_tokens() {
  auto copy = connections;
  for (auto* connection : copy)
    connection->judge_token();
}

void http_context::judge_again() {
  tokens.rules_replaced();
  auto copy = connections;
  for (auto* connection : copy)
    connection->judge_again();
}

void http_context::close_soon() {
  closing = true;
  rest_timer_.cancel();
  auto copy = connections;
  for (auto* connection : copy)
    connection->close_if_idle();
  sweep_timer_.expires_after(std::chrono::seconds{1});
  sweep_timer_.async_wait([this](const boost::system::error_code& failed) {
    if (failed)
      return;
    auto late = connections;
    for (auto* connection : late)
      connection->abandon();
  });
  if (connections.empty())
    sweep_timer_.cancel();
}

void http_context::forget(http_connection& gone) {
  connections.erase(&gone);
  if (closing && connections.empty())
    sweep_timer_.cancel();
  else if (connections.empty())
    rest_soon();
}

/// Nobody has been here for a moment: what was kept for the next ones is given back. Once after each crowd, so that an
/// idle daemon sleeps; not at once, as a client that looks again and again comes with a connection for each look.
void http_context::rest_soon() {
  constexpr auto moment = std::chrono::milliseconds{250};
  if (access.kept() < http_limits::unleased)
    return;
  rest_timer_.expires_after(moment);
  rest_timer_.async_wait([this](const boost::system::error_code& failed) {
    if (failed || closing || !connections.empty())
      return;
    access.forget_kept();
    platform::return_free_memory();
  });
}

} // namespace troupe::actors
