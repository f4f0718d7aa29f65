// Whole files into gzip and back, for backups of logs. Must not know names of files or what they are for.
// Source: RFC 1952, by way of zlib.
#pragma once

#include <atomic>
#include <cstdint>

namespace troupe::platform {

/// Writes what is in `from`, from its start, into `to`, which is empty; both stay open. 0, or errno; ECANCELED once
/// `stop` is true, EAGAIN if the file changes meanwhile.
int gzip_file(int from, int to, const std::atomic<bool>& stop);

/// Whether the gzip file `compressed` holds exactly what the file `plain` does; no, once `stop` is true.
bool holds_the_same(int compressed, int plain, const std::atomic<bool>& stop);

} // namespace troupe::platform
