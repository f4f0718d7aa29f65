// Writes what has to outlive the daemon to a file, on a thread of its own that is made with the first change: at most
// once a second, and what is left at the end. A disk that does not take it, or a folder that is not there, is told once
// and tried again; nobody waits for it. Must not know what is written. Source: docs/contract/programs.md, 11. Cases:
// tests/io/state_writer_test.cpp.
#pragma once

#include "config/options.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::actors {

class state_writer {
public:
  struct settings {
    std::string path;
    std::function<std::string()> text; ///< all of it, as it is now; on the writer's thread
    std::function<void(config::log_level, const std::string&)> say;
    std::chrono::milliseconds pace{1000};   ///< between two writes, at least
    std::chrono::milliseconds retry{30000}; ///< after one that failed
  };
  explicit state_writer(settings s);
  ~state_writer(); ///< writes no more: settle() comes first. A write that hangs is left behind
  state_writer(const state_writer&) = delete;
  state_writer& operator=(const state_writer&) = delete;

  void want(); ///< something has changed; any thread, does not block
  /// What has changed is written now. False: it was not within that time, or could not be.
  bool settle(std::chrono::milliseconds patience);

private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

} // namespace troupe::actors
