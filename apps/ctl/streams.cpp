// See streams.hpp.
#include "apps/ctl/streams.hpp"

#include <algorithm>
#include <utility>

namespace troupe::ctl {

open_streams::open_streams(server from, std::function<void(const introduction&)> told)
    : from_(std::move(from)), told_(std::move(told)) {}

std::size_t open_streams::open(const std::string& path) {
  auto number = all_.size();
  auto made = std::make_unique<stream>();
  failure why;
  auto parsed = parse_server_url(from_.url);
  if (auto bad = std::get_if<failure>(&parsed)) {
    why = *bad;
  } else {
    const auto& where = std::get<endpoint>(parsed);
    made->connection = wire::connect(where, from_, why);
    if (made->connection) {
      auto who = introduce(made->connection.fd(), from_);
      told_(who);
      made->connection.send(get_request(where, who.as, path), why);
    }
  }
  bool good = why.type.empty();
  all_.push_back(good ? std::move(made) : nullptr);
  if (!good)
    pieces_.push_back({.which = number, .over = true, .why = std::move(why)});
  return number;
}

void open_streams::take_in(std::size_t which) {
  auto& s = *all_[which];
  failure why;
  auto bytes = s.connection.receive(room_.get(), why);
  s.reader.feed(bytes);
  stream_piece piece{.which = which, .status = s.reader.headed() ? s.reader.status() : 0};
  piece.bytes = std::exchange(s.arrived, {});
  bool ended = bytes.empty() || s.reader.broken();
  piece.over = s.reader.done() || ended;
  if (!why.type.empty())
    piece.why = std::move(why);
  else if (ended && !s.reader.done())
    piece.why = s.reader.close();
  bool begins = piece.status && !std::exchange(s.told, true);
  if (piece.over)
    all_[which].reset();
  if (piece.over || begins || !piece.bytes.empty())
    pieces_.push_back(std::move(piece));
}

std::optional<stream_piece> open_streams::waiting_piece() {
  while (!pieces_.empty()) {
    auto first = std::move(pieces_.front());
    pieces_.pop_front();
    if (first.over || all_[first.which]) // or it was closed meanwhile
      return first;
  }
  return std::nullopt;
}

std::optional<stream_piece> open_streams::next(std::chrono::milliseconds time) {
  auto until = std::chrono::steady_clock::now() + time;
  for (;;) {
    if (auto piece = waiting_piece())
      return piece;
    std::vector<pollfd> ready;
    std::vector<std::size_t> whose;
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (all_[i])
        ready.push_back({all_[i]->connection.fd(), POLLIN, 0}), whose.push_back(i);
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (time.count() >= 0 && left.count() < 0)
      return std::nullopt;
    wait(ready, time.count() < 0 ? time : left);
    bool any = false;
    for (std::size_t i = 0; i < ready.size(); ++i)
      if (ready[i].revents)
        take_in(whose[i]), any = true;
    if (!any && time.count() >= 0)
      return std::nullopt;
  }
}

} // namespace troupe::ctl
