// See child_input.hpp.
#include "actors/io/child_input.hpp"

#include "platform/main_log.hpp"

#include <cerrno>
#include <utility>

#include <unistd.h>

namespace troupe::actors::pipes {

namespace {

constexpr std::size_t most_kept = (std::size_t{16} << 20) + (std::size_t{64} << 10); ///< what may wait, and one piece

std::size_t waiting(const input_queue& q) { return q.bytes.size() + (q.kept ? q.kept->waiting() : 0); }

} // namespace

/// With the lock of the input held, as what follows.
void child_input::shut(child& c) {
  if (auto q = std::move(c.queue)) {
    q->unwatch();
    let_go(c, *q);
    if (q->through)
      q->through->take_back();
  }
  c.in.reset();
}

/// False: there is no memory that outlives us, or what there is is full.
bool child_input::keep(const child_ptr& c, std::string_view bytes) {
  auto& q = c->made_queue();
  if (q.kept)
    return q.kept->put(bytes);
  if (!hold_ || c->who->slot == no_slot || c->who->options->listener)
    return false;
  auto made = platform::kept_input::make(most_kept);
  if (!made || !made->put(bytes))
    return false;
  hold_(c->who->slot, made.get());
  q.kept = std::move(made);
  return true;
}

void child_input::let_go(const child& c, input_queue& q) {
  if (std::exchange(q.kept, nullptr))
    hold_(c.who->slot, nullptr);
}

void child_input::take_up(const child_ptr& c, std::unique_ptr<platform::kept_input> kept) {
  std::lock_guard lock{c->in_mutex};
  if (!c->in || kept->waiting() == 0)
    return hold_(c->who->slot, nullptr);
  auto& q = c->made_queue();
  q.kept = std::move(kept);
  hold_(c->who->slot, q.kept.get());
  watch(c);
}

child_io::input child_input::write(const child_ptr& c, std::string_view bytes, std::size_t most, bool whole,
                                   const std::shared_ptr<platform::outbox>& through) {
  using input = child_io::input;
  std::lock_guard lock{c->in_mutex};
  if (!c->in)
    return input::closed;
  if (auto* q = c->queue.get(); q && !q->is_empty()) { // behind what waits already
    if (waiting(*q) + (whole ? 0 : bytes.size()) > most)
      return input::full;
    if (q->kept)
      return keep(c, bytes) ? input::taken : input::full;
    if (through) {
      through->go_past();
      q->past = through;
    }
    q->bytes += bytes;
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
    auto& q = c->made_queue();
    q.bytes = bytes;
    q.past = through;
  }
  watch(c);
  return input::taken;
}

/// With the lock of the input held: what is in it.
child_io::input child_input::write_through(const child_ptr& c, const std::shared_ptr<platform::outbox>& through) {
  auto& q = c->made_queue();
  q.through = through;
  if (!move(*c, q))
    return child_io::input::closed;
  if (q.through)
    watch(c);
  return child_io::input::taken;
}

void child_input::watch(const child_ptr& c) {
  auto& q = c->made_queue();
  q.unwatch();
  q.watch = std::make_unique<boost::asio::posix::stream_descriptor>(io_, c->in.get());
  await_room(c);
}

/// As much as the pipe takes of what is sent through an outbox. False: as put().
bool child_input::move(child& c, input_queue& q) {
  auto moved = q.through ? q.through->move_to(c.in.get()) : platform::outbox::moved::all;
  if (moved == platform::outbox::moved::closed) {
    say_closed(c);
    return false;
  }
  if (moved == platform::outbox::moved::all)
    q.through = nullptr;
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
  c->queue->watch->async_wait(boost::asio::posix::stream_descriptor::wait_write,
                              [this, c](const boost::system::error_code& failed) {
                                std::lock_guard lock{c->in_mutex};
                                if (failed || !c->queue || !c->queue->watch || resting_)
                                  return;
                                go_on_writing(c, *c->queue);
                              });
}

/// With the lock of the input held: there is room.
void child_input::go_on_writing(const child_ptr& c, input_queue& q) {
  if (q.kept) {
    auto moved = q.kept->move_to(c->in.get());
    if (moved == platform::outbox::moved::closed)
      return say_closed(*c);
    if (moved == platform::outbox::moved::some)
      return await_room(c);
    let_go(*c, q);
    return q.unwatch();
  }
  if (!move(*c, q))
    return;
  std::string_view rest = q.through ? std::string_view{} : q.bytes;
  auto size = rest.size();
  if (!put(*c, rest))
    return;
  q.bytes.erase(0, size - rest.size());
  if (q.through || !q.bytes.empty())
    return await_room(c);
  if (auto past = std::exchange(q.past, nullptr))
    past->all_arrived();
  q.unwatch();
}

void child_input::go_on(const child_ptr& c) {
  std::lock_guard lock{c->in_mutex};
  if (c->queue && c->queue->watch && !c->queue->is_empty())
    await_room(c);
}

void child_input::close(child& c) {
  std::lock_guard lock{c.in_mutex};
  shut(c);
}

} // namespace troupe::actors::pipes
