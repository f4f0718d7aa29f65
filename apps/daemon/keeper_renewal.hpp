// After an upgrade the keeper is still the program that it was. Where another one is installed that is newer in kind,
// and can read the register, the keeper executes it in its own place. Must not end anything: what does not work is
// said, and the keeper stays as it is. Source: docs/contract/survival.md, 6.7. Cases: tests/survive_test.py.
#pragma once

#include "actors/io/keeper_desk.hpp"
#include "apps/daemon/program_check.hpp"
#include "platform/main_log.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace troupe {

class keeper_renewal {
public:
  struct settings {
    platform::main_log& log;
    std::string program; ///< as installed; empty: there is none
    std::shared_ptr<actors::keeper_desk> keeper;
    std::function<actors::helper_doors()> helpers;
    config::environment env;
  };
  explicit keeper_renewal(settings s) : set_(std::move(s)) {}
  ~keeper_renewal() { close(); }
  keeper_renewal(const keeper_renewal&) = delete;
  keeper_renewal& operator=(const keeper_renewal&) = delete;

  void begin(); ///< on a thread of its own; nothing where the installed program is the one that runs
  void close(); ///< waits for the thread

private:
  void renew();
  config::result<std::uint32_t> kind_of_program();

  settings set_;
  std::atomic<bool> closed_{false};
  std::thread thread_;
};

} // namespace troupe
