// See descriptor_watch.hpp.
#include "actors/io/descriptor_watch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace troupe::actors {

namespace asio = boost::asio;

/// A handler that is due already is called even after its watch is gone: each looks whether it is.
struct descriptor_watch::impl : std::enable_shared_from_this<descriptor_watch::impl> {
  impl(asio::io_context& io, int fd, std::function<void()> r, std::chrono::milliseconds p)
      : watched(io, fd), again(io), readable(std::move(r)), pause(p) {}
  ~impl() { watched.release(); }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  void await() {
    watched.async_wait(asio::posix::stream_descriptor::wait_read,
                       [me = weak_from_this()](const boost::system::error_code& cancelled) {
                         if (auto self = me.lock(); self && !cancelled)
                           self->tell();
                       });
  }

  void tell() {
    auto self = shared_from_this(); // what is told may end this
    try {
      readable();
    } catch (...) {
      return later(std::chrono::milliseconds{100}, &impl::tell);
    }
    if (pause.count() > 0)
      later(pause, &impl::await);
    else
      await();
  }

  void later(std::chrono::milliseconds time, void (impl::*step)()) {
    again.expires_after(time);
    again.async_wait([me = weak_from_this(), step](const boost::system::error_code& cancelled) {
      if (auto self = me.lock(); self && !cancelled)
        (*self.*step)();
    });
  }

  asio::posix::stream_descriptor watched;
  asio::steady_timer again;
  std::function<void()> readable;
  std::chrono::milliseconds pause;
};

descriptor_watch::descriptor_watch(asio::io_context& io, int fd, std::function<void()> readable,
                                   std::chrono::milliseconds pause)
    : impl_(std::make_shared<impl>(io, fd, std::move(readable), pause)) {
  impl_->await();
}

descriptor_watch::~descriptor_watch() = default;

} // namespace troupe::actors
