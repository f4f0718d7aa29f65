// See system_names.hpp.
#include "config/system_names.hpp"

#include <csignal>
#include <cstring>

namespace troupe::config {

const char* name_of_errno(int number) { return number != 0 ? ::strerrorname_np(number) : nullptr; }

const char* abbreviation_of_signal(int number) {
  if (number == SIGRTMIN)
    return "RTMIN";
  return number == SIGRTMAX ? "RTMAX" : ::sigabbrev_np(number);
}

} // namespace troupe::config
