// See exchange.hpp.
#include "apps/ctl/exchange.hpp"

#include "platform/peer_user.hpp"

#include <algorithm>

#include <sys/socket.h>
#include <unistd.h>

namespace troupe::ctl {

namespace {

constexpr std::uint64_t most_reserved = 64 << 20;
constexpr std::size_t most_of_answer = std::size_t{1} << 30; ///< bytes; a log of that size, or nonsense
constexpr std::size_t most_at_once = 32;

} // namespace

introduction introduce(int fd, const server& as) {
  introduction who{as, std::nullopt, as.token.has_value()};
  bool local = as.url.starts_with("unix://");
  if (!local || (!as.token && (!as.username || !as.password)))
    return who;
  auto peer = platform::user_of_unix_peer(fd);
  if (peer && (peer->uid == 0 || peer->uid == ::geteuid() ||
               std::find(as.trusted.begin(), as.trusted.end(), std::int64_t{peer->uid}) != as.trusted.end()))
    return who;
  who.as.username.reset();
  who.as.password.reset();
  who.as.token.reset();
  who.withheld_from = peer ? user_name(peer->uid) : "somebody";
  return who;
}

exchange::exchange(wire connection, context::on_arrival look)
    : wire_(std::move(connection)), look_(std::move(look)), reader_([this](std::string_view bytes) {
        if (answer_.body.empty()) // one allocation, if the daemon is to be believed
          answer_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(reader_.length(), most_reserved)));
        answer_.body += bytes;
      }) {}

void exchange::send(const endpoint& where, const introduction& who, std::string_view body) {
  answer_.withheld = who.withheld_from.has_value();
  over_ = !wire_.send(post_request(where, who.as, body), why_);
}

void exchange::receive_some(std::span<char> room) {
  auto bytes = wire_.receive(room, why_);
  over_ = !why_.type.empty();
  if (over_)
    return;
  reader_.feed(bytes);
  if (!reader_.done() && (bytes.empty() || reader_.broken()))
    why_ = reader_.close().value_or(failure{});
  if (answer_.body.size() > most_of_answer)
    why_ = {"ValueError", "the answer has more than 1 GiB: this is no supervisord"};
  over_ = reader_.done() || !why_.type.empty();
  if (look_ && !over_ && reader_.status() == 200 && !answer_.body.empty())
    look_(answer_.body);
}

std::variant<http_answer, failure> exchange::result() {
  if (!why_.type.empty())
    return why_;
  answer_.status = reader_.status();
  answer_.reason = reader_.reason();
  answer_.may_roll = reader_.may_roll();
  return std::move(answer_);
}

wire exchange::connection() { return why_.type.empty() && reader_.keeps_open() ? std::move(wire_) : wire(); }

namespace {

/// Requests of which some are under way.
class batch {
public:
  batch(const server& to, const std::vector<std::string>& bodies, const std::function<void(const introduction&)>& told)
      : to_(to), bodies_(bodies), told_(told), each_(bodies.size()), failed_(bodies.size()) {}

  /// Starts as many as may be.
  void start() {
    for (; started_ < bodies_.size() && live() < most_at_once; ++started_)
      start_one(started_);
  }
  bool settled(std::size_t i) const { return i < started_ && (!each_[i] || each_[i]->over()); }
  std::variant<http_answer, failure> take(std::size_t i) {
    if (!each_[i])
      return failed_[i];
    auto got = each_[i]->result();
    each_[i].reset();
    return got;
  }
  /// Waits until there is something, and takes it in.
  void go_on(std::span<char> room) {
    std::vector<pollfd> ready;
    std::vector<exchange*> whose;
    for (auto& one : each_)
      if (one && !one->over())
        ready.push_back({one->fd(), POLLIN, 0}), whose.push_back(one.get());
    wait(ready);
    for (std::size_t i = 0; i < ready.size(); ++i)
      if (ready[i].revents)
        whose[i]->receive_some(room);
  }

private:
  std::size_t live() const {
    return static_cast<std::size_t>(
      std::count_if(each_.begin(), each_.end(), [](auto& one) { return one && !one->over(); }));
  }
  void start_one(std::size_t i) {
    auto parsed = parse_server_url(to_.url);
    if (auto bad = std::get_if<failure>(&parsed)) {
      failed_[i] = *bad;
      return;
    }
    const auto& where = std::get<endpoint>(parsed);
    auto connection = wire::connect(where, to_, failed_[i]);
    if (!connection)
      return;
    auto who = introduce(connection.fd(), to_);
    told_(who);
    each_[i] = std::make_unique<exchange>(std::move(connection));
    each_[i]->send(where, who, bodies_[i]);
  }

  const server& to_;
  const std::vector<std::string>& bodies_;
  const std::function<void(const introduction&)>& told_;
  std::vector<std::unique_ptr<exchange>> each_; ///< none: not started, failed or told
  std::vector<failure> failed_;
  std::size_t started_ = 0;
};

} // namespace

void exchange_each(const server& to, const std::vector<std::string>& bodies, const context::on_answer& tell,
                   const std::function<void(const introduction&)>& told) {
  receive_room room;
  batch all(to, bodies, told);
  for (std::size_t next = 0; next < bodies.size();) {
    all.start();
    if (all.settled(next))
      tell(next, all.take(next)), ++next;
    else
      all.go_on(room.get());
  }
}

} // namespace troupe::ctl
