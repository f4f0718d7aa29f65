// The logs that children write, at the request of somebody: emptied, opened again by name, or by other options; and
// what is said of their channels. What the disk thinks of that may take long: must be called where it holds up nobody
// else. Must not read what they write (child_output does).
#pragma once

#include "actors/io/child_pipes.hpp"
#include "actors/io/relay.hpp"

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace troupe::actors::pipes {

/// Told of a log that was full, or hung, and may not be now.
using look_again = std::function<void(const std::shared_ptr<platform::shared_log>&)>;

/// Empties the logs that `c` (null: nobody) writes, and otherwise the files at `paths`. 0, or errno.
int clear_logs(const child_ptr& c, const std::array<std::string, 2>& paths, const look_again& look);

void tell_unwatched(platform::main_log& log, const child& c, std::size_t channel, int error); ///< 0: nothing to tell
void tell_closed(platform::main_log& log, const child& c, std::size_t channel);               ///< at level debug

struct log_room {
  platform::main_log& log;
  boost::asio::io_context& io;
  relay& loop;
};
/// On the loop. The process goes on with the options of `now`; a log that cannot be opened is said, and the one before
/// stays. Source: docs/contract/programs.md, 6.
void redress(const child_ptr& c, process_identity_ptr now, channel_opener open, const log_room& in);

/// Which logs one request has opened again: several children may write one.
class reopened_logs {
public:
  void reopen(child& c, const look_again& look);

private:
  bool first(const std::shared_ptr<platform::shared_log>& file);

  std::mutex mutex_;
  std::set<std::shared_ptr<platform::shared_log>> logs_;
};

/// One by one, on the loop: a disk that holds one up leaves the others to the next thread.
void reopen_logs(const std::vector<child_ptr>& children, boost::asio::io_context& io, relay& loop,
                 const look_again& look);

} // namespace troupe::actors::pipes
