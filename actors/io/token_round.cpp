// See token_round.hpp.
#include "actors/io/token_round.hpp"

#include "actors/io/child_io.hpp"
#include "platform/descriptors.hpp"

#include <boost/asio/post.hpp>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace troupe::actors {

namespace {

struct round : std::enable_shared_from_this<round> {
  round(boost::asio::io_context& h, boost::asio::io_context* w) : home(h), http(w) {}

  void begin(std::function<void()> told) {
    back = std::move(told);
    (void)!::write(to_io.get(), "t", 1); // one at a time: there is room
  }

  void on_io_thread() {
    char token = 0;
    if (::read(from_home, &token, 1) != 1)
      return;
    auto last = [me = shared_from_this()] {
      if (auto told = std::exchange(me->back, nullptr))
        told();
    };
    if (!http)
      return boost::asio::post(home, last);
    boost::asio::post(*http, [me = shared_from_this(), last] { boost::asio::post(me->home, last); });
  }

  boost::asio::io_context& home;
  boost::asio::io_context* http;
  platform::unique_fd to_io;
  int from_home = -1; ///< whoever watches it closes it
  std::function<void()> back;
};

} // namespace

std::function<void(std::function<void()> back)> token_round(boost::asio::io_context& home, child_io& io,
                                                            boost::asio::io_context* http) {
  auto made = std::make_shared<round>(home, http);
  platform::unique_fd end;
  if (int error = platform::make_pipe(end, made->to_io); error != 0)
    throw std::system_error(error, std::generic_category(), "a pipe for the watchdog");
  made->from_home = end.get();
  io.watch(std::move(end), [made] { made->on_io_thread(); });
  return [made](std::function<void()> back) { made->begin(std::move(back)); };
}

} // namespace troupe::actors
