// Where a life of a process begins: what has to be known from then to tell, at its end, why it ended. Made by whoever
// makes the child, before the child can do anything; read by whoever writes its report. Must not read or judge
// anything.
#pragma once

#include "platform/log_places.hpp"
#include "protocols/death_report.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::actors {

/// The last bytes of a channel whose log cannot be read back: none, a FIFO, a terminal, the system log.
class tail_ring {
public:
  static constexpr std::size_t most = 8192;
  tail_ring() = default;
  tail_ring(std::string kept, bool whole) : kept_(std::make_unique<std::string>(std::move(kept))), lost_(!whole) {}
  void add(std::string_view bytes); ///< any thread, as all of it
  /// The last ones; `whole`: all there ever was.
  std::string bytes(bool& whole) const;

private:
  std::mutex& mutex() const;          ///< shared with others: a thousand that are silent must not hold one each
  std::unique_ptr<std::string> kept_; ///< the last ones are at its end; null until there is something
  bool lost_ = false;
};

struct life_marks {
  struct channel {
    platform::log_place begins;
    std::shared_ptr<tail_ring> ring; ///< null: the log is read back
  };
  channel out, err;
  std::optional<std::int64_t> kills; ///< in our group, for want of memory, so far
  std::int64_t kernel_time = 0;      ///< as the kernel's log counts
  protocols::program_file program;   ///< no path: not known

private:
  friend class life_slot;
  mutable std::unique_ptr<const std::array<platform::log_place, 2>> ends_; ///< of stdout and stderr
};
using life_marks_ptr = std::shared_ptr<const life_marks>;

/// The marks of the life that began last. Where a life begins, the words of the one before it end. Any thread.
class life_slot {
public:
  void begin(life_marks_ptr marks);
  life_marks_ptr now() const; ///< null: there were none
  /// Where the logs of stdout and stderr were when the life after that one began; nothing: none has.
  static std::optional<std::array<platform::log_place, 2>> ends_of(const life_marks& marks);

private:
  life_marks_ptr last_;
};

} // namespace troupe::actors
