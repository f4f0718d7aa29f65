// Points at which supervisord's worker, or its keeper, can be told to die, so that a test can kill it between any two
// of the steps that a follower must be able to go on from (docs/contract/survival.md, 4). Only with
// TROUPE_FAULT_POINTS, which no program that is installed is compiled with; else a point is nothing, neither code nor
// text. Must not decide anything. A new point is a row here and a call; tests/fault_points_test.py walks them all, and
// fails where one is never reached.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace troupe::platform {

/// By the steps of 4.1 to 4.6, of resume and of an upgrade; what was done last.
inline constexpr const char* fault_points[] = {
  // 4.1, a spawn
  "spawn.asked",     // nothing: the life is not begun yet
  "spawn.begun",     // the register says that there is to be a child
  "spawn.ready",     // pipes and logs are there
  "spawn.armed",     // the keeper has been sent the pipes
  "spawn.cloning",   // the next thing is clone(2)
  "child.begun",     // in the child, which shares everything with the worker; so the next ones
  "child.apart",     // its descriptors are its own
  "child.user",      // it is its user
  "child.executing", // the next thing is execve(2)
  "child.failed",    // it could not be executed, and nobody has been told
  "spawn.cloned",    // the worker runs again, and knows the pid
  "spawn.watching",  // the next thing is the pipe's place among those that are watched
  "spawn.watched",   // it has that place
  // 4.2, bytes of a pipe, by either pump
  "batch.announcing", // what is announced is written, and does not count
  "batch.announced",  // it counts; nothing is read
  "batch.taken",      // read, and not noted
  "batch.read",       // noted
  "batch.noting",     // the log's size is written down, and does not count
  "batch.writing",    // it counts; nothing is written
  "batch.half",       // half of it is in the log
  "batch.wrote",      // all of it is, and that is not noted
  "batch.written",    // that is noted
  "batch.done",       // the batch is over
  "channel.consumed", // what the bytes mean has been said, but to a pool
  "channel.told",     // the pool has been told, and nothing is noted
  "channel.noted",    // the channel's state is noted
  "drain.begun",      // the reaper has begun to empty the pipe of who ended
  "drain.done",       // it is empty
  // 4.3, an end; and each change of a record
  "exit.found",     // the worker has seen it in the register
  "record.filled",  // the new copy is written, and does not count
  "record.stored",  // it counts; nothing of the step has been said
  "spawn.recorded", // that was STARTING, without a child
  "child.recorded", // that was its pid
  "exit.recorded",  // that was an end
  "retry.recorded", // that was BACKOFF, with its time
  "stop.recorded",  // that was STOPPING; no signal is sent
  "effect.told",    // one effect of a step has been said
  "exit.dropping",  // the keeper has the pipes of who ended
  "exit.dropped",   // it has been told to let go of them
  // 4.4, signals
  "stop.sent",  // the stop signal is sent, and not noted
  "stop.noted", // it is noted
  // 4.5, events, and what waits for a stdin
  "event.written",  // the changes of a step of a pool are written down, and do not count
  "event.counts",   // they count; none is made
  "event.making",   // one of them is made
  "event.made",     // all are, and that is not noted
  "outbox.filling", // stage 1
  "outbox.filled",  // it has the event, and the stage does not say so
  "outbox.full",    // stage 2
  "outbox.moving",  // some of it is in the listener's pipe
  "input.put",      // bytes of a client are in the memory, and do not count
  "input.taken",    // they count; the client is not told
  "input.next",     // the next piece is to go into the outbox
  "input.moving",   // it is in the outbox
  "input.holding",  // the keeper has some of what such bytes need
  "input.held",     // it has all
  // 4.6, logs that are rotated
  "rotation.begun",    // no name has changed
  "rotation.shifting", // one backup has its new name
  "rotation.shifted",  // all have
  "rotation.moved",    // the log has its
  "rotation.opened",   // there is a new one
  // configuration, sockets
  "image.made",     // the keeper has the one before
  "image.held",     // it has been sent this one
  "image.alone",    // what was noted beside the one before is gone
  "change.written", // a change is behind the image, and does not count
  "change.counts",  // it counts
  "held.sent",      // a descriptor is on its way to the keeper
  "held.synced",    // all are there
  "fcgi.made",      // a socket listens, and the keeper does not have it
  "fcgi.held",      // it has been sent
  "fcgi.closing",   // the last one has ended who had it
  "fcgi.closed",    // it is closed
  // the daemon's end, signals to it
  "signal.heard",    // the keeper has passed one on
  "signal.passed",   // whoever decides has it
  "signal.followed", // it has been acted on, or that is in records
  "signal.counted",  // and the keeper can see that
  "end.stopped",     // the actors have said that it is over
  "end.closed",      // everything is written
  "bye.begun",       // nothing is left to be done
  "bye.counts",      // the next end is an orderly one
  // the keeper, which sees an end, and hears of pipes
  "keeper.found",  // nothing of the end is in the register
  "keeper.noted",  // how it ended is, and does not count
  "keeper.ended",  // it counts
  "keeper.listed", // it is in the ring
  "keeper.rung",   // the worker is being told
  "keeper.reaped", // the pid is free
  "keeper.arming", // a child's pipes have come, and are not in the register
  "keeper.armed",  // they are
  // 5.1, resume
  "resume.seated",   // the register is there
  "resume.imaged",   // the image is read
  "resume.appended", // a half batch has been brought to its end
  "resume.again",    // one is to be consumed again
  "resume.current",  // the image is up to date
  "ready.saying",    // all goes on, and the keeper does not know
  "ready.said",      // it has been told
  // 6, upgrade
  "upgrade.rested", // nobody moves
  "upgrade.packed", // the parcel is there
  "upgrade.seated", // the other binary has its place
  "upgrade.opened", // it has opened everything
};

/// The number of a name; only names of the list compile.
class fault_name {
public:
  consteval fault_name(const char* name) : number_(number_of(name)) {} // NOLINT(google-explicit-constructor)
  constexpr std::size_t number() const { return number_; }

private:
  static consteval std::size_t number_of(std::string_view name) {
    std::size_t number = 0;
    while (fault_points[number] != name) // beyond the last one it does not compile
      ++number;
    return number;
  }
  std::size_t number_;
};

/// Where a worker dies: at that pass of that point, from 1 on.
struct death_order {
  std::size_t point = 0;
  std::uint64_t pass = 0;
  bool operator==(const death_order&) const = default;
};
/// What `TROUPE_DIE_AT=POINT:PASS,...` says of the worker that follows so many that died. None: it lives, as does each
/// if that does not read so: a name that is none, a pass that is no number from 1 to 4,294,967,295.
std::optional<death_order> death_order_in(std::string_view orders, std::size_t deaths);

/// Of the worker, and of the first keeper, which has one order. Not for programs.
inline constexpr char workers_orders[] = "TROUPE_DIE_AT";
inline constexpr char keepers_orders[] = "TROUPE_KEEPER_DIES_AT";

#ifdef TROUPE_FAULT_POINTS
inline constexpr bool has_fault_points = true;
/// In a worker, as soon as it knows how many have died before it, which is asked once; before any point.
void begin_fault_points(std::size_t deaths);
void begin_keepers_fault_points();
/// Before the next keeper is executed.
void forget_keepers_orders();
/// Kills whoever began, if that is its order: in a child that shares the worker's memory it is the worker that dies.
void pass_fault_point(std::size_t number);
/// As many of `size` bytes as may be written before the point is passed: half, if it is the last pass.
std::size_t before_fault_point(std::size_t number, std::size_t size);
inline void fault_point(fault_name at) { pass_fault_point(at.number()); }
inline std::size_t half_if_last(fault_name at, std::size_t size) { return before_fault_point(at.number(), size); }
#else
inline constexpr bool has_fault_points = false;
inline void begin_fault_points(std::size_t) {}
inline void begin_keepers_fault_points() {}
inline void forget_keepers_orders() {}
constexpr void fault_point(fault_name) {}
constexpr std::size_t half_if_last(fault_name, std::size_t size) { return size; }
#endif

} // namespace troupe::platform
