// See group_fate.hpp.
#include "actors/core/group_fate.hpp"

namespace troupe::actors {

fate_step next_step(config::group_fate wanted, fate_book& book, std::chrono::steady_clock::time_point now) {
  constexpr std::size_t most_restarts = 3;
  constexpr std::chrono::seconds window{60};
  if (wanted == config::group_fate::none)
    return fate_step::nothing;
  if (wanted == config::group_fate::stop)
    return fate_step::stop;
  std::erase_if(book, [&](auto at) { return at + window <= now; });
  if (book.size() >= most_restarts)
    return fate_step::stop_at_last;
  book.push_back(now);
  return fate_step::restart;
}

} // namespace troupe::actors
