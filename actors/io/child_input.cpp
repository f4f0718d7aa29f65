// See child_input.hpp.
#include "actors/io/child_input.hpp"

#include "platform/main_log.hpp"

#include <cerrno>
#include <utility>

#include <unistd.h>

namespace troupe::actors::pipes {

namespace {

constexpr std::size_t most_kept = (std::size_t{16} << 20) + (std::size_t{64} << 10); ///< what may wait, and one piece

std::size_t waiting(const child& c) { return c.input.size() + (c.kept ? c.kept->waiting() : 0); }

} // namespace

/// With the lock of the input held, as what follows.
void child_input::shut(child& c) {
  c.unwatch_input();
  c.in.reset();
  c.input.clear();
  let_go(c);
  if (auto box = std::exchange(c.through, nullptr))
    box->take_back();
  c.past = nullptr;
}

/// False: there is no memory that outlives us, or what there is is full.
bool child_input::keep(const child_ptr& c, std::string_view bytes) {
  if (c->kept)
    return c->kept->put(bytes);
  if (!hold_ || c->who->slot == no_slot || c->who->options->listener)
    return false;
  auto made = platform::kept_input::make(most_kept);
  if (!made || !made->put(bytes))
    return false;
  hold_(c->who->slot, made.get());
  c->kept = std::move(made);
  return true;
}

void child_input::let_go(child& c) {
  if (std::exchange(c.kept, nullptr))
    hold_(c.who->slot, nullptr);
}

void child_input::take_up(const child_ptr& c, std::unique_ptr<platform::kept_input> kept) {
  std::lock_guard lock{c->in_mutex};
  if (!c->in || kept->waiting() == 0)
    return hold_(c->who->slot, nullptr);
  c->kept = std::move(kept);
  hold_(c->who->slot, c->kept.get());
  watch(c);
}

child_io::input child_input::write(const child_ptr& c, std::string_view bytes, std::size_t most, bool whole,
                                   const std::shared_ptr<platform::outbox>& through) {
  using input = child_io::input;
  std::lock_guard lock{c->in_mutex};
  if (!c->in)
    return input::closed;
  if (!c->input.empty() || c->through || c->kept) { // behind what waits already
    if (waiting(*c) + (whole ? 0 : bytes.size()) > most)
      return input::full;
    if (c->kept)
      return keep(c, bytes) ? input::taken : input::full;
    if (through) {
      through->go_past();
      c->past = through;
    }
    c->input += bytes;
    return input::taken;
  }
  if (through && (bytes.empty() || through->fill(bytes)))
    return write_through(c, through);
  if (through)
    through->go_past();
  if (!put(*c, bytes))
    return input::closed;
  if (bytes.empty()) {
    if (through)
      through->all_arrived();
    return input::taken;
  }
  if (through || !keep(c, bytes)) {
    c->input = bytes;
    c->past = through;
  }
  watch(c);
  return input::taken;
}

/// With the lock of the input held: what is in it.
child_io::input child_input::write_through(const child_ptr& c, const std::shared_ptr<platform::outbox>& through) {
  c->through = through;
  if (!move(*c))
    return child_io::input::closed;
  if (c->through)
    watch(c);
  return child_io::input::taken;
}

void child_input::watch(const child_ptr& c) {
  c->in_watch = std::make_unique<boost::asio::posix::stream_descriptor>(io_, c->in.get());
  await_room(c);
}

/// As much as the pipe takes of what is sent through an outbox. False: as put().
bool child_input::move(child& c) {
  auto moved = c.through ? c.through->move_to(c.in.get()) : platform::outbox::moved::all;
  if (moved == platform::outbox::moved::closed) {
    say_closed(c);
    return false;
  }
  if (moved == platform::outbox::moved::all)
    c.through = nullptr;
  return true;
}

void child_input::say_closed(child& c) {
  log_.write(config::log_level::debug,
             "fd " + std::to_string(c.in.get()) + " closed, stopped monitoring stdin of " + c.who->options->name);
  shut(c);
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
      say_closed(c);
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
                            go_on_writing(c);
                          });
}

/// With the lock of the input held: there is room.
void child_input::go_on_writing(const child_ptr& c) {
  if (c->kept) {
    auto moved = c->kept->move_to(c->in.get());
    if (moved == platform::outbox::moved::closed)
      return say_closed(*c);
    if (moved == platform::outbox::moved::some)
      return await_room(c);
    let_go(*c);
    return c->unwatch_input();
  }
  if (!move(*c))
    return;
  std::string_view rest = c->through ? std::string_view{} : c->input;
  auto size = rest.size();
  if (!put(*c, rest))
    return;
  c->input.erase(0, size - rest.size());
  if (c->through || !c->input.empty())
    return await_room(c);
  if (auto past = std::exchange(c->past, nullptr))
    past->all_arrived();
  c->unwatch_input();
}

void child_input::go_on(const child_ptr& c) {
  std::lock_guard lock{c->in_mutex};
  if (c->in_watch && (c->through || c->kept || !c->input.empty()))
    await_room(c);
}

void child_input::close(child& c) {
  std::lock_guard lock{c.in_mutex};
  shut(c);
}

} // namespace troupe::actors::pipes
