// See http_farewell.hpp.
#include "actors/http/http_farewell.hpp"

#include "actors/http/http_connection.hpp"

namespace troupe::actors {

namespace {

constexpr std::chrono::milliseconds between_looks{1};

} // namespace

void http_farewell::begin() {
  context_.closing = true;
  auto copy = context_.connections;
  for (auto* connection : copy)
    connection->shared_from_this()->rest();
  look();
}

/// Again and again, until nobody is left but whoever is held.
void http_farewell::look() {
  if (over_)
    return;
  http_connection* held = nullptr;
  auto copy = context_.connections;
  for (auto* connection : copy)
    if (connection->is_held())
      held = connection;
    else if (steady::now() >= until_)
      connection->shared_from_this()->abandon();
  if (context_.connections.size() == (held ? 1U : 0U))
    return said_.set_value(held ? held->hold() : held_client{});
  timer_.expires_after(between_looks);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code&) { self->look(); });
}

std::optional<held_client> http_farewell::wait(std::chrono::milliseconds at_most) {
  auto said = said_.get_future();
  if (said.wait_for(at_most) == std::future_status::ready)
    return said.get();
  over_ = true;
  return {};
}

} // namespace troupe::actors
