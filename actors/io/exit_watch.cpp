// See exit_watch.hpp.
#include "actors/io/exit_watch.hpp"

#include "actors/io/descriptor_watch.hpp"
#include "platform/exit_signal.hpp"

namespace troupe::actors {

struct exit_watch::impl {
  impl(boost::asio::io_context& io, std::function<void()> ended)
      : watch(io, signal.fd(), [this, e = std::move(ended)] {
          signal.take();
          e();
        }) {}

  platform::exit_signal signal;
  descriptor_watch watch;
};

exit_watch::exit_watch(boost::asio::io_context& io, std::function<void()> ended)
    : impl_(std::make_unique<impl>(io, std::move(ended))) {}

exit_watch::~exit_watch() = default;

} // namespace troupe::actors
