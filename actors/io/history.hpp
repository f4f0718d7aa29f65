// What has happened, kept in a file by a thread of its own, which is niced, and asleep while nothing happens. Whoever
// has something to say leaves it in a ring and goes on; what the disk does is no business of his. Questions are
// answered on the thread, too. What goes wrong is said once, and tried again. Must not know what records say, nor who
// may see them. Source: docs/contract/history.md, 7. Cases: tests/io/history_test.cpp.
#pragma once

#include "actors/io/history_ring.hpp"
#include "platform/history_file.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors {

class history_keeper {
public:
  history_keeper(const config::history_options& options, platform::main_log& log);
  ~history_keeper(); ///< stops, without patience
  history_keeper(const history_keeper&) = delete;
  history_keeper& operator=(const history_keeper&) = delete;

  // -- any thread; never waits, never throws ---------------------------------------------------------
  bool keeps(config::history_kind kind) const;
  /// Its number, for `of` of a later one; 0: such records are not kept.
  std::uint64_t tell(config::history_kind kind, std::string_view name, std::string_view what, std::string_view who = {},
                     std::uint64_t of = 0, std::int64_t serial = 0) noexcept;

  /// Does `what` on the thread, once all that was told is written. The file may not be open: then `trouble` says why.
  /// False: too many wait already.
  using work = std::function<void(platform::history_file& file, const platform::history_failure& trouble)>;
  bool ask(work what);

  // -- its life --------------------------------------------------------------------------------------
  /// What is left is written, for no longer than this; a thread that a disk holds up is left behind.
  void stop(std::chrono::milliseconds patience);

  /// What its actor finds to do.
  struct needs {
    bool over = false;   ///< it was told to stop
    std::string failure; ///< that ended the thread; empty: none did
    bool begin = false;  ///< there is no thread
  };
  needs need() const;
  void begin(); ///< throws std::system_error where no thread can be made
  /// `told`: when there is something to do; on the thread that ends. Null: nobody hears it.
  void tell_need(std::function<void()> told);

  struct impl;

private:
  std::shared_ptr<impl> impl_; ///< the thread's, too
};

} // namespace troupe::actors
