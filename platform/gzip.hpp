// Whole files into gzip and back, for backups of logs: in steps, so that one that is huge need not keep the others
// waiting. Must not know names of files or what they are for. Source: RFC 1952, by way of zlib.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace troupe::platform {

/// Asked before each 64 KiB: whether to leave it at that for now.
using pause_wanted = std::function<bool()>;

/// Writes what is in `from`, from its start, into `to`, which is empty. Both stay open while this lives.
class gzip_packing {
public:
  gzip_packing(int from, int to);
  ~gzip_packing();
  gzip_packing(gzip_packing&&) noexcept;

  /// 0, or errno: it is done; EAGAIN if the file has changed meanwhile. None: paused.
  std::optional<int> go_on(const pause_wanted& pause);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Whether the gzip file `compressed` holds exactly what the file `plain` does. Both stay open while this lives.
class gzip_comparison {
public:
  gzip_comparison(int compressed, int plain);
  ~gzip_comparison();
  gzip_comparison(gzip_comparison&&) noexcept;

  std::optional<bool> go_on(const pause_wanted& pause); ///< none: paused

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace troupe::platform
