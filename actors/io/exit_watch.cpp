// See exit_watch.hpp.
#include "actors/io/exit_watch.hpp"

#include "platform/exit_signal.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace troupe::actors {

namespace asio = boost::asio;

struct exit_watch::impl {
  impl(asio::io_context& io, std::function<void()> e) : readable(io, signal.fd()), again(io), ended(std::move(e)) {
    await();
  }
  ~impl() { readable.release(); } // not closed: it is the signal's
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  void await() {
    readable.async_wait(asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& cancelled) {
      if (cancelled)
        return;
      signal.take();
      tell();
    });
  }

  void tell() {
    try {
      ended();
    } catch (...) {
      again.expires_after(std::chrono::milliseconds{100});
      return again.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled)
          tell();
      });
    }
    await();
  }

  platform::exit_signal signal;
  asio::posix::stream_descriptor readable;
  asio::steady_timer again;
  std::function<void()> ended;
};

exit_watch::exit_watch(asio::io_context& io, std::function<void()> ended)
    : impl_(std::make_unique<impl>(io, std::move(ended))) {}

exit_watch::~exit_watch() = default;

} // namespace troupe::actors
