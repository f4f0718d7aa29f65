// See exit_watch.hpp.
#include "actors/io/exit_watch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <sys/signalfd.h>
#include <system_error>
#include <unistd.h>

namespace troupe::actors {

namespace asio = boost::asio;

namespace {

int open_signals() {
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGCHLD);
  int fd = ::signalfd(-1, &only, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0)
    throw std::system_error(errno, std::generic_category(), "cannot hear of the ends of children");
  return fd;
}

} // namespace

struct exit_watch::impl {
  impl(asio::io_context& io, std::function<void()> e) : signals(io, open_signals()), again(io), ended(std::move(e)) {
    await();
  }

  void await() {
    signals.async_wait(asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& cancelled) {
      if (cancelled)
        return;
      signalfd_siginfo one; // however many have ended: the signal is pending once
      [[maybe_unused]] auto n = ::read(signals.native_handle(), &one, sizeof one);
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

  asio::posix::stream_descriptor signals;
  asio::steady_timer again;
  std::function<void()> ended;
};

exit_watch::exit_watch(asio::io_context& io, std::function<void()> ended)
    : impl_(std::make_unique<impl>(io, std::move(ended))) {}

exit_watch::~exit_watch() = default;

} // namespace troupe::actors
