// See http_connection.hpp: /logtail and /mainlogtail. Nothing is buffered beyond one chunk: the file is the buffer, and
// the follower remembers where it was. Source: docs/contract/http.md, 8.
#include "actors/http/http_connection.hpp"

#include "platform/log_follower.hpp"
#include "platform/main_log.hpp"
#include "protocols/http_text.hpp"
#include "protocols/utf8.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdio>

#include <sys/socket.h>

namespace troupe::actors {

namespace {

constexpr std::size_t chunk_bytes = 65536;
constexpr auto hold_back = std::chrono::seconds{1};        // for the rest of a character
constexpr auto unwatched = std::chrono::milliseconds{250}; // between looks, where the system cannot tell us

} // namespace

std::string chunk(std::string_view bytes, bool chunked) {
  if (!chunked)
    return std::string(bytes);
  char size[24];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

std::variant<log_stream, int> http_connection::find_log(std::string_view target, bool main_log) const {
  constexpr int no_such_log = 404, not_permitted = 403;
  if (main_log) {
    bool may = caller_->may(config::right::mainlog);
    tell_read(config::right::mainlog, {}, may ? std::nullopt : std::optional(protocols::fault::not_permitted));
    if (!may)
      return not_permitted;
    const auto& path = context_.log.path();
    if (path.empty() || path == "syslog")
      return no_such_log;
    log_stream found{path, context_.set.main_log_backups};
    found.allowed = readers_of_main_log();
    return found;
  }
  auto address = protocols::log_address_of(target);
  if (!address)
    return no_such_log;
  auto [group, process] = split_name(address->name);
  const auto& view = caller_->view();
  auto status = process ? view.find(group, *process) : nullptr;
  if (!status) {
    tell_read(config::right::tail, address->name, protocols::fault::bad_name);
    return no_such_log;
  }
  const auto& path = address->is_stderr ? status->who->stderr_path : status->who->stdout_path;
  const auto& options = address->is_stderr ? status->who->options->err : status->who->options->out;
  bool may = caller_->may_read(*status->who, path, context_.log.path());
  tell_read(config::right::tail, address->name, may ? std::nullopt : std::optional(protocols::fault::not_permitted));
  if (!may)
    return not_permitted;
  if (path.empty())
    return no_such_log;
  log_stream found{path, options.logfile_backups};
  found.allowed = readers_of(status->who, path, context_.log.path());
  return found;
}

/// What the client sends while it listens means nothing (stock clients send an empty line too many), but its end does.
void http_connection::discard_input() {
  auto readable = [self = shared_from_this()](const boost::system::error_code& failed) {
    // once a turn: who sends without end must not hold up the others
    self->gone_ = self->gone_ || failed || !(self->tls_ ? self->discard_tls() : self->discard_plain());
    if (!self->gone_)
      self->discard_input();
    else if (self->wake_)
      self->wake_();
  };
  socket_.async_wait(socket::wait_read, readable);
}

/// False: the client has gone.
bool http_connection::discard_plain() {
  char bytes[4096];
  auto count = ::recv(socket_.native_handle(), bytes, sizeof bytes, MSG_DONTWAIT);
  return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

awaitable<bool> http_connection::stream_log(request_head r, log_stream source) {
  stream_place place{context_, http_limits::stream_files, whose_streams()};
  session_desk::stream kept{context_.sessions, session_};
  auto follower = platform::log_follower::open(source.path, source.backups, source.first_bytes);
  if (!follower)
    co_return false;
  asio::steady_timer pause{context_.io};
  bool changed = true;
  wake_ = [&] {
    changed = true;
    pause.cancel();
  };
  still_allowed_ = source.allowed;
  file_watch::subscription watch{context_.files, source.path, [&] { wake_(); }};
  std::string head;
  protocols::begin_head(head, r.version, 200, context_.date());
  append_access_headers(head);
  head += "Last-Modified: " + protocols::http_date(follower->modified()) +
          "\r\nContent-Type: text/plain;charset=utf-8\r\nX-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\n" +
          source.headers + (r.chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Connection: close\r\n\r\n");
  bool open = co_await write(head, "");
  discard_input();
  std::string bytes; // read, but not sent: what begins a character
  bool first = true;
  auto hold_until = never;
  while (open && may_go_on()) {
    changed = false;
    if (follower->read(bytes, chunk_bytes)) {
      if (std::exchange(first, false))
        bytes.erase(0, protocols::first_character(bytes));
      hold_until = steady::now() + hold_back;
      changed = true; // there may be more
    }
    auto held = steady::now() < hold_until ? protocols::cut_character(bytes) : 0;
    if (bytes.size() > held) {
      auto whole = chunk(std::string_view(bytes).substr(0, bytes.size() - held), r.chunked);
      bytes.erase(0, bytes.size() - held);
      open = co_await write(whole, "");
      enter(phase::streaming, never);
    } else if (!source.follow && !changed) {
      break;
    } else if (!changed) {
      enter(phase::streaming, never);
      auto until = std::min({bytes.empty() ? never : hold_until, token_end(), session_end()});
      pause.expires_at(watch.works() ? until : std::min(until, steady::now() + unwatched));
      boost::system::error_code ignored;
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      revoked_ = revoked_ || session_is_over();
    }
  }
  co_await end_stream(open && r.chunked);
  co_return true;
}

bool http_connection::may_go_on() const {
  return !gone_ && !revoked_ && !context_.closing && !context_.resting && token_lasts();
}

awaitable<void> http_connection::end_stream(bool chunked) {
  wake_ = nullptr;
  if (chunked && !gone_)
    co_await write("0\r\n\r\n", "");
  boost::system::error_code ignored;
  socket_.cancel(ignored); // discard_input()
}

} // namespace troupe::actors
