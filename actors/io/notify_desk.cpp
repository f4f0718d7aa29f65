// See notify_desk.hpp.
#include "actors/io/notify_desk.hpp"

#include "protocols/notify_text.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds gathering_time{50}; ///< what changes together is told together

constexpr std::chrono::hours longest_interval{1};

protocols::notify_summary summary_of(const status_board& board) {
  protocols::notify_summary all;
  for (const auto& process : board.all())
    all.add(process->who->group, process->who->options->name, process->state, process->who->options->stopwaitsecs);
  return all;
}

} // namespace

notify_desk::notify_desk(boost::asio::io_context& io, const status_board& board, settings s)
    : io_(io), board_(board), set_(std::move(s)), look_timer_(io), watchdog_timer_(io) {}

notify_desk::~notify_desk() { board_.tell_once(this, nullptr); }

void notify_desk::ready() {
  boost::asio::post(io_, [this, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired())
      begin();
  });
}

/// One that ends already is not ready: the next one is.
void notify_desk::begin() {
  if (!said_.empty() || board_.daemon() != daemon_state::running)
    return;
  listen();
  said_ = status();
  last_look_ = steady_clock::now();
  set_.send(protocols::notify_ready(said_));
}

// -- states -------------------------------------------------------------------------------------------------

/// Before the board is read: what changes meanwhile is told again.
void notify_desk::listen() {
  auto here = [this, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired())
      note_change();
  };
  board_.tell_once(this, [io = &io_, here] { boost::asio::post(*io, here); });
}

void notify_desk::note_change() {
  auto now = steady_clock::now();
  look_timer_.expires_at(std::max(last_look_ + set_.between, now + gathering_time));
  look_timer_.async_wait([this, alive = std::weak_ptr<int>(alive_)](const boost::system::error_code& failed) {
    if (!failed && !alive.expired())
      look();
  });
}

void notify_desk::look() {
  listen();
  last_look_ = steady_clock::now();
  auto text = status();
  if (text == std::exchange(said_, text))
    return;
  set_.send(protocols::notify_status(text));
}

std::string notify_desk::status() const {
  auto all = summary_of(board_);
  return board_.daemon() == daemon_state::shutdown ? all.ending() : all.states();
}

// -- the daemon's end ---------------------------------------------------------------------------------------

void notify_desk::ending() {
  switch (board_.daemon()) {
  case daemon_state::restarting:
    if (!std::exchange(said_reloading_, true))
      set_.send(protocols::notify_reloading(
        std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now().time_since_epoch())));
    break;
  case daemon_state::shutdown: {
    auto all = summary_of(board_);
    said_ = all.ending();
    set_.send(protocols::notify_stopping(all));
    break;
  }
  case daemon_state::running:
  case daemon_state::fatal:
    return;
  }
  listen(); // it may have come before ready()
}

// -- the watchdog -------------------------------------------------------------------------------------------

void notify_desk::watch(std::chrono::microseconds interval, std::function<void(std::function<void()> back)> carry) {
  half_interval_ = std::clamp<std::chrono::microseconds>(interval / 2, std::chrono::milliseconds{1}, longest_interval);
  carry_ = std::move(carry);
  send_token();
}

/// One at a time: while it is held up somewhere, the manager hears nothing.
void notify_desk::send_token() {
  arm_watchdog();
  if (std::exchange(token_is_out_, true))
    return;
  carry_([this, alive = std::weak_ptr<int>(alive_)] {
    if (alive.expired())
      return;
    token_is_out_ = false;
    set_.send(protocols::notify_watchdog());
  });
}

void notify_desk::arm_watchdog() {
  watchdog_timer_.expires_after(half_interval_);
  watchdog_timer_.async_wait([this, alive = std::weak_ptr<int>(alive_)](const boost::system::error_code& failed) {
    if (!failed && !alive.expired())
      send_token();
  });
}

} // namespace troupe::actors
