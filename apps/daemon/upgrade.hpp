// Who wants another binary to follow this one, and whether it can: judged and tried out on a thread of its own, while
// everything goes on; main then hands over (session_upgrade.cpp). One at a time. Must not bring anything to rest.
// Source: docs/contract/survival.md, 6.1 and 6.2. Cases: tests/upgrade_test.py.
#pragma once

#include "actors/runtime.hpp"
#include "platform/main_log.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace troupe {

class upgrade_desk {
public:
  struct settings {
    platform::main_log& log;
    std::string usual_binary;                        ///< what this daemon was started from
    std::function<platform::wiping_string()> parcel; ///< of a daemon that does not rest; on the thread of the desk
    std::function<actors::helper_doors()> helpers;
    std::function<void()> ready; ///< wakes main, who is to ask next()
    config::environment env;
  };
  explicit upgrade_desk(settings s) : set_(std::move(s)) {}
  ~upgrade_desk() { close(); }
  upgrade_desk(const upgrade_desk&) = delete;
  upgrade_desk& operator=(const upgrade_desk&) = delete;

  /// Any thread, must not block.
  void ask(actors::upgrade_request what, actors::control_answer_to answer);
  void close(); ///< waits for the thread; nobody is heard any more

  struct checked {
    std::string binary;
    std::string version;
    actors::control_answer_to answer;
  };
  std::optional<checked> next();                            ///< main: what has been checked and is to be done
  void failed(const checked& what, const std::string& why); ///< nothing came of it

private:
  void check(const actors::upgrade_request& what, const actors::control_answer_to& answer);
  config::result<std::string> try_out(const std::string& binary);
  void refuse(const actors::upgrade_request& what, const actors::control_answer_to& answer, const std::string& why);

  settings set_;
  std::mutex mutex_; ///< of what follows
  bool busy_ = false;
  std::atomic<bool> closed_{false};
  std::optional<checked> checked_;
  std::thread thread_; ///< the last one
};

} // namespace troupe
