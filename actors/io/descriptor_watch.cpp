// See descriptor_watch.hpp.
#include "actors/io/descriptor_watch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace troupe::actors {

namespace asio = boost::asio;

struct descriptor_watch::impl {
  impl(asio::io_context& io, int fd, std::function<void()> r) : watched(io, fd), again(io), readable(std::move(r)) {
    await();
  }
  ~impl() { watched.release(); }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  void await() {
    watched.async_wait(asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& cancelled) {
      if (!cancelled)
        tell();
    });
  }

  void tell() {
    try {
      readable();
    } catch (...) {
      again.expires_after(std::chrono::milliseconds{100});
      return again.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled)
          tell();
      });
    }
    await();
  }

  asio::posix::stream_descriptor watched;
  asio::steady_timer again;
  std::function<void()> readable;
};

descriptor_watch::descriptor_watch(asio::io_context& io, int fd, std::function<void()> readable)
    : impl_(std::make_unique<impl>(io, fd, std::move(readable))) {}

descriptor_watch::~descriptor_watch() = default;

} // namespace troupe::actors
