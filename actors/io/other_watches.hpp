// Descriptors on the children's I/O loop that are no child's: a timer, say. Must not know what they are for.
#pragma once

#include "actors/io/relay.hpp"
#include "platform/unique_fd.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace troupe::actors {

class other_watches {
public:
  other_watches(boost::asio::io_context& io, relay& loop) : io_(io), loop_(loop) {}

  /// Any thread. Calls `readable` on the loop, aside, whenever there is something to read.
  void add(platform::unique_fd fd, std::function<void()> readable);
  void close(); ///< on the loop

private:
  struct watched {
    boost::asio::posix::stream_descriptor fd;
    std::function<void()> readable;
  };
  void await(const std::shared_ptr<watched>& w);

  boost::asio::io_context& io_;
  relay& loop_;
  std::mutex mutex_; ///< of what follows
  std::vector<std::shared_ptr<watched>> all_;
};

} // namespace troupe::actors
