// See http_farewell.hpp.
#include "actors/http/http_farewell.hpp"

#include "actors/http/http_connection.hpp"

#include <utility>

namespace troupe::actors {

namespace {

constexpr std::chrono::milliseconds between_looks{1};
constexpr std::size_t most_input = std::size_t{16} << 20; ///< bytes of half requests that are taken along

} // namespace

void http_farewell::begin(stage next, std::chrono::milliseconds at_most) {
  asio::post(context_.io, [self = shared_from_this(), next, at_most] {
    self->until_ = steady::now() + at_most / 2;
    self->context_.resting = true;
    self->look(next);
  });
}

/// Again and again, until nobody is left who moves.
void http_farewell::look(stage at) {
  bool still = all_keep_still();
  std::unique_lock lock{mutex_};
  if (over_)
    return;
  if (!still) {
    timer_.expires_after(between_looks);
    timer_.async_wait([self = shared_from_this(), at](const boost::system::error_code&) { self->look(at); });
    return;
  }
  if (at == stage::resting)
    rested_ = true;
  else
    collected_ = collect();
  changed_.notify_all();
  if (at == stage::handing_over)
    changed_.wait(lock, [this] { return over_; });
}

bool http_farewell::all_keep_still() {
  bool still = true;
  auto copy = context_.connections;
  for (auto* one : copy) {
    if (context_.connections.count(one) == 0) // it has ended meanwhile
      continue;
    auto connection = one->shared_from_this();
    connection->rest();
    if (connection->keeps_still())
      continue;
    if (steady::now() >= until_)
      connection->abandon();
    else
      still = false;
  }
  return still;
}

handed_clients http_farewell::collect() const {
  handed_clients all;
  std::size_t input = 0;
  for (auto* connection : context_.connections)
    if (connection->is_held()) {
      all.asker = connection->hold();
    } else if (auto client = connection->carried(); client && input + client->input.size() <= most_input) {
      input += client->input.size();
      all.others.clients.push_back(*std::move(client));
    }
  all.others.last_number = context_.last_number;
  all.others.sessions = context_.sessions.all();
  all.others.key = config::secret_text(context_.access.key());
  all.others.page_token = page_token_now();
  return all;
}

bool http_farewell::rest(std::chrono::milliseconds at_most) {
  begin(stage::resting, at_most);
  std::unique_lock lock{mutex_};
  if (!changed_.wait_for(lock, at_most, [this] { return rested_; }))
    over_ = true;
  return rested_;
}

std::optional<handed_clients> http_farewell::hand_over(std::chrono::milliseconds at_most) {
  begin(stage::handing_over, at_most);
  std::unique_lock lock{mutex_};
  if (!changed_.wait_for(lock, at_most, [this] { return collected_.has_value(); }))
    over_ = true;
  return std::move(collected_);
}

void http_farewell::go_on() {
  std::lock_guard lock{mutex_};
  over_ = true;
  changed_.notify_all();
}

} // namespace troupe::actors
