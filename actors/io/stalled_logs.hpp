// Logs without room: FIFOs and terminals whose readers stall. Their children are not read meanwhile; nobody else waits.
// Must not read pipes (child_io does, when it is told to go on). Everything is called with the loop's turn held.
#pragma once

#include "actors/io/relay.hpp"
#include "platform/shared_log.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors {

class stalled_logs {
public:
  /// `resume`: of a channel that waited; called with the turn held.
  stalled_logs(boost::asio::io_context& io, relay& loop, platform::main_log& log,
               std::function<void(std::uint64_t channel)> resume);

  void wait(const std::shared_ptr<platform::shared_log>& full, std::optional<std::uint64_t> channel);
  /// The log has been opened again: what it waited for may be gone for good.
  void look_again(const std::shared_ptr<platform::shared_log>& log, std::unique_lock<std::mutex>& turn);
  void close();

private:
  struct entry {
    std::shared_ptr<platform::shared_log> log;
    boost::asio::posix::stream_descriptor room;
    std::vector<std::uint64_t> channels;
    bool over = false; ///< somebody else has taken its channels
  };
  using entry_ptr = std::shared_ptr<entry>;
  std::vector<entry_ptr>::iterator find(const std::shared_ptr<platform::shared_log>& log);
  void await(const entry_ptr& e);
  void flush(const entry_ptr& e, std::unique_lock<std::mutex>& turn);

  boost::asio::io_context& io_;
  relay& loop_;
  platform::main_log& log_;
  std::function<void(std::uint64_t)> resume_;
  std::vector<entry_ptr> entries_;
};

} // namespace troupe::actors
