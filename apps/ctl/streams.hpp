// Answers of a daemon that are read while they are written: logs that grow, events. Must not know what they hold, nor
// print.
#pragma once

#include "apps/ctl/exchange.hpp"
#include "apps/ctl/sockets.hpp"
#include "apps/ctl/wire.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace troupe::ctl {

class open_streams final : public stream_set {
public:
  /// `told`: who was refused credentials.
  open_streams(server from, std::function<void(const introduction&)> told);

  std::size_t open(const std::string& path) override;
  void close(std::size_t which) override { all_[which].reset(); }
  std::optional<stream_piece> next(std::chrono::milliseconds time) override;

private:
  struct stream {
    wire connection;
    http_reader reader;
    std::string arrived;
    bool told = false; ///< that an answer has begun
    stream() : reader([this](std::string_view bytes) { arrived += bytes; }) {}
  };

  void take_in(std::size_t which);
  std::optional<stream_piece> waiting_piece();

  interrupt_guard guard_;
  server from_;
  std::function<void(const introduction&)> told_;
  std::vector<std::unique_ptr<stream>> all_; ///< by number; none: closed, or over
  std::deque<stream_piece> pieces_;          ///< not handed out yet
  receive_room room_;
};

} // namespace troupe::ctl
