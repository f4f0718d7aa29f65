// What usage_sampler.hpp has measured of one process: figures alone, so that who shows them needs no Asio.
// Must not measure, or turn a figure into text.
#pragma once

#include <cstdint>

namespace troupe::actors {

/// Of a process and its descendants.
struct process_usage {
  double cpu_percent = 0; ///< of one core, since the sample before; one decimal
  std::int64_t resident_bytes = 0;
  int processes = 0;
};

} // namespace troupe::actors
