// See child_input.hpp.
#include "actors/io/child_input.hpp"

#include "platform/main_log.hpp"

#include <cerrno>

#include <unistd.h>

namespace troupe::actors::pipes {

namespace {

/// With the lock of the input held.
void shut(child& c) {
  c.unwatch_input();
  c.in.reset();
  c.input.clear();
}

} // namespace

child_io::input child_input::write(const child_ptr& c, std::string_view bytes, std::size_t most, bool whole) {
  using input = child_io::input;
  std::lock_guard lock{c->in_mutex};
  if (!c->in)
    return input::closed;
  if (!c->input.empty()) { // behind what waits already
    if (c->input.size() + (whole ? 0 : bytes.size()) > most)
      return input::full;
    c->input += bytes;
    return input::taken;
  }
  if (!put(*c, bytes))
    return input::closed;
  if (bytes.empty())
    return input::taken;
  c->input = bytes;
  c->in_watch = std::make_unique<boost::asio::posix::stream_descriptor>(io_, c->in.get());
  await_room(c);
  return input::taken;
}

/// As much of `bytes` as the pipe takes, off its front. False: the child has closed its end, and so have we now.
bool child_input::put(child& c, std::string_view& bytes) {
  while (!bytes.empty()) {
    auto n = ::write(c.in.get(), bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      log_.write(config::log_level::debug,
                 "fd " + std::to_string(c.in.get()) + " closed, stopped monitoring stdin of " + c.who->options->name);
      shut(c);
      return false;
    }
  }
  return true;
}

/// With the lock of the input held.
void child_input::await_room(const child_ptr& c) {
  c->in_watch->async_wait(boost::asio::posix::stream_descriptor::wait_write,
                          [this, c](const boost::system::error_code& failed) {
                            std::lock_guard lock{c->in_mutex};
                            if (failed || !c->in_watch || resting_)
                              return;
                            std::string_view rest = c->input;
                            if (!put(*c, rest))
                              return;
                            c->input.erase(0, c->input.size() - rest.size());
                            if (!c->input.empty())
                              await_room(c);
                            else
                              c->unwatch_input();
                          });
}

void child_input::go_on(const child_ptr& c) {
  std::lock_guard lock{c->in_mutex};
  if (c->in_watch && !c->input.empty())
    await_room(c);
}

void child_input::close(child& c) {
  std::lock_guard lock{c.in_mutex};
  shut(c);
}

} // namespace troupe::actors::pipes
