// See platform/batch.hpp: without splice(2) a batch that was half taken could not be told from a whole one. No memory
// to take one into is to be had either (memory_file.hpp). Must not read the pipe.
#include "platform/batch.hpp"

#include <cerrno>

namespace troupe::platform {

std::size_t next_batch(int) { return 0; }

void announce(batch_record&, const stash&, std::uint32_t, std::uint32_t, std::size_t, bool) {}

taken take(batch_record&, const stash&, int) { return {0, ENOTSUP, false}; }

void about_to_write(batch_record&, int) {}

void batch_done(batch_record&) {}

bool is_log_of(const batch_record&, int) { return false; }

batch_facts facts_of(const batch_record&, const stash&, int) { return {}; }

} // namespace troupe::platform
