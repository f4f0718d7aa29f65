// See http_session.hpp: what the sessions share, and the clock of all of them.
// Must not accept connections (http_server.cpp does) or read requests.
#include "actors/http_session.hpp"

#include "platform/main_log.hpp"
#include "platform/memory.hpp"
#include "protocols/http_text.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include <sys/resource.h>

namespace troupe::actors {

using config::log_level;

void http_pool::give_back(std::size_t bytes) {
  leased -= bytes;
  if (leased == 0 && std::exchange(peak, 0) >= http_limits::much)
    platform::return_free_memory();
}

http_stage::http_stage(rpc_world world, http_settings settings)
    : set(std::move(settings)), log(world.log), board(world.board), web(io, board, world.identifier),
      methods(std::move(world)) {
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0 && descriptors.rlim_cur != RLIM_INFINITY) {
    descriptor_limit_ = descriptors.rlim_cur;
    most_sessions = std::clamp<std::size_t>(descriptors.rlim_cur / 2, 16, http_limits::sessions);
  }
}

std::size_t http_stage::descriptors() {
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

bool http_stage::has_room() {
  return sessions.size() < most_sessions && sessions.size() + stream_files < descriptors();
}

bool http_stage::has_room_for_stream(std::size_t more) {
  bool room = streams < most_sessions / 2 && sessions.size() + stream_files + more <= descriptors() / 4 * 3;
  if (!room && !std::exchange(streams_refused_, true))
    log.write(log_level::warn, "HTTP: " + std::to_string(streams) +
                                 " clients follow logs or events; no more of them are let in until some have gone "
                                 "(descriptors are kept free for programs; see minfds)");
  streams_refused_ = streams_refused_ && !room;
  return room;
}

void http_stage::prepare_elsewhere() {
  if (!long_work_)
    long_work_ = std::make_unique<asio::thread_pool>(1);
}

void http_stage::run_elsewhere(std::function<void()> work) {
  prepare_elsewhere();
  asio::post(*long_work_, std::move(work));
}

void http_stage::set_deadline(http_session& of, steady::time_point at) {
  of.deadline = at;
  if (at < next_sweep_)
    arm_sweep(at);
}

void http_stage::arm_sweep(steady::time_point at) {
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

void http_stage::sweep() {
  next_sweep_ = never; // should this fail, the next deadline arms it again
  auto now = steady::now();
  std::vector<std::shared_ptr<http_session>> late;
  auto next = never;
  for (auto* session : sessions)
    if (session->deadline <= now)
      late.push_back(session->shared_from_this());
    else
      next = std::min(next, session->deadline);
  arm_sweep(next);
  for (auto& session : late)
    session->expire();
}

const std::string& http_stage::date() {
  auto now = static_cast<std::int64_t>(std::time(nullptr));
  if (now != date_second_) {
    date_ = protocols::http_date(now);
    date_second_ = now;
  }
  return date_;
}

void http_stage::log_access(const http_session& of, std::string_view request_line, int status, std::size_t bytes) {
  if (!log.wants(log_level::trace))
    return;
  char when[64];
  auto now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::strftime(when, sizeof when, "%d/%b/%Y:%H:%M:%S +0000", &utc);
  log.write(log_level::trace, of.peer + " - - [" + when + "] \"" + protocols::log_text(request_line) + "\" " +
                                std::to_string(status) + ' ' + std::to_string(bytes));
}

bool http_stage::make_room() {
  http_session* oldest = nullptr;
  for (auto* session : sessions)
    if (session->doing == http_session::phase::idle || session->doing == http_session::phase::reading)
      if (!oldest || session->since < oldest->since)
        oldest = session;
  if (oldest)
    oldest->shared_from_this()->abandon();
  return oldest != nullptr;
}

bool http_stage::make_memory(const http_pool& pool) {
  http_session* slowest = nullptr;
  for (auto* session : sessions)
    if (session->stalls(pool) && (!slowest || session->moved < slowest->moved))
      slowest = session;
  if (slowest)
    slowest->shared_from_this()->abandon();
  return slowest != nullptr;
}

void http_stage::send_soon(std::shared_ptr<http_session> with_an_answer, asio::any_completion_handler<void()> then) {
  if (outbox_.empty())
    asio::post(io, [this] { send_all(); }); // behind what is ready by now
  outbox_.emplace_back(std::move(with_an_answer), std::move(then));
}

void http_stage::send_all() {
  auto all = std::exchange(outbox_, {});
  for (auto& [session, then] : all)
    session->flush();
  for (auto& [session, then] : all)
    std::move(then)();
}

void http_stage::close_soon() {
  closing = true;
  auto copy = sessions;
  for (auto* session : copy)
    session->close_if_idle();
  sweep_timer_.expires_after(std::chrono::seconds{1});
  sweep_timer_.async_wait([this](const boost::system::error_code& failed) {
    if (failed)
      return;
    auto late = sessions;
    for (auto* session : late)
      session->abandon();
  });
  if (sessions.empty())
    sweep_timer_.cancel();
}

void http_stage::forget(http_session& gone) {
  sessions.erase(&gone);
  if (closing && sessions.empty())
    sweep_timer_.cancel();
}

} // namespace troupe::actors
