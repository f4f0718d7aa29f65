// See helper_log.hpp.
#include "actors/io/helper_log.hpp"

#include <exception>
#include <utility>

namespace troupe::actors {

void helper_log::say(const std::string& lines) {
  {
    std::lock_guard lock{mutex_};
    lines_ += lines;
    if (std::exchange(asked_, true))
      return;
  }
  ask();
}

std::size_t helper_log::waiting() const {
  std::lock_guard lock{mutex_};
  return lines_.size() + under_way_;
}

void helper_log::ask() {
  try {
    aside_([self = shared_from_this()] { self->write_some(); });
  } catch (...) {
    std::lock_guard lock{mutex_};
    asked_ = false; // with the next ones
    throw;
  }
}

/// Once, so that whoever else wants something written has his turn between.
void helper_log::write_some() {
  std::string lines;
  {
    std::lock_guard lock{mutex_};
    lines = std::exchange(lines_, {});
    under_way_ = lines.size();
  }
  std::exception_ptr met;
  try {
    write_(lines);
  } catch (...) { // these are lost; what follows is not
    met = std::current_exception();
  }
  bool more = false;
  {
    std::lock_guard lock{mutex_};
    under_way_ = 0;
    more = asked_ = !lines_.empty();
  }
  if (more)
    ask();
  if (met)
    std::rethrow_exception(met);
}

} // namespace troupe::actors
