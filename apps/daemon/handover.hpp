// What one binary of supervisord hands to the next in the same process: everything that runs, in a sealed file without
// a name, whose number stands in the environment for a moment. Must not bring anything to rest or start it (upgrade.cpp
// and session_serve.cpp do). Source: docs/contract/survival.md, 6.2 and 6.3.
#pragma once

#include "actors/core/carried.hpp"
#include "config/options.hpp"
#include "config/result.hpp"
#include "platform/wipe.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

struct carried_server {
  std::string section;
  int fd = -1;
  int folder = -1; ///< of the socket file; -1: none
  std::uint64_t device = 0, inode = 0;
};

struct carried_pid_file {
  std::uint64_t device = 0, inode = 0;
  std::int64_t seconds = 0, nanoseconds = 0; ///< when it was changed last
};

/// A worker's, by number.
struct carried_seat {
  int memory = -1, link = -1, bell = -1, nudge = -1;
  int ledger = -1, stash = -1;
};

struct handover {
  std::string version;                ///< of whoever wrote it
  std::string directory;              ///< where it was started
  std::string file;                   ///< its configuration
  std::vector<std::string> arguments; ///< of an image (survival.md, 0.1): as the daemon was started
  config::configuration configuration;
  std::vector<carried_server> servers;
  std::optional<carried_pid_file> pid_file;
  actors::carried_runtime runtime;
  std::string binary;                 ///< the one that follows
  std::string own_binary;             ///< of whoever wrote it
  int asker = -1;                     ///< a client who is to be told what came of it
  int asker_version = 11;             ///< of HTTP
  std::vector<actors::open_act> acts; ///< for the audit trail: what has begun, and nobody has told the end of
  std::optional<carried_seat> seat;   ///< of a worker
  int keeper_gone = 0;                ///< its pid, where whoever wrote this takes its place
  int ending = 0;                     ///< never in a parcel: the signal by which a daemon that died was ending
  std::uint64_t number = 0;           ///< of an image: each has its own
  std::int64_t begun = 0;             ///< when everything came to rest: nanoseconds of the monotonic clock

  std::vector<int> descriptors() const; ///< all that have to live on
};

std::size_t running_in(const actors::carried_runtime& runtime); ///< processes

/// As it is kept, and read again.
platform::wiping_string parcel_of(const handover& what);
platform::wiping_string parcel_of(const actors::carried_change& what);
config::result<handover> read_parcel(std::string_view file);
config::result<actors::carried_change> read_change(std::string_view file);

config::result<platform::wiping_string> bytes_of(int file);

/// Who follows, and what stands in his environment.
struct succession {
  int parcel = -1;
  int old_binary = -1;
  std::string refused; ///< why the new binary gave it back; empty: it is the new one
};
inline constexpr const char* succession_variable = "TROUPE_PARCEL";
/// Takes it out of the environment.
std::optional<succession> take_succession();
/// The new binary, before anything that may hang: if it is not ready `within` that time from now, the old one follows
/// it, with the same parcel. platform::execute_no_more() says that it is ready.
void go_back_unless_ready(const succession& from, std::chrono::milliseconds within,
                          const std::vector<std::string>& arguments);
constexpr std::chrono::minutes longest_wait_for_parcel{
  5}; ///< until its configuration has been read, which says how long
/// Why the old one goes on, in words: `binary` did not read the parcel, or was not ready, or ...
std::string why_gone_back(const std::string& binary, const std::string& refused);
std::string seconds_text(std::chrono::milliseconds time); ///< "2 s", "0.2 s"
/// Executes in this process what follows. Returns only where that failed: errno.
int succeed_by(const succession& what, const std::vector<int>& descriptors, const char* path,
               const std::vector<std::string>& arguments);

/// `supervisord --parcel-check N`: whether this binary could go on with what is in descriptor N; the exit status.
int check_parcel(const char* descriptor);

} // namespace troupe
