// See fault_point.hpp. A program without points has none of this.
#include "platform/fault_point.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <iterator>

#include <unistd.h>

namespace troupe::platform {

namespace {

std::optional<death_order> order_of(std::string_view text) {
  auto colon = text.find(':');
  if (colon == text.npos)
    return {};
  const auto* point = std::find(std::begin(fault_points), std::end(fault_points), text.substr(0, colon));
  auto digits = text.substr(colon + 1);
  std::uint32_t pass = 0;
  auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), pass);
  if (point == std::end(fault_points) || failed != std::errc() || end != digits.data() + digits.size() || pass == 0)
    return {};
  return death_order{static_cast<std::size_t>(point - fault_points), pass};
}

} // namespace

std::optional<death_order> death_order_in(std::string_view orders, std::size_t deaths) {
  for (std::size_t i = 0;; ++i) {
    auto comma = std::min(orders.find(','), orders.size());
    auto order = order_of(orders.substr(0, comma));
    if (!order || i == deaths)
      return order;
    if (comma == orders.size())
      return {};
    orders.remove_prefix(comma + 1);
  }
}

#ifdef TROUPE_FAULT_POINTS

namespace {

// Touched by a child between clone and exec, too: no allocation, no lock.
death_order order{};
std::atomic<std::uint64_t> passes{0};
pid_t who = 0; ///< 0: nobody is to die

void begin(const char* variable, std::size_t deaths) {
  const char* orders = std::getenv(variable);
  auto own = orders && who == 0 ? death_order_in(orders, deaths) : std::nullopt;
  if (!own)
    return;
  order = *own;
  who = ::getpid();
}

} // namespace

void begin_fault_points(std::size_t deaths) { begin(workers_orders, deaths); }
void begin_keepers_fault_points() { begin(keepers_orders, 0); }
void forget_keepers_orders() { ::unsetenv(keepers_orders); }

void pass_fault_point(std::size_t number) {
  if (who != 0 && number == order.point && ++passes == order.pass && ::kill(who, SIGKILL) != 0)
    --passes; // a child that is another user may not
}

std::size_t before_fault_point(std::size_t number, std::size_t size) {
  return who != 0 && number == order.point && passes + 1 == order.pass && size > 1 ? size / 2 : size;
}

#endif

} // namespace troupe::platform
