// See platform/pair.hpp: there is no pair, since a child of the worker would not be the keeper's. trouble_with_pair
// says so; who begins one all the same gets an error, and no place is one. Must not fork.
#include "platform/pair.hpp"

#include "platform/keeper.hpp"

#include <cerrno>

#include <unistd.h>

namespace troupe::platform {

std::string trouble_with_pair() { return "it needs Linux"; }

pair_beginning begin_pair(const std::string&, const crash_limit&) {
  pair_beginning none;
  none.error = ENOTSUP;
  return none;
}

pair_beginning begin_again(const worker_seat&, const kept_descriptors&) { return begin_pair({}, {}); }

int become_keeper(pair_beginning, int, const std::string&, char* const*, char* const*) { ::_exit(no_register); }

std::string trouble_with_keeper(const std::string&, int) { return trouble_with_pair(); }

worker_seat first_seat(pair_beginning) { return {}; }

worker_seat resumed_seat() { return {}; }

std::vector<std::string> words_of_keeper(const worker_seat&) { return {}; }

} // namespace troupe::platform
