// See child_reading.hpp.
#include "actors/io/child_reading.hpp"

#include "platform/descriptors.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>
#include <vector>

#include <sys/ioctl.h>
#include <unistd.h>

namespace troupe::actors::pipes {

namespace {

constexpr std::size_t read_size = 131072; // at most so much per event, as Supervisor
constexpr int reads_per_turn = 4;         // then the other children get theirs

constexpr std::size_t little = 4096;     // bytes of a read
constexpr std::size_t no_longer = 57344; // so much in one pause: read on without

// The pipe of a child that fills it grows, so that the child writes on while we do. The total is bounded: beyond
// fs.pipe-user-pages-soft all new pipes of an ordinary user shrink.
constexpr std::size_t full_pipe =
  65536 - PIPE_BUF + 1;            // bytes, in a pipe as it is made, where a write may have to wait
constexpr int wide_pipe = 1 << 20; // bytes
constexpr int most_wide_pipes = 16;

/// Bytes read; 0 at the end of the channel, -1 where there is nothing to read.
ssize_t read_once(int pipe, std::vector<char>& buffer) {
  for (;;) {
    auto n = ::read(pipe, buffer.data(), buffer.size());
    if (n >= 0)
      return n;
    if (errno == EAGAIN)
      return -1;
    if (errno != EINTR)
      return 0;
  }
}

int waiting_in(const channel& ch) {
  int waiting = 0;
  return ::ioctl(ch.pipe.get(), FIONREAD, &waiting) == 0 ? waiting : 0;
}

/// The next bytes will have come before a pause is over: a little twice in the time of one, and nothing large in
/// between. A pause in a flood would only fill the pipe with memory that has left the caches.
bool pays_to_pause(channel& ch, bool paused, std::size_t size) {
  if (!ch.output.plain()) // whose reads can be told apart
    return false;
  if (paused)
    return size < no_longer;
  auto now = std::chrono::steady_clock::now();
  auto before = std::exchange(ch.last_little, size < little ? now : std::chrono::steady_clock::time_point{});
  return size < little && now - before < reading_pause;
}

} // namespace

child_reading::next child_reading::pump(child& c, std::size_t i, relay::soon_aside& aside) {
  static thread_local std::vector<char> buffer(read_size);
  auto& ch = *c.channels[i];
  bool paused = std::exchange(ch.paused, false);
  for (int turn = 0; turn < reads_per_turn; ++turn) {
    auto n = read_once(ch.pipe.get(), buffer);
    if (n <= 0)
      return n < 0 ? next::wait : next::close;
    auto size = static_cast<std::size_t>(n);
    aside.step();
    consume(c, i, {buffer.data(), size});
    if (ch.output.stalled())
      return next::stall;
    if (size >= full_pipe)
      widen(ch);
    if (size < read_size / 2) {
      ch.paused = pays_to_pause(ch, paused, size);
      return ch.paused ? next::pause : next::wait;
    }
    ch.last_little = {};
  }
  return next::wait;
}

/// A pool has the bytes of its listeners as they came.
void child_reading::consume(child& c, std::size_t i, std::string_view bytes) {
  (i == 0 ? c.who->counters.stdout_bytes : c.who->counters.stderr_bytes) += bytes.size();
  c.channels[i]->output.consume(bytes);
  if (i == 0 && speaks_to_pool(c))
    set_.listeners->said(c.who->id, bytes);
}

void child_reading::widen(channel& ch) {
  if (ch.wide || wide_pipes_ >= most_wide_pipes)
    return;
  ch.wide = true;
  ++wide_pipes_;
  platform::widen_pipe(ch.pipe.get(), wide_pipe);
}

bool child_reading::said_all(const child& c) {
  return std::all_of(c.channels.begin(), c.channels.end(),
                     [](auto& ch) { return !ch || (ch->output.ends_quietly() && waiting_in(*ch) == 0); });
}

void child_reading::drain(child& c, std::size_t i) {
  auto& ch = *c.channels[i];
  int waiting = waiting_in(ch);
  std::vector<char> chunk(std::min<std::size_t>(read_size, static_cast<std::size_t>(waiting)));
  while (waiting > 0) {
    auto n = read_once(ch.pipe.get(), chunk);
    if (n <= 0)
      break;
    consume(c, i, {chunk.data(), static_cast<std::size_t>(n)});
    waiting -= static_cast<int>(n);
  }
  ch.output.finish();
}

} // namespace troupe::actors::pipes
