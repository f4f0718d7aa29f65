// See child_reading.hpp.
#include "actors/io/child_reading.hpp"

#include "platform/descriptors.hpp"
#include "platform/fault_point.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <optional>
#include <utility>
#include <vector>

#include <sys/ioctl.h>
#include <unistd.h>

namespace troupe::actors::pipes {

namespace {

constexpr std::size_t read_size = 131072; // at most so much per event, as Supervisor
constexpr int reads_per_turn = 4;         // then the other children get theirs

static_assert(read_size == platform::most_in_batch);

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

/// The same, at most `most`, in steps that a successor can tell apart. None: not this way.
std::optional<ssize_t> read_batch(const pump_room::lease& place, channel& ch, std::uint32_t slot, std::uint32_t number,
                                  std::size_t most) {
  auto size = std::min(platform::next_batch(ch.pipe.get()), most);
  // Where nothing is there the kernel is asked whether anything will be; what has come meanwhile it notes, and all of
  // it is taken: half a line would stand in a log that another program writes, too.
  bool nothing = size == 0;
  place.announce(slot, number, nothing ? std::min(most, platform::most_in_batch) : size, ch.in_pieces || nothing);
  auto taken = platform::take(place.record(), place.stash(), ch.pipe.get());
  ch.in_pieces = ch.in_pieces || taken.in_pieces;
  if (taken.size > 0)
    return static_cast<ssize_t>(taken.size);
  if (taken.error != 0 && taken.error != EAGAIN)
    return {};
  return taken.error == 0 ? 0 : -1;
}

int waiting_in(const channel& ch) {
  int waiting = 0;
  return ::ioctl(ch.pipe.get(), FIONREAD, &waiting) == 0 ? waiting : 0;
}

/// The next bytes will have come before a pause is over: a little twice in the time of one, and nothing large in
/// between. A pause in a flood would only fill the pipe with memory that has left the caches.
bool pays_to_pause(channel& ch, bool paused, std::size_t size) {
  if (!ch.output.may_be_joined())
    return false;
  if (paused)
    return size < no_longer;
  auto now = std::chrono::steady_clock::now();
  auto before = std::exchange(ch.last_little, size < little ? now : std::chrono::steady_clock::time_point{});
  return size < little && now - before < reading_pause;
}

} // namespace

child_reading::next child_reading::pump(child& c, std::size_t i, relay::soon_aside& aside) {
  static thread_local std::vector<char> buffer;
  auto& ch = *c.channels[i];
  bool paused = std::exchange(ch.paused, false);
  ch.stalled = {};
  for (int turn = 0; turn < reads_per_turn; ++turn) {
    auto p = read(c, i, read_size, buffer);
    auto size = p.bytes.size();
    if (size == 0)
      return p.is_end ? next::close : next::wait;
    aside.step();
    consume(c, i, p);
    if (ch.output.stalled()) {
      keep(ch, std::move(p.place));
      return next::stall;
    }
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

/// Into a place of the room, if there is one; else into `buffer`.
child_reading::piece child_reading::read(child& c, std::size_t i, std::size_t most, std::vector<char>& buffer) {
  auto& ch = *c.channels[i];
  if (set_.room && c.who->slot != no_slot)
    if (auto place = set_.room->take())
      if (auto n = read_batch(place, ch, c.who->slot, channel_number(i), most))
        return {{place.stash().data, static_cast<std::size_t>(std::max<ssize_t>(*n, 0))}, *n == 0, std::move(place)};
  if (buffer.empty())
    buffer.resize(std::min(read_size, most));
  auto n = read_once(ch.pipe.get(), buffer);
  return {{buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0))}, n == 0, {}};
}

/// A pool has the bytes of its listeners as they came.
void child_reading::consume(child& c, std::size_t i, const piece& p) {
  (i == 0 ? c.who->counters().stdout_bytes : c.who->counters().stderr_bytes) += p.bytes.size();
  c.channels[i]->output.consume(p.bytes, p.place ? &p.place.record() : nullptr);
  platform::fault_point("channel.consumed");
  if (i == 0 && speaks_to_pool(c))
    set_.listeners->said(c.who->id, p.bytes, p.place ? p.place.record().number : 0);
  platform::fault_point("channel.told");
  if (p.place) {
    c.channels[i]->last_batch = p.place.record().number;
    note(c, i);
  }
}

/// Behind a batch, so that who follows passes over it.
void child_reading::note(const child& c, std::size_t i) const {
  const auto& ch = *c.channels[i];
  if (set_.notes && c.who->slot != no_slot && !ch.output.plain())
    set_.notes->store(c.who->slot, i, c.life, ch.last_batch, ch.output.now());
  platform::fault_point("channel.noted");
}

void child_reading::note_all(const child& c) const {
  for (std::size_t i = 0; i < c.channels.size(); ++i)
    if (c.channels[i])
      note(c, i);
}

void child_reading::consume_again(child& c, std::array<std::vector<half_batch>*, 2> batches) {
  for (std::size_t i = 0; i < batches.size(); ++i)
    for (auto& batch : std::exchange(*batches[i], {})) {
      if (!c.channels[i])
        continue;
      piece p{batch.bytes, false, std::move(batch.place)};
      consume(c, i, p);
      if (c.channels[i]->output.stalled())
        keep(*c.channels[i], std::move(p.place));
    }
}

/// What waits for room in a log waits in memory of ours; its place is kept for it while there are others.
void child_reading::keep(channel& ch, pump_room::lease place) {
  if (place && set_.room && set_.room->at_ease())
    ch.stalled = std::move(place);
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
  if (waiting > 0)
    platform::fault_point("drain.begun");
  std::vector<char> chunk;
  while (waiting > 0) {
    auto p = read(c, i, static_cast<std::size_t>(waiting), chunk);
    if (p.bytes.empty())
      break;
    consume(c, i, p);
    waiting -= static_cast<int>(p.bytes.size());
  }
  ch.output.finish();
  platform::fault_point("drain.done");
  note(c, i); // a last line is not written twice
}

} // namespace troupe::actors::pipes
