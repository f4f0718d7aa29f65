// See http_connection.hpp: a connection while another binary is about to follow, and in that one: what it keeps, and
// how it goes on. Must not decide when (http_farewell.cpp does), nor prove anything: the next request proves who sends
// it, and for the one that waits that has been done. Source: docs/contract/survival.md, 6.5. Cases:
// tests/upgrade_test.py.
#include "actors/http/http_connection.hpp"

#include "actors/rpc/audited_act.hpp"

#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <utility>

#include <fcntl.h>

namespace troupe::actors {

namespace {

constexpr std::size_t usual_head = 4096; ///< bytes

} // namespace

// -- the binary that goes --------------------------------------------------------------------------

bool http_connection::is_held() const { return pending_ && asks_for_upgrade_ && !tls_; }

held_client http_connection::hold() { return {platform::unique_fd{::fcntl(fd(), F_DUPFD_CLOEXEC, 3)}, version_}; }

/// For what processes come to: they go on, and so does the waiting.
bool http_connection::may_wait_on() const {
  return pending_ && asked_ && asked_->what == control_request::kind::processes && !tls_;
}

void http_connection::rest() {
  if (pending_) {
    if (!is_held() && !may_wait_on())
      pending_->finish(goes_on());
    return;
  }
  if (wake_)
    return wake_(); // streams end
  if (doing != phase::idle && doing != phase::reading)
    return; // its answer is on its way
  bool is_lost = tls_server_ || lingers_ || (body_comes_ && !body_);
  if (is_lost)
    return abandon();
  boost::system::error_code ignored;
  if (!parked_)
    socket_.cancel(ignored); // it reads, and parks
}

bool http_connection::keeps_still() const { return parked_ || is_held() || may_wait_on() || !socket_.is_open(); }

/// Reading goes on when nothing comes of it.
awaitable<void> http_connection::park() {
  parked_ = true;
  boost::system::error_code over;
  co_await context_.rest_over.async_wait(asio::redirect_error(asio::use_awaitable, over));
  parked_ = false;
}

void http_connection::forget_head() {
  platform::wipe_bytes({head_.data(), head_.size()});
  if (head_.capacity() > usual_head)
    decltype(head_)().swap(head_); // an idle connection costs little
  else
    head_.clear();
}

std::optional<carried_client> http_connection::carried() const {
  if (!socket_.is_open() || tls_server_ || expired_ || !keeps_still())
    return {};
  carried_client to{server_.section, fd(), {}, {}};
  to.input.reserve(head_.size() + (body_ ? body_->size() : 0) + buffer_.size());
  to.input += head_;
  if (body_)
    to.input += *body_;
  to.input.append(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  if (pending_) {
    to.waits = {*asked_, request_, version_, stays_};
    to.waits->asked.task.goes_on = true;
  }
  return to;
}

// -- the binary that comes -------------------------------------------------------------------------

void http_connection::go_on_with(carried_client from, std::shared_ptr<audited_act> act) {
  auto space = buffer_.prepare(from.input.size());
  std::copy(from.input.begin(), from.input.end(), static_cast<char*>(space.data()));
  buffer_.commit(from.input.size());
  before_ = std::move(from.waits);
  act_before_ = std::move(act);
}

/// False: the connection is over.
awaitable<bool> http_connection::finish_request() {
  request r;
  r.whole = true;
  r.keep_open = stays_ = before_->stays;
  r.version = version_ = before_->version;
  request_ = before_->id;
  asked_ = std::make_shared<control_request>(std::move(before_->asked));
  before_.reset();
  rpc_deferred ask_actors = [send = context_.set.ask, asked = asked_](control_answer_to to) {
    send(*asked, std::move(to));
  };
  if (auto act = std::exchange(act_before_, nullptr))
    ask_actors = act->witnessed(std::move(ask_actors));
  auto answered = co_await ask(std::move(ask_actors));
  if (!answered)
    co_return false;
  reply out;
  out.type = "text/xml";
  if (const auto* fault = std::get_if<protocols::rpc_fault>(&*answered)) {
    protocols::append_fault(out.body, fault->code, fault->text);
  } else {
    protocols::rpc_writer writer{out.body};
    writer.begin_response();
    rpc_methods::write(writer, *answered);
    writer.end_response();
  }
  co_return co_await send(r, std::move(out));
}

} // namespace troupe::actors
