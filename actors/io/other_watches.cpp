// See other_watches.hpp.
#include "actors/io/other_watches.hpp"

#include <utility>

namespace troupe::actors {

void other_watches::add(platform::unique_fd fd, std::function<void()> readable) {
  auto w = std::make_shared<watched>(watched{{io_, fd.release()}, std::move(readable)});
  {
    std::lock_guard lock{mutex_};
    all_.push_back(w);
  }
  await(w);
}

void other_watches::await(const std::shared_ptr<watched>& w) {
  auto readable = [this, w](const boost::system::error_code& failed) {
    if (failed || !w->fd.is_open())
      return;
    struct onward { // also behind a callback that throws
      other_watches& of;
      const std::shared_ptr<watched>& what;
      ~onward() { of.await(what); }
    } then{*this, w};
    {
      relay::aside aside{loop_};
      w->readable();
    }
    loop_.leave_if_relieved();
  };
  w->fd.async_wait(boost::asio::posix::stream_descriptor::wait_read, readable);
}

void other_watches::close() {
  std::lock_guard lock{mutex_};
  for (auto& w : std::exchange(all_, {}))
    w->fd.close();
}

} // namespace troupe::actors
