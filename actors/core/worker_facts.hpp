// What a keeper's worker knows of itself and of those before it. It holds for as long as it lives: a death makes
// another worker. Must not know where that is written (io/keeper_desk.hpp). Source: docs/contract/survival.md, 2.3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace troupe::actors {

struct worker_facts {
  struct crash {
    std::int64_t at = 0; ///< seconds since the epoch
    std::string end;     ///< in words: `terminated by SIGSEGV (core dumped)`
  };

  int pid = 0;
  std::uint32_t crashes = 0; ///< since the daemon was started
  std::optional<crash> last;
};

} // namespace troupe::actors
